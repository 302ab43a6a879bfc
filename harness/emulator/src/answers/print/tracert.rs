//! `tracert`: every probe and every answer to it walks the network.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, instance, own_source};
use crate::network::{Outcome, Packet, Vrf, origin_as};

/// Largest number of probes that is computed.
const LARGEST_COUNT: u32 = 10_000;

/// The answer. A hop takes 1 ms each way: the lab keeps no time.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let Some((target, options)) = rest.split_last() else {
        return Err(Unanswered::NotComputed);
    };
    let destination: Ipv4Addr = target.parse().map_err(|_| Unanswered::NotComputed)?;
    let (mut vpn, mut source, mut probes, mut first, mut last) = (None, None, 3_u32, 1_u8, 30_u8);
    for pair in options.chunks(2) {
        let [option, value] = pair else {
            return Err(Unanswered::NotComputed);
        };
        let unread = |_| Unanswered::NotComputed;
        match *option {
            "-vpn-instance" => vpn = Some(*value),
            "-a" => source = Some(value.parse::<Ipv4Addr>().map_err(|_| Unanswered::NotComputed)?),
            "-q" => probes = value.parse().map_err(unread)?,
            "-f" => first = value.parse().map_err(unread)?,
            "-m" => last = value.parse().map_err(unread)?,
            "-w" => {}
            _ => return Err(Unanswered::NotComputed),
        }
    }
    if probes.saturating_mul(u32::from(last)) > LARGEST_COUNT {
        return Err(Unanswered::Refused(format!(
            "The emulated lab sends at most {LARGEST_COUNT} probes."
        )));
    }
    if first > last {
        return Err(Unanswered::Refused(
            "The first TTL must not be larger than the maximum TTL.".into(),
        ));
    }
    let vrf = instance(asked, vpn)?;
    own_source(asked, &vrf, source)?;
    let source = source.or_else(|| asked.state.forwarding().source(asked.device, &vrf, destination));
    let mut text = format!(" traceroute to  {destination}({destination}), max hops: {last} ,packet length: 40\n");
    let mut number = 0;
    for ttl in first..=last {
        let mut row = format!(" {ttl}");
        let mut shown = None;
        let mut arrived = false;
        for _ in 0..probes {
            let answer = source.and_then(|source| probe(asked, &vrf, (source, destination), ttl, number));
            number += 1;
            match answer {
                None => row.push_str(" *"),
                Some(answer) => {
                    arrived |= answer.is_target;
                    if shown == Some(answer.from) {
                        row.push(' ');
                    } else {
                        row.push_str(&format!(" {}", answer.from));
                        row.push_str(&as_note(asked, &vrf, answer.from));
                    }
                    shown = Some(answer.from);
                    row.push_str(&format!(" {} ms", 2 * u32::from(ttl)));
                }
            }
        }
        text.push_str(&row);
        text.push('\n');
        if arrived {
            break;
        }
    }
    Ok(text)
}

struct Answer {
    from: Ipv4Addr,
    is_target: bool,
}

fn probe(
    asked: Asked<'_>,
    vrf: &Vrf,
    (source, destination): (Ipv4Addr, Ipv4Addr),
    ttl: u8,
    number: u64,
) -> Option<Answer> {
    let forwarding = asked.state.forwarding();
    let sent = Packet {
        source,
        destination,
        protocol: 17,
        ports: (52_000, 33_434),
        ttl,
        number,
    };
    let (device, at, from, is_target) = match forwarding.send(asked.device, vrf, sent) {
        // The worked example shows the target by the address that the probe came in by.
        Outcome::Delivered {
            device,
            vrf,
            arrived_on,
            ..
        } => (device, vrf, arrived_on.unwrap_or(destination), true),
        Outcome::Expired { device, vrf, reporter } => (device, vrf, reporter?, false),
        Outcome::Dropped => return None,
    };
    let answer = Packet {
        source: from,
        destination: source,
        protocol: 1,
        ports: (0, 0),
        ttl: 255,
        number,
    };
    match forwarding.send(device, &at, answer) {
        Outcome::Delivered { device, vrf: back, .. } if device == asked.device && back == *vrf => {
            Some(Answer { from, is_target })
        }
        _ => None,
    }
}

/// The AS that the address is known from, where BGP of the public network knows it.
fn as_note(asked: Asked<'_>, vrf: &Vrf, address: Ipv4Addr) -> String {
    let speaker = asked.state.bgp.get(asked.device).and_then(Option::as_ref);
    let known = speaker
        .filter(|_| *vrf == Vrf::Public)
        .and_then(|speaker| origin_as(speaker, address));
    known.map(|number| format!(" < AS={number} >")).unwrap_or_default()
}
