//! Assertions about a VPN instance.

use std::fmt;

use super::super::rd::RouteDistinguisher;
use super::{joined, token};
use crate::value::Vrf;

/// What must be true of it.
#[derive(Debug, Clone, PartialEq)]
pub enum VpnInstanceTest {
    /// Its route distinguisher is this.
    Rd(RouteDistinguisher),
    /// Its route targets are exactly these; an empty side is not looked at.
    Targets {
        /// Imported.
        imports: Vec<RouteDistinguisher>,
        /// Exported.
        exports: Vec<RouteDistinguisher>,
    },
}

/// An assertion about the IPv4 family of a VPN instance.
#[derive(Debug, Clone, PartialEq)]
pub struct VpnInstanceAssertion {
    /// The instance.
    pub vrf: Vrf,
    /// What must be true of it.
    pub test: VpnInstanceTest,
}

impl fmt::Display for VpnInstanceAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VPN instance {} ", token::name(self.vrf.as_str()))?;
        match &self.test {
            VpnInstanceTest::Rd(rd) => write!(f, "has RD {rd}"),
            VpnInstanceTest::Targets { imports, exports } => {
                let imports = (!imports.is_empty()).then(|| format!("imports {}", joined(imports, "and")));
                let exports = (!exports.is_empty()).then(|| format!("exports {}", joined(exports, "and")));
                f.write_str(&imports.into_iter().chain(exports).collect::<Vec<_>>().join(" and "))
            }
        }
    }
}
