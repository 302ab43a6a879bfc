//! pcapng: sections of blocks. Written after draft-ietf-opsawg-pcapng.

use pcap_parser::{
    Block, IDB_MAGIC, ISB_MAGIC, InterfaceDescriptionBlock, PcapNGOption, SHB_MAGIC, SPB_MAGIC, parse_block_be,
    parse_block_le,
};

use crate::capture::{Direction, Record};

use super::interface::Interface;
use super::pcap::{Layout, MOST_INTERFACES};
use super::reader::{Contents, Found, LARGEST_PACKET, Step, link_type_of};
use super::time_scale::TimeScale;
use super::warning::WarningKind;

/// Packet block, obsolete since 2004 but still met.
const OBSOLETE_PACKET: u32 = 2;
const ENHANCED_PACKET: u32 = 6;
/// Blocks that say nothing about packets: name resolution, IRIG and ARINC times, journal entries, secrets, process
/// information (Apple), custom blocks.
const IGNORED: [u32; 8] = [4, 7, 8, 9, 0x0a, 0x0bad, 0x4000_0bad, 0x8000_0001];

const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Type and length in front, length behind.
const FRAME: usize = 12;
/// Of an enhanced packet block and of an obsolete one, type and length included.
const PACKET_HEADER: usize = 28;
/// A larger block is left out rather than held.
const LARGEST_BLOCK: u32 = 1 << 20;
/// A name or description is cut here.
const LONGEST_NAME: usize = 256;

const OPTION_END: u16 = 0;
const FLAGS: u16 = 2;
const DROP_COUNT: u16 = 4;
const NAME: u16 = 2;
const DESCRIPTION: u16 = 3;
const TIME_RESOLUTION: u16 = 9;
const TIME_OFFSET: u16 = 14;
const INTERFACE_DROPS: u16 = 5;
const SYSTEM_DROPS: u16 = 7;

/// Where a pcapng file has been read to.
#[derive(Debug, Default)]
pub(super) struct Section {
    big_endian: bool,
    /// Sections begun.
    number: u32,
    /// Index of its first interface among all of the file.
    first_interface: usize,
    /// The length that must stand behind a block that is being left out.
    trailer: Option<u32>,
}

impl Section {
    /// Whether a file that begins so is a pcapng.
    pub(super) fn begins_with(magic: [u8; 4]) -> bool {
        u32::from_le_bytes(magic) == SHB_MAGIC
    }

    /// Whether a section begins with this type of block and this mark of the byte order.
    pub(super) fn stands_in(block_type: [u8; 4], order: [u8; 4]) -> bool {
        let marks = [BYTE_ORDER.to_le_bytes(), BYTE_ORDER.to_be_bytes()];
        Self::begins_with(block_type) && marks.contains(&order)
    }

    /// Whether the file must not end here, because a block left out has no end yet.
    pub(super) fn awaits_trailer(&self) -> bool {
        self.trailer.is_some()
    }

    /// Reads enhanced packet blocks as long as they are whole and nothing about them is out of the ordinary; how many
    /// octets they have.
    #[inline]
    pub(super) fn ordinary(
        &self,
        octets: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut impl FnMut(&Record<'_>),
    ) -> usize {
        if self.trailer.is_some() {
            return 0;
        }
        let is_snapping = contents.is_snapping();
        let (mut used, mut number, mut snapped) = (0, contents.packets, 0);
        while let Some(block) = octets.get(used..).and_then(|rest| self.plain_block(rest)) {
            let Some(interface) = contents.interfaces.get_mut(block.interface) else {
                break;
            };
            let (link_type, length) = (interface.link_type, block.captured.len() as u64);
            let Some(time) = interface.scale.instant(block.ticks) else {
                break;
            };
            let is_cut = length < u64::from(block.original_length);
            if length > u64::from(block.original_length) || (is_cut && !is_snapping) || !link_type.is_decoded() {
                break;
            }
            if interface.last_time.is_none_or(|latest| time < latest) {
                break;
            }
            interface.last_time = Some(time);
            interface.packets += 1;
            number += 1;
            snapped += u64::from(is_cut);
            record(&Record {
                number,
                offset: offset + used as u64,
                interface: block.interface as u32,
                link_type,
                time: Some(time),
                captured: block.captured,
                original_length: block.original_length,
                direction: None,
            });
            used += block.length;
        }
        contents.packets = number;
        contents.snapped += snapped;
        used
    }

    /// The enhanced packet block without options that begins here, where it is whole.
    #[inline]
    fn plain_block<'o>(&self, octets: &'o [u8]) -> Option<PlainBlock<'o>> {
        let (header, rest) = octets.split_first_chunk::<PACKET_HEADER>()?;
        let field = |at: usize| self.u32([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (length, captured_length) = (field(4), field(20));
        if field(0) != ENHANCED_PACKET || captured_length > LARGEST_PACKET {
            return None;
        }
        let padded = captured_length.next_multiple_of(4) as usize;
        let trailer = rest.get(padded..)?.first_chunk::<4>()?;
        if length as usize != PACKET_HEADER + padded + 4 || self.u32(*trailer) != length {
            return None;
        }
        Some(PlainBlock {
            length: length as usize,
            interface: self.first_interface.checked_add(field(8) as usize)?,
            ticks: u64::from(field(12)) << 32 | u64::from(field(16)),
            captured: rest.get(..captured_length as usize)?,
            original_length: field(24),
        })
    }

    /// Reads one block.
    pub(super) fn step(
        &mut self,
        octets: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) -> Step {
        if self.trailer.is_some() {
            return self.check_trailer(octets, offset, contents);
        }
        let Some(frame) = octets.first_chunk::<FRAME>() else {
            return Step::Need(FRAME);
        };
        let (block_type, length, order) = parts(*frame);
        if Layout::stands_in(block_type, length, order) {
            return Step::Restart;
        }
        if u32::from_le_bytes(block_type) == SHB_MAGIC {
            if u32::from_le_bytes(order) == BYTE_ORDER {
                self.big_endian = false;
            } else if u32::from_be_bytes(order) == BYTE_ORDER {
                self.big_endian = true;
            } else {
                return stop("a section without a byte order", offset, contents);
            }
        }
        let block_type = self.u32(block_type);
        let length = self.u32(length);
        if !length.is_multiple_of(4) || (length as usize) < FRAME {
            return stop("a length that cannot be", offset, contents);
        }
        if length > LARGEST_BLOCK {
            if !IGNORED.contains(&block_type) {
                let length = u64::from(length);
                contents.warn(WarningKind::OversizedBlock { block_type, length }, offset);
            }
            self.trailer = Some(length);
            return Step::Skip(u64::from(length - 4));
        }
        let Some(block) = octets.get(..length as usize) else {
            return Step::Need(length as usize);
        };
        let Some((body, &trailer)) = block.split_last_chunk::<4>() else {
            return stop("a length that cannot be", offset, contents);
        };
        if self.u32(trailer) != length {
            return stop("a different length at its end", offset, contents);
        }
        let place = Place { block, body, offset };
        match block_type {
            ENHANCED_PACKET => self.enhanced_packet(&place, contents, record),
            SHB_MAGIC | IDB_MAGIC | ISB_MAGIC | SPB_MAGIC => return self.parsed(&place, contents, record),
            OBSOLETE_PACKET => self.obsolete_packet(&place, contents, record),
            _ if IGNORED.contains(&block_type) => {}
            _ => contents.warn(WarningKind::UnknownBlock { block_type }, offset),
        }
        Step::Used(length as usize)
    }

    fn check_trailer(&mut self, octets: &[u8], offset: u64, contents: &mut Contents) -> Step {
        let Some(trailer) = octets.first_chunk::<4>() else {
            return Step::Need(4);
        };
        if self.trailer.take() != Some(self.u32(*trailer)) {
            return stop("a different length at its end", offset, contents);
        }
        Step::Used(4)
    }

    /// The blocks that `pcap-parser` takes apart. Packet blocks with options are read here instead: their options may
    /// be damaged without harm to the packet, and they are many.
    fn parsed(&mut self, place: &Place<'_>, contents: &mut Contents, record: &mut dyn FnMut(&Record<'_>)) -> Step {
        let parsed = if self.big_endian {
            parse_block_be(place.block)
        } else {
            parse_block_le(place.block)
        };
        match parsed {
            Ok((_, Block::SectionHeader(header))) => {
                if header.major_version != 1 {
                    return stop("a version of the format other than 1", place.offset, contents);
                }
                self.first_interface = contents.interfaces.len();
                self.number = self.number.saturating_add(1);
            }
            Ok((_, Block::InterfaceDescription(description))) => {
                if contents.interfaces.len() >= MOST_INTERFACES {
                    return stop("too many interfaces", place.offset, contents);
                }
                let interface = self.interface(&description, place, contents);
                contents.interfaces.push(interface);
            }
            Ok((_, Block::InterfaceStatistics(statistics))) => {
                let mut lost = None;
                for option in &statistics.options {
                    if !matches!(option.code.0, INTERFACE_DROPS | SYSTEM_DROPS) {
                        continue;
                    }
                    match self.option_u64(option) {
                        Some(value) => lost = Some(value.saturating_add(lost.unwrap_or(0))),
                        None => contents.warn(WarningKind::MalformedOption, place.offset),
                    }
                }
                self.statistics(statistics.if_id, lost, place, contents);
            }
            Ok((_, Block::SimplePacket(packet))) => {
                self.simple_packet(packet.origlen, packet.data, place, contents, record);
            }
            _ => {
                // An interface that cannot be read would give its number to the next one.
                return stop("a block of impossible content", place.offset, contents);
            }
        }
        Step::Used(place.block.len())
    }

    fn interface(
        &self,
        description: &InterfaceDescriptionBlock<'_>,
        place: &Place<'_>,
        contents: &mut Contents,
    ) -> Interface {
        let text = |option: &PcapNGOption<'_>| {
            let octets = option.as_bytes().unwrap_or_default();
            let octets = &octets[..octets.len().min(LONGEST_NAME)];
            Some(String::from_utf8_lossy(octets).trim_end_matches('\0').to_owned())
        };
        let (mut name, mut about, mut resolution, mut offset) = (None, None, Some(6), Some(0));
        for option in &description.options {
            match option.code.0 {
                NAME => name = text(option),
                DESCRIPTION => about = text(option),
                TIME_RESOLUTION => resolution = option.as_bytes().ok().filter(|value| value.len() == 1).map(|v| v[0]),
                TIME_OFFSET => offset = self.option_u64(option).map(u64::cast_signed),
                _ => {}
            }
        }
        let scale = match (resolution, offset) {
            (Some(resolution), Some(offset)) => TimeScale::new(resolution, offset),
            _ => {
                contents.warn(WarningKind::MalformedOption, place.offset);
                TimeScale::Unusable
            }
        };
        let link_type = link_type_of(description.linktype.0.cast_unsigned());
        let mut interface = Interface::new(link_type, description.snaplen, scale);
        interface.name = name;
        interface.description = about;
        interface.section = self.number.saturating_sub(1);
        interface.number_in_section = (contents.interfaces.len() - self.first_interface) as u32;
        interface.time_offset_s = offset.unwrap_or(0);
        interface
    }

    fn statistics(&self, interface: u32, lost: Option<u64>, place: &Place<'_>, contents: &mut Contents) {
        let Some(lost) = lost else { return };
        let Some(index) = self.index(interface, place, contents) else {
            return;
        };
        let before = contents.interfaces[index].dropped;
        contents.interfaces[index].lost_in_total(lost);
        warn_of_drops(before, index, place, contents);
    }

    #[inline]
    fn enhanced_packet(&self, place: &Place<'_>, contents: &mut Contents, record: &mut dyn FnMut(&Record<'_>)) {
        let Some((header, rest)) = place.body.split_first_chunk::<PACKET_HEADER>() else {
            return corrupt("too short for a packet", place, contents);
        };
        let field = |at: usize| self.u32([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let packet = Fields {
            interface: field(8),
            ticks: u64::from(field(12)) << 32 | u64::from(field(16)),
            captured_length: field(20),
            original_length: field(24),
            drops: None,
        };
        self.packet(&packet, rest, place, contents, record);
    }

    /// Before enhanced packet blocks: the interface in 16 bits, the drop count in the next 16 (65535 for unknown).
    fn obsolete_packet(&self, place: &Place<'_>, contents: &mut Contents, record: &mut dyn FnMut(&Record<'_>)) {
        let Some((header, rest)) = place.body.split_first_chunk::<PACKET_HEADER>() else {
            return corrupt("too short for a packet", place, contents);
        };
        let field = |at: usize| self.u32([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let short = |at: usize| {
            let field = [header[at], header[at + 1]];
            if self.big_endian {
                u16::from_be_bytes(field)
            } else {
                u16::from_le_bytes(field)
            }
        };
        let packet = Fields {
            interface: u32::from(short(8)),
            ticks: u64::from(field(12)) << 32 | u64::from(field(16)),
            captured_length: field(20),
            original_length: field(24),
            drops: Some(short(10)).filter(|&drops| drops != u16::MAX).map(u64::from),
        };
        self.packet(&packet, rest, place, contents, record);
    }

    #[inline]
    fn packet(
        &self,
        packet: &Fields,
        rest: &[u8],
        place: &Place<'_>,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) {
        if packet.captured_length > LARGEST_PACKET {
            return corrupt("more octets captured than any packet has", place, contents);
        }
        let Some(captured) = rest.get(..packet.captured_length as usize) else {
            return corrupt("more octets captured than the block has", place, contents);
        };
        let Some(index) = self.index(packet.interface, place, contents) else {
            return;
        };
        let mut drops = packet.drops;
        let mut direction = None;
        let padded = captured.len().next_multiple_of(4);
        if rest.len() > padded {
            direction = self.packet_options(&rest[padded..], &mut drops, place, contents);
        }
        if let Some(lost) = drops {
            let before = contents.interfaces[index].dropped;
            contents.interfaces[index].lost_before_packet(lost);
            warn_of_drops(before, index, place, contents);
        }
        let found = Found {
            offset: place.offset,
            interface: index as u32,
            has_time: true,
            time: contents.interfaces[index].scale.instant(packet.ticks),
            captured,
            original_length: packet.original_length,
            direction,
        };
        contents.deliver(found, record);
    }

    /// The direction and the drop count among the options of a packet block.
    fn packet_options(
        &self,
        mut options: &[u8],
        drops: &mut Option<u64>,
        place: &Place<'_>,
        contents: &mut Contents,
    ) -> Option<Direction> {
        let mut direction = None;
        let u16 = |field: [u8; 2]| {
            if self.big_endian {
                u16::from_be_bytes(field)
            } else {
                u16::from_le_bytes(field)
            }
        };
        while let Some((&[a, b, c, d], rest)) = options.split_first_chunk::<4>() {
            let (code, length) = (u16([a, b]), usize::from(u16([c, d])));
            if code == OPTION_END {
                return direction;
            }
            let Some(value) = rest.get(..length) else {
                contents.warn(WarningKind::MalformedOption, place.offset);
                return direction;
            };
            match (code, value.len()) {
                (FLAGS, 4) => {
                    direction = match self.u32([value[0], value[1], value[2], value[3]]) & 3 {
                        1 => Some(Direction::Inbound),
                        2 => Some(Direction::Outbound),
                        _ => None,
                    };
                }
                (DROP_COUNT, 8) => *drops = Some(self.u64(value).unwrap_or(0)),
                (FLAGS | DROP_COUNT, _) => contents.warn(WarningKind::MalformedOption, place.offset),
                _ => {}
            }
            options = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        direction
    }

    /// A simple packet block: no time, the section's first interface, as many octets as its snap length lets be.
    fn simple_packet(
        &self,
        original_length: u32,
        padded: &[u8],
        place: &Place<'_>,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) {
        let Some(index) = self.index(0, place, contents) else {
            return;
        };
        let snap_length = match contents.interfaces[index].snap_length {
            0 => u32::MAX,
            limit => limit,
        };
        let length = original_length.min(snap_length) as usize;
        if padded.len() < length || padded.len() - length > 3 {
            return corrupt("a length that its snap length does not explain", place, contents);
        }
        let found = Found {
            offset: place.offset,
            interface: index as u32,
            has_time: false,
            time: None,
            captured: &padded[..length],
            original_length,
            direction: None,
        };
        contents.deliver(found, record);
    }

    /// Index of an interface of this section among all of the file.
    #[inline]
    fn index(&self, interface: u32, place: &Place<'_>, contents: &mut Contents) -> Option<usize> {
        let index = self.first_interface.checked_add(interface as usize);
        let index = index.filter(|&index| index < contents.interfaces.len());
        if index.is_none() {
            contents.warn(WarningKind::UnknownInterface { interface }, place.offset);
        }
        index
    }

    #[inline]
    fn u32(&self, field: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(field)
        } else {
            u32::from_le_bytes(field)
        }
    }

    fn u64(&self, field: &[u8]) -> Option<u64> {
        let field: [u8; 8] = field.try_into().ok()?;
        Some(if self.big_endian {
            u64::from_be_bytes(field)
        } else {
            u64::from_le_bytes(field)
        })
    }

    /// A number of 64 bits in an option. `pcap-parser` reads it in little endian whatever the section's order.
    fn option_u64(&self, option: &PcapNGOption<'_>) -> Option<u64> {
        self.u64(option.as_bytes().ok()?)
    }
}

/// Type, length and, in a section header, byte order.
fn parts(frame: [u8; FRAME]) -> ([u8; 4], [u8; 4], [u8; 4]) {
    let part = |at: usize| [frame[at], frame[at + 1], frame[at + 2], frame[at + 3]];
    (part(0), part(4), part(8))
}

/// A block, and where it stands.
struct Place<'b> {
    block: &'b [u8],
    /// Without the length at its end.
    body: &'b [u8],
    offset: u64,
}

/// An enhanced packet block without options.
struct PlainBlock<'b> {
    /// Octets of the block.
    length: usize,
    /// Among all of the file.
    interface: usize,
    ticks: u64,
    captured: &'b [u8],
    original_length: u32,
}

/// What packet blocks say about their packet.
struct Fields {
    interface: u32,
    ticks: u64,
    captured_length: u32,
    original_length: u32,
    drops: Option<u64>,
}

#[cold]
fn warn_of_drops(before: Option<u64>, interface: usize, place: &Place<'_>, contents: &mut Contents) {
    let now = contents.interfaces[interface].dropped.unwrap_or(0);
    let packets = now - before.unwrap_or(0).min(now);
    if packets > 0 {
        contents.warn(WarningKind::Dropped { packets }, place.offset);
    }
}

#[cold]
fn corrupt(reason: &'static str, place: &Place<'_>, contents: &mut Contents) {
    contents.warn(WarningKind::CorruptBlock { reason, skipped: true }, place.offset);
}

#[cold]
fn stop(reason: &'static str, offset: u64, contents: &mut Contents) -> Step {
    contents.warn(WarningKind::CorruptBlock { reason, skipped: false }, offset);
    Step::Stop
}
