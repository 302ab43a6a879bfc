//! A TCP session of BGP or LDP: the messages that the lab's history holds, with the segments around them.
//!
//! Every segment is acknowledged when it arrives. A segment that does not arrive is not acknowledged.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::iter::Peekable;
use std::net::Ipv4Addr;
use std::rc::Rc;

use super::tcp_connection::{Segment, Side, TcpConnection, TcpEnd};
use super::timeline::{Content, Departure};
use crate::network::{Packet, Vrf};
use crate::traffic::{DataPlane, Path};

/// The IP protocol.
const TCP: u8 = 6;
/// How long an end takes to answer a segment, in nanoseconds.
const ANSWER: u64 = 20_000;

/// One end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The device.
    pub device: usize,
    /// The instance that it speaks in.
    pub vrf: Vrf,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// TTL of its packets.
    pub ttl: u8,
}

/// What happens on a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client opens the connection; the handshake ends now.
    Opened,
    /// An end sends a message.
    Message(Side, Vec<u8>),
    /// An end closes the connection; nothing follows.
    Closed(Side),
}

/// The packets of a session, in the order of time.
pub struct Conversation<'a, P, E: Iterator<Item = (u64, Event)>> {
    plane: &'a P,
    parties: [Party; 2],
    connection: TcpConnection,
    events: Peekable<E>,
    ready: VecDeque<Departure>,
    arrivals: BinaryHeap<Reverse<(u64, u64, Side, u32)>>,
    serial: u64,
    key: u64,
}

impl<'a, P: DataPlane, E: Iterator<Item = (u64, Event)>> Conversation<'a, P, E> {
    /// A session whose events come in the order of time; `key` tells it from all others.
    pub fn new(plane: &'a P, client: Party, server: Party, key: u64, events: E) -> Self {
        let initial = |party: &Party, word: u64| {
            let mixed = (key ^ word << 32 ^ u64::from(u32::from(party.address))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            TcpEnd::new(party.address, party.port, (mixed >> 32) as u32, party.ttl)
        };
        let connection = TcpConnection::new(initial(&client, 1), initial(&server, 2));
        Self {
            plane,
            parties: [client, server],
            connection,
            events: events.peekable(),
            ready: VecDeque::new(),
            arrivals: BinaryHeap::new(),
            serial: 0,
            key,
        }
    }

    fn party(&self, side: Side) -> &Party {
        let [client, server] = &self.parties;
        match side {
            Side::Client => client,
            Side::Server => server,
        }
    }

    /// The way of a packet from one end to the other.
    fn path(&self, from: Side, at: u64) -> Rc<Path> {
        let (sender, receiver) = (self.party(from), self.party(from.other()));
        let packet = Packet {
            source: sender.address,
            destination: receiver.address,
            protocol: TCP,
            ports: (sender.port, receiver.port),
            ttl: sender.ttl,
            number: self.serial,
        };
        let chance = self.key ^ self.serial << 16;
        Rc::new(self.plane.walk(at, sender.device, &sender.vrf, packet, chance))
    }

    /// Sends a segment, and says when it arrives.
    fn send(&mut self, from: Side, at: u64, segment: Segment<'_>) -> Option<u64> {
        let path = self.path(from, at);
        let packet = self.connection.send(from, segment);
        self.serial += 1;
        let arrival = path.delivered.then(|| at.saturating_add(path.duration));
        self.ready.push_back(Departure {
            at,
            path,
            content: Content::Packet(packet.into()),
        });
        arrival
    }

    /// The handshake, as late as it can be for the client to speak at an instant.
    fn open(&mut self, at: u64) {
        let way = |this: &Self, from: Side| this.path(from, at).duration + ANSWER;
        let back = at.saturating_sub(way(self, Side::Server));
        let out = back.saturating_sub(way(self, Side::Client));
        for (from, at, segment) in [
            (Side::Client, out, Segment::Synchronize),
            (Side::Server, back, Segment::Synchronize),
            (Side::Client, at, Segment::Acknowledge),
        ] {
            self.send(from, at, segment);
            self.connection.arrive(from, segment);
        }
    }

    /// Data of an end, in as many segments as it needs.
    fn say(&mut self, from: Side, at: u64, bytes: &[u8]) {
        for part in bytes.chunks(TcpConnection::maximum_segment()) {
            if let Some(arrival) = self.send(from, at, Segment::Data(part)) {
                self.arrivals
                    .push(Reverse((arrival, self.serial, from, part.len() as u32)));
            }
        }
    }

    fn close(&mut self, from: Side, at: u64) {
        if let Some(arrival) = self.send(from, at, Segment::Finish) {
            self.connection.arrive(from, Segment::Finish);
            let answer = arrival + ANSWER;
            if let Some(arrival) = self.send(from.other(), answer, Segment::Finish) {
                self.connection.arrive(from.other(), Segment::Finish);
                self.send(from, arrival + ANSWER, Segment::Acknowledge);
            }
        }
    }
}

impl<P: DataPlane, E: Iterator<Item = (u64, Event)>> Iterator for Conversation<'_, P, E> {
    type Item = Departure;

    fn next(&mut self) -> Option<Departure> {
        loop {
            if let Some(departure) = self.ready.pop_front() {
                return Some(departure);
            }
            let event = self.events.peek().map(|(at, _)| *at);
            let arrival = self.arrivals.peek().map(|Reverse((at, ..))| *at + ANSWER);
            match (event, arrival) {
                (None, None) => return None,
                (event, Some(answer)) if event.is_none_or(|at| answer <= at) => {
                    let Some(Reverse((_, _, from, length))) = self.arrivals.pop() else {
                        continue;
                    };
                    self.connection.receive(from, length);
                    self.send(from.other(), answer, Segment::Acknowledge);
                }
                _ => match self.events.next() {
                    Some((at, Event::Opened)) => self.open(at),
                    Some((at, Event::Message(from, bytes))) => self.say(from, at, &bytes),
                    Some((at, Event::Closed(from))) => {
                        self.arrivals.clear();
                        self.close(from, at);
                    }
                    None => {}
                },
            }
        }
    }
}
