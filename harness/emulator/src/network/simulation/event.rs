//! What will happen, in the order of time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::chance::draw;
use super::flooding::Flood;
use super::message::BfdPacket;
use super::moment::Moment;
use crate::interface_name::InterfaceName;
use crate::network::bgp::BgpSpeaker;
use crate::network::ldp::Mappings;
use crate::network::ospf_paths::Vertex;
use crate::network::prefix::Vrf;
use crate::network::wiring::Port;

/// An end of a BGP session: device, instance and address of the peer.
pub type BgpEnd = (usize, Vrf, Ipv4Addr);

/// An end of an OSPF adjacency: device, number of the process and interface.
pub type OspfEnd = (usize, u32, InterfaceName);

/// An end of a BFD session: device and name of the session.
pub type BfdEnd = (usize, String);

/// Something that will happen.
#[derive(Debug, Clone)]
pub enum Event {
    /// A port notices that its signal is lost or back.
    Signal(Port),
    /// The forwarding table follows the routing table.
    Fib(usize),
    /// A router tells its links anew.
    Originate(usize),
    /// An LSA arrives.
    Flooded {
        /// At this process of a device.
        to: Vertex,
        /// From this neighbour.
        from: Vertex,
        /// What it says.
        lsa: Flood,
    },
    /// A router computes its routes.
    Spf(usize),
    /// Two routers that hear each other become adjacent.
    Adjacent(OspfEnd, Moment),
    /// A router has not heard a neighbour for the dead interval.
    Dead(OspfEnd, Moment),
    /// Two LSRs open a session.
    LdpUp(usize, usize, Moment),
    /// An LSR has not heard a peer for the hold time.
    LdpDead(usize, usize, Moment),
    /// A peer has told that it closes the session: of the first device, by the second.
    LdpClosed(usize, usize),
    /// Label mappings arrive.
    Mapped {
        /// At this LSR.
        to: usize,
        /// From this one.
        from: usize,
        /// What it maps now.
        mappings: Arc<Mappings>,
        /// Later words have larger numbers.
        number: u64,
    },
    /// Two peers open a session.
    BgpUp(BgpEnd, BgpEnd, Moment),
    /// A peer has not been heard for the hold time.
    BgpHoldExpired(BgpEnd, Moment),
    /// A peer has told that it closes the session.
    BgpClosed(BgpEnd),
    /// A speaker chooses its paths anew.
    BgpChoose(usize),
    /// A speaker tells what it has chosen.
    BgpTell(usize),
    /// An UPDATE arrives, or is tried again if it cannot.
    BgpTold {
        /// At this end.
        to: BgpEnd,
        /// From this end.
        from: BgpEnd,
        /// Whether it is on its way; else it still has to be sent.
        under_way: bool,
        /// What the sender has chosen.
        speaker: Arc<BgpSpeaker>,
        /// Later words have larger numbers.
        number: u64,
    },
    /// Sessions are looked at: who can reach whom.
    Sweep,
    /// The first packet of a row arrives.
    BfdHeard(BfdEnd, u64),
    /// An answer to a poll arrives.
    BfdAnswered(BfdEnd, BfdPacket),
    /// The detection time has passed.
    BfdExpired(BfdEnd, u64),
    /// Reception is looked at again.
    BfdListen(BfdEnd, u64),
    /// Those that track a session are told that it has come up.
    BfdRestored(BfdEnd, Moment),
}

struct Entry {
    at: Moment,
    tie: u64,
    number: u64,
    event: Event,
}

impl Entry {
    fn key(&self) -> (Moment, u64, u64) {
        (self.at, self.tie, self.number)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The largest is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

/// All that will happen.
#[derive(Default)]
pub struct Queue {
    entries: BinaryHeap<Entry>,
    count: u64,
    shuffle: Option<u64>,
}

impl Queue {
    /// Events of one instant happen in an order drawn from this seed, not in that in which they were planned.
    pub fn shuffle(&mut self, seed: u64) {
        self.shuffle = Some(seed);
    }

    /// Plans an event.
    pub fn push(&mut self, at: Moment, event: Event) {
        self.count += 1;
        let tie = self.shuffle.map_or(0, |seed| draw(&[seed, self.count]));
        self.entries.push(Entry {
            at,
            tie,
            number: self.count,
            event,
        });
    }

    /// The next event that happens at an instant or before.
    pub fn pop(&mut self, until: Moment) -> Option<(Moment, Event)> {
        if self.entries.peek()?.at > until {
            return None;
        }
        self.entries.pop().map(|entry| (entry.at, entry.event))
    }

    /// When the next event happens.
    pub fn next(&self) -> Option<Moment> {
        self.entries.peek().map(|entry| entry.at)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
