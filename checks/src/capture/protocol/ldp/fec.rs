//! Forwarding equivalence classes: prefixes (RFC 5036 §3.4.1) and pseudowires (RFC 8077 §6).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;

/// A FEC element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fec {
    /// All FECs.
    Wildcard,
    /// All FECs of a type (RFC 5918).
    TypedWildcard(u8),
    /// A prefix.
    Prefix(IpNet),
    /// A pseudowire, FEC 128 or 129.
    Pseudowire(Pseudowire),
    /// An element of another type, with its bytes; nothing behind it in the TLV can be read.
    Other {
        /// Element type.
        kind: u8,
        /// Bytes from the type on.
        bytes: usize,
    },
}

/// A pseudowire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pseudowire {
    /// C: frames carry the control word.
    pub control_word: bool,
    /// Pseudowire type; 5 is Ethernet, 4 Ethernet tagged.
    pub kind: u16,
    /// Which one.
    pub id: PseudowireId,
    /// Interface MTU in bytes (sub-TLV 0x01).
    pub mtu: Option<u16>,
    /// Flow label capability (sub-TLV 0x17).
    pub flow_label: Option<FlowLabel>,
}

/// What tells a pseudowire from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PseudowireId {
    /// FEC 128: group and identifier; without one, all of the group.
    Pwid {
        /// Group identifier.
        group: u32,
        /// Pseudowire identifier.
        id: Option<u32>,
    },
    /// FEC 129: attachment group, source and target attachment individual identifiers, as bytes.
    Generalized {
        /// AGI.
        group: Vec<u8>,
        /// SAII.
        source: Vec<u8>,
        /// TAII.
        target: Vec<u8>,
    },
}

/// Flow label capability (RFC 6391 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowLabel {
    /// T: the sender asks to send flow labels.
    pub sends: bool,
    /// R: the sender is able to receive flow labels.
    pub receives: bool,
}

/// Sub-TLV types of interface parameters (RFC 8077 §6.4, RFC 6391 §4).
const INTERFACE_MTU: u8 = 0x01;
const FLOW_LABEL: u8 = 0x17;

impl Fec {
    /// Reads the elements of a FEC TLV.
    pub(super) fn decode_all(mut value: Cursor<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut elements = Vec::new();
        while !value.is_empty() {
            let bytes = value.remaining();
            let kind = value.u8("FEC element type")?;
            elements.push(match kind {
                1 => Self::Wildcard,
                2 => Self::Prefix(prefix(&mut value)?),
                5 => {
                    let kind = value.u8("typed wildcard FEC type")?;
                    let length = value.u8("typed wildcard length")?;
                    value.take(usize::from(length), "typed wildcard information")?;
                    Self::TypedWildcard(kind)
                }
                0x80 => Self::Pseudowire(pwid(&mut value)?),
                0x81 => Self::Pseudowire(generalized(&mut value)?),
                _ => {
                    value.rest();
                    Self::Other { kind, bytes }
                }
            });
        }
        Ok(elements)
    }
}

fn prefix(value: &mut Cursor<'_>) -> Result<IpNet, DecodeError> {
    let family = value.u16("address family")?;
    let bits = value.u8("prefix length")?;
    let bytes = value.take(usize::from(bits).div_ceil(8), "prefix")?;
    let mut whole = [0; 16];
    let net = match (family, bytes.len()) {
        (1, 0..=4) => {
            whole[..bytes.len()].copy_from_slice(bytes);
            let [a, b, c, d, ..] = whole;
            IpNet::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits)
        }
        (2, 0..=16) => {
            whole[..bytes.len()].copy_from_slice(bytes);
            IpNet::new(IpAddr::V6(Ipv6Addr::from(whole)), bits)
        }
        (1 | 2, _) => return Err(value.length("prefix length", bytes.len() + 1, usize::from(bits))),
        _ => return Err(value.value("address family", bytes.len() + 3, family)),
    };
    net.map(|net| net.trunc())
        .map_err(|_| value.length("prefix length", bytes.len() + 1, usize::from(bits)))
}

fn pwid(value: &mut Cursor<'_>) -> Result<Pseudowire, DecodeError> {
    let (control_word, kind) = control_word_and_kind(value)?;
    let length = usize::from(value.u8("PW information length")?);
    let group = value.u32("group ID")?;
    let mut information = value.part(length, "PW information")?;
    let id = (length > 0).then(|| information.u32("PW ID")).transpose()?;
    let mut pseudowire = Pseudowire {
        control_word,
        kind,
        id: PseudowireId::Pwid { group, id },
        mtu: None,
        flow_label: None,
    };
    pseudowire.interface_parameters(information)?;
    Ok(pseudowire)
}

fn generalized(value: &mut Cursor<'_>) -> Result<Pseudowire, DecodeError> {
    let (control_word, kind) = control_word_and_kind(value)?;
    let length = usize::from(value.u8("PW information length")?);
    let mut information = value.part(length, "PW information")?;
    let mut identifier = |field| {
        if information.is_empty() {
            return Ok(Vec::new());
        }
        information.u8(field)?;
        let length = information.u8(field)?;
        information.take(usize::from(length), field).map(<[u8]>::to_vec)
    };
    Ok(Pseudowire {
        control_word,
        kind,
        id: PseudowireId::Generalized {
            group: identifier("AGI")?,
            source: identifier("SAII")?,
            target: identifier("TAII")?,
        },
        mtu: None,
        flow_label: None,
    })
}

fn control_word_and_kind(value: &mut Cursor<'_>) -> Result<(bool, u16), DecodeError> {
    let word = value.u16("PW type")?;
    Ok((word & 0x8000 != 0, word & 0x7fff))
}

impl Pseudowire {
    /// Reads interface parameters: within FEC 128, in a TLV of their own beside FEC 129.
    pub(super) fn interface_parameters(&mut self, mut parameters: Cursor<'_>) -> Result<(), DecodeError> {
        while !parameters.is_empty() {
            let kind = parameters.u8("interface parameter type")?;
            let said = parameters.u8("interface parameter length")?;
            // The length counts type and length too.
            let Some(length) = usize::from(said).checked_sub(2) else {
                return Err(parameters.length("interface parameter length", 1, usize::from(said)));
            };
            let mut value = parameters.part(length, "interface parameter")?;
            match kind {
                INTERFACE_MTU => self.mtu = Some(value.u16("interface MTU")?),
                FLOW_LABEL => {
                    let bits = value.u16("flow label bits")?;
                    self.flow_label = Some(FlowLabel {
                        sends: bits & 0x8000 != 0,
                        receives: bits & 0x4000 != 0,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wildcard => f.write_str("all FECs"),
            Self::TypedWildcard(kind) => write!(f, "all FECs of type {kind}"),
            Self::Prefix(prefix) => write!(f, "{prefix}"),
            Self::Pseudowire(pseudowire) => write!(f, "{pseudowire}"),
            Self::Other { kind, .. } => write!(f, "FEC of type {kind}"),
        }
    }
}

impl fmt::Display for Pseudowire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            PseudowireId::Pwid { id: Some(id), .. } => write!(f, "PW {id}")?,
            PseudowireId::Pwid { group, id: None } => write!(f, "all PWs of group {group}")?,
            PseudowireId::Generalized { group, source, target } => {
                let hex = |bytes: &[u8]| {
                    let mut text = String::new();
                    for byte in bytes {
                        text.push_str(&format!("{byte:02x}"));
                    }
                    if text.is_empty() { "-".to_owned() } else { text }
                };
                write!(f, "PW AGI {} SAII {} TAII {}", hex(group), hex(source), hex(target))?;
            }
        }
        write!(f, " type {}", self.kind)
    }
}
