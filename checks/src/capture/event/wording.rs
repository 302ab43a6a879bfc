//! Events in words, one line each.

use std::fmt;

use super::{BfdChange, BgpChange, EventKind, IsisChange, LdpChange, LsaChange, OspfChange, VrrpChange};

/// Some of `items`, and how many more.
fn some<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    const SHOWN: usize = 3;
    for (index, item) in items.iter().take(SHOWN).enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    match items.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bfd(change) => write!(f, "BFD {change}"),
            Self::Bgp(change) => write!(f, "BGP {change}"),
            Self::Ldp(change) => write!(f, "LDP {change}"),
            Self::Ospf { version: 3, change } => write!(f, "OSPFv3 {change}"),
            Self::Ospf { change, .. } => write!(f, "OSPF {change}"),
            Self::Isis(change) => write!(f, "IS-IS {change}"),
            Self::Vrrp(change) => write!(f, "VRRP {change}"),
        }
    }
}

impl fmt::Display for BfdChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appeared {
                session,
                discriminator,
                state,
                diagnostic,
            } => write!(
                f,
                "{session} session heard: {state}, {diagnostic}, discriminator {discriminator}"
            ),
            Self::State {
                from,
                to,
                diagnostic,
                silence,
                ..
            } => {
                write!(f, "{from} → {to}, {diagnostic}")?;
                if let Some(silence) = silence {
                    write!(
                        f,
                        ", {:.3} ms after the other end's last packet",
                        silence.elapsed_ns as f64 / 1e6
                    )?;
                    if let Some(time) = silence.detection_time_ns {
                        write!(f, " (detection time {:.3} ms)", time as f64 / 1e6)?;
                    }
                }
                Ok(())
            }
            Self::Discriminator { from, to } => write!(f, "discriminator {from} → {to}: session reset"),
            Self::Timers {
                desired_min_tx,
                required_min_rx,
                detect_multiplier,
            } => write!(
                f,
                "timers: desired min TX {desired_min_tx} µs, required min RX {required_min_rx} µs, multiplier {detect_multiplier}"
            ),
            Self::Poll => f.write_str("poll"),
            Self::Final => f.write_str("final"),
        }
    }
}

impl fmt::Display for BgpChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open {
                autonomous_system,
                identifier,
                hold_time,
                families,
            } => {
                write!(
                    f,
                    "OPEN: AS {autonomous_system}, {identifier}, hold time {hold_time} s, "
                )?;
                some(f, families)
            }
            Self::Established => f.write_str("established"),
            Self::Announced {
                family,
                next_hop,
                routes,
                ..
            } => {
                write!(f, "UPDATE {family} announces ")?;
                some(f, routes)?;
                write!(f, " via {next_hop}")
            }
            Self::Withdrawn { family, routes } => {
                write!(f, "UPDATE {family} withdraws ")?;
                some(f, routes)
            }
            Self::Unread {
                family,
                withdrawn,
                bytes,
            } => write!(
                f,
                "UPDATE {family} {} routes in {bytes} bytes (not looked into)",
                if *withdrawn { "withdraws" } else { "announces" }
            ),
            Self::EndOfRib { family } => write!(f, "end of RIB {family}"),
            Self::RouteRefresh { family } => write!(f, "ROUTE-REFRESH {family}"),
            Self::Notification { meaning, .. } => write!(f, "NOTIFICATION {meaning}"),
            Self::Closed { reset } => closed(f, *reset),
        }
    }
}

fn closed(f: &mut fmt::Formatter<'_>, reset: bool) -> fmt::Result {
    f.write_str(if reset {
        "TCP connection reset"
    } else {
        "TCP connection closed"
    })
}

impl fmt::Display for LdpChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = |f: &mut fmt::Formatter<'_>, label: &Option<u32>| match label {
            Some(label) => write!(f, " label {label}"),
            None => f.write_str(", all labels"),
        };
        match self {
            Self::Hello { targeted, hold_time } => write!(
                f,
                "{}Hello, hold time {hold_time} s",
                if *targeted { "targeted " } else { "" }
            ),
            Self::Initialization { keepalive_time } => write!(f, "Initialization, keepalive time {keepalive_time} s"),
            Self::Operational => f.write_str("operational"),
            Self::Address { addresses } => {
                f.write_str("Address ")?;
                some(f, addresses)
            }
            Self::AddressWithdraw { addresses } => {
                f.write_str("Address Withdraw ")?;
                some(f, addresses)
            }
            Self::Mapping {
                fecs,
                label: which,
                flow_label,
            } => {
                f.write_str("Label Mapping ")?;
                some(f, fecs)?;
                if which.is_some() {
                    label(f, which)?;
                }
                match flow_label {
                    Some((sends, receives)) => {
                        write!(f, ", flow label T={} R={}", u8::from(*sends), u8::from(*receives))
                    }
                    None => Ok(()),
                }
            }
            Self::Withdraw { fecs, label: which } => {
                f.write_str("Label Withdraw ")?;
                some(f, fecs)?;
                label(f, which)
            }
            Self::Release { fecs, label: which } => {
                f.write_str("Label Release ")?;
                some(f, fecs)?;
                label(f, which)
            }
            Self::Request { fecs, abort } => {
                f.write_str(if *abort {
                    "Label Abort Request "
                } else {
                    "Label Request "
                })?;
                some(f, fecs)
            }
            Self::Notification { meaning, .. } => write!(f, "Notification {meaning}"),
            Self::Closed { reset } => closed(f, *reset),
        }
    }
}

impl fmt::Display for LsaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Updated => "updated",
            Self::Flushed => "flushed",
        })
    }
}

impl fmt::Display for OspfChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello {
                router,
                hello_interval,
                dead_interval,
            } => write!(
                f,
                "Hello of {router}, every {hello_interval} s, dead after {dead_interval} s"
            ),
            Self::NeighborHeard { neighbor } => write!(f, "hears neighbor {neighbor}"),
            Self::NeighborLost { neighbor } => write!(f, "no longer hears neighbor {neighbor}"),
            Self::Lsa {
                change,
                kind,
                id,
                router,
                sequence,
                age,
            } => write!(
                f,
                "LSA {change}: type {kind:#x} {id} of {router}, sequence {sequence:#010x}, age {age} s"
            ),
        }
    }
}

impl fmt::Display for IsisChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adjacency {
                state,
                neighbor: Some(neighbor),
            } => write!(f, "adjacency with {neighbor}: {state}"),
            Self::Adjacency { state, neighbor: None } => write!(f, "adjacency: {state}"),
            Self::Lsp {
                change,
                level,
                id,
                sequence,
                lifetime,
            } => write!(
                f,
                "level {level} LSP {change}: {id}, sequence {sequence:#010x}, lifetime {lifetime} s"
            ),
        }
    }
}

impl fmt::Display for VrrpChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master {
                id, priority, before, ..
            } => {
                write!(f, "master of virtual router {id}, priority {priority}")?;
                match before {
                    Some(before) => write!(f, ", after {before}"),
                    None => Ok(()),
                }
            }
            Self::Leaving { id } => write!(f, "master of virtual router {id} leaves"),
        }
    }
}
