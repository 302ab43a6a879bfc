//! What a device shows of its interfaces: `display interface brief`, `display interface description`,
//! `display ip interface brief`.

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

/// An interface with its lines and its state.
pub struct Shown<'a> {
    /// Its name.
    pub name: InterfaceName,
    /// Its lines.
    pub node: &'a Node,
    /// Its state.
    pub state: State,
    /// When that changed, if it is known.
    pub since: Option<Since>,
}

/// When an interface changed last, and the present time, as date and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The physical layer came up.
    pub physical_up: Option<String>,
    /// The physical layer went down.
    pub physical_down: Option<String>,
    /// The protocol came up.
    pub protocol_up: Option<String>,
    /// The present time.
    pub now: String,
}

/// Which of its interfaces' displays a device is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// `display interface brief`.
    Brief,
    /// `display interface description`.
    Description,
    /// `display interface`, of all or of one.
    Full,
    /// `display ip interface brief`.
    IpBrief,
    /// `display ip interface`, of all or of one.
    IpFull,
}

/// The answer of a device whose network is not computed: states follow from the configurations at both ends of links.
pub fn from_configurations(lab: &Lab, device: usize, display: Display, name: Option<&str>) -> Option<String> {
    let running = lab.snapshot();
    let shown: Vec<Shown<'_>> = running
        .get(device)?
        .interfaces()
        .map(|(name, node)| {
            let state = state(lab, &running, device, &name, node);
            Shown {
                name,
                node,
                state,
                since: None,
            }
        })
        .collect();
    print(&shown, display, name)
}

/// The answer from states that are known; none if there is no interface of the name asked for.
pub fn print(shown: &[Shown<'_>], display: Display, name: Option<&str>) -> Option<String> {
    let chosen: Vec<&Shown<'_>> = shown
        .iter()
        .filter(|one| name.is_none_or(|name| one.name.to_string() == name))
        .collect();
    if name.is_some() && chosen.is_empty() {
        return None;
    }
    Some(match display {
        Display::Brief => brief(&chosen),
        Display::Description => description(&chosen),
        Display::IpBrief => ip_brief(&chosen),
        Display::Full => chosen.iter().map(|one| super::interface_detail::full(one)).collect(),
        Display::IpFull => chosen.iter().map(|one| super::interface_detail::ip(one)).collect(),
    })
}

/// The state of an interface: up if neither it nor its port nor the port at the other end of the link is shut down.
fn state(lab: &Lab, running: &[Arc<Configuration>], device: usize, name: &InterfaceName, node: &Node) -> State {
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

const LEGEND: &str = "PHY: Physical\n\
    *down: administratively down\n\
    ^down: standby\n\
    (l): loopback\n\
    (s): spoofing\n\
    (b): BFD down\n\
    (e): ETHOAM down\n\
    (d): Dampening Suppressed\n\
    (p): port alarm down\n\
    (ld): loop-detect trigger down\n";

fn brief(shown: &[&Shown<'_>]) -> String {
    let mut text = format!(
        "{LEGEND}InUti/OutUti: input utility rate/output utility rate\n\
         Interface                   PHY   Protocol  InUti OutUti   inErrors  outErrors\n"
    );
    for one in shown {
        let utility = match one.state {
            _ if one.name.is_loopback() => "--",
            State { physical: true, .. } => "0.01%",
            _ => "0%",
        };
        text.push_str(&format!(
            "{:<27} {:<5} {:<9} {utility:>5} {utility:>6} {:>10} {:>10}\n",
            if one.name.is_physical() && one.name.to_string().starts_with("Gigabit") {
                format!("{}(1G)", one.name)
            } else {
                one.name.to_string()
            },
            physical_word(one.state),
            protocol_word(&one.name, one.state),
            0,
            0
        ));
    }
    text
}

fn description(shown: &[&Shown<'_>]) -> String {
    let mut text = format!("{LEGEND}Interface                     PHY     Protocol Description\n");
    for one in shown {
        let row = format!(
            "{:<29} {:<7} {:<8} {}",
            one.name.to_string(),
            physical_word(one.state),
            protocol_word(&one.name, one.state),
            one.node.after("description ").unwrap_or_default()
        );
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn ip_brief(shown: &[&Shown<'_>]) -> String {
    let count = |test: &dyn Fn(&State) -> bool| shown.iter().filter(|one| test(&one.state)).count();
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
    for one in shown {
        text.push_str(&format!(
            "{:<33} {:<20} {:<10} {:<8} {}\n",
            one.name.to_string(),
            address(one.node).unwrap_or_else(|| "unassigned".into()),
            physical_word(one.state),
            protocol_word(&one.name, one.state),
            one.node.after("ip binding vpn-instance ").unwrap_or("--")
        ));
    }
    text
}

/// Address and mask length.
pub fn address(node: &Node) -> Option<String> {
    let (address, mask) = node.after("ip address ")?.split_once(' ')?;
    let length = mask
        .parse::<std::net::Ipv4Addr>()
        .map_or(0, |mask| u32::from(mask).count_ones());
    Some(format!("{address}/{length}"))
}
