//! Assertions between devices, written under the device name `lab`.

use std::fmt;

use super::{joined, token};
use crate::value::Vrf;

/// An assertion that compares devices.
#[derive(Debug, Clone, PartialEq)]
pub enum LabAssertion {
    /// No two of them use the same route distinguisher for the instance.
    RdsDiffer {
        /// The devices, two or more.
        devices: Vec<String>,
        /// The VPN instance.
        vrf: Vrf,
    },
    /// They import and export the same route targets for the instance, and what they export they import.
    RouteTargetsAgree {
        /// The devices, two or more.
        devices: Vec<String>,
        /// The VPN instance.
        vrf: Vrf,
    },
    /// They have the same static label configured for the instance, and for no other.
    StaticLabelsAgree {
        /// The devices, two or more.
        devices: Vec<String>,
        /// The VPN instance.
        vrf: Vrf,
    },
    /// Two BFD sessions are the two ends of one.
    BfdPair {
        /// A session and its device.
        first: (String, String),
        /// The other session and its device.
        second: (String, String),
    },
}

impl LabAssertion {
    /// The devices that are asked, in the order named.
    pub fn devices(&self) -> Vec<&str> {
        match self {
            Self::RdsDiffer { devices, .. }
            | Self::RouteTargetsAgree { devices, .. }
            | Self::StaticLabelsAgree { devices, .. } => devices.iter().map(String::as_str).collect(),
            Self::BfdPair { first, second } => vec![&first.1, &second.1],
        }
    }
}

impl fmt::Display for LabAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |devices: &[String], vrf: &Vrf, what: &str, verb: &str| {
            let devices: Vec<String> = devices.iter().map(|device| token::name(device)).collect();
            format!(
                "{what} of {} {verb} for {}",
                joined(&devices, "and"),
                token::name(vrf.as_str())
            )
        };
        match self {
            Self::RdsDiffer { devices, vrf } => f.write_str(&named(devices, vrf, "RDs", "differ")),
            Self::RouteTargetsAgree { devices, vrf } => f.write_str(&named(devices, vrf, "route targets", "agree")),
            Self::StaticLabelsAgree { devices, vrf } => f.write_str(&named(devices, vrf, "static VPN labels", "agree")),
            Self::BfdPair { first, second } => write!(
                f,
                "BFD {} on {} and {} on {} are a pair",
                token::name(&first.0),
                token::name(&first.1),
                token::name(&second.0),
                token::name(&second.1)
            ),
        }
    }
}
