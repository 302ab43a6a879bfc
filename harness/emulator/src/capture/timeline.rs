//! What observation points see, in the order of time: packets set out, and pass the points on their way.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

use super::ethernet::SHORTEST_FRAME;
use super::file::Direction;
use super::ipv4::set_ttl;
use crate::network::Way;
use crate::traffic::{Path, Probe};

/// A packet that sets out. Times are nanoseconds of the lab's clock.
#[derive(Debug, Clone)]
pub struct Departure {
    /// When.
    pub at: u64,
    /// Its way.
    pub path: Rc<Path>,
    /// The IP packet.
    pub content: Content,
}

/// An IP packet.
#[derive(Debug, Clone)]
pub enum Content {
    /// A probe, made when it is seen.
    Probe {
        /// Its flow.
        probe: Rc<Probe>,
        /// Its sequence number.
        sequence: u64,
        /// When it was sent, in nanoseconds since 1970.
        sent: u64,
    },
    /// A packet as it is sent.
    Packet(Rc<[u8]>),
}

/// Packets that set out, in the order of time.
pub type Source<'a> = Box<dyn Iterator<Item = Departure> + 'a>;

/// The observation points that see packets as they leave on a way, and as they arrive on it.
pub type Observed = BTreeMap<(Way, Direction), Vec<usize>>;

/// A packet that passes an observation point.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// When, in nanoseconds of the lab's clock.
    pub at: u64,
    /// The observation point.
    pub point: usize,
    /// Which way it crosses the port.
    pub direction: Direction,
    serial: u64,
    hop: usize,
    path: Rc<Path>,
    content: Content,
}

impl Sighting {
    /// Replaces the bytes by those of the frame.
    pub fn frame(&self, bytes: &mut Vec<u8>) {
        bytes.clear();
        let Some(hop) = self.path.hops.get(self.hop) else {
            return;
        };
        bytes.extend_from_slice(&hop.headers);
        let start = bytes.len();
        match &self.content {
            Content::Probe { probe, sequence, sent } => probe.write(hop.ttl, *sequence, *sent, bytes),
            Content::Packet(packet) => {
                bytes.extend_from_slice(packet);
                set_ttl(bytes.get_mut(start..).unwrap_or_default(), hop.ttl);
            }
        }
        if bytes.len() < SHORTEST_FRAME {
            bytes.resize(SHORTEST_FRAME, 0);
        }
    }
}

impl PartialEq for Sighting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sighting {}

impl PartialOrd for Sighting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sighting {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

/// All sightings of a window, in the order of time. Memory is bounded by the number of sources and of packets that are
/// on their way at the same time.
pub struct Timeline<'a> {
    sources: Vec<Source<'a>>,
    next: BinaryHeap<Reverse<(u64, usize)>>,
    waiting: Vec<Option<Departure>>,
    on_the_way: BinaryHeap<Reverse<Sighting>>,
    observed: Observed,
    window: (u64, u64),
    serial: u64,
}

impl<'a> Timeline<'a> {
    /// What is seen from an instant on and before another. The sources must begin early enough: with packets that are on
    /// their way when the window begins.
    pub fn new(mut sources: Vec<Source<'a>>, observed: Observed, window: (u64, u64)) -> Self {
        let waiting: Vec<Option<Departure>> = sources.iter_mut().map(Iterator::next).collect();
        let next = waiting
            .iter()
            .enumerate()
            .filter_map(|(index, departure)| Some(Reverse((departure.as_ref()?.at, index))))
            .collect();
        Self {
            sources,
            next,
            waiting,
            on_the_way: BinaryHeap::new(),
            observed,
            window,
            serial: 0,
        }
    }

    /// The next packet that sets out before the window ends.
    fn depart(&mut self) -> Option<Departure> {
        let mut top = self.next.peek_mut()?;
        let Reverse((at, index)) = *top;
        if at >= self.window.1 {
            return None;
        }
        let following = self.sources.get_mut(index)?.next();
        match &following {
            Some(departure) => *top = Reverse((departure.at.max(at), index)),
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        let place = self.waiting.get_mut(index)?;
        std::mem::replace(place, following)
    }

    fn follow(&mut self, departure: &Departure) {
        for (index, hop) in departure.path.hops.iter().enumerate() {
            self.see(departure, index, hop.way, hop.sent, Direction::Out);
            if let Some(arrived) = hop.arrived {
                self.see(departure, index, hop.way, arrived, Direction::In);
            }
        }
    }

    fn see(&mut self, departure: &Departure, hop: usize, way: Way, after: u64, direction: Direction) {
        let at = departure.at.saturating_add(after);
        if !(self.window.0..self.window.1).contains(&at) {
            return;
        }
        for point in self.observed.get(&(way, direction)).into_iter().flatten() {
            self.on_the_way.push(Reverse(Sighting {
                at,
                point: *point,
                direction,
                serial: self.serial,
                hop,
                path: Rc::clone(&departure.path),
                content: departure.content.clone(),
            }));
            self.serial += 1;
        }
    }
}

impl Iterator for Timeline<'_> {
    type Item = Sighting;

    fn next(&mut self) -> Option<Sighting> {
        loop {
            // Nothing is seen before it sets out.
            let until = self.next.peek().map_or(u64::MAX, |Reverse((at, _))| *at);
            let first = self.on_the_way.peek().map(|Reverse(sighting)| sighting.at);
            if first.is_some_and(|at| at < until) {
                return self.on_the_way.pop().map(|Reverse(sighting)| sighting);
            }
            match self.depart() {
                Some(departure) => self.follow(&departure),
                None => return self.on_the_way.pop().map(|Reverse(sighting)| sighting),
            }
        }
    }
}
