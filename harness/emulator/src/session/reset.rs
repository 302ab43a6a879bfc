//! `reset bgp` and `refresh bgp`. What else resets a protocol is refused.

use crate::lab::Lab;
use crate::network::{Peers, Vrf, as_number};

/// Carries out a command; the text that is printed, or why it is refused.
pub fn carry_out(lab: &Lab, device: usize, words: &[&str]) -> Result<(), String> {
    let refused = || format!("Error: The emulated lab does not carry out `{}`.", words.join(" "));
    let one = |vrf: Vrf, text: &str| text.parse().ok().map(|address| Peers::One(vrf, address));
    let instance = |name: &str| Vrf::Instance(name.to_owned());
    let peers = match words {
        ["reset", "bgp", "all"] | ["refresh", "bgp", "all", "import" | "export"] => Some(Peers::All),
        ["reset", "bgp", "vpnv4", "all"] => Some(Peers::OfVpnv4),
        ["reset", "bgp", "vpn-instance", name, "ipv4-family", "all"] => Some(Peers::Of(instance(name))),
        ["reset", "bgp", "vpn-instance", name, "ipv4-family", peer] => one(instance(name), peer),
        ["reset", "bgp", "vpnv4", peer] | ["refresh", "bgp", peer, "import" | "export"] => one(Vrf::Public, peer),
        ["reset", "bgp", peer] => one(Vrf::Public, peer).or_else(|| as_number(peer).map(Peers::OfAs)),
        _ => None,
    };
    let peers = peers.ok_or_else(refused)?;
    let timed = lab.timed().ok_or_else(refused)?;
    let mut simulation = timed.now();
    let found = if words.first() == Some(&"refresh") {
        // What is told and taken in always follows the policies.
        simulation.has_bgp_peer(device, &peers)
    } else {
        simulation.reset_bgp(device, &peers)
    };
    if found {
        Ok(())
    } else {
        Err("Error: The peer does not exist.".to_owned())
    }
}
