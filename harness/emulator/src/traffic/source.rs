//! The packets of a traffic as they set out.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::probe::Probe;
use super::schedule::Schedule;
use super::walk::{DataPlane, PathCache};
use crate::capture::{Content, Departure};
use crate::network::{Packet, Vrf};

/// TTL of the packets.
const TTL: u8 = 64;
/// The IP protocol.
const UDP: u8 = 17;

/// A traffic that runs or ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The device that sends.
    pub device: usize,
    /// The instance that the packets begin in.
    pub vrf: Vrf,
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Source port of the first flow.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Length of the frames.
    pub frame_size: u16,
    /// Number of the first flow in the payload; unique in the lab.
    pub first_flow: u32,
    /// When it sends; on the lab's clock.
    pub schedule: Schedule,
}

struct Flow {
    probe: Rc<Probe>,
    packet: Packet,
    paths: PathCache,
}

/// The packets that set out from an instant on and before another; `epoch` is the beginning of the lab's clock in
/// nanoseconds since 1970.
pub fn departures<'a, P: DataPlane>(
    traffic: &Traffic,
    plane: &'a P,
    epoch: u64,
    (from, to): (u64, u64),
) -> impl Iterator<Item = Departure> + 'a {
    let mut flows: Vec<Flow> = (0..traffic.schedule.flows).map(|index| flow(traffic, index)).collect();
    let (device, vrf) = (traffic.device, traffic.vrf.clone());
    let first_flow = u64::from(traffic.first_flow);
    traffic.schedule.turns(from, to).filter_map(move |turn| {
        let flow = flows.get_mut(turn.flow as usize)?;
        flow.packet.number = turn.sequence;
        let chance = (first_flow + u64::from(turn.flow)) << 40 ^ turn.sequence;
        Some(Departure {
            at: turn.at,
            path: flow.paths.path(plane, turn.at, (device, &vrf), flow.packet, chance),
            content: Content::Probe {
                probe: Rc::clone(&flow.probe),
                sequence: turn.sequence,
                sent: epoch.saturating_add(turn.at),
            },
        })
    })
}

fn flow(traffic: &Traffic, index: u32) -> Flow {
    let port = traffic.source_port.wrapping_add(index as u16);
    Flow {
        probe: Rc::new(Probe::new(
            (traffic.source, port),
            (traffic.destination, traffic.destination_port),
            traffic.first_flow.wrapping_add(index),
            traffic.frame_size,
        )),
        packet: Packet {
            source: traffic.source,
            destination: traffic.destination,
            protocol: UDP,
            ports: (port, traffic.destination_port),
            ttl: TTL,
            number: 0,
        },
        paths: PathCache::default(),
    }
}
