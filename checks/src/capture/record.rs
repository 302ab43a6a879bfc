//! One captured packet as its file holds it.

use super::{LinkType, Timestamp};

/// Which way a packet went through the interface it was captured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Received.
    Inbound,
    /// Sent.
    Outbound,
}

/// One captured packet. Borrows from the octets that were pushed into the reader.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Counted from 1 within the file, as Wireshark's `frame.number`.
    pub number: u64,
    /// Where its record or block begins in the (uncompressed) file, in octets.
    pub offset: u64,
    /// Index into [`super::container::Reader::interfaces`]: counted from 0 through the whole file, not per section.
    pub interface: u32,
    /// What the octets begin with.
    pub link_type: LinkType,
    /// When it was captured; `None` where the file does not say or says what cannot be.
    pub time: Option<Timestamp>,
    /// The captured octets, which may be fewer than were on the wire.
    pub captured: &'a [u8],
    /// Octets the packet had on the wire.
    pub original_length: u32,
    /// Which way it went, where the file says so.
    pub direction: Option<Direction>,
}
