//! The way of packets through the network, and when a way that is known may be used again.

use std::rc::Rc;

use crate::network::{Packet, Vrf, Way};

/// The network as it forwards, at every instant that the lab remembers. Times are nanoseconds of the lab's clock.
pub trait DataPlane {
    /// The first instant after this one at which a table or a link changes; `u64::MAX` if none is known.
    fn next_change(&self, at: u64) -> u64;

    /// The way of a packet that a device sends at an instant; each device on it decides by what it knows at the instant
    /// of its own decision. `chance` tells packets apart where links lose some.
    fn walk(&self, at: u64, device: usize, vrf: &Vrf, packet: Packet, chance: u64) -> Path;
}

/// The way of a packet; times are nanoseconds since it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The links, in order.
    pub hops: Vec<Hop>,
    /// When it ends.
    pub duration: u64,
    /// Whether it ends at a device that keeps the packet.
    pub delivered: bool,
    /// Whether other packets of the flow go the same way as long as nothing changes.
    pub steady: bool,
}

/// A link of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The link and the direction.
    pub way: Way,
    /// When the packet leaves.
    pub sent: u64,
    /// When it arrives; none if it is lost.
    pub arrived: Option<u64>,
    /// What stands before the IP header.
    pub headers: Vec<u8>,
    /// TTL of the IP header.
    pub ttl: u8,
}

/// The path of a flow as it was last found. It is used again as long as nothing changes while a packet is on its way.
#[derive(Debug, Clone, Default)]
pub struct PathCache {
    known: Option<(u64, u64, Rc<Path>)>,
}

impl PathCache {
    /// The path of a packet sent at an instant.
    pub fn path(
        &mut self,
        plane: &impl DataPlane,
        at: u64,
        (device, vrf): (usize, &Vrf),
        packet: Packet,
        chance: u64,
    ) -> Rc<Path> {
        if let Some((from, until, path)) = &self.known
            && (*from..*until).contains(&at)
            && at.saturating_add(path.duration) < *until
        {
            return Rc::clone(path);
        }
        let path = Rc::new(plane.walk(at, device, vrf, packet, chance));
        let until = plane.next_change(at);
        let is_undisturbed = at.saturating_add(path.duration) < until;
        self.known = (is_undisturbed && path.steady).then(|| (at, until, Rc::clone(&path)));
        path
    }
}
