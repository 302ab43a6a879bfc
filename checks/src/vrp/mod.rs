//! Huawei VRP: which command prints which table, and one parser file a command.

mod command;

pub use command::{COMMANDS, CommandSpec, Request, UnknownCommand, parse, recognise};
