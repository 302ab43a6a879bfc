//! Huawei VRP: which command prints which table, and one parser file a command.

mod bfd_session;
mod bfd_session_keys;
mod bfd_session_verbose;
mod bgp_peer;
mod command;
mod current_configuration;
mod interface_brief;
mod ip_interface_brief;
mod ldp_session;
mod lines;
mod link_state;
mod ospf_peer;
mod ospf_peer_brief;
mod ping;
mod printed;
mod routing_table;
mod syntax;
mod tracert;
mod version;
mod vpn_instance;
mod vpn_instance_list;

pub use command::{COMMANDS, CommandSpec, Request, UnknownCommand, parse, recognise};
