//! Assertions about routes and next hops.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::count::Count;
use super::super::words::ProtocolName;
use super::{all_of, in_vrf};
use crate::value::{InterfaceName, Vrf};

/// How the set of next hops must relate to the addresses named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextHopTest {
    /// They are exactly these.
    Are,
    /// These are among them.
    Include,
    /// None of these is among them.
    Exclude,
}

/// What must be true of a route besides its being there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteClauses {
    /// Where it was learned.
    pub protocol: Option<ProtocolName>,
    /// Whether the source must be another one.
    pub protocol_negated: bool,
    /// Preference.
    pub preference: Option<u64>,
    /// Cost.
    pub cost: Option<u64>,
    /// Address of a next hop.
    pub via: Option<IpAddr>,
    /// Interface of that next hop.
    pub on: Option<InterfaceName>,
}

/// An assertion about one routing table.
#[derive(Debug, Clone, PartialEq)]
pub enum RouteAssertion {
    /// How many next hops forward packets, and, where given, which.
    NextHopCount {
        /// How many.
        count: Count,
        /// Prefix, compared exactly.
        prefix: IpNet,
        /// Routing table.
        vrf: Vrf,
        /// Their addresses, the exact set; empty where any will do.
        addresses: Vec<IpAddr>,
    },
    /// Which next hops forward packets.
    NextHops {
        /// Prefix, compared exactly.
        prefix: IpNet,
        /// Routing table.
        vrf: Vrf,
        /// How they relate to the addresses.
        test: NextHopTest,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// A route is there and is like this.
    Route {
        /// Prefix, compared exactly.
        prefix: IpNet,
        /// Routing table.
        vrf: Vrf,
        /// What it is like.
        clauses: RouteClauses,
    },
    /// No such route is there.
    NoRoute {
        /// Prefix, compared exactly.
        prefix: IpNet,
        /// Routing table.
        vrf: Vrf,
        /// Only a route by way of this next hop counts.
        via: Option<IpAddr>,
        /// Only a route out of this interface counts.
        on: Option<InterfaceName>,
    },
    /// Which route packets to an address take; nothing for none at all.
    Traffic {
        /// Destination.
        to: IpAddr,
        /// Routing table.
        vrf: Vrf,
        /// The route that is the longest match.
        route: Option<IpNet>,
    },
    /// How many destinations and routes there are, counted as the device does: one route a next hop.
    Totals {
        /// Distinct prefixes.
        destinations: Option<Count>,
        /// Routes, one a next hop.
        routes: Option<Count>,
        /// Routing table.
        vrf: Vrf,
    },
    /// How many routes from one source there are, one a next hop.
    FromProtocol {
        /// How many.
        count: Count,
        /// The source.
        protocol: ProtocolName,
        /// Routing table.
        vrf: Vrf,
    },
}

impl RouteAssertion {
    /// The routing table that it is about.
    pub fn vrf(&self) -> &Vrf {
        match self {
            Self::NextHopCount { vrf, .. }
            | Self::NextHops { vrf, .. }
            | Self::Route { vrf, .. }
            | Self::NoRoute { vrf, .. }
            | Self::Traffic { vrf, .. }
            | Self::Totals { vrf, .. }
            | Self::FromProtocol { vrf, .. } => vrf,
        }
    }

    /// Whether it is about IPv6.
    pub fn is_ipv6(&self) -> bool {
        match self {
            Self::NextHopCount { prefix, .. }
            | Self::NextHops { prefix, .. }
            | Self::Route { prefix, .. }
            | Self::NoRoute { prefix, .. } => matches!(prefix, IpNet::V6(_)),
            Self::Traffic { to, .. } => to.is_ipv6(),
            Self::Totals { .. } | Self::FromProtocol { .. } => false,
        }
    }
}

impl fmt::Display for RouteAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextHopCount {
                count,
                prefix,
                vrf,
                addresses,
            } => {
                let counted = count.of("next hop", "next hops");
                write!(f, "{counted} for {prefix}{}", in_vrf(vrf))?;
                if !addresses.is_empty() {
                    write!(f, ", {}", all_of(addresses))?;
                }
                Ok(())
            }
            Self::NextHops {
                prefix,
                vrf,
                test,
                addresses,
            } => {
                let test = match test {
                    NextHopTest::Are => "are",
                    NextHopTest::Include => "include",
                    NextHopTest::Exclude => "exclude",
                };
                write!(f, "next hops for {prefix}{} {test} {}", in_vrf(vrf), all_of(addresses))
            }
            Self::Route { prefix, vrf, clauses } => {
                write!(f, "route {prefix}{}", in_vrf(vrf))?;
                clauses.fmt(f)
            }
            Self::NoRoute { prefix, vrf, via, on } => {
                write!(f, "no route for {prefix}")?;
                write_path(f, via.as_ref(), on.as_ref())?;
                f.write_str(&in_vrf(vrf))
            }
            Self::Traffic { to, vrf, route } => {
                write!(f, "traffic to {to}{} uses ", in_vrf(vrf))?;
                match route {
                    Some(route) => write!(f, "route {route}"),
                    None => f.write_str("no route"),
                }
            }
            Self::Totals {
                destinations,
                routes,
                vrf,
            } => {
                let destinations = destinations.map(|count| count.of("destination", "destinations"));
                let routes = routes.map(|count| count.of("route", "routes"));
                let parts: Vec<String> = destinations.into_iter().chain(routes).collect();
                write!(f, "{}{}", parts.join(" and "), in_vrf(vrf))
            }
            Self::FromProtocol { count, protocol, vrf } => {
                let noun = if count.is_singular() { "route" } else { "routes" };
                write!(f, "{count} {} {noun}{}", protocol.word, in_vrf(vrf))
            }
        }
    }
}

impl fmt::Display for RouteClauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(protocol) = self.protocol {
            let not = if self.protocol_negated { "not " } else { "" };
            write!(f, " is {not}{}", protocol.word)?;
        }
        match (self.preference, self.cost) {
            (Some(preference), Some(cost)) => write!(f, " with preference {preference} and cost {cost}")?,
            (Some(preference), None) => write!(f, " with preference {preference}")?,
            (None, Some(cost)) => write!(f, " with cost {cost}")?,
            (None, None) => {}
        }
        write_path(f, self.via.as_ref(), self.on.as_ref())
    }
}

fn write_path(f: &mut fmt::Formatter<'_>, via: Option<&IpAddr>, on: Option<&InterfaceName>) -> fmt::Result {
    if let Some(via) = via {
        write!(f, " via {via}")?;
    }
    if let Some(on) = on {
        write!(f, " on {}", super::token::name(on.as_str()))?;
    }
    Ok(())
}
