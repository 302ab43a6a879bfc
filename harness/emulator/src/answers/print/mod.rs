//! The layouts of VRP V8, one file a command.

mod age;
mod bfd_session;
mod bfd_session_statistics;
mod bfd_statistics;
mod bgp_lsp;
mod bgp_peer;
mod bgp_peer_routes;
mod bgp_peer_verbose;
mod bgp_route;
mod bgp_routing_table;
mod bgp_rows;
mod bgp_told;
mod fib;
mod inactive_routes;
mod interfaces;
mod ldp_discovery;
mod ldp_entity;
mod ldp_session;
mod ldp_session_verbose;
mod lsp;
mod mpls_interface;
mod ospf_interface;
mod ospf_peer;
mod ospf_routing;
mod ping;
mod routing_table;
mod routing_table_statistics;
mod routing_table_verbose;
mod tracert;
mod tunnel;
mod vpn_instance;
mod vpn_instance_interface;

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::answers::Calendar;
use crate::configuration::Configuration;
use crate::display::interfaces::Display;
use crate::interface_name::InterfaceName;
use crate::network::{Interface, LdpSettings, Rib, State, Times, VpnInstance, Vrf, ldp_settings};

/// What an answer is printed from.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The network.
    pub state: &'a State,
    /// The ages and counters of the device's tables.
    pub times: &'a Times,
    /// What its clock shows.
    pub calendar: Calendar,
    /// The committed configuration of every device.
    pub running: &'a [Arc<Configuration>],
    /// Index of the device that is asked.
    pub device: usize,
    /// The words of the command.
    pub words: &'a [&'a str],
}

impl<'a> Asked<'a> {
    /// The same question to another device.
    fn at(self, device: usize) -> Self {
        Self { device, ..self }
    }

    /// The interfaces of the device.
    fn interfaces(self) -> &'a [Interface] {
        self.state.interfaces.get(self.device).map_or(&[], |own| own.as_slice())
    }

    /// Its VPN instances.
    fn vpns(self) -> &'a [VpnInstance] {
        self.state.vpns.get(self.device).map_or(&[], |own| own.as_slice())
    }

    /// Its routing table in an instance.
    fn rib(self, vrf: &Vrf) -> Option<&'a Rib> {
        self.state.ribs.get(self.device)?.get(vrf).map(|rib| &**rib)
    }

    /// The other end of an interface's link: its device, and the interface there.
    fn far_end(self, interface: &Interface) -> Option<(usize, &'a Interface)> {
        let (device, index) = interface.far_end?;
        Some((device, self.state.interfaces.get(device)?.get(index)?))
    }

    /// What it has configured of LDP.
    fn ldp_settings(self) -> Option<LdpSettings> {
        ldp_settings(self.running.get(self.device)?)
    }
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
        ["display", "interface", "brief"] => interfaces::print(asked, Display::Brief, None),
        ["display", "interface", "description"] => interfaces::print(asked, Display::Description, None),
        ["display", "interface", "description", name] => interfaces::print(asked, Display::Description, Some(name)),
        ["display", "interface"] => interfaces::print(asked, Display::Full, None),
        ["display", "interface", name] => interfaces::print(asked, Display::Full, Some(name)),
        ["display", "ip", "interface", "brief"] => interfaces::print(asked, Display::IpBrief, None),
        ["display", "ip", "interface", "brief", name] => interfaces::print(asked, Display::IpBrief, Some(name)),
        ["display", "ip", "interface"] => interfaces::print(asked, Display::IpFull, None),
        ["display", "ip", "interface", name] => interfaces::print(asked, Display::IpFull, Some(name)),
        ["display", "fib", rest @ ..] => fib::print(asked, rest),
        ["display", "mpls", "lsp", rest @ ..] => lsp::print(asked, rest),
        ["display", "tunnel-info", "all"] => Ok(lsp::tunnels(asked)),
        ["display", "mpls", "interface", rest @ ..] => mpls_interface::print(asked, rest),
        ["display", "mpls", "ldp", rest @ ..] => ldp(asked, rest),
        ["display", "ip", "vpn-instance", rest @ ..] => vpn_instance::print(asked, rest),
        ["display", "bgp", "routing-table", "peer", peer, direction] => {
            bgp_peer_routes::of_table(asked, None, peer, direction)
        }
        [
            "display",
            "bgp",
            "vpnv4",
            "vpn-instance",
            name,
            "routing-table",
            "peer",
            peer,
            direction,
        ] => bgp_peer_routes::of_table(asked, Some(name), peer, direction),
        [
            "display",
            "bgp",
            "vpnv4",
            "all",
            "routing-table",
            "peer",
            peer,
            direction,
        ] => bgp_peer_routes::of_vpnv4(asked, peer, direction),
        ["display", "bgp", "routing-table", rest @ ..] => bgp_routing_table::public(asked, rest),
        ["display", "bgp", "peer", rest @ ..] => bgp_peer::public(asked, rest),
        ["display", "bgp", "vpnv4", "all", "peer", rest @ ..] => bgp_peer::vpnv4_all(asked, rest),
        ["display", "bgp", "vpnv4", "vpn-instance", name, "peer", rest @ ..] => {
            bgp_peer::of_instance(asked, name, rest)
        }
        ["display", "bgp", "vpnv4", "all", "routing-table", rest @ ..] => {
            bgp_routing_table::vpnv4(asked, &["all"], rest)
        }
        ["display", "bgp", "vpnv4", kind, of, "routing-table", rest @ ..] => {
            bgp_routing_table::vpnv4(asked, &[kind, of], rest)
        }
        ["display", "bfd", "session", rest @ ..] => bfd_session::print(asked, rest),
        ["display", "bfd", "statistics", "session", rest @ ..] => bfd_session_statistics::print(asked, rest),
        ["display", "bfd", "statistics"] => bfd_statistics::print(asked),
        ["display", "ospf", rest @ ..] => ospf(asked, rest),
        ["ping", rest @ ..] => ping::print(asked, rest),
        ["tracert", rest @ ..] => tracert::print(asked, rest),
        _ => Err(Unanswered::NotComputed),
    }
}

fn ldp(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    match rest {
        ["session"] | ["session", "all"] => ldp_session::print(asked),
        ["session", "verbose"] | ["session", "all", "verbose"] => ldp_session_verbose::print(asked, None),
        ["lsp"] | ["lsp", "all"] => lsp::of_ldp(asked),
        ["session", peer] => ldp_session_verbose::print(asked, Some(peer)),
        ["peer"] | ["peer", "all"] => ldp_discovery::peers(asked),
        ["adjacency"] | ["adjacency", "all"] => ldp_discovery::adjacencies(asked),
        ["interface"] | ["interface", "all"] => ldp_discovery::interfaces(asked),
        ["interface", "verbose"] => ldp_entity::interfaces(asked, None),
        ["interface", name] => ldp_entity::interfaces(asked, Some(name)),
        ["remote-peer"] => ldp_entity::remote_peers(asked, None),
        ["remote-peer", name] => ldp_entity::remote_peers(asked, Some(name)),
        _ => Err(Unanswered::NotComputed),
    }
}

fn ospf(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (process, rest) = match rest {
        [first, rest @ ..] if first.bytes().all(|byte| byte.is_ascii_digit()) => (Some(*first), rest),
        rest => (None, rest),
    };
    match rest {
        ["peer"] => ospf_peer::full(asked, process),
        ["peer", "brief"] => ospf_peer::brief(asked, process),
        ["interface"] => ospf_interface::interfaces(asked, process, None),
        ["interface", name] => ospf_interface::interfaces(asked, process, Some(name)),
        ["routing"] => ospf_routing::routing(asked, process),
        ["abr-asbr"] => ospf_routing::borders(asked, process),
        ["brief"] => ospf_interface::brief(asked, process),
        _ => Err(Unanswered::NotComputed),
    }
}

/// The name of an interface as narrow columns show it.
fn short_name(name: &InterfaceName) -> String {
    name.to_string().replace("GigabitEthernet", "GE")
}

/// The LSR ID of the device, while it is configured.
fn lsr_id(asked: Asked<'_>) -> Option<Ipv4Addr> {
    let lines = &asked.running.get(asked.device)?.lines;
    lines
        .iter()
        .find_map(|line| line.text.strip_prefix("mpls lsr-id ")?.parse().ok())
}

/// A source address that is asked for must be one of the device's own in the instance.
fn own_source(asked: Asked<'_>, vrf: &Vrf, source: Option<Ipv4Addr>) -> Result<(), Unanswered> {
    let interfaces = asked.interfaces().iter();
    let mut own = interfaces
        .filter(|interface| interface.vrf == *vrf)
        .filter_map(Interface::up_address);
    match source {
        Some(source) if !own.any(|own| own == source) => {
            Err(Unanswered::Refused("The specified source address is invalid.".into()))
        }
        _ => Ok(()),
    }
}

/// The instance that a command names; one that the device does not have is an error.
fn instance(asked: Asked<'_>, name: Option<&str>) -> Result<Vrf, Unanswered> {
    let Some(name) = name else {
        return Ok(Vrf::Public);
    };
    let known = asked.vpns().iter();
    known
        .map(|vpn| vpn.name.as_str())
        .find(|known| *known == name)
        .map(|known| Vrf::Instance(known.to_owned()))
        .ok_or_else(|| Unanswered::Refused("The VPN instance does not exist.".into()))
}
