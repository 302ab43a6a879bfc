//! The state of interfaces, and `display interface brief` and `display ip interface brief`.

use std::sync::Arc;

use crate::configuration::{Configuration, Node};
use crate::interface_name::InterfaceName;
use crate::lab::Lab;

/// The state of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Shut down by configuration.
    pub shut_down: bool,
    /// The physical layer is up.
    pub physical: bool,
    /// The protocol is up.
    pub protocol: bool,
}

/// The state of an interface: up if neither it nor its port nor the port at the other end of the link is shut down.
pub fn state(lab: &Lab, running: &[Arc<Configuration>], device: usize, name: &InterfaceName, node: &Node) -> State {
    let shut_down = node.has("shutdown");
    let port = name.port();
    let physical = if name.is_loopback() {
        true
    } else {
        let other = lab.links.iter().find_map(|[a, b]| {
            let here = (device, port.clone());
            if *a == here { Some(b) } else { (*b == here).then_some(a) }
        });
        let is_on = |device: usize, port: &InterfaceName| {
            running.get(device).is_some_and(|configuration| {
                configuration
                    .interfaces()
                    .any(|(name, node)| name == *port && !node.has("shutdown"))
            })
        };
        !shut_down && is_on(device, &port) && other.is_some_and(|(device, port)| is_on(*device, port))
    };
    let protocol = physical && (node.after("ip address ").is_some() || !name.is_physical() && !name.is_loopback());
    State {
        shut_down,
        physical,
        protocol,
    }
}

fn physical_word(state: State) -> &'static str {
    match state {
        State { shut_down: true, .. } => "*down",
        State { physical: true, .. } => "up",
        _ => "down",
    }
}

fn protocol_word(name: &InterfaceName, state: State) -> &'static str {
    match (state.protocol, name.is_loopback()) {
        (true, true) => "up(s)",
        (true, false) => "up",
        _ => "down",
    }
}

/// `display interface brief`.
pub fn brief(lab: &Lab, device: usize) -> String {
    let running = lab.snapshot();
    let mut text = String::from(
        "PHY: Physical\n\
         *down: administratively down\n\
         ^down: standby\n\
         (l): loopback\n\
         (s): spoofing\n\
         (b): BFD down\n\
         (e): ETHOAM down\n\
         (d): Dampening Suppressed\n\
         (p): port alarm down\n\
         (ld): loop-detect trigger down\n\
         InUti/OutUti: input utility rate/output utility rate\n\
         Interface                   PHY   Protocol  InUti OutUti   inErrors  outErrors\n",
    );
    for (name, node) in running
        .get(device)
        .into_iter()
        .flat_map(|configuration| configuration.interfaces())
    {
        let state = state(lab, &running, device, &name, node);
        text.push_str(&format!(
            "{:<27} {:<5} {:<9} {:>5} {:>6} {:>10} {:>10}\n",
            if name.is_physical() && name.to_string().starts_with("Gigabit") {
                format!("{name}(1G)")
            } else {
                name.to_string()
            },
            physical_word(state),
            protocol_word(&name, state),
            if name.is_loopback() {
                "--"
            } else if state.physical {
                "0.01%"
            } else {
                "0%"
            },
            if name.is_loopback() {
                "--"
            } else if state.physical {
                "0.01%"
            } else {
                "0%"
            },
            0,
            0
        ));
    }
    text
}

/// `display ip interface brief`.
pub fn ip_brief(lab: &Lab, device: usize) -> String {
    let running = lab.snapshot();
    let rows: Vec<(String, State, String, &'static str, String)> = running
        .get(device)
        .into_iter()
        .flat_map(|configuration| configuration.interfaces())
        .map(|(name, node)| {
            let state = state(lab, &running, device, &name, node);
            let vpn = node.after("ip binding vpn-instance ").unwrap_or("--").to_owned();
            (name.to_string(), state, address(node), protocol_word(&name, state), vpn)
        })
        .collect();
    let count = |test: &dyn Fn(&State) -> bool| rows.iter().filter(|row| test(&row.1)).count();
    let mut text = format!(
        "*down: administratively down\n\
         !down: FIB overload down\n\
         ^down: standby\n\
         (l): loopback\n\
         (s): spoofing\n\
         (d): Dampening Suppressed\n\
         (E): E-Trunk down\n\
         The number of interface that is UP in Physical is {}\n\
         The number of interface that is DOWN in Physical is {}\n\
         The number of interface that is UP in Protocol is {}\n\
         The number of interface that is DOWN in Protocol is {}\n\n\
         Interface                         IP Address/Mask      Physical   Protocol VPN\n",
        count(&|state| state.physical),
        count(&|state| !state.physical),
        count(&|state| state.protocol),
        count(&|state| !state.protocol),
    );
    for (name, state, address, protocol, vpn) in &rows {
        text.push_str(&format!(
            "{name:<33} {address:<20} {:<10} {protocol:<8} {vpn}\n",
            physical_word(*state)
        ));
    }
    text
}

/// Address and mask length, or `unassigned`.
fn address(node: &Node) -> String {
    let Some((address, mask)) = node.after("ip address ").and_then(|rest| rest.split_once(' ')) else {
        return "unassigned".into();
    };
    let length = mask
        .parse::<std::net::Ipv4Addr>()
        .map_or(0, |mask| u32::from(mask).count_ones());
    format!("{address}/{length}")
}
