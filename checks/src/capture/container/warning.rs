//! What is wrong with a capture file, named and placed.

use std::fmt;

/// What a warning puts in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endangers {
    /// Nothing: worth knowing only.
    Nothing,
    /// Conclusions from times.
    Times,
    /// Conclusions from which packets there are, and so everything.
    Packets,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WarningKind {
    /// There is not one octet.
    Empty,
    /// The file begins with none of the magic numbers of pcap and pcapng.
    NotACapture {
        /// Its first four octets.
        magic: [u8; 4],
    },
    /// The file ends within a header, record or block.
    Truncated {
        /// Octets still missing to the end of it, as far as known.
        missing: u64,
    },
    /// A record of a pcap cannot be what was written; what follows was not read.
    CorruptRecord {
        /// What cannot be.
        reason: &'static str,
    },
    /// A block of a pcapng cannot be what was written.
    CorruptBlock {
        /// What cannot be.
        reason: &'static str,
        /// Whether reading went on after it.
        skipped: bool,
    },
    /// The compressed data around the capture are damaged or end early.
    CompressedDataDamaged {
        /// What the decompressor says.
        reason: String,
    },
    /// A block of an unknown type was left out.
    UnknownBlock {
        /// Its type.
        block_type: u32,
    },
    /// A block too large to hold was left out.
    OversizedBlock {
        /// Its type.
        block_type: u32,
        /// Its length in octets.
        length: u64,
    },
    /// Packets begin with something that is not decoded.
    UnknownLinkType {
        /// The number of the link type.
        link_type: u16,
    },
    /// A packet belongs to an interface that was not described.
    UnknownInterface {
        /// The number it names.
        interface: u32,
    },
    /// A packet has no time (simple packet blocks have none).
    TimeMissing,
    /// A packet's time is none that can be: a fraction of a second of a second or more, or far beyond the calendar.
    TimeOutOfRange,
    /// A packet's time lies before that of an earlier packet of the same interface.
    TimeBackwards {
        /// By so much, in nanoseconds.
        nanoseconds: i64,
    },
    /// Fewer octets were captured than were on the wire.
    Snapped,
    /// More octets were captured than were on the wire, it says.
    CapturedExceedsOriginal,
    /// Packets were lost on the way into the file.
    Dropped {
        /// How many more, by this block.
        packets: u64,
    },
    /// An option of a block has a length that cannot be.
    MalformedOption,
    /// The file counts its times from another zone than UTC (`thiszone`), which was not applied.
    TimeZone {
        /// Seconds.
        seconds: i32,
    },
    /// Another capture file begins within this one, as `cat` would leave it.
    Concatenated,
}

impl WarningKind {
    /// What it puts in doubt.
    pub fn endangers(&self) -> Endangers {
        match self {
            Self::UnknownBlock { .. } | Self::Snapped | Self::TimeZone { .. } | Self::Concatenated => {
                Endangers::Nothing
            }
            Self::TimeMissing | Self::TimeOutOfRange | Self::TimeBackwards { .. } => Endangers::Times,
            Self::Empty
            | Self::NotACapture { .. }
            | Self::Truncated { .. }
            | Self::CorruptRecord { .. }
            | Self::CorruptBlock { .. }
            | Self::CompressedDataDamaged { .. }
            | Self::OversizedBlock { .. }
            | Self::UnknownLinkType { .. }
            | Self::UnknownInterface { .. }
            | Self::CapturedExceedsOriginal
            | Self::Dropped { .. }
            | Self::MalformedOption => Endangers::Packets,
        }
    }

    /// Its name in JSON, `time_backwards`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotACapture { .. } => "not_a_capture",
            Self::Truncated { .. } => "truncated",
            Self::CorruptRecord { .. } => "corrupt_record",
            Self::CorruptBlock { .. } => "corrupt_block",
            Self::CompressedDataDamaged { .. } => "compressed_data_damaged",
            Self::UnknownBlock { .. } => "unknown_block",
            Self::OversizedBlock { .. } => "oversized_block",
            Self::UnknownLinkType { .. } => "unknown_link_type",
            Self::UnknownInterface { .. } => "unknown_interface",
            Self::TimeMissing => "time_missing",
            Self::TimeOutOfRange => "time_out_of_range",
            Self::TimeBackwards { .. } => "time_backwards",
            Self::Snapped => "snapped",
            Self::CapturedExceedsOriginal => "captured_exceeds_original",
            Self::Dropped { .. } => "dropped",
            Self::MalformedOption => "malformed_option",
            Self::TimeZone { .. } => "time_zone",
            Self::Concatenated => "concatenated",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the file is empty"),
            Self::NotACapture { magic: [a, b, c, d] } => write!(
                formatter,
                "neither pcap nor pcapng: it begins with {a:02x} {b:02x} {c:02x} {d:02x}"
            ),
            Self::Truncated { missing: 0 } => formatter.write_str("the file ends too early"),
            Self::Truncated { missing } => write!(formatter, "the file ends {missing} octets too early"),
            Self::CorruptRecord { reason } => {
                write!(formatter, "corrupt record ({reason}); what follows was not read")
            }
            Self::CorruptBlock { reason, skipped: true } => {
                write!(formatter, "corrupt block ({reason}); it was left out")
            }
            Self::CorruptBlock { reason, skipped: false } => {
                write!(formatter, "corrupt block ({reason}); what follows was not read")
            }
            Self::CompressedDataDamaged { reason } => write!(formatter, "damaged compression: {reason}"),
            Self::UnknownBlock { block_type } => {
                write!(formatter, "block of unknown type {block_type:#010x} left out")
            }
            Self::OversizedBlock { block_type, length } => {
                write!(
                    formatter,
                    "block of type {block_type:#010x} with {length} octets left out as too large"
                )
            }
            Self::UnknownLinkType { link_type } => {
                write!(formatter, "packets of link type {link_type} cannot be decoded")
            }
            Self::UnknownInterface { interface } => {
                write!(formatter, "packet of interface {interface}, which is not described")
            }
            Self::TimeMissing => formatter.write_str("packet without a time"),
            Self::TimeOutOfRange => formatter.write_str("packet with an impossible time"),
            Self::TimeBackwards { nanoseconds } => {
                write!(
                    formatter,
                    "time goes back by {}.{:06} ms",
                    nanoseconds / 1_000_000,
                    nanoseconds % 1_000_000
                )
            }
            Self::Snapped => formatter.write_str("packet cut short when captured"),
            Self::CapturedExceedsOriginal => formatter.write_str("more octets captured than were on the wire"),
            Self::Dropped { packets } => write!(formatter, "{packets} packets lost while capturing"),
            Self::MalformedOption => formatter.write_str("option of a block with an impossible length"),
            Self::TimeZone { seconds } => {
                write!(formatter, "times may be {seconds} s off UTC (thiszone), not corrected")
            }
            Self::Concatenated => formatter.write_str("another capture begins within this one"),
        }
    }
}

/// One thing wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub kind: WarningKind,
    /// Where, in octets from the start of the (uncompressed) file.
    pub offset: u64,
    /// The packet it concerns, or the last one before it; `None` before the first.
    pub packet: Option<u64>,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (octet {}", self.kind, self.offset)?;
        match self.packet {
            Some(packet) => write!(formatter, ", packet {packet})"),
            None => formatter.write_str(", before any packet)"),
        }
    }
}

/// The warnings of a file: the first few of every kind, and how many there were.
#[derive(Debug, Clone, Default)]
pub struct Warnings {
    kinds: Vec<Counted>,
}

#[derive(Debug, Clone)]
struct Counted {
    count: u64,
    first: Vec<Warning>,
}

/// As many warnings of one kind are kept.
const KEPT: usize = 5;

impl Warnings {
    /// Adds one.
    pub fn add(&mut self, warning: Warning) {
        let name = warning.kind.name();
        let same = |counted: &&mut Counted| counted.first.first().is_some_and(|first| first.kind.name() == name);
        match self.kinds.iter_mut().find(same) {
            Some(counted) => {
                counted.count += 1;
                if counted.first.len() < KEPT {
                    counted.first.push(warning);
                }
            }
            None => self.kinds.push(Counted {
                count: 1,
                first: vec![warning],
            }),
        }
    }

    /// Counts further warnings of a kind of which there is one already.
    pub(super) fn count_more(&mut self, name: &str, more: u64) {
        let same = |counted: &&mut Counted| counted.first.first().is_some_and(|first| first.kind.name() == name);
        if let Some(counted) = self.kinds.iter_mut().find(same) {
            counted.count += more;
        }
    }

    /// The first of every kind with the number of all of that kind, in the order they were met.
    pub fn by_kind(&self) -> impl Iterator<Item = (&Warning, u64)> {
        self.kinds
            .iter()
            .filter_map(|counted| counted.first.first().map(|first| (first, counted.count)))
    }

    /// Every warning that was kept: the first few of each kind.
    pub fn kept(&self) -> impl Iterator<Item = &Warning> {
        self.kinds.iter().flat_map(|counted| &counted.first)
    }

    /// How many of the kind with this name there were.
    pub fn count(&self, name: &str) -> u64 {
        self.by_kind()
            .find(|(first, _)| first.kind.name() == name)
            .map_or(0, |(_, count)| count)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}
