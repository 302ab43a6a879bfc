//! Assertions about captures: outages, phases of a failover, load balancing, labels. Written under `lab`, or under the
//! name of a point of observation.

use std::fmt;
use std::time::Duration;

use ipnet::IpNet;

use super::{joined, token};
use crate::capture::measure::Comparison;
use crate::phrase::timing::duration;

/// An assertion about what captures show.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureAssertion {
    /// Each of these flows has outages only within the bound: the longest one decides for an upper bound; for a lower
    /// bound at least one flow has one.
    Interrupted {
        /// Which flows; one that is not there makes it inconclusive.
        flows: FlowSelection,
        /// Which lengths of outage it passes on.
        bound: Bound,
        /// The limit.
        limit: Duration,
        /// `no flow is interrupted …`: said of every flow.
        negated: bool,
    },
    /// No packet is lost.
    NothingLost {
        /// Which flows.
        flows: FlowSelection,
    },
    /// How long a phase of the failover took.
    Took {
        /// The phase.
        phase: Phase,
        /// Which lengths it passes on.
        bound: Bound,
        /// The limit.
        limit: Duration,
    },
    /// The first packet on the new path came before the message that withdraws the old one.
    SwitchedBeforeWithdrawal {
        /// The protocol whose withdrawal is meant.
        protocol: WithdrawalProtocol,
    },
    /// How flows or packets are shared out among links.
    Balanced {
        /// How.
        mode: BalanceMode,
        /// Names of the links, two or more.
        links: Vec<String>,
    },
    /// The share of reordered packets (RFC 4737).
    Reordering {
        /// Which flows.
        flows: FlowSelection,
        /// Which shares it passes on.
        bound: Bound,
        /// The limit in percent.
        percent: f64,
    },
    /// Every inner flow of a VSI carries one flow label in each direction.
    OneFlowLabel {
        /// The VSI.
        vsi: String,
    },
    /// Flows carry different flow labels.
    FlowLabelsDiffer,
    /// The VPN label of the traffic is this one before, during and after the failover.
    VpnLabelStays {
        /// The label.
        label: u32,
    },
}

/// Which flows an assertion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowSelection {
    /// All of them.
    All,
    /// Those from one network to another.
    From(IpNet, IpNet),
    /// Those between two networks, both ways.
    Between(IpNet, IpNet),
}

/// A limit's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Smaller than the limit.
    LessThan,
    /// The limit or smaller.
    AtMost,
    /// Larger than the limit.
    MoreThan,
    /// The limit or larger.
    AtLeast,
}

impl From<Bound> for Comparison {
    fn from(bound: Bound) -> Self {
        match bound {
            Bound::LessThan => Self::LessThan,
            Bound::AtMost => Self::AtMost,
            Bound::MoreThan => Self::MoreThan,
            Bound::AtLeast => Self::AtLeast,
        }
    }
}

/// A phase of a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// From the failure to its detection.
    Detection,
    /// From detection to the last message that carries it.
    Propagation,
    /// From there to the first packet on the new path.
    SwitchOver,
    /// From the failure until all flows arrive again and stay.
    Recovery,
}

/// A protocol that withdraws a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithdrawalProtocol {
    /// BGP: withdrawn routes, `MP_UNREACH_NLRI`, or a closed session.
    Bgp,
    /// LDP: label or address withdrawal.
    Ldp,
    /// OSPF: a new or flushed LSA.
    Ospf,
}

/// How load is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceMode {
    /// Every flow stays on one link, flows spread evenly.
    PerFlow,
    /// Every flow uses all links.
    PerPacket,
    /// Links take turns, without exception.
    RoundRobin,
    /// Both directions of a flow use the same link.
    Symmetric,
}

impl FlowSelection {
    /// ` from A to B` in the words of the flow phrases.
    fn subject(&self) -> String {
        match self {
            Self::All => "every flow".to_owned(),
            Self::From(from, to) => format!("traffic {} -> {}", host(*from), host(*to)),
            Self::Between(one, other) => format!("traffic between {} and {}", host(*one), host(*other)),
        }
    }
}

/// A host prefix as its address.
fn host(prefix: IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() {
        prefix.addr().to_string()
    } else {
        prefix.to_string()
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LessThan => "less than",
            Self::AtMost => "at most",
            Self::MoreThan => "more than",
            Self::AtLeast => "at least",
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detection => "detection",
            Self::Propagation => "propagation",
            Self::SwitchOver => "switch-over",
            Self::Recovery => "recovery",
        })
    }
}

impl fmt::Display for WithdrawalProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bgp => "BGP",
            Self::Ldp => "LDP",
            Self::Ospf => "OSPF",
        })
    }
}

impl fmt::Display for CaptureAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted {
                flows,
                bound,
                limit,
                negated,
            } => {
                let subject = if *negated {
                    "no flow".to_owned()
                } else {
                    flows.subject()
                };
                write!(f, "{subject} is interrupted for {bound} {}", duration(*limit))
            }
            Self::NothingLost { flows } => match flows {
                FlowSelection::All => f.write_str("nothing is lost"),
                FlowSelection::From(from, to) => write!(f, "nothing is lost from {} to {}", host(*from), host(*to)),
                FlowSelection::Between(one, other) => {
                    write!(f, "nothing is lost between {} and {}", host(*one), host(*other))
                }
            },
            Self::Took { phase, bound, limit } => write!(f, "{phase} took {bound} {}", duration(*limit)),
            Self::SwitchedBeforeWithdrawal { protocol } => {
                write!(f, "switch-over happened before the {protocol} withdrawal")
            }
            Self::Balanced { mode, links } => {
                let links: Vec<String> = links.iter().map(|link| token::name(link)).collect();
                let how = match mode {
                    BalanceMode::PerFlow => "flows are balanced per flow",
                    BalanceMode::PerPacket => "packets are balanced per packet",
                    BalanceMode::RoundRobin => "packets are balanced round robin",
                    BalanceMode::Symmetric => "flows are balanced symmetrically",
                };
                write!(f, "{how} over {}", joined(&links, "and"))
            }
            Self::Reordering { flows, bound, percent } => {
                let word = if *bound == Bound::LessThan { "below" } else { "at most" };
                let of = match flows {
                    FlowSelection::All => String::new(),
                    FlowSelection::From(from, to) => format!(" from {} to {}", host(*from), host(*to)),
                    FlowSelection::Between(one, other) => format!(" between {} and {}", host(*one), host(*other)),
                };
                write!(f, "reordering{of} is {word} {percent} %")
            }
            Self::OneFlowLabel { vsi } => write!(f, "every flow of VSI {} keeps one flow label", token::name(vsi)),
            Self::FlowLabelsDiffer => f.write_str("flow labels differ between flows"),
            Self::VpnLabelStays { label } => write!(f, "VPN label stays {label} through the failover"),
        }
    }
}
