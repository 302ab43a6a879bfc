//! The layouts of VRP V8, one file a command.

mod bfd_session;
mod bgp_peer;
mod ldp_session;
mod ospf_peer;
mod ping;
mod routing_table;
mod tracert;
mod vpn_instance;

use crate::network::{State, Vrf};

/// What an answer is printed from.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The network.
    pub state: &'a State,
    /// Index of the device that is asked.
    pub device: usize,
    /// The words of the command.
    pub words: &'a [&'a str],
}

/// Why a question is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// The device refuses it, in these words.
    Refused(String),
    /// It is not computed.
    NotComputed,
}

/// The answer to a question; all that is not printed here is refused.
pub fn answer(asked: Asked<'_>) -> Result<String, Unanswered> {
    match asked.words {
        ["display", "ip", "routing-table", rest @ ..] => routing_table::print(asked, rest),
        ["display", "mpls", "ldp", "session"] | ["display", "mpls", "ldp", "session", "all"] => {
            ldp_session::print(asked)
        }
        ["display", "ip", "vpn-instance", rest @ ..] => vpn_instance::print(asked, rest),
        ["display", "bgp", "peer"] => bgp_peer::public(asked),
        ["display", "bgp", "vpnv4", "all", "peer"] => bgp_peer::vpnv4_all(asked),
        ["display", "bfd", "session", "all"] => bfd_session::brief(asked),
        ["display", "bfd", "session", "all", "verbose"] => bfd_session::verbose(asked),
        ["display", "ospf", "peer"] => ospf_peer::full(asked),
        ["display", "ospf", "peer", "brief"] => ospf_peer::brief(asked),
        ["ping", rest @ ..] => ping::print(asked, rest),
        ["tracert", rest @ ..] => tracert::print(asked, rest),
        _ => Err(Unanswered::NotComputed),
    }
}

/// The instance that a command names; one that the device does not have is an error.
fn instance(asked: Asked<'_>, name: Option<&str>) -> Result<Vrf, Unanswered> {
    let Some(name) = name else {
        return Ok(Vrf::Public);
    };
    let known = asked.state.vpns.get(asked.device).into_iter().flatten();
    known
        .map(|vpn| vpn.name.as_str())
        .find(|known| *known == name)
        .map(|known| Vrf::Instance(known.to_owned()))
        .ok_or_else(|| Unanswered::Refused("The VPN instance does not exist.".into()))
}
