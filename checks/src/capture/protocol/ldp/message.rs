//! LDP messages (RFC 5036 §3.5).

use std::fmt;
use std::net::IpAddr;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;
use super::Fec;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Message identifier.
    pub id: u32,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Hello.
    Hello {
        /// Hold time in seconds.
        hold_time: u16,
        /// A targeted Hello.
        targeted: bool,
        /// The address its session will use.
        transport_address: Option<IpAddr>,
    },
    /// Initialization.
    Initialization {
        /// Keepalive time in seconds.
        keepalive_time: u16,
        /// Downstream on demand.
        on_demand: bool,
        /// The other end's LDP identifier: router and label space.
        receiver: (std::net::Ipv4Addr, u16),
    },
    /// KeepAlive.
    KeepAlive,
    /// Address, or Address Withdraw.
    Address {
        /// Addresses.
        addresses: Vec<IpAddr>,
        /// They go.
        withdraw: bool,
    },
    /// Label Mapping.
    Mapping {
        /// FECs.
        fecs: Vec<Fec>,
        /// Label; `None` for labels of ATM and frame relay.
        label: Option<u32>,
        /// Pseudowire status (RFC 8077 §5.4.2).
        pw_status: Option<u32>,
    },
    /// Label Request, or its abort.
    Request {
        /// FECs.
        fecs: Vec<Fec>,
        /// It is aborted.
        abort: bool,
    },
    /// Label Withdraw.
    Withdraw {
        /// FECs.
        fecs: Vec<Fec>,
        /// Label; `None` for all.
        label: Option<u32>,
    },
    /// Label Release.
    Release {
        /// FECs.
        fecs: Vec<Fec>,
        /// Label; `None` for all.
        label: Option<u32>,
    },
    /// Notification.
    Notification {
        /// Status code without its flag bits.
        status: u32,
        /// E: the session ends.
        fatal: bool,
        /// Pseudowire status.
        pw_status: Option<u32>,
        /// The pseudowires it is about.
        fecs: Vec<Fec>,
    },
    /// A type that is not looked into.
    Other(u16),
}

/// TLV types.
mod tlv {
    pub(super) const FEC: u16 = 0x0100;
    pub(super) const ADDRESS_LIST: u16 = 0x0101;
    pub(super) const GENERIC_LABEL: u16 = 0x0200;
    pub(super) const STATUS: u16 = 0x0300;
    pub(super) const COMMON_HELLO: u16 = 0x0400;
    pub(super) const IPV4_TRANSPORT: u16 = 0x0401;
    pub(super) const IPV6_TRANSPORT: u16 = 0x0403;
    pub(super) const COMMON_SESSION: u16 = 0x0500;
    pub(super) const PW_STATUS: u16 = 0x096a;
    pub(super) const PW_INTERFACE: u16 = 0x096b;
}

/// Whether a message of this type is known: a sign that a PDU really begins where it seems to.
pub(super) fn is_known(kind: u16) -> bool {
    matches!(
        kind,
        0x0001 | 0x0100 | 0x0200 | 0x0201 | 0x0202 | 0x0300 | 0x0301 | 0x0400..=0x0404
    )
}

/// What the TLVs of a message say, whatever its type.
#[derive(Default)]
struct Parameters {
    fecs: Vec<Fec>,
    addresses: Vec<IpAddr>,
    label: Option<u32>,
    status: Option<u32>,
    hello: Option<(u16, u16)>,
    transport: Option<IpAddr>,
    session: Option<(u16, u8, std::net::Ipv4Addr, u16)>,
    pw_status: Option<u32>,
}

impl Message {
    /// Reads a message of type `kind` (with its U bit) behind its length.
    pub(super) fn decode(kind: u16, mut message: Cursor<'_>) -> Result<Self, DecodeError> {
        let id = message.u32("message ID")?;
        let kind = kind & 0x7fff;
        if !is_known(kind) || kind == 0x0202 {
            return Ok(Self {
                id,
                body: Body::Other(kind),
            });
        }
        let mut parameters = Parameters::default();
        while !message.is_empty() {
            parameters.read(&mut message)?;
        }
        let missing = |field| message.length(field, 0, 0);
        let Parameters { fecs, label, .. } = parameters;
        let body = match kind {
            0x0001 => {
                let status = parameters.status.ok_or_else(|| missing("status TLV"))?;
                Body::Notification {
                    status: status & 0x3fff_ffff,
                    fatal: status & 0x8000_0000 != 0,
                    pw_status: parameters.pw_status,
                    fecs,
                }
            }
            0x0100 => {
                let (hold_time, bits) = parameters.hello.ok_or_else(|| missing("common hello parameters"))?;
                Body::Hello {
                    hold_time,
                    targeted: bits & 0x8000 != 0,
                    transport_address: parameters.transport,
                }
            }
            0x0200 => {
                let (keepalive_time, bits, router, space) =
                    parameters.session.ok_or_else(|| missing("common session parameters"))?;
                Body::Initialization {
                    keepalive_time,
                    on_demand: bits & 0x80 != 0,
                    receiver: (router, space),
                }
            }
            0x0201 => Body::KeepAlive,
            0x0300 | 0x0301 => Body::Address {
                addresses: parameters.addresses,
                withdraw: kind == 0x0301,
            },
            0x0400 => Body::Mapping {
                fecs,
                label,
                pw_status: parameters.pw_status,
            },
            0x0402 => Body::Withdraw { fecs, label },
            0x0403 => Body::Release { fecs, label },
            _ => Body::Request {
                fecs,
                abort: kind == 0x0404,
            },
        };
        Ok(Self { id, body })
    }
}

impl Parameters {
    fn read(&mut self, message: &mut Cursor<'_>) -> Result<(), DecodeError> {
        let kind = message.u16("TLV type")? & 0x3fff;
        let length = usize::from(message.u16("TLV length")?);
        let mut value = message.part(length, "TLV")?;
        match kind {
            tlv::FEC => self.fecs = Fec::decode_all(value)?,
            tlv::ADDRESS_LIST => {
                let family = value.u16("address family")?;
                while !value.is_empty() {
                    self.addresses.push(match family {
                        1 => IpAddr::V4(value.ipv4("address")?),
                        2 => IpAddr::V6(value.ipv6("address")?),
                        other => return Err(value.value("address family", 2, other)),
                    });
                }
            }
            tlv::GENERIC_LABEL => self.label = Some(value.u32("label")? & 0xf_ffff),
            tlv::STATUS => self.status = Some(value.u32("status code")?),
            tlv::COMMON_HELLO => self.hello = Some((value.u16("hold time")?, value.u16("hello flags")?)),
            tlv::IPV4_TRANSPORT => self.transport = Some(IpAddr::V4(value.ipv4("transport address")?)),
            tlv::IPV6_TRANSPORT => self.transport = Some(IpAddr::V6(value.ipv6("transport address")?)),
            tlv::COMMON_SESSION => {
                value.u16("protocol version")?;
                let keepalive_time = value.u16("keepalive time")?;
                let bits = value.u8("session flags")?;
                value.u8("path vector limit")?;
                value.u16("max PDU length")?;
                self.session = Some((
                    keepalive_time,
                    bits,
                    value.ipv4("receiver LDP identifier")?,
                    value.u16("receiver label space")?,
                ));
            }
            tlv::PW_STATUS => self.pw_status = Some(value.u32("PW status")?),
            tlv::PW_INTERFACE => {
                for fec in &mut self.fecs {
                    if let Fec::Pseudowire(pseudowire) = fec {
                        pseudowire.interface_parameters(value)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A Notification's status code in words (RFC 5036 §3.9, RFC 8077 §5.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::capture) struct Status {
    pub(in crate::capture) code: u32,
    pub(in crate::capture) pw_status: Option<u32>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.code {
            0x00 => "success",
            0x01 => "bad LDP identifier",
            0x02 => "bad protocol version",
            0x03 => "bad PDU length",
            0x04 => "unknown message type",
            0x05 => "bad message length",
            0x06 => "unknown TLV",
            0x07 => "bad TLV length",
            0x08 => "malformed TLV value",
            0x09 => "hold timer expired",
            0x0a => "shutdown",
            0x0b => "loop detected",
            0x0c => "unknown FEC",
            0x0d => "no route",
            0x0e => "no label resources",
            0x0f => "label resources available",
            0x10..=0x13 | 0x18 => "session rejected",
            0x14 => "keepalive timer expired",
            0x15 => "label request aborted",
            0x16 => "missing message parameters",
            0x17 => "unsupported address family",
            0x19 => "internal error",
            0x28 => "PW status",
            _ => "status",
        };
        write!(f, "{words} ({:#x})", self.code)?;
        let Some(status) = self.pw_status else {
            return Ok(());
        };
        if status == 0 {
            return f.write_str(": forwarding");
        }
        let bits = [
            (0x01, "not forwarding"),
            (0x02, "attachment circuit receive fault"),
            (0x04, "attachment circuit transmit fault"),
            (0x08, "PSN receive fault"),
            (0x10, "PSN transmit fault"),
            (0x20, "standby"),
        ];
        let words: Vec<_> = bits
            .iter()
            .filter(|(bit, _)| status & bit != 0)
            .map(|(_, word)| *word)
            .collect();
        write!(f, ": {} ({status:#x})", words.join(", "))
    }
}
