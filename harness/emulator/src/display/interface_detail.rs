//! One interface in full: `display interface NAME` and `display ip interface NAME`.

use std::net::Ipv4Addr;

use super::interfaces::{Shown, State, address};

fn physical_line(one: &Shown<'_>) -> String {
    let state = match one.state {
        State { shut_down: true, .. } => "Administratively DOWN",
        State { physical: true, .. } => "UP",
        _ => "DOWN",
    };
    let protocol = match (one.state.protocol, one.name.is_loopback()) {
        (true, true) => "UP (spoofing)",
        (true, false) => "UP",
        _ => "DOWN",
    };
    let last_up = one.since.as_ref().and_then(|since| since.protocol_up.as_ref());
    let last_up = last_up.map(|since| format!("Last line protocol up time : {since}\n"));
    format!(
        "{} current state : {state}\nLine protocol current state : {protocol}\n{}",
        one.name,
        last_up.unwrap_or_default()
    )
}

fn mtu<'a>(one: &Shown<'a>) -> &'a str {
    one.node.after("mtu ").unwrap_or("1500")
}

/// The physical side. Nothing is counted in the lab.
pub fn full(one: &Shown<'_>) -> String {
    let mut text = physical_line(one);
    let default = format!("HUAWEI, {} Interface", one.name);
    text += &format!("Description: {}\n", one.node.after("description ").unwrap_or(&default));
    text += &format!("Route Port,The Maximum Transmit Unit is {}\n", mtu(one));
    text += &match address(one.node) {
        Some(address) => format!("Internet Address is {address}\n"),
        None => "Internet protocol processing : disabled\n".to_owned(),
    };
    if let Some(vlan) = one.node.after("vlan-type dot1q ") {
        text += &format!("Encapsulation dot1q Virtual LAN, The VLAN ID is {vlan}\n");
    }
    if one.name.is_physical() {
        if let Some(since) = &one.since {
            let never = || "-".to_owned();
            text += &format!(
                "Last physical up time   : {}\nLast physical down time : {}\nCurrent system time: {}\n",
                since.physical_up.clone().unwrap_or_else(never),
                since.physical_down.clone().unwrap_or_else(never),
                since.now
            );
        }
        text += "Loopback: none, full-duplex mode, negotiation: disable\n\
                 Statistics last cleared:never\n    \
                 Last 300 seconds input rate: 0 bits/sec, 0 packets/sec\n    \
                 Last 300 seconds output rate: 0 bits/sec, 0 packets/sec\n    \
                 Input: 0 bytes, 0 packets\n    \
                 Output: 0 bytes, 0 packets\n    \
                 Last 300 seconds input utility rate:  0.00%\n    \
                 Last 300 seconds output utility rate: 0.00%\n";
    }
    text + "\n"
}

/// The side of IP.
pub fn ip(one: &Shown<'_>) -> String {
    let mut text = physical_line(one);
    text += &format!("The Maximum Transmit Unit : {} bytes\n", mtu(one));
    text += "input packets : 0, bytes : 0, multicasts : 0\noutput packets : 0, bytes : 0, multicasts : 0\n";
    match address(one.node) {
        None => text += "Internet protocol processing : disabled\n",
        Some(address) => {
            text += &format!("Internet Address is {address}\n");
            text += &broadcast(&address)
                .map(|broadcast| format!("Broadcast address : {broadcast}\n"))
                .unwrap_or_default();
        }
    }
    text + "\n"
}

fn broadcast(address: &str) -> Option<Ipv4Addr> {
    let (address, length) = address.split_once('/')?;
    let (address, length): (Ipv4Addr, u32) = (address.parse().ok()?, length.parse().ok()?);
    let host_bits = u32::MAX.checked_shr(length).unwrap_or(0);
    Some(Ipv4Addr::from(u32::from(address) | host_bits))
}
