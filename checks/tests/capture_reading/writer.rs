//! Capture files written octet by octet.

use checks::capture::container::Reader;
use checks::capture::{Direction, LinkType, Record};

/// Numbers in one byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub const BOTH: [Self; 2] = [Self::Little, Self::Big];

    pub fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

pub const MICRO: u32 = 0xa1b2_c3d4;
pub const NANO: u32 = 0xa1b2_3c4d;
pub const MODIFIED: u32 = 0xa1b2_cd34;

/// The header of a pcap.
pub fn pcap_header(order: Order, magic: u32, snap_length: u32, link_type: u32) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    file.extend(order.u32(0));
    file.extend(order.u32(0));
    file.extend(order.u32(snap_length));
    file.extend(order.u32(link_type));
    file
}

/// A record of a pcap.
pub fn pcap_record(order: Order, magic: u32, seconds: u32, fraction: u32, packet: &[u8], original: u32) -> Vec<u8> {
    let mut record = Vec::new();
    for field in [seconds, fraction, packet.len() as u32, original] {
        record.extend(order.u32(field));
    }
    if magic == MODIFIED {
        record.extend([0xee; 8]);
    }
    record.extend(packet);
    record
}

/// A block of a pcapng.
pub fn block(order: Order, block_type: u32, body: &[u8]) -> Vec<u8> {
    let length = (12 + body.len().next_multiple_of(4)) as u32;
    let mut block = order.u32(block_type).to_vec();
    block.extend(order.u32(length));
    block.extend(body);
    block.resize(block.len().next_multiple_of(4), 0);
    block.extend(order.u32(length));
    block
}

/// An option of a block.
pub fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = order.u16(code).to_vec();
    option.extend(order.u16(value.len() as u16));
    option.extend(value);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

pub fn section(order: Order) -> Vec<u8> {
    let mut body = order.u32(0x1a2b_3c4d).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend(order.u64(u64::MAX));
    block(order, 0x0a0d_0d0a, &body)
}

pub fn interface(order: Order, link_type: u16, snap_length: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let mut body = order.u16(link_type).to_vec();
    body.extend(order.u16(0));
    body.extend(order.u32(snap_length));
    body.extend(options.concat());
    block(order, 1, &body)
}

pub fn enhanced(
    order: Order,
    interface: u32,
    ticks: u64,
    packet: &[u8],
    original: u32,
    options: &[Vec<u8>],
) -> Vec<u8> {
    let mut body = Vec::new();
    let fields = [
        interface,
        (ticks >> 32) as u32,
        ticks as u32,
        packet.len() as u32,
        original,
    ];
    for field in fields {
        body.extend(order.u32(field));
    }
    body.extend(packet);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options.concat());
    block(order, 6, &body)
}

pub fn obsolete(order: Order, interface: u16, drops: u16, ticks: u64, packet: &[u8], original: u32) -> Vec<u8> {
    let mut body = order.u16(interface).to_vec();
    body.extend(order.u16(drops));
    for field in [(ticks >> 32) as u32, ticks as u32, packet.len() as u32, original] {
        body.extend(order.u32(field));
    }
    body.extend(packet);
    block(order, 2, &body)
}

pub fn simple(order: Order, packet: &[u8], original: u32) -> Vec<u8> {
    let mut body = order.u32(original).to_vec();
    body.extend(packet);
    block(order, 3, &body)
}

pub fn statistics(order: Order, interface: u32, options: &[Vec<u8>]) -> Vec<u8> {
    let mut body = order.u32(interface).to_vec();
    body.extend([0; 8]);
    body.extend(options.concat());
    block(order, 5, &body)
}

/// A record as it was read, without its borrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub number: u64,
    pub offset: u64,
    pub interface: u32,
    pub link_type: LinkType,
    pub time: Option<i64>,
    pub captured: Vec<u8>,
    pub original_length: u32,
    pub direction: Option<Direction>,
}

impl From<&Record<'_>> for Owned {
    fn from(record: &Record<'_>) -> Self {
        Self {
            number: record.number,
            offset: record.offset,
            interface: record.interface,
            link_type: record.link_type,
            time: record.time.map(checks::capture::Timestamp::as_nanoseconds),
            captured: record.captured.to_vec(),
            original_length: record.original_length,
            direction: record.direction,
        }
    }
}

/// Reads a file that comes in pieces of so many octets.
pub fn read_in_pieces(file: &[u8], piece: usize) -> (Reader, Vec<Owned>) {
    let mut reader = Reader::new();
    let mut records = Vec::new();
    for octets in file.chunks(piece.max(1)) {
        reader.feed(octets, |record| records.push(Owned::from(record)));
    }
    reader.finish();
    (reader, records)
}

pub fn read(file: &[u8]) -> (Reader, Vec<Owned>) {
    read_in_pieces(file, file.len())
}

/// The names of the warnings, in the order they were met.
pub fn warnings(reader: &Reader) -> Vec<&'static str> {
    reader
        .warnings()
        .by_kind()
        .map(|(first, _)| first.kind.name())
        .collect()
}
