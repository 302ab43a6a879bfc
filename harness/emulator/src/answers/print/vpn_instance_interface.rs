//! `display ip vpn-instance [NAME] interface`.

use super::{Asked, Unanswered, instance};
use crate::network::Vrf;

/// The interfaces of all instances, or of the one that is named.
pub fn print(asked: Asked<'_>, name: Option<&str>) -> Result<String, Unanswered> {
    instance(asked, name)?;
    let vpns = asked.vpns();
    let interfaces = asked.interfaces();
    let mut text = if name.is_some() {
        String::new()
    } else {
        format!(
            " Total VPN-Instances configured : {0}\n Total IPv4 VPN-Instances configured : {0}\n \
             Total IPv6 VPN-Instances configured : 0\n\n",
            vpns.len()
        )
    };
    for vpn in vpns.iter().filter(|vpn| name.is_none_or(|name| name == vpn.name)) {
        let bound: Vec<String> = interfaces
            .iter()
            .filter(|interface| interface.vrf == Vrf::Instance(vpn.name.clone()))
            .map(|interface| interface.name.to_string())
            .collect();
        text += &format!(
            " VPN-Instance Name and ID : {}, {}\n  Interface Number : {}\n",
            vpn.name,
            vpn.id,
            bound.len()
        );
        if !bound.is_empty() {
            text += &format!("  Interface list : {}\n", bound.join(",\n                   "));
        }
        text.push('\n');
    }
    Ok(text)
}
