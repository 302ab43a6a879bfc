//! VPN instances: route distinguisher, route targets and the label that stands for the instance.

use std::fmt;
use std::net::Ipv4Addr;

use super::rib::ALL_WAYS;
use crate::configuration::{Configuration, Node};

/// The first label that is handed out for a VPN instance.
const FIRST_VPN_LABEL: u32 = 48_060;

/// A number with its administrator, such as `100:1` or `1.1.1.1:7` (RFC 4364 §4.2, RFC 4360 §3): what route
/// distinguishers and route targets are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteTarget {
    kind: Administrator,
    administrator: u32,
    number: u32,
}

/// A route distinguisher.
pub type RouteDistinguisher = RouteTarget;

/// Who administers the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Administrator {
    As,
    Address,
    /// An AS written `x.y`.
    DottedAs,
}

impl RouteTarget {
    /// Reads `100:1`, `1.1.1.1:7` or `1.2:3`.
    pub fn parse(text: &str) -> Option<Self> {
        let (administrator, number) = text.split_once(':')?;
        let number = number.parse().ok()?;
        let (kind, administrator) = if let Ok(address) = administrator.parse::<Ipv4Addr>() {
            (Administrator::Address, u32::from(address))
        } else if let Some((high, low)) = administrator.split_once('.') {
            let (high, low) = (high.parse::<u16>().ok()?, low.parse::<u16>().ok()?);
            (Administrator::DottedAs, (u32::from(high) << 16) | u32::from(low))
        } else {
            (Administrator::As, administrator.parse().ok()?)
        };
        Some(Self {
            kind,
            administrator,
            number,
        })
    }
}

impl fmt::Display for RouteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            administrator,
            number,
        } = self;
        match kind {
            Administrator::As => write!(f, "{administrator}:{number}"),
            Administrator::Address => write!(f, "{}:{number}", Ipv4Addr::from(*administrator)),
            Administrator::DottedAs => write!(f, "{}.{}:{number}", administrator >> 16, administrator & 0xffff),
        }
    }
}

/// How labels are given to the routes of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelMode {
    /// One for the whole instance.
    Instance,
    /// One for each route.
    Route,
}

/// A VPN instance whose IPv4 family is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnInstance {
    /// Its name.
    pub name: String,
    /// Its number on the device, from 1.
    pub id: u32,
    /// Its route distinguisher; without one it takes no part in BGP.
    pub route_distinguisher: Option<RouteDistinguisher>,
    /// Route targets put on what it exports.
    pub export_targets: Vec<RouteTarget>,
    /// Route targets of what it imports.
    pub import_targets: Vec<RouteTarget>,
    /// How labels are given.
    pub label_mode: LabelMode,
    /// The label that leads into it.
    pub label: u32,
    /// The policy that decides what is imported.
    pub import_policy: Option<String>,
    /// The policy that decides what is exported.
    pub export_policy: Option<String>,
    /// By how many ways of an LSP of LDP it sends at most; none if its tunnel policy takes no such LSPs. Without one it
    /// sends by all of them.
    pub lsp_ways: Option<u8>,
    /// Whether its tunnel policy lets it take LSPs of BGP; without one it does.
    pub takes_bgp_lsps: bool,
}

impl VpnInstance {
    /// Whether a label leads into it, and not along one of its routes.
    pub fn takes(&self, label: u32) -> bool {
        self.label_mode == LabelMode::Instance && self.label == label
    }

    /// Whether it imports routes with these targets.
    pub fn imports(&self, targets: &[RouteTarget]) -> bool {
        self.import_targets.iter().any(|target| targets.contains(target))
    }
}

/// The VPN instances of a device, in the order of its configuration.
pub fn of(configuration: &Configuration) -> Vec<VpnInstance> {
    let named = configuration
        .lines
        .iter()
        .filter_map(|line| Some((line.text.strip_prefix("ip vpn-instance ")?, line)));
    (1u32..)
        .zip(named)
        .filter_map(|(id, (name, node))| {
            let family = node.children.iter().find(|line| line.text == "ipv4-family")?;
            Some(instance(configuration, id, name, family))
        })
        .collect()
}

fn instance(configuration: &Configuration, id: u32, name: &str, family: &Node) -> VpnInstance {
    let targets = |direction: &str| {
        family
            .children
            .iter()
            .filter_map(|line| line.text.strip_prefix("vpn-target ")?.strip_suffix(direction))
            .filter_map(RouteTarget::parse)
            .collect()
    };
    let fixed = family
        .after("apply-label per-instance static ")
        .and_then(|label| label.parse().ok());
    let said = |prefix: &str| family.after(prefix).map(str::to_owned);
    let takes = |kind: &str| {
        let policy = family.after("tnl-policy ");
        policy.is_none_or(|policy| takes(configuration, policy, kind))
    };
    VpnInstance {
        name: name.to_owned(),
        id,
        route_distinguisher: family.after("route-distinguisher ").and_then(RouteTarget::parse),
        export_targets: targets(" export-extcommunity"),
        import_targets: targets(" import-extcommunity"),
        label_mode: if family.has("apply-label per-route") {
            LabelMode::Route
        } else {
            LabelMode::Instance
        },
        label: fixed.unwrap_or(FIRST_VPN_LABEL - 1 + id),
        import_policy: said("import route-policy "),
        export_policy: said("export route-policy "),
        lsp_ways: takes("ldp").then(|| {
            let policy = family.after("tnl-policy ");
            policy.and_then(|name| number(configuration, name)).unwrap_or(ALL_WAYS)
        }),
        takes_bgp_lsps: takes("bgp"),
    }
}

/// Whether a tunnel policy selects LSPs of a kind. One that is not configured, or says nothing, does.
fn takes(configuration: &Configuration, policy: &str, wanted: &str) -> bool {
    sequence(configuration, policy)
        .is_none_or(|sequence| sequence.split(' ').any(|kind| kind == "lsp" || kind == wanted))
}

/// The `load-balance-number` of a tunnel policy.
fn number(configuration: &Configuration, policy: &str) -> Option<u8> {
    let (_, number) = sequence(configuration, policy)?.rsplit_once(' ')?;
    number.parse().ok()
}

/// What a tunnel policy selects.
fn sequence<'a>(configuration: &'a Configuration, policy: &str) -> Option<&'a str> {
    let header = format!("tunnel-policy {policy}");
    let block = configuration.lines.iter().find(|line| line.text == header)?;
    block.after("tunnel select-seq ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_printed_as_they_are_written_and_their_kinds_differ() {
        for text in ["100:1", "4200000000:7", "1.1.1.1:7", "1.2:3"] {
            assert_eq!(
                RouteTarget::parse(text).map(|target| target.to_string()).as_deref(),
                Some(text)
            );
        }
        assert_ne!(RouteTarget::parse("1.2:3"), RouteTarget::parse("65538:3"));
        for text in ["", "100", "a:1", "1:b", "1.2.3:4"] {
            assert_eq!(RouteTarget::parse(text), None, "{text}");
        }
    }
}
