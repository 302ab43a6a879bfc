//! What a phrase asserts, by topic; each prints itself in the canonical form.

mod between_devices;
mod capture;
mod configuration;
mod reachability;
mod route;
mod rows;
mod vpn_instance;

use std::fmt;
use std::net::IpAddr;

pub use between_devices::LabAssertion;
pub use capture::{BalanceMode, Bound, CaptureAssertion, FlowSelection, Phase, WithdrawalProtocol};
pub use configuration::{ConfigAssertion, ConfigTest, normal_line};
pub use reachability::{HopTest, PingAssertion, PingTest, TracerouteAssertion, TracerouteTest};
pub use route::{NextHopTest, RouteAssertion, RouteClauses};
pub use rows::{BgpFamily, ErrorDirection, Predicate, RowName, RowsAssertion, Subject, Which};
pub use vpn_instance::{VpnInstanceAssertion, VpnInstanceTest};

use super::token;
use crate::value::Vrf;

/// What a phrase asserts, before timing.
#[derive(Debug, Clone, PartialEq)]
pub enum Assertion {
    /// About routes and next hops.
    Route(RouteAssertion),
    /// About rows of a table: sessions, peers, neighbours, interfaces, and every table by its fields.
    Rows(RowsAssertion),
    /// About how fast a BFD session detects.
    BfdDetection {
        /// The session; nothing for the device's only one.
        session: Option<String>,
        /// Longest detection time.
        at_most: std::time::Duration,
    },
    /// About a VPN instance.
    VpnInstance(VpnInstanceAssertion),
    /// About a ping.
    Ping(PingAssertion),
    /// About a traceroute.
    Traceroute(TracerouteAssertion),
    /// About the configuration.
    Config(ConfigAssertion),
    /// Between devices.
    Lab(LabAssertion),
    /// About what captures show.
    Capture(CaptureAssertion),
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(assertion) => assertion.fmt(f),
            Self::Rows(assertion) => assertion.fmt(f),
            Self::BfdDetection { session, at_most } => {
                f.write_str("BFD ")?;
                if let Some(session) = session {
                    write!(f, "{} ", token::name(session))?;
                }
                write!(f, "detects in at most {}", super::timing::duration(*at_most))
            }
            Self::VpnInstance(assertion) => assertion.fmt(f),
            Self::Ping(assertion) => assertion.fmt(f),
            Self::Traceroute(assertion) => assertion.fmt(f),
            Self::Config(assertion) => assertion.fmt(f),
            Self::Lab(assertion) => assertion.fmt(f),
            Self::Capture(assertion) => assertion.fmt(f),
        }
    }
}

/// ` in VPNA`, or nothing for the public network.
pub(super) fn in_vrf(vrf: &Vrf) -> String {
    if vrf.is_public() {
        String::new()
    } else {
        format!(" in {}", token::name(vrf.as_str()))
    }
}

/// `A`, `A and B`, `A, B and C`.
pub(super) fn joined<T: fmt::Display>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., end] => {
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            format!("{} {last} {end}", first.join(", "))
        }
    }
}

/// Addresses joined by `and`.
pub(super) fn all_of(addresses: &[IpAddr]) -> String {
    joined(addresses, "and")
}
