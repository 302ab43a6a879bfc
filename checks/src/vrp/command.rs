//! The one list of commands that netverdict understands on VRP.

use std::net::IpAddr;

use super::{
    bfd_session, bfd_session_verbose, bgp_peer, current_configuration, interface_brief, ip_interface_brief,
    ldp_session, ospf_peer, ospf_peer_brief, ping, routing_table, syntax, tracert, version, vpn_instance,
    vpn_instance_list,
};
use crate::table::{Parsed, TableKind};
use crate::value::Vrf;

/// A command line, read: what a parser needs to know of the question to understand the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The command in full words, without `| …`: `display ip routing-table vpn-instance VPNA verbose`.
    pub command: String,
    /// The keywords among its words; parameters are left out.
    pub keywords: Vec<&'static str>,
    /// `vpn-instance V`; the public network where it is not said.
    pub vrf: Vrf,
    /// The address asked about, of `ping`, `tracert` and `display ip routing-table ADDRESS`.
    pub address: Option<IpAddr>,
    /// Whether the output was filtered by the device (`| include …`): header and footer may be missing.
    pub filtered: bool,
}

impl Request {
    /// Whether the command holds a keyword; a parameter of the same spelling (a VPN instance called `verbose`) is none.
    pub fn has(&self, keyword: &str) -> bool {
        self.keywords.contains(&keyword)
    }
}

/// A command that has a parser.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// The command with its parameters: `display ip routing-table [vpn-instance V] [ADDRESS [MASK]] [verbose]`.
    /// Upper-case words are parameters: `V` gives [`Request::vrf`], `ADDRESS` and `HOST` give [`Request::address`].
    /// An `ADDRESS` must be one, a `MASK` a mask or length, a `NUMBER` digits, an `INTERFACE` may be two words.
    pub syntax: &'static str,
    /// The table that it prints.
    pub table: TableKind,
    /// Reads its output.
    pub parse: fn(&Request, &str) -> Parsed,
}

/// Every command that has a parser.
pub const COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        syntax: "display ip routing-table [vpn-instance V | all-vpn-instance] [ADDRESS [MASK] [longer-match]] [verbose]",
        table: TableKind::Routes,
        parse: routing_table::parse,
    },
    CommandSpec {
        syntax: "display ip routing-table [vpn-instance V] protocol PROTOCOL [inactive | verbose]",
        table: TableKind::Routes,
        parse: routing_table::parse,
    },
    CommandSpec {
        syntax: "display mpls ldp session [all | vpn-instance V]",
        table: TableKind::LdpSessions,
        parse: ldp_session::parse,
    },
    CommandSpec {
        syntax: "display bfd session {all | static | dynamic | static-auto | passive-dynamic | discriminator NUMBER | peer-ip {ADDRESS | default-ip} [vpn-instance V] | peer-ipv6 ADDRESS [vpn-instance V]} [for-ip | for-ipv6 | for-lsp | for-te | for-pw | for-vsi-pw]",
        table: TableKind::BfdSessions,
        parse: bfd_session::parse,
    },
    CommandSpec {
        syntax: "display bfd session {all | static | dynamic | static-auto | passive-dynamic | discriminator NUMBER | peer-ip {ADDRESS | default-ip} [vpn-instance V] | peer-ipv6 ADDRESS [vpn-instance V]} [for-ip | for-ipv6 | for-lsp | for-te | for-pw | for-vsi-pw] verbose",
        table: TableKind::BfdSessions,
        parse: bfd_session_verbose::parse,
    },
    CommandSpec {
        syntax: "display ospf [NUMBER] peer [INTERFACE] [ADDRESS]",
        table: TableKind::OspfNeighbors,
        parse: ospf_peer::parse,
    },
    CommandSpec {
        syntax: "display ospf [NUMBER] peer brief",
        table: TableKind::OspfNeighbors,
        parse: ospf_peer_brief::parse,
    },
    CommandSpec {
        syntax: "display interface brief [main]",
        table: TableKind::Interfaces,
        parse: interface_brief::parse,
    },
    CommandSpec {
        syntax: "display ip interface brief [INTERFACE]",
        table: TableKind::Interfaces,
        parse: ip_interface_brief::parse,
    },
    CommandSpec {
        syntax: "ping [ip | ipv6] [-a SOURCE | -c NUMBER | -d | -f | -h NUMBER | -i INTERFACE | -m NUMBER | -n | -name | -nexthop NEXTHOP | -p PATTERN | -q | -r | -ri | -s NUMBER | -si INTERFACE | -system-time | -t NUMBER | -tc NUMBER | -tos NUMBER | -dscp NUMBER | -8021p NUMBER | -ignore-mtu | -passroute | -v | -vpn-instance V | vpn-instance V | vpn6-instance V]* HOST [-i INTERFACE]",
        table: TableKind::Ping,
        parse: ping::parse,
    },
    CommandSpec {
        syntax: "tracert [ipv6] [-a SOURCE | -as | -d | -f NUMBER | -g | -i INTERFACE | -m NUMBER | -name | -nexthop NEXTHOP | -p NUMBER | -passroute | -pipe | -q NUMBER | -s NUMBER | -si INTERFACE | -tc NUMBER | -dscp NUMBER | -v | -vpn-instance V | vpn-instance V | vpn6-instance V | -w NUMBER]* HOST [-i INTERFACE]",
        table: TableKind::Traceroute,
        parse: tracert::parse,
    },
    CommandSpec {
        syntax: "display current-configuration [all | configuration [VIEW [NAME]] | interface [INTERFACE]]",
        table: TableKind::Configuration,
        parse: current_configuration::parse,
    },
    CommandSpec {
        syntax: "display version",
        table: TableKind::Version,
        parse: version::parse,
    },
    CommandSpec {
        syntax: "display bgp [ipv6 | evpn] peer",
        table: TableKind::BgpPeers,
        parse: bgp_peer::parse,
    },
    CommandSpec {
        syntax: "display bgp {vpnv4 | vpnv6} {all | vpn-instance V} peer",
        table: TableKind::BgpPeers,
        parse: bgp_peer::parse,
    },
    CommandSpec {
        syntax: "display ip vpn-instance verbose [NAME]",
        table: TableKind::VpnInstances,
        parse: vpn_instance::parse,
    },
    CommandSpec {
        syntax: "display ip vpn-instance",
        table: TableKind::VpnInstances,
        parse: vpn_instance_list::parse,
    },
];

/// No parser knows the command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no parser for `{command}` on huawei_vrp{}", nearest.as_ref().map(|n| format!("; the nearest is `{n}`")).unwrap_or_default())]
pub struct UnknownCommand {
    /// The command asked for.
    pub command: String,
    /// The nearest known syntax.
    pub nearest: Option<String>,
}

/// More words than any command has; a longer line is not looked at.
const MOST_WORDS: usize = 64;

/// Finds the parser of a command and reads the command's parameters. Keywords may be abbreviated as on a device.
///
/// Fails when no syntax covers the whole line, or when an abbreviation fits two commands equally well.
pub fn recognise(command: &str) -> Result<(&'static CommandSpec, Request), UnknownCommand> {
    recognise_among(COMMANDS, command)
}

fn recognise_among(
    commands: &'static [CommandSpec],
    command: &str,
) -> Result<(&'static CommandSpec, Request), UnknownCommand> {
    let (line, filter) = match command.split_once('|') {
        Some((line, filter)) => (line, Some(filter)),
        None => (command, None),
    };
    let words: Vec<&str> = line.split_whitespace().take(MOST_WORDS + 1).collect();
    let mut found: Vec<_> = commands
        .iter()
        .filter(|_| !words.is_empty() && words.len() <= MOST_WORDS)
        .filter_map(|spec| syntax::read(spec.syntax, &words).map(|reading| (spec, reading)))
        .collect();
    found.sort_by_key(|(_, reading)| std::cmp::Reverse(reading.score));
    let ambiguous = matches!(&found[..], [(_, first), (_, second), ..] if first.score == second.score);
    let (spec, reading) = match found.into_iter().next() {
        Some(best) if !ambiguous => best,
        _ => {
            return Err(UnknownCommand {
                command: command.trim().to_owned(),
                nearest: nearest(commands, &words),
            });
        }
    };
    let address = reading.parameter("ADDRESS").or_else(|| reading.parameter("HOST"));
    let request = Request {
        vrf: reading.parameter("V").map(Vrf::named).unwrap_or_default(),
        address: address.and_then(|address| address.parse().ok()),
        filtered: filter.is_some_and(|filter| filter.trim() != "no-more"),
        command: reading.words.join(" "),
        keywords: reading.keywords,
    };
    Ok((spec, request))
}

/// The syntax whose leading keywords are most like the words of the line.
fn nearest(commands: &'static [CommandSpec], words: &[&str]) -> Option<String> {
    let likeness = |spec: &CommandSpec| {
        let keywords = syntax::leading_keywords(spec.syntax);
        let pairs = keywords.iter().zip(words);
        let like: f64 = pairs
            .map(|(keyword, word)| strsim::jaro_winkler(keyword, &word.to_lowercase()))
            .sum();
        like / keywords.len().max(words.len().min(keywords.len() + 1)) as f64
    };
    let scored = commands.iter().map(|spec| (likeness(spec), spec));
    let (score, spec) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (score > 0.6).then(|| spec.syntax.to_owned())
}

/// Parses the output of a command.
pub fn parse(command: &str, output: &str) -> Result<Parsed, UnknownCommand> {
    let (spec, request) = recognise(command)?;
    Ok((spec.parse)(&request, output))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::AnyTable;

    fn nothing(_: &Request, _: &str) -> Parsed {
        Parsed::complete(AnyTable::Version(crate::table::Rows::default()))
    }

    const fn spec(syntax: &'static str) -> CommandSpec {
        CommandSpec {
            syntax,
            table: TableKind::Version,
            parse: nothing,
        }
    }

    static SOME: &[CommandSpec] = &[
        spec("display ip routing-table [vpn-instance V] [ADDRESS [MASK] [longer-match]] [verbose]"),
        spec("display ip vpn-instance [NAME]"),
        spec("display ip vpn-instance verbose [NAME]"),
        spec("display version"),
    ];

    fn request(line: &str) -> Request {
        recognise_among(SOME, line).unwrap().1
    }

    #[test]
    fn keywords_may_be_abbreviated_and_parameters_keep_their_case() {
        let read = request("dis ip rou vpn VPNA");
        assert_eq!(read.command, "display ip routing-table vpn-instance VPNA");
        assert_eq!(read.vrf, Vrf::named("VPNA"));
        assert!(!read.filtered && read.address.is_none());
        let read = request("DISPLAY IP ROUTING-TABLE 1.1.1.1 32 verbose | include Static");
        assert_eq!(read.address, Some("1.1.1.1".parse().unwrap()));
        assert!(read.filtered && read.has("verbose") && read.vrf.is_public());
        assert!(!request("display version | no-more").filtered);
    }

    #[test]
    fn a_parameter_is_no_keyword() {
        assert!(!request("display ip routing-table vpn-instance verbose").has("verbose"));
        assert!(request("display ip vpn-instance verb").has("verbose"));
        assert!(!request("display ip vpn-instance VPNA").has("verbose"));
    }

    #[test]
    fn an_unknown_command_names_the_nearest() {
        let error = recognise_among(SOME, "display ip ruoting-table").unwrap_err();
        assert!(error.nearest.unwrap().starts_with("display ip routing-table"));
        for line in ["", "|", "display ip routing-table statistics", "reboot", "display"] {
            assert!(recognise_among(SOME, line).is_err(), "{line}");
        }
        assert_eq!(recognise_among(SOME, "zzz").unwrap_err().nearest, None);
        assert!(recognise_among(SOME, &"display ".repeat(100_000)).is_err());
    }

    #[test]
    fn every_syntax_begins_with_a_keyword() {
        for spec in COMMANDS {
            assert!(!syntax::leading_keywords(spec.syntax).is_empty(), "{}", spec.syntax);
        }
    }
}
