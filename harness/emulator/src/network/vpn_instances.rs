//! VPN instances: route distinguisher, route targets and the label that stands for the instance.

use crate::configuration::{Configuration, Node};

/// The first label that is handed out for a VPN instance.
const FIRST_VPN_LABEL: u32 = 48_060;

/// A VPN instance whose IPv4 family is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnInstance {
    /// Its name.
    pub name: String,
    /// Its number on the device, from 1.
    pub id: u32,
    /// Its route distinguisher; without one it takes no part in BGP.
    pub route_distinguisher: Option<String>,
    /// Route targets put on what it exports.
    pub export_targets: Vec<String>,
    /// Route targets of what it imports.
    pub import_targets: Vec<String>,
    /// The label that leads into it.
    pub label: u32,
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
            Some(instance(id, name, family))
        })
        .collect()
}

fn instance(id: u32, name: &str, family: &Node) -> VpnInstance {
    let targets = |direction: &str| {
        family
            .children
            .iter()
            .filter_map(|line| line.text.strip_prefix("vpn-target ")?.strip_suffix(direction))
            .map(str::to_owned)
            .collect()
    };
    let fixed = family
        .after("apply-label per-instance static ")
        .and_then(|label| label.parse().ok());
    VpnInstance {
        name: name.to_owned(),
        id,
        route_distinguisher: family.after("route-distinguisher ").map(str::to_owned),
        export_targets: targets(" export-extcommunity"),
        import_targets: targets(" import-extcommunity"),
        label: fixed.unwrap_or(FIRST_VPN_LABEL - 1 + id),
    }
}
