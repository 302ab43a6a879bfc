//! OPEN and its capabilities (RFC 4271 §4.2, RFC 5492, RFC 9072).

use std::net::Ipv4Addr;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;
use super::Family;

/// An OPEN message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Protocol version, 4.
    pub version: u8,
    /// The sender's AS number, 23456 where it needs four octets.
    pub my_as: u16,
    /// Hold time in seconds.
    pub hold_time: u16,
    /// BGP identifier.
    pub identifier: Ipv4Addr,
    /// Capabilities in the order of the message.
    pub capabilities: Vec<Capability>,
}

/// A capability the sender announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capability {
    /// Routes of this family (RFC 4760).
    Multiprotocol(Family),
    /// ROUTE-REFRESH (RFC 2918).
    RouteRefresh,
    /// Messages longer than 4,096 bytes (RFC 8654).
    ExtendedMessage,
    /// Graceful restart (RFC 4724).
    GracefulRestart {
        /// R: the sender has restarted.
        restarting: bool,
        /// Seconds the receiver keeps stale routes.
        time: u16,
        /// Families, and whether their forwarding state was preserved.
        families: Vec<(Family, bool)>,
    },
    /// AS numbers of four octets (RFC 6793), with the sender's own.
    FourOctetAs(u32),
    /// Several paths for a prefix (RFC 7911).
    AddPath(Vec<AddPathFamily>),
    /// A capability that is not looked into (host name, BGP role …).
    Other {
        /// Capability code.
        code: u8,
        /// Bytes of its value.
        length: u8,
    },
}

/// What the sender can do with several paths in one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddPathFamily {
    /// The family.
    pub family: Family,
    /// It can receive several paths.
    pub receives: bool,
    /// It can send several paths.
    pub sends: bool,
}

impl Open {
    pub(super) fn decode(body: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let mut open = Self {
            version: body.u8("version")?,
            my_as: body.u16("my autonomous system")?,
            hold_time: body.u16("hold time")?,
            identifier: body.ipv4("BGP identifier")?,
            capabilities: Vec::new(),
        };
        let short = body.u8("optional parameters length")?;
        // RFC 9072 §2: 255 and a parameter type of 255 announce lengths of two octets.
        let mut ahead = *body;
        let extended = short == 255 && ahead.u8("extended").is_ok_and(|kind| kind == 255);
        let mut parameters = if extended {
            body.u8("non-extended OP type")?;
            let length = body.u16("extended optional parameters length")?;
            body.part(usize::from(length), "optional parameters")?
        } else {
            body.part(usize::from(short), "optional parameters")?
        };
        while !parameters.is_empty() {
            let kind = parameters.u8("parameter type")?;
            let length = if extended {
                usize::from(parameters.u16("parameter length")?)
            } else {
                usize::from(parameters.u8("parameter length")?)
            };
            let mut parameter = parameters.part(length, "parameter value")?;
            if kind == 2 {
                while !parameter.is_empty() {
                    open.capabilities.push(Capability::decode(&mut parameter)?);
                }
            }
        }
        Ok(open)
    }

    /// The sender's AS number, of four octets where it is announced so.
    pub fn autonomous_system(&self) -> u32 {
        self.four_octet_as().unwrap_or_else(|| u32::from(self.my_as))
    }

    /// The AS number in the capability for four octets.
    pub fn four_octet_as(&self) -> Option<u32> {
        self.capabilities.iter().find_map(|capability| match capability {
            Capability::FourOctetAs(number) => Some(*number),
            _ => None,
        })
    }

    /// The families with several paths.
    pub fn add_path(&self) -> impl Iterator<Item = &AddPathFamily> {
        self.capabilities
            .iter()
            .filter_map(|capability| match capability {
                Capability::AddPath(families) => Some(families),
                _ => None,
            })
            .flatten()
    }

    /// The families announced; IPv4 unicast where none is (RFC 4760 §8).
    pub fn families(&self) -> Vec<Family> {
        let announced: Vec<_> = self
            .capabilities
            .iter()
            .filter_map(|capability| match capability {
                Capability::Multiprotocol(family) => Some(*family),
                _ => None,
            })
            .collect();
        if announced.is_empty() {
            vec![Family::IPV4_UNICAST]
        } else {
            announced
        }
    }
}

impl Capability {
    fn decode(parameter: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let code = parameter.u8("capability code")?;
        let length = parameter.u8("capability length")?;
        let mut value = parameter.part(usize::from(length), "capability value")?;
        Ok(match (code, length) {
            (1, 4) => {
                let afi = value.u16("AFI")?;
                value.u8("reserved")?;
                Self::Multiprotocol(Family {
                    afi,
                    safi: value.u8("SAFI")?,
                })
            }
            (2, 0) => Self::RouteRefresh,
            (6, 0) => Self::ExtendedMessage,
            (64, 2..) => {
                let word = value.u16("restart flags and time")?;
                let mut families = Vec::new();
                while value.remaining() >= 4 {
                    let family = Family {
                        afi: value.u16("AFI")?,
                        safi: value.u8("SAFI")?,
                    };
                    families.push((family, value.u8("flags for address family")? & 0x80 != 0));
                }
                Self::GracefulRestart {
                    restarting: word & 0x8000 != 0,
                    time: word & 0x0fff,
                    families,
                }
            }
            (65, 4) => Self::FourOctetAs(value.u32("AS number")?),
            (69, length) if length % 4 == 0 => {
                let mut families = Vec::new();
                while !value.is_empty() {
                    let family = Family {
                        afi: value.u16("AFI")?,
                        safi: value.u8("SAFI")?,
                    };
                    let mode = value.u8("send/receive")?;
                    // RFC 7911 §4: 1 receive, 2 send, 3 both; other values are ignored.
                    families.push(AddPathFamily {
                        family,
                        receives: matches!(mode, 1 | 3),
                        sends: matches!(mode, 2 | 3),
                    });
                }
                Self::AddPath(families)
            }
            _ => Self::Other { code, length },
        })
    }
}
