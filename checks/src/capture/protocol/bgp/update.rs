//! UPDATE: routes that come and go (RFC 4271 §4.3, RFC 4760).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::cursor::Cursor;
use super::super::error::DecodeError;
use super::attribute::kind;
use super::nlri::{Direction, decode_routes};
use super::{Attributes, Family, Negotiated, Route, RouteDistinguisher};

/// An UPDATE message.
///
/// An attribute that cannot be read does not hide the routes of the others: it is kept in `faults`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// IPv4 unicast routes withdrawn in the field of that name.
    pub withdrawn: Vec<Route>,
    /// IPv4 unicast routes announced behind the attributes.
    pub announced: Vec<Route>,
    /// Attributes other than the next two.
    pub attributes: Attributes,
    /// MP_REACH_NLRI.
    pub reach: Option<MultiprotocolReach>,
    /// MP_UNREACH_NLRI.
    pub unreach: Option<MultiprotocolUnreach>,
    /// Path identifiers were assumed, because the OPEN messages were not seen and nothing else made sense.
    pub path_identifiers_assumed: bool,
    /// What could not be read.
    pub faults: Vec<DecodeError>,
}

/// Routes announced by MP_REACH_NLRI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiprotocolReach {
    /// The family.
    pub family: Family,
    /// Where the routes lead to next.
    pub next_hop: NextHop,
    /// The routes.
    pub routes: Routes,
}

/// Routes withdrawn by MP_UNREACH_NLRI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiprotocolUnreach {
    /// The family.
    pub family: Family,
    /// The routes; none at all is the end-of-RIB marker (RFC 4724 §2).
    pub routes: Routes,
}

/// Routes of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routes {
    /// Routes that were read.
    Read(Vec<Route>),
    /// A family that is not looked into, with the bytes of its routes.
    Skipped {
        /// Bytes.
        bytes: usize,
    },
}

impl Routes {
    /// The routes that were read.
    pub fn read(&self) -> &[Route] {
        match self {
            Self::Read(routes) => routes,
            Self::Skipped { .. } => &[],
        }
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Read(routes) => routes.is_empty(),
            Self::Skipped { bytes } => *bytes == 0,
        }
    }
}

/// A next hop of MP_REACH_NLRI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextHop {
    /// IPv4, with the distinguisher (zero) of VPN families.
    V4(Option<RouteDistinguisher>, Ipv4Addr),
    /// IPv6, with the distinguisher (zero) of VPN families and the link-local address where one is given.
    V6(Option<RouteDistinguisher>, Ipv6Addr, Option<Ipv6Addr>),
    /// None, or of a length that is not known.
    Other(usize),
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(_, address) => write!(f, "{address}"),
            Self::V6(_, address, _) => write!(f, "{address}"),
            Self::Other(0) => f.write_str("none"),
            Self::Other(bytes) => write!(f, "{bytes} bytes"),
        }
    }
}

impl NextHop {
    fn decode(mut field: Cursor<'_>) -> Result<Self, DecodeError> {
        let length = field.remaining();
        let distinguisher = if matches!(length, 12 | 24 | 48) {
            Some(RouteDistinguisher(field.array("next hop distinguisher")?))
        } else {
            None
        };
        Ok(match length {
            4 | 12 => Self::V4(distinguisher, field.ipv4("next hop")?),
            16 | 24 => Self::V6(distinguisher, field.ipv6("next hop")?, None),
            32 => Self::V6(None, field.ipv6("next hop")?, Some(field.ipv6("link-local next hop")?)),
            48 => {
                let global = field.ipv6("next hop")?;
                field.take(8, "next hop distinguisher")?;
                Self::V6(distinguisher, global, Some(field.ipv6("link-local next hop")?))
            }
            _ => Self::Other(length),
        })
    }
}

impl Update {
    pub(super) fn decode(body: &mut Cursor<'_>, negotiated: &Negotiated) -> Result<Self, DecodeError> {
        let mut update = Self::default();
        let length = usize::from(body.u16("withdrawn routes length")?);
        let withdrawn = body.part(length, "withdrawn routes")?;
        update.withdrawn = update.routes(&withdrawn, Family::IPV4_UNICAST, Direction::Withdrawn, negotiated);
        let length = usize::from(body.u16("total path attribute length")?);
        let mut attributes = body.part(length, "path attributes")?;
        while !attributes.is_empty() {
            // Where the next attribute begins is lost with a wrong length; the routes behind are not.
            if let Err(fault) = update.attribute(&mut attributes, negotiated) {
                update.faults.push(fault);
                break;
            }
        }
        update.announced = update.routes(body, Family::IPV4_UNICAST, Direction::Announced, negotiated);
        Ok(update)
    }

    /// Whether this ends the initial exchange of a family (RFC 4724 §2).
    pub fn end_of_rib(&self) -> Option<Family> {
        let bare = self.withdrawn.is_empty()
            && self.announced.is_empty()
            && self.reach.is_none()
            && self.faults.is_empty()
            && self.attributes == Attributes::default();
        match &self.unreach {
            _ if !bare => None,
            None => Some(Family::IPV4_UNICAST),
            Some(unreach) if unreach.routes.is_empty() => Some(unreach.family),
            Some(_) => None,
        }
    }

    fn attribute(&mut self, attributes: &mut Cursor<'_>, negotiated: &Negotiated) -> Result<(), DecodeError> {
        let flags = attributes.u8("attribute flags")?;
        let kind = attributes.u8("attribute type")?;
        let length = if flags & 0x10 == 0 {
            usize::from(attributes.u8("attribute length")?)
        } else {
            usize::from(attributes.u16("attribute length")?)
        };
        let value = attributes.part(length, "attribute value")?;
        let read = match kind {
            kind::MP_REACH_NLRI => self.reach(value, negotiated),
            kind::MP_UNREACH_NLRI => self.unreach(value, negotiated),
            _ => self.attributes.read(kind, value, negotiated.four_octet_as),
        };
        if let Err(fault) = read {
            self.faults.push(fault);
        }
        Ok(())
    }

    fn reach(&mut self, mut value: Cursor<'_>, negotiated: &Negotiated) -> Result<(), DecodeError> {
        let family = Family {
            afi: value.u16("AFI")?,
            safi: value.u8("SAFI")?,
        };
        let length = usize::from(value.u8("length of next hop")?);
        let next_hop = NextHop::decode(value.part(length, "next hop")?)?;
        value.u8("reserved")?;
        let routes = self.family_routes(&value, family, Direction::Announced, negotiated);
        self.reach = Some(MultiprotocolReach {
            family,
            next_hop,
            routes,
        });
        Ok(())
    }

    fn unreach(&mut self, mut value: Cursor<'_>, negotiated: &Negotiated) -> Result<(), DecodeError> {
        let family = Family {
            afi: value.u16("AFI")?,
            safi: value.u8("SAFI")?,
        };
        let routes = self.family_routes(&value, family, Direction::Withdrawn, negotiated);
        self.unreach = Some(MultiprotocolUnreach { family, routes });
        Ok(())
    }

    fn family_routes(
        &mut self,
        field: &Cursor<'_>,
        family: Family,
        direction: Direction,
        negotiated: &Negotiated,
    ) -> Routes {
        match decode_routes(field, family, direction, negotiated.path_identifiers(family)) {
            None => Routes::Skipped {
                bytes: field.remaining(),
            },
            Some(Ok((routes, assumed))) => {
                self.path_identifiers_assumed |= assumed;
                Routes::Read(routes)
            }
            Some(Err(fault)) => {
                self.faults.push(fault);
                Routes::Skipped {
                    bytes: field.remaining(),
                }
            }
        }
    }

    fn routes(
        &mut self,
        field: &Cursor<'_>,
        family: Family,
        direction: Direction,
        negotiated: &Negotiated,
    ) -> Vec<Route> {
        match self.family_routes(field, family, direction, negotiated) {
            Routes::Read(routes) => routes,
            Routes::Skipped { .. } => Vec::new(),
        }
    }
}
