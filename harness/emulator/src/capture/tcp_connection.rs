//! A TCP connection (RFC 9293) as its segments show it: handshake, data, acknowledgments, end.

use std::net::Ipv4Addr;

use etherparse::{TcpHeader, TcpOptionElement};

use super::ipv4::Ipv4;

/// Window that both ends offer.
const WINDOW: u16 = 16_384;
/// Longest data of a segment: what Ethernet carries.
const MAXIMUM_SEGMENT: u16 = 1_460;

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpEnd {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// Sequence number of the next byte that it sends.
    sequence: u32,
    /// The byte that it waits for.
    expected: u32,
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
    /// RST.
    Reset,
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

    /// The longest data of one segment.
    pub fn maximum_segment() -> usize {
        usize::from(MAXIMUM_SEGMENT)
    }

    /// The IP packet of a segment that one end sends.
    pub fn send(&mut self, from: Side, segment: Segment<'_>) -> Vec<u8> {
        let (sender, receiver) = self.ends(from);
        let is_first = from == Side::Client && segment == Segment::Synchronize;
        let mut header = TcpHeader::new(sender.port, receiver.port, sender.sequence, WINDOW);
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
            Segment::Reset => header.rst = true,
        }
        sender.sequence = sender.sequence.wrapping_add(length(segment));
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

    /// The other end has received the next segment of this one.
    pub fn arrive(&mut self, from: Side, segment: Segment<'_>) {
        if segment == Segment::Synchronize {
            let (sender, receiver) = self.ends(from);
            // Nothing is sent behind a SYN before it is answered.
            receiver.expected = sender.sequence;
        } else {
            self.receive(from, length(segment));
        }
    }

    /// The other end has received so many bytes more.
    pub fn receive(&mut self, from: Side, bytes: u32) {
        let (_, receiver) = self.ends(from);
        receiver.expected = receiver.expected.wrapping_add(bytes);
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
        Segment::Acknowledge | Segment::Reset => 0,
        Segment::Data(data) => data.len() as u32,
    }
}
