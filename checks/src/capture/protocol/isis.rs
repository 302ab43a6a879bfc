//! IS-IS PDUs over 802.2 (ISO 10589, RFC 1195): adjacencies and link state PDUs.

use std::fmt;

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};

/// DSAP, SSAP, control: ISO network layer.
const LLC: [u8; 3] = [0xfe, 0xfe, 0x03];
const DISCRIMINATOR: u8 = 0x83;

/// A system identifier; six bytes are the rule, and nothing else is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemId(pub [u8; 6]);

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let dot = if index > 0 && index % 2 == 0 { "." } else { "" };
            write!(f, "{dot}{byte:02x}")?;
        }
        Ok(())
    }
}

/// What tells a link state PDU from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LspId {
    /// Originator.
    pub system: SystemId,
    /// Pseudonode number; 0 for the system itself.
    pub pseudonode: u8,
    /// Fragment.
    pub fragment: u8,
}

impl fmt::Display for LspId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02x}-{:02x}", self.system, self.pseudonode, self.fragment)
    }
}

/// Three-way state of a point-to-point adjacency (RFC 5303 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThreeWay {
    /// Up.
    Up,
    /// Initializing.
    Initializing,
    /// Down.
    Down,
}

impl fmt::Display for ThreeWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A link state PDU's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lsp {
    /// 1 or 2.
    pub level: u8,
    /// Which.
    pub id: LspId,
    /// Remaining lifetime in seconds; 0 purges.
    pub lifetime: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Checksum.
    pub checksum: u16,
}

impl Lsp {
    /// Whether this instance is more recent than `other` (ISO 10589 §7.3.16).
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.sequence > other.sequence || (self.sequence == other.sequence && self.lifetime == 0 && other.lifetime != 0)
    }
}

/// A PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pdu {
    /// Hello on a LAN.
    LanHello {
        /// 1 or 2.
        level: u8,
        /// Sender.
        source: SystemId,
        /// Holding time in seconds.
        holding_time: u16,
        /// MAC addresses of the neighbours it hears.
        neighbors: Vec<[u8; 6]>,
    },
    /// Hello on a point-to-point link.
    PointToPointHello {
        /// Sender.
        source: SystemId,
        /// Holding time in seconds.
        holding_time: u16,
        /// The sender's number of the circuit, of 8 bits; 0 where it has more circuits than numbers.
        circuit: u8,
        /// The sender's state of the adjacency, its own number of the circuit, of 32 bits, and the neighbour it means.
        three_way: Option<(ThreeWay, Option<u32>, Option<SystemId>)>,
    },
    /// Link state PDU.
    Lsp(Lsp),
    /// Complete or partial sequence numbers.
    SequenceNumbers {
        /// 1 or 2.
        level: u8,
        /// Complete, not partial.
        complete: bool,
        /// Sender.
        source: SystemId,
        /// Entries it lists.
        entries: usize,
    },
}

impl Pdu {
    /// Reads an 802.2 frame from its DSAP on; `None` where it is not of the ISO network layer, or not IS-IS.
    pub fn decode(frame: &[u8]) -> Option<Result<Self, DecodeError>> {
        let pdu = frame.strip_prefix(&LLC)?;
        (pdu.first() == Some(&DISCRIMINATOR)).then(|| decode(pdu))
    }

    /// Reads what PPP, Cisco HDLC and GRE carry without an 802.2 header; some put an octet of padding before it.
    pub fn decode_without_llc(octets: &[u8]) -> Option<Result<Self, DecodeError>> {
        match octets {
            [DISCRIMINATOR, ..] => Some(decode(octets)),
            [_, pdu @ ..] if pdu.first() == Some(&DISCRIMINATOR) => Some(decode(pdu)),
            _ => None,
        }
    }
}

fn decode(pdu: &[u8]) -> Result<Pdu, DecodeError> {
    let mut whole = Cursor::new(Protocol::Isis, pdu);
    whole.u8("discriminator")?;
    let header_length = usize::from(whole.u8("length indicator")?);
    whole.u8("version")?;
    let id_length = whole.u8("ID length")?;
    if !matches!(id_length, 0 | 6) {
        return Err(whole.value("ID length", 1, id_length));
    }
    let kind = whole.u8("PDU type")? & 0x1f;
    whole.take(3, "common header")?;
    let Some(fixed) = header_length.checked_sub(whole.offset()) else {
        return Err(whole.length("length indicator", 7, header_length));
    };
    let start = whole.offset();
    let mut header = whole.part(fixed, "header")?;
    match kind {
        15..=17 => {
            header.u8("circuit type")?;
            let source = SystemId(header.array("source ID")?);
            let holding_time = header.u16("holding time")?;
            let tlvs = tlvs(&mut header, whole, start + fixed)?;
            if kind == 17 {
                let circuit = header.u8("local circuit ID")?;
                let mut three_way = None;
                for (kind, value) in tlvs {
                    if kind == 240 {
                        three_way = Some(adjacency_state(value)?);
                    }
                }
                return Ok(Pdu::PointToPointHello {
                    source,
                    holding_time,
                    circuit,
                    three_way,
                });
            }
            let mut neighbors = Vec::new();
            for (kind, mut value) in tlvs {
                while kind == 6 && !value.is_empty() {
                    neighbors.push(value.array("IS neighbor")?);
                }
            }
            Ok(Pdu::LanHello {
                level: kind - 14,
                source,
                holding_time,
                neighbors,
            })
        }
        18 | 20 => {
            header.u16("PDU length")?;
            let lifetime = header.u16("remaining lifetime")?;
            let id = LspId {
                system: SystemId(header.array("LSP ID")?),
                pseudonode: header.u8("LSP ID")?,
                fragment: header.u8("LSP number")?,
            };
            Ok(Pdu::Lsp(Lsp {
                level: if kind == 18 { 1 } else { 2 },
                id,
                lifetime,
                sequence: header.u32("sequence number")?,
                checksum: header.u16("checksum")?,
            }))
        }
        24..=27 => {
            let mut entries = 0;
            let mut ahead = header;
            ahead.u16("PDU length")?;
            let source = SystemId(ahead.array("source ID")?);
            for (kind, value) in tlvs(&mut header, whole, start + fixed)? {
                if kind == 9 {
                    entries += value.remaining() / 16;
                }
            }
            Ok(Pdu::SequenceNumbers {
                level: if kind % 2 == 0 { 1 } else { 2 },
                complete: kind < 26,
                source,
                entries,
            })
        }
        other => Err(whole.value("PDU type", whole.offset() - 4, other)),
    }
}

/// The TLVs behind the fixed header, within the PDU length, which is the next field of `header`.
fn tlvs<'a>(
    header: &mut Cursor<'a>,
    mut rest: Cursor<'a>,
    before: usize,
) -> Result<Vec<(u8, Cursor<'a>)>, DecodeError> {
    let said = usize::from(header.u16("PDU length")?);
    let Some(length) = said.checked_sub(before) else {
        return Err(header.length("PDU length", 2, said));
    };
    let mut body = rest.part(length, "PDU")?;
    let mut list = Vec::new();
    while !body.is_empty() {
        let kind = body.u8("TLV code")?;
        let length = body.u8("TLV length")?;
        list.push((kind, body.part(usize::from(length), "TLV")?));
    }
    Ok(list)
}

/// State, the sender's own number of the circuit, and the neighbour (RFC 5303 §3.1): all but the first may be left out.
fn adjacency_state(mut value: Cursor<'_>) -> Result<(ThreeWay, Option<u32>, Option<SystemId>), DecodeError> {
    let state = match value.u8("adjacency three-way state")? {
        0 => ThreeWay::Up,
        1 => ThreeWay::Initializing,
        2 => ThreeWay::Down,
        other => return Err(value.value("adjacency three-way state", 1, other)),
    };
    let circuit = (value.remaining() >= 4)
        .then(|| value.u32("extended local circuit ID"))
        .transpose()?;
    let neighbor = if value.remaining() >= 6 {
        Some(SystemId(value.array("neighbor system ID")?))
    } else {
        None
    };
    Ok((state, circuit, neighbor))
}
