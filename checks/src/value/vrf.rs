//! The name of a routing table: a VPN instance, or the public network.

use std::fmt;

/// A VPN instance's name, or `default` for the public network (`_public_`, `Public`, FRR's `default`).
///
/// Names are compared exactly: VRP's VPN instance names are case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vrf(String);

impl Vrf {
    /// The public network.
    pub fn public() -> Self {
        Self("default".to_owned())
    }

    /// A routing table by the name that a device prints; every vendor's name of the public network is `default`.
    pub fn named(name: &str) -> Self {
        let name = name.trim();
        match name {
            "" | "default" | "_public_" | "Public" | "public" => Self::public(),
            _ => Self(name.to_owned()),
        }
    }

    /// The name; `default` for the public network.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the public network.
    pub fn is_public(&self) -> bool {
        self.0 == "default"
    }
}

impl Default for Vrf {
    fn default() -> Self {
        Self::public()
    }
}

impl fmt::Display for Vrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
