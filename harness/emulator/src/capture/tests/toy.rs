//! A network that is simple enough to know what is seen in it: devices 0, 1, 2, 3; 0–1–3 is the short way, 0–2–3 the
//! other. Device 0 changes over at one instant, device 1 loses its link to 3 at another.

use std::net::Ipv4Addr;

use crate::capture::ethernet::{LinkLayer, MacAddress};
use crate::network::{LabelEntry, Packet, Vrf, Way};
use crate::traffic::{DataPlane, Hop, Path};

/// The address of device 3; any other is one of device 0.
pub const LAST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);

/// The network.
pub struct Toy {
    /// From when on device 0 sends by device 2.
    pub change: u64,
    /// From when on the link from 1 to 3 carries nothing.
    pub cut: u64,
    /// From when on it carries packets again.
    pub heal: u64,
    /// Delay of the links of the short way and of the other.
    pub delays: (u64, u64),
    /// Of so many packets the link from 1 to 3 loses one; 0 loses none.
    pub one_lost_of: u64,
}

impl Default for Toy {
    fn default() -> Self {
        Self {
            change: u64::MAX,
            cut: u64::MAX,
            heal: u64::MAX,
            delays: (100_000, 300_000),
            one_lost_of: 0,
        }
    }
}

/// The way from a device to a neighbour.
pub fn way(from: usize, to: usize) -> Way {
    let ends = [[0, 1], [1, 3], [0, 2], [2, 3]];
    let found = ends.iter().enumerate().find_map(|(link, [a, b])| match (from, to) {
        _ if (from, to) == (*a, *b) => Some(Way { link, from: 0 }),
        _ if (from, to) == (*b, *a) => Some(Way { link, from: 1 }),
        _ => None,
    });
    found.unwrap()
}

impl DataPlane for Toy {
    fn next_change(&self, at: u64) -> u64 {
        let later = [self.change, self.cut, self.heal]
            .into_iter()
            .filter(|change| *change > at);
        later.min().unwrap_or(u64::MAX)
    }

    fn walk(&self, at: u64, device: usize, _: &Vrf, packet: Packet, chance: u64) -> Path {
        let target = if packet.destination == LAST { 3 } else { 0 };
        let mut path = Path {
            hops: Vec::new(),
            duration: 0,
            delivered: false,
            steady: self.one_lost_of == 0,
        };
        let (mut here, mut ttl) = (device, packet.ttl);
        while here != target {
            let now = at + path.duration;
            let to = match here {
                0 if now >= self.change => 2,
                0 | 3 => 1,
                _ => target,
            };
            let delay = if here == 1 || to == 1 {
                self.delays.0
            } else {
                self.delays.1
            };
            let is_last = (here, to) == (1, 3);
            let is_lost = is_last
                && ((self.cut..self.heal).contains(&now)
                    || self.one_lost_of > 0 && chance.is_multiple_of(self.one_lost_of));
            let layer = LinkLayer {
                source: MacAddress::of_port(here, to),
                destination: MacAddress::of_port(to, here),
                vlans: Vec::new(),
                labels: vec![LabelEntry {
                    label: 1_000 + here as u32,
                    ttl,
                }],
            };
            path.hops.push(Hop {
                way: way(here, to),
                sent: path.duration,
                arrived: (!is_lost).then_some(path.duration + delay),
                headers: layer.headers(),
                ttl,
            });
            path.duration += delay;
            if is_lost {
                return path;
            }
            here = to;
            ttl -= 1;
        }
        path.delivered = true;
        path
    }
}
