//! `ping`: every request and every reply walks the network.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, instance, own_source};
use crate::network::{Outcome, Packet};

/// Largest number of requests that is computed.
const LARGEST_COUNT: u64 = 10_000;

/// Largest request that is sure not to need fragments, in bytes of data.
const LARGEST_WHOLE: u32 = 1472;

/// The answer. A hop takes 1 ms each way: the lab keeps no time.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let Some((target, options)) = rest.split_last() else {
        return Err(Unanswered::NotComputed);
    };
    let destination: Ipv4Addr = target.parse().map_err(|_| Unanswered::NotComputed)?;
    let (mut vpn, mut source, mut count, mut size) = (None, None, 5, 56_u32);
    let (mut first_ttl, mut whole, mut quiet) = (255_u8, false, false);
    let mut words = options.iter();
    while let Some(option) = words.next() {
        match *option {
            "-f" => whole = true,
            "-q" => quiet = true,
            option => {
                let value = words.next().ok_or(Unanswered::NotComputed)?;
                let unread = |_| Unanswered::NotComputed;
                match option {
                    "-vpn-instance" => vpn = Some(*value),
                    "-a" => source = Some(value.parse::<Ipv4Addr>().map_err(|_| Unanswered::NotComputed)?),
                    "-c" => count = value.parse::<u64>().map_err(unread)?,
                    "-s" => size = value.parse().map_err(unread)?,
                    "-h" => first_ttl = value.parse().map_err(unread)?,
                    // Waits change nothing where nothing takes time.
                    "-t" | "-m" => {}
                    _ => return Err(Unanswered::NotComputed),
                }
            }
        }
    }
    if whole && size > LARGEST_WHOLE {
        return Err(Unanswered::NotComputed);
    }
    if count > LARGEST_COUNT {
        return Err(Unanswered::Refused(format!(
            "The emulated lab sends at most {LARGEST_COUNT} requests."
        )));
    }
    let vrf = instance(asked, vpn)?;
    own_source(asked, &vrf, source)?;
    let forwarding = asked.state.forwarding();
    let source = source.or_else(|| forwarding.source(asked.device, &vrf, destination));
    let mut text = format!("PING {destination}: {size}  data bytes, press CTRL_C to break\n");
    let mut received = 0;
    let mut times: Vec<u32> = Vec::new();
    for number in 0..count {
        let reply = source.and_then(|source| {
            let request = Packet {
                source,
                destination,
                protocol: 1,
                ports: (0, 0),
                ttl: first_ttl,
                number,
            };
            let Outcome::Delivered {
                device, vrf: at, ttl, ..
            } = forwarding.send(asked.device, &vrf, request)
            else {
                return None;
            };
            let reply = Packet {
                source: destination,
                destination: source,
                ttl: 255,
                ..request
            };
            match forwarding.send(device, &at, reply) {
                Outcome::Delivered {
                    device,
                    vrf: back,
                    ttl: left,
                    ..
                } if device == asked.device && back == vrf => Some((
                    left,
                    2 + u32::from(first_ttl.saturating_sub(ttl)) + u32::from(255 - left),
                )),
                _ => None,
            }
        });
        match reply {
            Some((ttl, time)) => {
                received += 1;
                times.push(time);
                if quiet {
                    continue;
                }
                text.push_str(&format!(
                    "    Reply from {destination}: bytes={size} Sequence={} ttl={ttl} time={time} ms\n",
                    number + 1
                ));
            }
            None if quiet => {}
            None => text.push_str("    Request time out\n"),
        }
    }
    let lost = (count - received) as f64 * 100.0 / count as f64;
    text.push_str(&format!(
        "\n  --- {destination} ping statistics ---\n    {count} packet(s) transmitted\n    \
         {received} packet(s) received\n    {lost:.2}% packet loss\n"
    ));
    if let (Some(least), Some(most)) = (times.iter().min(), times.iter().max()) {
        let average = times.iter().map(|time| u64::from(*time)).sum::<u64>() / times.len() as u64;
        text.push_str(&format!("round-trip min/avg/max = {least}/{average}/{most} ms\n"));
    }
    Ok(text)
}
