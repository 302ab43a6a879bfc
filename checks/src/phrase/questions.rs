//! What must be asked of a device so that a phrase can be decided: the fewest commands, the same ones for many phrases.

use std::fmt;
use std::net::IpAddr;

use super::assertion::{Assertion, LabAssertion, Predicate, Subject, Which};
use super::forms::generic::routing_table;
use super::{BgpFamily, Phrase, RowsAssertion};
use crate::table::TableKind;
use crate::value::Vrf;

/// What a device runs: which commands it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Huawei Versatile Routing Platform, V5 and V8.
    HuaweiVrp,
}

impl Platform {
    /// Every platform.
    pub const ALL: &'static [Platform] = &[Platform::HuaweiVrp];

    /// The name as in inventories: `huawei_vrp`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HuaweiVrp => "huawei_vrp",
        }
    }

    /// The platform of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.name() == name)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One command to one device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The device.
    pub device: String,
    /// The command.
    pub command: String,
    /// The table that it prints.
    pub table: TableKind,
}

/// A phrase that a platform has no command for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{phrase}` cannot be asked of {platform}: {reason}")]
pub struct Unsupported {
    /// The phrase.
    pub phrase: String,
    /// The platform.
    pub platform: &'static str,
    /// Why.
    pub reason: String,
}

impl Phrase {
    /// The devices that a phrase between devices names; none for a phrase about one device.
    pub fn devices(&self) -> Vec<&str> {
        match &self.assertion {
            Assertion::Lab(assertion) => assertion.devices(),
            _ => Vec::new(),
        }
    }

    /// What to ask a device so that the phrase can be decided. For a phrase between devices, ask this of each device
    /// that [`Phrase::devices`] names; a device that it does not name is asked nothing.
    ///
    /// # Errors
    /// The platform has no command for it.
    pub fn questions(&self, platform: Platform, device: &str) -> Result<Vec<Question>, Unsupported> {
        let Platform::HuaweiVrp = platform;
        let commands = vrp(&self.assertion, device).map_err(|reason| Unsupported {
            phrase: self.assertion.to_string(),
            platform: platform.name(),
            reason,
        })?;
        Ok(commands
            .into_iter()
            .map(|(command, table)| Question {
                device: device.to_owned(),
                command,
                table,
            })
            .collect())
    }
}

type Commands = Result<Vec<(String, TableKind)>, String>;

fn vrp(assertion: &Assertion, device: &str) -> Commands {
    let one = |command: &str, table| Ok(vec![(command.to_owned(), table)]);
    match assertion {
        Assertion::Route(assertion) if assertion.is_ipv6() => {
            Err("IPv6 routing tables are not asked for in this version".to_owned())
        }
        Assertion::Route(assertion) => routes(assertion.vrf()),
        Assertion::Rows(rows) => vrp_rows(rows),
        Assertion::BfdDetection { .. } => one(BFD, TableKind::BfdSessions),
        Assertion::VpnInstance(_) => one(VPN_INSTANCE, TableKind::VpnInstances),
        Assertion::Ping(ping) => towards("ping", &ping.target, &ping.vrf, TableKind::Ping),
        Assertion::Traceroute(trace) => towards("tracert", &trace.target, &trace.vrf, TableKind::Traceroute),
        Assertion::Config(_) => one(CONFIGURATION, TableKind::Configuration),
        Assertion::Capture(_) => Ok(Vec::new()),
        Assertion::Lab(lab) if !lab.devices().contains(&device) => Ok(Vec::new()),
        Assertion::Lab(LabAssertion::RdsDiffer { .. } | LabAssertion::RouteTargetsAgree { .. }) => {
            one(VPN_INSTANCE, TableKind::VpnInstances)
        }
        Assertion::Lab(LabAssertion::StaticLabelsAgree { .. }) => one(CONFIGURATION, TableKind::Configuration),
        Assertion::Lab(LabAssertion::BfdPair { .. }) => one(BFD, TableKind::BfdSessions),
    }
}

const BFD: &str = "display bfd session all verbose";
const VPN_INSTANCE: &str = "display ip vpn-instance verbose";
const CONFIGURATION: &str = "display current-configuration";
const BGP_IPV4: &str = "display bgp peer";
const BGP_VPN: &str = "display bgp vpnv4 all peer";

fn routes(vrf: &Vrf) -> Commands {
    let command = if vrf.is_public() {
        "display ip routing-table".to_owned()
    } else {
        format!("display ip routing-table vpn-instance {}", plain_word(vrf.as_str())?)
    };
    Ok(vec![(command, TableKind::Routes)])
}

fn vrp_rows(rows: &RowsAssertion) -> Commands {
    let table = rows.subject.table();
    let commands: &[&str] = match &rows.subject {
        Subject::BgpPeers { family, vrf } => match (family, vrf) {
            (Some(BgpFamily::Ipv4), _) => &[BGP_IPV4],
            (Some(BgpFamily::Vpnv4), _) | (None, Some(_)) => &[BGP_VPN],
            (None, None) => &[BGP_IPV4, BGP_VPN],
        },
        _ => match table {
            TableKind::Routes => {
                let mut commands = routes(&routing_table(&rows.conditions))?;
                if reads(rows, ONLY_IN_VERBOSE_ROUTES) {
                    commands[0].0.push_str(" verbose");
                }
                return Ok(commands);
            }
            TableKind::LdpSessions => {
                let vrf = routing_table(&rows.conditions);
                if !vrf.is_public() {
                    let command = format!("display mpls ldp session vpn-instance {}", plain_word(vrf.as_str())?);
                    return Ok(vec![(command, table)]);
                }
                &["display mpls ldp session"]
            }
            TableKind::Interfaces if reads(rows, ONLY_IN_IP_INTERFACES) => &["display ip interface brief"],
            TableKind::BgpPeers => &[BGP_IPV4, BGP_VPN],
            TableKind::BfdSessions => &[BFD],
            TableKind::VpnInstances => &[VPN_INSTANCE],
            TableKind::OspfNeighbors => &["display ospf peer"],
            TableKind::Interfaces => &["display interface brief"],
            TableKind::Configuration => &[CONFIGURATION],
            TableKind::Version => &["display version"],
            TableKind::Ping | TableKind::Traceroute => &[],
        },
    };
    if commands.is_empty() {
        return Err(format!("the table `{}` needs a target", table.name()));
    }
    Ok(commands.iter().map(|command| ((*command).to_owned(), table)).collect())
}

/// Fields of a route that the plain routing table does not print. It prints active routes alone, too.
const ONLY_IN_VERBOSE_ROUTES: &[&str] = &[
    "process_id",
    "active",
    "tag",
    "age_s",
    "state_raw",
    "label",
    "next_hops.relay_address",
    "next_hops.active",
    "next_hops.labels",
    "next_hops.tunnel_id",
    "next_hops.backup",
    "next_hops.neighbour",
];

/// Fields of an interface that `display interface brief` does not print.
const ONLY_IN_IP_INTERFACES: &[&str] = &["ipv4", "ipv4_prefix", "vrf"];

/// Whether one of these fields is read.
fn reads(rows: &RowsAssertion, fields: &[&str]) -> bool {
    let has = match &rows.predicate {
        Predicate::Has(has) => has.as_slice(),
        _ => &[],
    };
    rows.conditions
        .iter()
        .chain(has)
        .any(|condition| fields.contains(&condition.field.name.as_str()))
}

fn towards(verb: &str, target: &IpAddr, vrf: &Vrf, table: TableKind) -> Commands {
    if target.is_ipv6() {
        return Err(format!("{verb} to an IPv6 address is not available in this version"));
    }
    let command = if vrf.is_public() {
        format!("{verb} {target}")
    } else {
        format!("{verb} -vpn-instance {} {target}", plain_word(vrf.as_str())?)
    };
    Ok(vec![(command, table)])
}

/// A name that can stand in a command as one word and nothing else.
fn plain_word(name: &str) -> Result<&str, String> {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '"' | '|'));
    plain
        .then_some(name)
        .ok_or_else(|| format!("{name:?} cannot stand in a command"))
}

/// How many commands of one device a phrase needs answered.
pub(super) fn answers_needed(assertion: &Assertion) -> usize {
    match assertion {
        Assertion::Rows(RowsAssertion {
            subject:
                Subject::BgpPeers {
                    family: None,
                    vrf: None,
                }
                | Subject::Table(TableKind::BgpPeers),
            which: Which::Every | Which::Number(_) | Which::Only | Which::Named(_),
            ..
        }) => 2,
        _ => 1,
    }
}
