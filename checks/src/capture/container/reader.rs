//! The reader of capture files: octets in, records out.

use crate::capture::{Direction, LinkType, Record, Timestamp};

use super::integrity::Integrity;
use super::interface::Interface;
use super::pcap::Layout;
use super::pcapng::Section;
use super::warning::{Warning, WarningKind, Warnings};

/// More octets than this no packet has: the largest that libpcap and Wireshark write.
pub(super) const LARGEST_PACKET: u32 = 262_144;

/// What a capture file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Too few octets have come to tell.
    Unknown,
    /// pcap, with times in micro- or nanoseconds.
    Pcap,
    /// pcapng.
    Pcapng,
}

/// Reads a capture file from octets as they arrive, in memory that does not grow with the file.
///
/// It never fails: what is wrong with a file becomes a [`Warning`] with its place, and whatever can be read is read.
/// Ask [`Reader::integrity`] before concluding anything from what was *not* seen.
///
/// ```
/// use checks::capture::container::Reader;
///
/// let mut reader = Reader::new();
/// let mut packets = 0;
/// for octets in [&[0xd4, 0xc3, 0xb2, 0xa1][..], &[2, 0, 4, 0]] {
///     reader.feed(octets, |_record| packets += 1);
/// }
/// reader.finish();
/// assert_eq!(packets, 0);
/// assert_eq!(reader.warnings().count("truncated"), 1);
/// ```
#[derive(Debug)]
pub struct Reader {
    state: State,
    format: Format,
    /// The beginning of a record or block whose end has not come yet.
    carry: Vec<u8>,
    /// Where `carry`, or what is fed next, begins in the file.
    offset: u64,
    /// Octets of the file to leave out.
    skip: u64,
    pub(super) contents: Contents,
}

#[derive(Debug)]
enum State {
    Start,
    Pcap(Layout),
    Pcapng(Section),
    Stopped,
}

/// What one look at the octets gave.
pub(super) enum Step {
    /// So many octets, at least one, were used up.
    Used(usize),
    /// Nothing can be done before there are so many.
    Need(usize),
    /// So many are to be left out, not all of them here.
    Skip(u64),
    /// Another file begins here.
    Restart,
    /// The rest cannot be read.
    Stop,
}

/// What has been learnt from the file so far.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub interfaces: Vec<Interface>,
    pub warnings: Warnings,
    pub packets: u64,
    /// Snapped packets beyond the first, which stands in the warnings.
    pub snapped: u64,
}

impl Contents {
    /// Adds a warning about what begins at `offset`.
    #[cold]
    pub(super) fn warn(&mut self, kind: WarningKind, offset: u64) {
        let packet = (self.packets > 0).then_some(self.packets);
        self.warnings.add(Warning { kind, offset, packet });
    }

    /// Whether packets of which not all was captured need no warning: one stands for all.
    pub(super) fn is_snapping(&self) -> bool {
        self.warnings.count("snapped") > 0
    }

    /// Counts a packet, checks it and hands it on.
    pub(super) fn deliver(&mut self, found: Found<'_>, record: &mut dyn FnMut(&Record<'_>)) {
        self.packets += 1;
        let Some(interface) = self.interfaces.get_mut(found.interface as usize) else {
            return;
        };
        let back = interface.count(found.time);
        let link_type = interface.link_type;
        let captured_length = found.captured.len() as u64;
        if back.is_some() || captured_length != u64::from(found.original_length) || found.time.is_none() {
            self.doubt(&found, back);
        }
        if !link_type.is_decoded() {
            let link_type = link_type.0;
            self.warn(WarningKind::UnknownLinkType { link_type }, found.offset);
        }
        record(&Record {
            number: self.packets,
            offset: found.offset,
            interface: found.interface,
            link_type,
            time: found.time,
            captured: found.captured,
            original_length: found.original_length,
            direction: found.direction,
        });
    }

    fn doubt(&mut self, found: &Found<'_>, back: Option<i64>) {
        if let Some(nanoseconds) = back {
            self.warn(WarningKind::TimeBackwards { nanoseconds }, found.offset);
        }
        if found.time.is_none() {
            let kind = if found.has_time {
                WarningKind::TimeOutOfRange
            } else {
                WarningKind::TimeMissing
            };
            self.warn(kind, found.offset);
        }
        let captured = found.captured.len() as u64;
        if captured > u64::from(found.original_length) {
            self.warn(WarningKind::CapturedExceedsOriginal, found.offset);
        } else if captured < u64::from(found.original_length) {
            // A capture with a snap length has one on every packet.
            if self.warnings.count("snapped") == 0 {
                self.warn(WarningKind::Snapped, found.offset);
            } else {
                self.snapped += 1;
            }
        }
    }
}

/// A packet as the file formats describe it.
pub(super) struct Found<'a> {
    pub offset: u64,
    pub interface: u32,
    /// Whether this kind of record or block has a time at all.
    pub has_time: bool,
    pub time: Option<Timestamp>,
    pub captured: &'a [u8],
    pub original_length: u32,
    pub direction: Option<Direction>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the beginning of a file.
    pub fn new() -> Self {
        Self {
            state: State::Start,
            format: Format::Unknown,
            carry: Vec::new(),
            offset: 0,
            skip: 0,
            contents: Contents::default(),
        }
    }

    /// Takes the next octets of the file and hands every packet that is complete with them to `record`.
    pub fn feed(&mut self, mut octets: &[u8], mut record: impl FnMut(&Record<'_>)) {
        while !octets.is_empty() && !matches!(self.state, State::Stopped) {
            if self.skip > 0 {
                let left_out = usize::try_from(self.skip).unwrap_or(usize::MAX).min(octets.len());
                self.skip -= left_out as u64;
                self.offset += left_out as u64;
                octets = &octets[left_out..];
            } else if self.carry.is_empty() {
                let used = self.walk(octets, &mut record);
                octets = &octets[used..];
                if self.skip == 0 && !matches!(self.state, State::Stopped) {
                    self.carry.extend_from_slice(octets);
                    return;
                }
            } else {
                octets = self.complete(octets, &mut record);
            }
        }
    }

    /// Says that the file ends here.
    pub fn finish(&mut self) {
        let missing = match self.state {
            State::Stopped => None,
            State::Start if self.carry.is_empty() && self.offset == 0 => {
                self.contents.warn(WarningKind::Empty, 0);
                None
            }
            _ if self.skip > 0 => Some(self.skip),
            _ if self.carry.is_empty() => self.lacks_trailer().then_some(4),
            _ => {
                let carry = std::mem::take(&mut self.carry);
                let needed = match self.step(&carry, &mut |_| {}) {
                    Step::Need(needed) => needed - carry.len(),
                    _ => 0,
                };
                Some(needed as u64)
            }
        };
        if let Some(missing) = missing {
            self.contents.warn(WarningKind::Truncated { missing }, self.offset);
        }
        self.contents
            .warnings
            .count_more("snapped", std::mem::take(&mut self.contents.snapped));
        self.state = State::Stopped;
    }

    /// Adds a warning of the way the octets came, at the place reached: damaged compression, say.
    pub fn warn(&mut self, kind: WarningKind) {
        let offset = self.offset + self.carry.len() as u64;
        self.contents.warn(kind, offset);
    }

    /// What the file turned out to be.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The interfaces described so far, of all sections.
    pub fn interfaces(&self) -> &[Interface] {
        &self.contents.interfaces
    }

    /// Packets read so far.
    pub fn packets(&self) -> u64 {
        self.contents.packets
    }

    /// What is wrong so far.
    pub fn warnings(&self) -> &Warnings {
        &self.contents.warnings
    }

    /// Whether nothing that follows can be read any more.
    pub fn has_stopped(&self) -> bool {
        matches!(self.state, State::Stopped)
    }

    /// How far the file can be trusted, once it is finished.
    pub fn integrity(&self) -> Integrity {
        self.integrity_of(&self.contents.interfaces.iter().collect::<Vec<_>>())
    }

    /// How far the packets of some interfaces can be trusted, by their numbers in [`Reader::interfaces`]: what the others
    /// dropped is not missing among them.
    pub fn integrity_of_interfaces(&self, numbers: &[u32]) -> Integrity {
        let interfaces = numbers
            .iter()
            .filter_map(|number| self.contents.interfaces.get(*number as usize));
        self.integrity_of(&interfaces.collect::<Vec<_>>())
    }

    fn integrity_of(&self, interfaces: &[&Interface]) -> Integrity {
        let dropped = interfaces
            .iter()
            .any(|interface| interface.dropped.is_some_and(|dropped| dropped > 0));
        let mut integrity = Integrity::of(&self.contents.warnings, dropped);
        for interface in interfaces {
            if let Some(dropped) = interface.dropped {
                integrity.dropped = Some(integrity.dropped.unwrap_or(0).saturating_add(dropped));
            }
            if interface.packets > 0 {
                integrity.resolution_ns = integrity.resolution_ns.max(interface.resolution_ns());
            }
            integrity.largest_step_back_ns = integrity.largest_step_back_ns.max(interface.largest_step_back_ns);
        }
        integrity
    }

    /// Completes what is carried with the beginning of `octets`; what is left of them.
    fn complete<'o>(&mut self, octets: &'o [u8], record: &mut impl FnMut(&Record<'_>)) -> &'o [u8] {
        let mut carry = std::mem::take(&mut self.carry);
        let needed = match self.step(&carry, &mut *record) {
            Step::Need(needed) => needed,
            // `walk` carries only what is too short.
            _ => carry.len() + 1,
        };
        let added = needed.saturating_sub(carry.len()).min(octets.len());
        carry.extend_from_slice(&octets[..added]);
        if carry.len() >= needed {
            let used = self.walk(&carry, record);
            carry.drain(..used);
            if self.skip > 0 {
                let left_out = usize::try_from(self.skip).unwrap_or(usize::MAX).min(carry.len());
                self.skip -= left_out as u64;
                self.offset += left_out as u64;
                carry.drain(..left_out);
            }
        }
        self.carry = carry;
        &octets[added..]
    }

    /// Takes apart as much as is complete; how many octets that was.
    fn walk(&mut self, octets: &[u8], record: &mut impl FnMut(&Record<'_>)) -> usize {
        let mut used = 0;
        while used < octets.len() {
            used += self.ordinary(&octets[used..], record);
            match self.step(&octets[used..], record) {
                Step::Used(length) => {
                    used += length;
                    self.offset += length as u64;
                }
                Step::Need(_) => break,
                Step::Skip(length) => {
                    self.skip = length;
                    break;
                }
                Step::Restart => {
                    self.contents.warn(WarningKind::Concatenated, self.offset);
                    self.state = State::Start;
                }
                Step::Stop => {
                    self.state = State::Stopped;
                    break;
                }
            }
        }
        used
    }

    /// Hands on packets as long as they are whole and nothing about them is out of the ordinary; how many octets they
    /// take. What comes then is for [`Self::step`], which would do the same with these.
    #[inline]
    fn ordinary(&mut self, octets: &[u8], record: &mut impl FnMut(&Record<'_>)) -> usize {
        let used = match &self.state {
            State::Pcap(layout) => layout.ordinary(octets, self.offset, &mut self.contents, record),
            State::Pcapng(section) => section.ordinary(octets, self.offset, &mut self.contents, record),
            State::Start | State::Stopped => 0,
        };
        self.offset += used as u64;
        used
    }

    #[inline(never)]
    fn step(&mut self, octets: &[u8], record: &mut dyn FnMut(&Record<'_>)) -> Step {
        match &mut self.state {
            State::Start => self.begin(octets),
            State::Pcap(layout) => layout.step(octets, self.offset, &mut self.contents, record),
            State::Pcapng(section) => section.step(octets, self.offset, &mut self.contents, record),
            State::Stopped => Step::Stop,
        }
    }

    /// Tells the format by its magic number.
    fn begin(&mut self, octets: &[u8]) -> Step {
        let Some(magic) = octets.first_chunk::<4>() else {
            return Step::Need(4);
        };
        if Section::begins_with(*magic) {
            self.format = Format::Pcapng;
            self.state = State::Pcapng(Section::default());
            return Step::Used(0);
        }
        if !Layout::begins_with(*magic) {
            self.contents
                .warn(WarningKind::NotACapture { magic: *magic }, self.offset);
            return Step::Stop;
        }
        let Some(header) = octets.first_chunk::<{ Layout::FILE_HEADER }>() else {
            return Step::Need(Layout::FILE_HEADER);
        };
        self.format = Format::Pcap;
        match Layout::new(header, self.offset, &mut self.contents) {
            Some(layout) => {
                self.state = State::Pcap(layout);
                Step::Used(Layout::FILE_HEADER)
            }
            None => Step::Stop,
        }
    }

    fn lacks_trailer(&self) -> bool {
        matches!(&self.state, State::Pcapng(section) if section.awaits_trailer())
    }
}

/// The link type in a field of a file header, whose upper bits may tell of frame check sequences.
pub(super) fn link_type_of(field: u32) -> LinkType {
    LinkType((field & 0xffff) as u16)
}
