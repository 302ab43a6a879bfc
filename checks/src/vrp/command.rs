//! The one list of commands that netverdict understands on VRP.

use std::net::IpAddr;

use crate::table::{Parsed, TableKind};
use crate::value::Vrf;

/// A command line, read: what a parser needs to know of the question to understand the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The whole command in full words: `display ip routing-table vpn-instance VPNA verbose`.
    pub command: String,
    /// `vpn-instance V`; the public network where it is not said.
    pub vrf: Vrf,
    /// The address asked about, of `ping`, `tracert` and `display ip routing-table ADDRESS`.
    pub address: Option<IpAddr>,
    /// Whether the output was filtered by the device (`| include …`): header and footer may be missing.
    pub filtered: bool,
}

/// A command that has a parser.
#[derive(Clone, Copy)]
pub struct CommandSpec {
    /// The command with its parameters: `display ip routing-table [vpn-instance V] [ADDRESS [MASK]] [verbose]`.
    pub syntax: &'static str,
    /// The table that it prints.
    pub table: TableKind,
    /// Reads its output.
    pub parse: fn(&Request, &str) -> Parsed,
}

/// Every command that has a parser.
pub const COMMANDS: &[CommandSpec] = &[];

/// No parser knows the command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no parser for `{command}` on huawei_vrp{}", nearest.as_ref().map(|n| format!("; the nearest is `{n}`")).unwrap_or_default())]
pub struct UnknownCommand {
    /// The command asked for.
    pub command: String,
    /// The nearest known syntax.
    pub nearest: Option<String>,
}

/// Finds the parser of a command and reads the command's parameters. Keywords may be abbreviated as on a device.
pub fn recognise(command: &str) -> Result<(&'static CommandSpec, Request), UnknownCommand> {
    Err(UnknownCommand {
        command: command.to_owned(),
        nearest: None,
    })
}

/// Parses the output of a command.
pub fn parse(command: &str, output: &str) -> Result<Parsed, UnknownCommand> {
    let (spec, request) = recognise(command)?;
    Ok((spec.parse)(&request, output))
}
