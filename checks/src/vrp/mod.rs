//! Huawei VRP: which command prints which table, and one parser file a command.

mod command;
mod ldp_session;
#[allow(dead_code)] // until every parser that uses it is here
mod lines;
mod routing_table;
mod syntax;

pub use command::{COMMANDS, CommandSpec, Request, UnknownCommand, parse, recognise};
