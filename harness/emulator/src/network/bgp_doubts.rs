//! Lines of BGP whose effect together with others is not known for certain: a network with one is refused.

use std::net::Ipv4Addr;

use crate::configuration::{Configuration, Node};

/// A line in doubt, with the reason.
pub fn first(configuration: &Configuration) -> Option<String> {
    let block = configuration.lines.iter().find(|line| line.text.starts_with("bgp "))?;
    let families = || block.children.iter().filter(|line| !line.children.is_empty());
    families()
        .find_map(|family| of_family(configuration, block, family))
        .or_else(|| of_process(block))
}

fn of_family(configuration: &Configuration, block: &Node, family: &Node) -> Option<String> {
    let instance = family.text.strip_prefix("ipv4-family vpn-instance ");
    if let Some(name) = instance
        && let Some(line) = timers_beside(block, family)
    {
        return Some(format!(
            "{line} (of the process, beside peers of instance {name} without timers)"
        ));
    }
    if family.text.starts_with("ipv4-family vpnv4") && family.has("auto-frr") {
        return Some(format!("auto-frr (of {})", family.text));
    }
    family.children.iter().find_map(|line| {
        let policy = Policy {
            configuration,
            name: policy_of(line)?,
        };
        let enters = line.text.starts_with("import-route ") || line.text.starts_with("network ");
        let told = line.text.ends_with(" export");
        let doubt = if instance.is_some() && !told && policy.says("apply extcommunity ") {
            "extcommunity given to routes of an instance"
        } else if enters && policy.says("apply ip-address next-hop ") {
            "a next hop given to routes that enter BGP"
        } else if told && policy.says("if-match ip next-hop ") {
            "next hops of routes that are told"
        } else {
            return None;
        };
        Some(format!("{} ({doubt})", line.text))
    })
}

/// Whether lines of the process reach into families other than unicast.
fn of_process(block: &Node) -> Option<String> {
    let others = |line: &Node| line.text.starts_with("ipv4-family vpn");
    let chooses = |line: &&Node| line.text.starts_with("bestroute ") || line.text == "compare-different-as-med";
    let line = block.children.iter().find(chooses)?;
    let beside = block.children.iter().find(|line| others(line))?;
    Some(format!("{} (of the process, beside {})", line.text, beside.text))
}

/// The timers of the process, if an instance has peers without timers of their own, their group or the instance.
fn timers_beside(block: &Node, family: &Node) -> Option<String> {
    let timers = block.after("timer ").filter(|_| family.after("timer ").is_none())?;
    let has_own = |name: &str| family.after(&format!("peer {name} timer ")).is_some();
    let mut peers = family.children.iter().filter_map(|line| {
        let words: Vec<&str> = line.text.split(' ').collect();
        match words.as_slice() {
            ["peer", peer, "as-number" | "group", _] if peer.parse::<Ipv4Addr>().is_ok() => Some(*peer),
            _ => None,
        }
    });
    let lacks = |peer: &str| {
        let group = family.after(&format!("peer {peer} group "));
        !has_own(peer) && !group.is_some_and(has_own)
    };
    peers.any(lacks).then(|| format!("timer {timers}"))
}

/// The policy that a line refers to.
fn policy_of(line: &Node) -> Option<&str> {
    let mut words = line.text.split(' ');
    let first = words.next()?;
    let is_free = first == "peer" && words.clone().nth(1) == Some("description");
    if is_free {
        return None;
    }
    words.skip_while(|word| *word != "route-policy").nth(1)
}

struct Policy<'a> {
    configuration: &'a Configuration,
    name: &'a str,
}

impl Policy<'_> {
    /// Whether a node of the policy holds a line that begins so.
    fn says(&self, prefix: &str) -> bool {
        let nodes = self.configuration.lines.iter().filter(|line| {
            let name = line.text.strip_prefix("route-policy ");
            name.and_then(|rest| rest.split(' ').next()) == Some(self.name)
        });
        nodes.into_iter().any(|node| node.after(prefix).is_some())
    }
}
