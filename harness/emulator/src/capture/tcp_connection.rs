//! A TCP connection (RFC 9293) as its segments show it: handshake, data, acknowledgments, end.

use std::net::Ipv4Addr;

use etherparse::{TcpHeader, TcpOptionElement};

use super::ipv4::Ipv4;

/// Window that both ends offer.
const WINDOW: u16 = 16_384;
/// Longest data of a segment: what Ethernet carries.
const MAXIMUM_SEGMENT: u16 = 1_460;

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpEnd {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// Sequence number of the next byte that it sends.
    sequence: u32,
    /// The byte that it waits for.
    expected: u32,
    /// What has come before the byte that it waits for: sequence number and length.
    early: Vec<(u32, u32)>,
    /// Packets that it has sent, for the identification of the next.
    packets: u16,
    ttl: u8,
}

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that opens it.
    Client,
    /// The one that listens.
    Server,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What a segment is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// SYN, of the server with an acknowledgment.
    Synchronize,
    /// An acknowledgment alone.
    Acknowledge,
    /// Data.
    Data(&'a [u8]),
    /// FIN.
    Finish,
}

/// A connection; its segments must be asked for in the order of time.
#[derive(Debug, Clone)]
pub struct TcpConnection {
    client: TcpEnd,
    server: TcpEnd,
}

impl TcpEnd {
    /// An end with its initial sequence number and the TTL of its packets.
    pub fn new(address: Ipv4Addr, port: u16, initial: u32, ttl: u8) -> Self {
        Self {
            address,
            port,
            sequence: initial,
            expected: 0,
            early: Vec::new(),
            packets: 0,
            ttl,
        }
    }
}

impl TcpConnection {
    /// A connection that is about to be opened.
    pub fn new(client: TcpEnd, server: TcpEnd) -> Self {
        Self { client, server }
    }

    /// A connection that has been there for some time.
    pub fn established(client: TcpEnd, server: TcpEnd) -> Self {
        let mut connection = Self::new(client, server);
        for side in [Side::Client, Side::Server] {
            connection.arrive(side, Segment::Synchronize);
        }
        connection
    }

    /// The sequence number of the next byte that one end sends.
    pub fn sequence(&self, from: Side) -> u32 {
        match from {
            Side::Client => self.client.sequence,
            Side::Server => self.server.sequence,
        }
    }

    /// The longest data of one segment.
    pub fn maximum_segment() -> usize {
        usize::from(MAXIMUM_SEGMENT)
    }

    /// The IP packet of a segment that one end sends.
    pub fn send(&mut self, from: Side, segment: Segment<'_>) -> Vec<u8> {
        let sequence = self.sequence(from);
        let packet = self.resend(from, sequence, segment);
        let (sender, _) = self.ends(from);
        sender.sequence = sender.sequence.wrapping_add(length(segment));
        packet
    }

    /// The IP packet of a segment that one end sends once more.
    pub fn resend(&mut self, from: Side, sequence: u32, segment: Segment<'_>) -> Vec<u8> {
        let (sender, receiver) = self.ends(from);
        let is_first = from == Side::Client && segment == Segment::Synchronize;
        let mut header = TcpHeader::new(sender.port, receiver.port, sequence, WINDOW);
        header.ack = !is_first;
        header.acknowledgment_number = if is_first { 0 } else { sender.expected };
        let mut payload: &[u8] = &[];
        match segment {
            Segment::Synchronize => {
                header.syn = true;
                // One option of four bytes always has room.
                let _ = header.set_options(&[TcpOptionElement::MaximumSegmentSize(MAXIMUM_SEGMENT)]);
            }
            Segment::Acknowledge => {}
            Segment::Data(data) => {
                header.psh = true;
                payload = data;
            }
            Segment::Finish => header.fin = true,
        }
        sender.packets = sender.packets.wrapping_add(1);
        let ip = Ipv4 {
            source: sender.address,
            destination: receiver.address,
            ttl: sender.ttl,
            identification: sender.packets,
            control: true,
        };
        ip.tcp(header, payload)
    }

    /// The other end has received the SYN or FIN that this one has just sent.
    pub fn arrive(&mut self, from: Side, segment: Segment<'_>) {
        let (sender, receiver) = self.ends(from);
        if segment == Segment::Synchronize {
            // Nothing is sent behind a SYN before it is answered.
            receiver.expected = sender.sequence;
        } else {
            receiver.expected = receiver.expected.wrapping_add(length(segment));
        }
    }

    /// The other end has received data.
    pub fn receive(&mut self, from: Side, sequence: u32, length: u32) {
        let (_, receiver) = self.ends(from);
        receiver.early.push((sequence, length));
        while let Some(index) = receiver.early.iter().position(|(start, _)| *start == receiver.expected) {
            let (_, length) = receiver.early.swap_remove(index);
            receiver.expected = receiver.expected.wrapping_add(length);
        }
        // What is behind the byte waited for has come twice.
        receiver
            .early
            .retain(|(start, _)| start.wrapping_sub(receiver.expected) < 1 << 31);
    }

    fn ends(&mut self, from: Side) -> (&mut TcpEnd, &mut TcpEnd) {
        match from {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }
}

/// How far a segment moves the sequence numbers.
fn length(segment: Segment<'_>) -> u32 {
    match segment {
        Segment::Synchronize | Segment::Finish => 1,
        Segment::Acknowledge => 0,
        Segment::Data(data) => data.len() as u32,
    }
}
