//! A TCP session of BGP or LDP: the messages that the lab's history holds, with the segments around them.
//!
//! Every segment is acknowledged when it arrives. Data that does not arrive is sent again, after a second and then after
//! twice the time before, until it arrives or the session ends.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::iter::Peekable;
use std::net::Ipv4Addr;
use std::rc::Rc;

use super::tcp_connection::{Segment, Side, TcpConnection, TcpEnd};
use super::timeline::{Content, Departure};
use crate::network::{Packet, Vrf};
use crate::traffic::{DataPlane, Path, PathCache};

/// The IP protocol.
const TCP: u8 = 6;
/// How long an end takes to answer a segment, in nanoseconds.
const ANSWER: u64 = 20_000;
/// When data that has not arrived is sent again for the first time, in nanoseconds (RFC 6298 §2.1).
const FIRST_TIMEOUT: u64 = 1_000_000_000;
/// The longest time between two attempts, in nanoseconds (RFC 6298 §2.5).
const LONGEST_TIMEOUT: u64 = 60_000_000_000;
/// The first of the ports that clients use.
const FIRST_CLIENT_PORT: u16 = 49_152;

/// One end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The device.
    pub device: usize,
    /// The instance that it speaks in.
    pub vrf: Vrf,
    /// Its address.
    pub address: Ipv4Addr,
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
    /// An end closes the connection; nothing follows but a new one.
    Closed(Side),
}

/// What is to be done after some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Data of this end has arrived: sequence number and length.
    Arrival(Side, u32, u32),
    /// Data of this end is sent again, unless the time after the last attempt is the longest.
    Again(Side, u32, Rc<[u8]>, u64),
}

/// The packets of a session, in the order of time.
pub struct Conversation<'a, P, E: Iterator<Item = (u64, Event)>> {
    plane: &'a P,
    parties: [Party; 2],
    server_port: u16,
    paths: [PathCache; 2],
    connection: TcpConnection,
    client_port: u16,
    connections: u64,
    events: Peekable<E>,
    ready: VecDeque<Departure>,
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    serial: u64,
    key: u64,
}

impl<'a, P: DataPlane, E: Iterator<Item = (u64, Event)>> Conversation<'a, P, E> {
    /// A session that has been open for some time, and whose further events come in the order of time; `key` tells it
    /// from all others.
    pub fn new(plane: &'a P, client: Party, server: Party, server_port: u16, key: u64, events: E) -> Self {
        let parties = [client, server];
        let (client, server) = ends(&parties, server_port, key, 0);
        Self {
            plane,
            server_port,
            paths: [PathCache::default(), PathCache::default()],
            client_port: client.port,
            connection: TcpConnection::established(client, server),
            parties,
            connections: 0,
            events: events.peekable(),
            ready: VecDeque::new(),
            due: BinaryHeap::new(),
            serial: 0,
            key,
        }
    }

    /// The way of a packet from one end to the other.
    fn path(&mut self, from: Side, at: u64) -> Rc<Path> {
        let [client, server] = &self.parties;
        let [client_paths, server_paths] = &mut self.paths;
        let (sender, receiver, ports, paths) = match from {
            Side::Client => (client, server, (self.client_port, self.server_port), client_paths),
            Side::Server => (server, client, (self.server_port, self.client_port), server_paths),
        };
        let packet = Packet {
            source: sender.address,
            destination: receiver.address,
            protocol: TCP,
            ports,
            ttl: sender.ttl,
            number: self.serial,
        };
        let chance = self.key ^ self.serial << 16;
        paths.path(self.plane, at, (sender.device, &sender.vrf), packet, chance)
    }

    /// An IP packet sets out; says when it arrives.
    fn depart(&mut self, from: Side, at: u64, packet: Vec<u8>) -> Option<u64> {
        let path = self.path(from, at);
        self.serial += 1;
        let arrival = path.delivered.then(|| at.saturating_add(path.duration));
        self.ready.push_back(Departure {
            at,
            path,
            content: Content::Packet(packet.into()),
        });
        arrival
    }

    /// The handshake, so early that both ends can speak at an instant.
    fn open(&mut self, at: u64) {
        self.due.clear();
        self.connections += 1;
        let (client, server) = ends(&self.parties, self.server_port, self.key, self.connections);
        self.client_port = client.port;
        self.connection = TcpConnection::new(client, server);
        let there = self.path(Side::Client, at).duration + ANSWER;
        let back = self.path(Side::Server, at).duration + ANSWER;
        let third = at.saturating_sub(there);
        let second = third.saturating_sub(back);
        let first = second.saturating_sub(there);
        for (from, at, segment) in [
            (Side::Client, first, Segment::Synchronize),
            (Side::Server, second, Segment::Synchronize),
            (Side::Client, third, Segment::Acknowledge),
        ] {
            let packet = self.connection.send(from, segment);
            self.depart(from, at, packet);
            self.connection.arrive(from, segment);
        }
    }

    /// Data of an end, in as many segments as it needs.
    fn say(&mut self, from: Side, at: u64, bytes: &[u8]) {
        for part in bytes.chunks(TcpConnection::maximum_segment()) {
            let sequence = self.connection.sequence(from);
            let packet = self.connection.send(from, Segment::Data(part));
            self.attempt(from, at, packet, sequence, part.into(), FIRST_TIMEOUT);
        }
    }

    /// A segment with data sets out, and will arrive or be sent again.
    fn attempt(&mut self, from: Side, at: u64, packet: Vec<u8>, sequence: u32, data: Rc<[u8]>, timeout: u64) {
        let due = match self.depart(from, at, packet) {
            Some(arrival) => (arrival + ANSWER, Due::Arrival(from, sequence, data.len() as u32)),
            None => (at.saturating_add(timeout), Due::Again(from, sequence, data, timeout)),
        };
        self.due.push(Reverse((due.0, self.serial, due.1)));
    }

    fn happen(&mut self, at: u64, due: Due) {
        match due {
            Due::Arrival(from, sequence, length) => {
                self.connection.receive(from, sequence, length);
                let packet = self.connection.send(from.other(), Segment::Acknowledge);
                self.depart(from.other(), at, packet);
            }
            Due::Again(from, sequence, data, timeout) => {
                let packet = self.connection.resend(from, sequence, Segment::Data(&data));
                let timeout = timeout.saturating_mul(2).min(LONGEST_TIMEOUT);
                self.attempt(from, at, packet, sequence, data, timeout);
            }
        }
    }

    /// FIN from one end, answered by the other as far as packets arrive.
    fn close(&mut self, from: Side, at: u64) {
        self.due.clear();
        let end = |this: &mut Self, from: Side, at: u64, segment: Segment<'_>| {
            let packet = this.connection.send(from, segment);
            let arrival = this.depart(from, at, packet)?;
            this.connection.arrive(from, segment);
            Some(arrival + ANSWER)
        };
        if let Some(answer) = end(self, from, at, Segment::Finish)
            && let Some(last) = end(self, from.other(), answer, Segment::Finish)
        {
            end(self, from, last, Segment::Acknowledge);
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
            let due = self.due.peek().map(|Reverse((at, ..))| *at);
            match (event, due) {
                (None, None) => return None,
                (event, Some(due)) if event.is_none_or(|at| due <= at) => {
                    if let Some(Reverse((at, _, due))) = self.due.pop() {
                        self.happen(at, due);
                    }
                }
                _ => match self.events.next() {
                    Some((at, Event::Opened)) => self.open(at),
                    Some((at, Event::Message(from, bytes))) => self.say(from, at, &bytes),
                    Some((at, Event::Closed(from))) => self.close(from, at),
                    None => {}
                },
            }
        }
    }
}

/// The ends of connection number `number` of a session.
fn ends(parties: &[Party; 2], server_port: u16, key: u64, number: u64) -> (TcpEnd, TcpEnd) {
    let mixed = |word: u64| {
        let state = (key ^ number << 8 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
    };
    let client_port = FIRST_CLIENT_PORT + (mixed(1) % 16_384) as u16;
    let [client, server] = parties;
    (
        TcpEnd::new(client.address, client_port, mixed(2) as u32, client.ttl),
        TcpEnd::new(server.address, server_port, mixed(3) as u32, server.ttl),
    )
}
