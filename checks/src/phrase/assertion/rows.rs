//! Assertions about the rows of a table: sessions, peers, neighbours, interfaces, and every table by its fields.

use std::fmt;
use std::net::IpAddr;

use super::super::condition::Condition;
use super::super::count::Count;
use super::super::words::state_label;
use super::{in_vrf, joined, token};
use crate::table::TableKind;
use crate::value::{InterfaceName, Vrf};

/// Address family of a BGP peer, where one is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BgpFamily {
    /// IPv4 unicast of the public network.
    Ipv4,
    /// VPNv4.
    Vpnv4,
}

/// Which table, and how its rows are called.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// LDP sessions.
    LdpSessions,
    /// BGP peers.
    BgpPeers {
        /// The family, where one is named.
        family: Option<BgpFamily>,
        /// The VPN instance, where one is named.
        vrf: Option<Vrf>,
    },
    /// OSPF neighbours.
    OspfNeighbors,
    /// BFD sessions.
    BfdSessions,
    /// Interfaces.
    Interfaces,
    /// Any table, by the names of its fields.
    Table(TableKind),
}

impl Subject {
    /// The table.
    pub fn table(&self) -> TableKind {
        match self {
            Self::LdpSessions => TableKind::LdpSessions,
            Self::BgpPeers { .. } => TableKind::BgpPeers,
            Self::OspfNeighbors => TableKind::OspfNeighbors,
            Self::BfdSessions => TableKind::BfdSessions,
            Self::Interfaces => TableKind::Interfaces,
            Self::Table(kind) => *kind,
        }
    }

    /// What one and several of its rows are called.
    pub fn nouns(&self) -> (&'static str, &'static str) {
        match self {
            Self::LdpSessions => ("LDP session", "LDP sessions"),
            Self::BgpPeers { family: None, .. } => ("BGP peer", "BGP peers"),
            Self::BgpPeers {
                family: Some(BgpFamily::Ipv4),
                ..
            } => ("BGP IPv4 peer", "BGP IPv4 peers"),
            Self::BgpPeers {
                family: Some(BgpFamily::Vpnv4),
                ..
            } => ("BGP VPNv4 peer", "BGP VPNv4 peers"),
            Self::OspfNeighbors => ("OSPF neighbor", "OSPF neighbors"),
            Self::BfdSessions => ("BFD session", "BFD sessions"),
            Self::Interfaces => ("interface", "interfaces"),
            Self::Table(kind) => (kind.name(), kind.plural()),
        }
    }
}

/// A name by which a phrase picks a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowName {
    /// An address: LSR ID, peer, router ID.
    Address(IpAddr),
    /// A configured name.
    Name(String),
    /// An interface.
    Interface(InterfaceName),
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(text) => f.write_str(&token::name(text)),
            Self::Interface(interface) => f.write_str(&token::name(interface.as_str())),
        }
    }
}

/// Which rows, or how many.
#[derive(Debug, Clone, PartialEq)]
pub enum Which {
    /// Every one, and at least one.
    Every,
    /// So many for which the predicate is true.
    Number(Count),
    /// Those of these names; each must be there.
    Named(Vec<RowName>),
    /// The only one of the device.
    Only,
}

/// Errors counted on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorDirection {
    /// Received.
    Input,
    /// Sent.
    Output,
    /// Either.
    Both,
}

/// What must be true of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// It is there.
    Exists,
    /// It is in this state, or in another one.
    State {
        /// The state, as in the table.
        state: &'static str,
        /// Whether it must be another.
        negated: bool,
    },
    /// It has counted errors, or none.
    Errors {
        /// Which.
        direction: ErrorDirection,
        /// Whether there must be none.
        negated: bool,
    },
    /// So many prefixes were received from it.
    PrefixesReceived(Count),
    /// All these conditions are true of it.
    Has(Vec<Condition>),
}

/// An assertion about the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsAssertion {
    /// The table.
    pub subject: Subject,
    /// Which rows.
    pub which: Which,
    /// Only rows bound to this interface count.
    pub on: Option<InterfaceName>,
    /// Only rows of which all these are true count.
    pub conditions: Vec<Condition>,
    /// What must be true of them.
    pub predicate: Predicate,
}

impl fmt::Display for RowsAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, several) = self.subject.nouns();
        let mut singular = true;
        match &self.which {
            Which::Every if self.is_version() => f.write_str("version")?,
            Which::Every => write!(f, "every {one}")?,
            Which::Number(count) => {
                singular = count.is_singular();
                f.write_str(&count.of(one, several))?;
            }
            Which::Named(names) => {
                singular = names.len() == 1;
                let noun = match (&self.subject, singular) {
                    (Subject::BfdSessions, _) => "BFD",
                    (_, true) => one,
                    (_, false) => several,
                };
                write!(f, "{noun} {}", joined(names, "and"))?;
            }
            Which::Only if self.subject == Subject::BfdSessions => f.write_str("BFD")?,
            Which::Only => f.write_str(one)?,
        }
        if let Some(interface) = &self.on {
            write!(f, " on {}", token::name(interface.as_str()))?;
        }
        if let Subject::BgpPeers { vrf: Some(vrf), .. } = &self.subject {
            f.write_str(&in_vrf(vrf))?;
        }
        if !self.conditions.is_empty() {
            write!(
                f,
                " where {}",
                joined_by_and(self.conditions.iter().map(ToString::to_string))
            )?;
        }
        let (is, has) = if singular { ("is", "has") } else { ("are", "have") };
        match &self.predicate {
            Predicate::Exists => Ok(()),
            Predicate::State { state, negated } => {
                let not = if *negated { "not " } else { "" };
                write!(f, " {is} {not}{}", state_label(state))
            }
            Predicate::Errors { direction, negated } => {
                let no = if *negated { "no " } else { "" };
                let direction = match direction {
                    ErrorDirection::Input => "input ",
                    ErrorDirection::Output => "output ",
                    ErrorDirection::Both => "",
                };
                write!(f, " {has} {no}{direction}errors")
            }
            Predicate::PrefixesReceived(count) => {
                write!(f, " {has} {} received", count.of("prefix", "prefixes"))
            }
            Predicate::Has(conditions) => {
                write!(
                    f,
                    " {has} {}",
                    joined_by_and(conditions.iter().map(Condition::after_has))
                )
            }
        }
    }
}

impl RowsAssertion {
    fn is_version(&self) -> bool {
        self.subject == Subject::Table(TableKind::Version) && self.conditions.is_empty()
    }
}

pub(super) fn joined_by_and(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" and ")
}
