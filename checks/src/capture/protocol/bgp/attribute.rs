//! Path attributes (RFC 4271 §4.3, §5).

use std::fmt;
use std::net::Ipv4Addr;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;
use super::ExtendedCommunity;

/// Where a route comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// From an interior protocol.
    Igp,
    /// From EGP.
    Egp,
    /// By other means.
    Incomplete,
}

/// The autonomous systems a route has passed, nearest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AsPath {
    /// Segments in order.
    pub segments: Vec<AsPathSegment>,
    /// How wide the numbers are was guessed, because the OPEN messages were not seen.
    pub width_assumed: bool,
}

/// A part of an AS path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsPathSegment {
    /// Segment type: 1 set, 2 sequence, 3 confederation sequence, 4 confederation set.
    pub kind: u8,
    /// AS numbers.
    pub numbers: Vec<u32>,
}

/// The attributes of one UPDATE, as far as they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// ORIGIN.
    pub origin: Option<Origin>,
    /// AS_PATH.
    pub as_path: Option<AsPath>,
    /// NEXT_HOP, of IPv4 unicast routes outside MP_REACH_NLRI.
    pub next_hop: Option<Ipv4Addr>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// LOCAL_PREF.
    pub local_pref: Option<u32>,
    /// COMMUNITIES.
    pub communities: Vec<u32>,
    /// EXTENDED COMMUNITIES.
    pub extended_communities: Vec<ExtendedCommunity>,
    /// ORIGINATOR_ID.
    pub originator: Option<Ipv4Addr>,
    /// CLUSTER_LIST.
    pub clusters: Vec<Ipv4Addr>,
    /// Types of attributes that are not looked into, with the bytes of each.
    pub others: Vec<(u8, usize)>,
}

/// The types that are read.
pub(super) mod kind {
    pub(in super::super) const ORIGIN: u8 = 1;
    pub(in super::super) const AS_PATH: u8 = 2;
    pub(in super::super) const NEXT_HOP: u8 = 3;
    pub(in super::super) const MULTI_EXIT_DISC: u8 = 4;
    pub(in super::super) const LOCAL_PREF: u8 = 5;
    pub(in super::super) const COMMUNITIES: u8 = 8;
    pub(in super::super) const ORIGINATOR_ID: u8 = 9;
    pub(in super::super) const CLUSTER_LIST: u8 = 10;
    pub(in super::super) const MP_REACH_NLRI: u8 = 14;
    pub(in super::super) const MP_UNREACH_NLRI: u8 = 15;
    pub(in super::super) const EXTENDED_COMMUNITIES: u8 = 16;
}

impl Attributes {
    /// Reads the value of one attribute.
    pub(super) fn read(
        &mut self,
        kind: u8,
        mut value: Cursor<'_>,
        four_octet_as: Option<bool>,
    ) -> Result<(), DecodeError> {
        let length = value.remaining();
        let refuse_length = |value: &Cursor<'_>, field| Err(value.length(field, 0, length));
        match kind {
            kind::ORIGIN if length != 1 => return refuse_length(&value, "ORIGIN"),
            kind::ORIGIN => {
                self.origin = Some(match value.u8("ORIGIN")? {
                    0 => Origin::Igp,
                    1 => Origin::Egp,
                    2 => Origin::Incomplete,
                    other => return Err(value.value("ORIGIN", 1, other)),
                });
            }
            kind::AS_PATH => self.as_path = Some(AsPath::decode(value, four_octet_as)?),
            kind::NEXT_HOP if length != 4 => return refuse_length(&value, "NEXT_HOP"),
            kind::NEXT_HOP => self.next_hop = Some(value.ipv4("NEXT_HOP")?),
            kind::MULTI_EXIT_DISC if length != 4 => return refuse_length(&value, "MULTI_EXIT_DISC"),
            kind::MULTI_EXIT_DISC => self.med = Some(value.u32("MULTI_EXIT_DISC")?),
            kind::LOCAL_PREF if length != 4 => return refuse_length(&value, "LOCAL_PREF"),
            kind::LOCAL_PREF => self.local_pref = Some(value.u32("LOCAL_PREF")?),
            kind::COMMUNITIES if !length.is_multiple_of(4) => return refuse_length(&value, "COMMUNITIES"),
            kind::COMMUNITIES => {
                while !value.is_empty() {
                    self.communities.push(value.u32("COMMUNITIES")?);
                }
            }
            kind::ORIGINATOR_ID if length != 4 => return refuse_length(&value, "ORIGINATOR_ID"),
            kind::ORIGINATOR_ID => self.originator = Some(value.ipv4("ORIGINATOR_ID")?),
            kind::CLUSTER_LIST if !length.is_multiple_of(4) => return refuse_length(&value, "CLUSTER_LIST"),
            kind::CLUSTER_LIST => {
                while !value.is_empty() {
                    self.clusters.push(value.ipv4("CLUSTER_LIST")?);
                }
            }
            kind::EXTENDED_COMMUNITIES if !length.is_multiple_of(8) => {
                return refuse_length(&value, "EXTENDED COMMUNITIES");
            }
            kind::EXTENDED_COMMUNITIES => {
                while !value.is_empty() {
                    let bytes = value.array("EXTENDED COMMUNITIES")?;
                    self.extended_communities.push(ExtendedCommunity::of_bytes(bytes));
                }
            }
            other => self.others.push((other, length)),
        }
        Ok(())
    }
}

impl AsPath {
    fn decode(value: Cursor<'_>, four_octet_as: Option<bool>) -> Result<Self, DecodeError> {
        match four_octet_as {
            Some(wide) => Ok(Self {
                segments: segments(value, wide)?,
                width_assumed: false,
            }),
            // Almost every speaker of today uses four octets.
            None => Ok(Self {
                segments: segments(value, true).or_else(|_| segments(value, false))?,
                width_assumed: true,
            }),
        }
    }
}

fn segments(mut value: Cursor<'_>, wide: bool) -> Result<Vec<AsPathSegment>, DecodeError> {
    let mut segments = Vec::new();
    while !value.is_empty() {
        let kind = value.u8("path segment type")?;
        if !(1..=4).contains(&kind) {
            return Err(value.value("path segment type", 1, kind));
        }
        let count = usize::from(value.u8("path segment length")?);
        let mut inside = value.part(count * if wide { 4 } else { 2 }, "path segment value")?;
        let mut numbers = Vec::with_capacity(count);
        while !inside.is_empty() {
            numbers.push(if wide {
                inside.u32("AS number")?
            } else {
                u32::from(inside.u16("AS number")?)
            });
        }
        segments.push(AsPathSegment { kind, numbers });
    }
    Ok(segments)
}

impl fmt::Display for AsPath {
    /// `65001 65002 {65003,65004}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            let (open, separator, close) = match segment.kind {
                1 => ("{", ",", "}"),
                3 => ("(", " ", ")"),
                4 => ("[", ",", "]"),
                _ => ("", " ", ""),
            };
            f.write_str(open)?;
            for (index, number) in segment.numbers.iter().enumerate() {
                if index > 0 {
                    f.write_str(separator)?;
                }
                write!(f, "{number}")?;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}
