//! pcap: a header, and records up to the end.

use pcap_parser::nom;
use pcap_parser::{PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header};

use crate::capture::{Record, Timestamp};

use super::interface::Interface;
use super::pcapng::Section;
use super::reader::{Contents, Found, LARGEST_PACKET, Step, link_type_of};
use super::time_scale::TimeScale;
use super::warning::WarningKind;

/// How the records of one pcap are laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    big_endian: bool,
    /// With eight more octets in every record header (Kuznetsov's variant).
    modified: bool,
    /// Nanoseconds in a unit of the fraction.
    unit: u32,
    interface: u32,
}

/// Microseconds.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
/// Nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Microseconds and longer record headers.
const MODIFIED: u32 = 0xa1b2_cd34;

/// More interfaces than this no file describes.
pub(super) const MOST_INTERFACES: usize = 65_536;

impl Layout {
    /// Octets of the file header.
    pub(super) const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    const MODIFIED_RECORD_HEADER: usize = 24;

    /// Whether a pcap begins with this magic number, this version and no time zone.
    pub(super) fn stands_in(magic: [u8; 4], version: [u8; 4], zone: [u8; 4]) -> bool {
        let versions = [[2, 0, 4, 0], [0, 2, 0, 4]];
        Self::begins_with(magic) && versions.contains(&version) && zone == [0; 4]
    }

    /// Whether a file that begins so is a pcap.
    pub(super) fn begins_with(magic: [u8; 4]) -> bool {
        let known = |magic| matches!(magic, MICROSECONDS | NANOSECONDS | MODIFIED);
        known(u32::from_le_bytes(magic)) || known(u32::from_be_bytes(magic))
    }

    /// Reads the file header; `None` where nothing that follows can be read.
    pub(super) fn new(header: &[u8; Self::FILE_HEADER], offset: u64, contents: &mut Contents) -> Option<Self> {
        let [a, b, c, d, ..] = *header;
        let magic = [a, b, c, d];
        let big_endian = u32::from_be_bytes(magic) & 0xffff_0000 == 0xa1b2_0000;
        let kind = if big_endian {
            u32::from_be_bytes(magic)
        } else {
            u32::from_le_bytes(magic)
        };
        let header = fields(header, big_endian && kind == MODIFIED)?;
        if header.version_major != 2 || header.version_minor < 4 {
            let reason = "its version of the format is not 2.4";
            contents.warn(WarningKind::CorruptRecord { reason }, offset);
            return None;
        }
        if header.thiszone != 0 {
            let seconds = header.thiszone;
            contents.warn(WarningKind::TimeZone { seconds }, offset);
        }
        if contents.interfaces.len() >= MOST_INTERFACES {
            let reason = "too many captures in one file";
            contents.warn(WarningKind::CorruptRecord { reason }, offset);
            return None;
        }
        let (unit, scale) = match kind {
            NANOSECONDS => (1, TimeScale::NANOSECONDS),
            _ => (1_000, TimeScale::MICROSECONDS),
        };
        let interface = contents.interfaces.len() as u32;
        let link_type = link_type_of(header.network.0.cast_unsigned());
        let mut described = Interface::new(link_type, header.snaplen, scale);
        described.section = interface;
        contents.interfaces.push(described);
        Some(Self {
            big_endian,
            modified: kind == MODIFIED,
            unit,
            interface,
        })
    }

    /// Reads records as long as they are whole and nothing about them is out of the ordinary; how many octets they have.
    #[inline]
    pub(super) fn ordinary(
        &self,
        octets: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut impl FnMut(&Record<'_>),
    ) -> usize {
        let layout = self.clone();
        let is_snapping = contents.is_snapping();
        let Some(interface) = contents.interfaces.get_mut(self.interface as usize) else {
            return 0;
        };
        let (link_type, Some(mut latest)) = (interface.link_type, interface.last_time) else {
            return 0;
        };
        if self.modified || !link_type.is_decoded() {
            return 0;
        }
        let (mut used, mut number, mut snapped) = (0, contents.packets, 0);
        while let Some((header, rest)) = octets.get(used..).and_then(<[u8]>::split_first_chunk) {
            let frame = layout.header(header);
            let (length, original_length) = (frame.captured_length, frame.original_length);
            // Without an octet it may be the header of another file.
            if length == 0 || length > LARGEST_PACKET || length > original_length {
                break;
            }
            let (Some(captured), Some(time)) = (rest.get(..length as usize), layout.time(&frame)) else {
                break;
            };
            if time < latest || (length < original_length && !is_snapping) {
                break;
            }
            number += 1;
            snapped += u64::from(length < original_length);
            latest = time;
            record(&Record {
                number,
                offset: offset + used as u64,
                interface: layout.interface,
                link_type,
                time: Some(time),
                captured,
                original_length,
                direction: None,
            });
            used += Self::RECORD_HEADER + captured.len();
        }
        interface.last_time = Some(latest);
        interface.packets += number - contents.packets;
        contents.packets = number;
        contents.snapped += snapped;
        used
    }

    /// Reads one record.
    pub(super) fn step(
        &mut self,
        octets: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) -> Step {
        let parsed = match (self.modified, self.big_endian) {
            (false, false) => parse_pcap_frame(octets),
            (false, true) => parse_pcap_frame_be(octets),
            (true, false) => parse_pcap_frame_modified(octets),
            (true, true) => return self.modified_big_endian(octets, offset, contents, record),
        };
        match parsed {
            Ok((rest, frame)) => {
                let frame = Frame {
                    seconds: frame.ts_sec,
                    fraction: frame.ts_usec,
                    captured_length: frame.caplen,
                    original_length: frame.origlen,
                };
                let used = octets.len() - rest.len();
                self.take(&frame, &octets[self.header_length()..used], offset, contents, record)
            }
            Err(nom::Err::Incomplete(_)) => self.incomplete(octets, offset, contents),
            Err(_) => stop("unreadable", offset, contents),
        }
    }

    fn header_length(&self) -> usize {
        if self.modified {
            Self::MODIFIED_RECORD_HEADER
        } else {
            Self::RECORD_HEADER
        }
    }

    /// `pcap-parser` reads the modified variant in little endian only.
    fn modified_big_endian(
        &self,
        octets: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) -> Step {
        let Some((frame, captured)) = self.frame(octets).and_then(|frame| {
            let rest = octets.get(Self::MODIFIED_RECORD_HEADER..)?;
            Some((frame, rest.get(..frame.captured_length as usize)?))
        }) else {
            return self.incomplete(octets, offset, contents);
        };
        self.take(&frame, captured, offset, contents, record)
    }

    /// The record header that stands at the beginning of `octets`.
    fn frame(&self, octets: &[u8]) -> Option<Frame> {
        octets.first_chunk().map(|header| self.header(header))
    }

    #[inline]
    fn header(&self, header: &[u8; Self::RECORD_HEADER]) -> Frame {
        let field = |at: usize| {
            let field = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            if self.big_endian {
                u32::from_be_bytes(field)
            } else {
                u32::from_le_bytes(field)
            }
        };
        Frame {
            seconds: field(0),
            fraction: field(4),
            captured_length: field(8),
            original_length: field(12),
        }
    }

    /// A record of which not everything is here: how much is needed, if that can be.
    #[cold]
    fn incomplete(&self, octets: &[u8], offset: u64, contents: &mut Contents) -> Step {
        // Nothing is decided before the header is whole, so that it is decided once.
        if octets.len() < self.header_length() {
            return Step::Need(self.header_length());
        }
        match self.frame(octets) {
            None => Step::Need(self.header_length()),
            Some(frame) if self.is_another_file(&frame) => Step::Restart,
            Some(frame) if frame.captured_length > LARGEST_PACKET => {
                stop("more octets captured than any packet has", offset, contents)
            }
            Some(frame) => Step::Need(self.header_length() + frame.captured_length as usize),
        }
    }

    fn take(
        &self,
        frame: &Frame,
        captured: &[u8],
        offset: u64,
        contents: &mut Contents,
        record: &mut dyn FnMut(&Record<'_>),
    ) -> Step {
        if self.is_another_file(frame) {
            return Step::Restart;
        }
        if frame.captured_length > LARGEST_PACKET {
            return stop("more octets captured than any packet has", offset, contents);
        }
        contents.deliver(
            Found {
                offset,
                interface: self.interface,
                has_time: true,
                time: self.time(frame),
                captured,
                original_length: frame.original_length,
                direction: None,
            },
            record,
        );
        Step::Used(self.header_length() + captured.len())
    }

    /// Seconds are unsigned, and so reach to 2106.
    #[inline]
    fn time(&self, frame: &Frame) -> Option<Timestamp> {
        let nanoseconds = u64::from(frame.fraction) * u64::from(self.unit);
        (nanoseconds < 1_000_000_000)
            .then(|| Timestamp::from_nanoseconds(i64::from(frame.seconds) * 1_000_000_000 + nanoseconds.cast_signed()))
    }

    /// Whether a record header is the beginning of another file, of whatever kind, as `cat a.pcap b.pcap` leaves it.
    fn is_another_file(&self, frame: &Frame) -> bool {
        let octets = |field: u32| {
            if self.big_endian {
                field.to_be_bytes()
            } else {
                field.to_le_bytes()
            }
        };
        // A pcap: the magic number in place of the seconds, no zone and no accuracy in place of the lengths.
        let is_pcap =
            Self::begins_with(octets(frame.seconds)) && frame.captured_length == 0 && frame.original_length == 0;
        is_pcap || Section::stands_in(octets(frame.seconds), octets(frame.captured_length))
    }
}

/// A record header, and what it says.
#[derive(Clone, Copy)]
struct Frame {
    seconds: u32,
    fraction: u32,
    captured_length: u32,
    original_length: u32,
}

#[cold]
fn stop(reason: &'static str, offset: u64, contents: &mut Contents) -> Step {
    contents.warn(WarningKind::CorruptRecord { reason }, offset);
    Step::Stop
}

/// The fields of a file header. `pcap-parser` does not know the modified variant in big endian, whose fields are those
/// of the others.
fn fields(header: &[u8; Layout::FILE_HEADER], is_modified_big_endian: bool) -> Option<PcapHeader> {
    let mut known = *header;
    if is_modified_big_endian {
        known[..4].copy_from_slice(&MICROSECONDS.to_be_bytes());
    }
    parse_pcap_header(&known).ok().map(|(_, header)| header)
}
