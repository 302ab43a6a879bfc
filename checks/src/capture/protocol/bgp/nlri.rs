//! Routes as UPDATE messages carry them: one layout a family.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::cursor::Cursor;
use super::super::error::DecodeError;
use super::{Family, RouteDistinguisher};

/// Whether each route is preceded by a path identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathIdentifiers {
    /// Both OPEN messages agreed on it.
    Present,
    /// They did not.
    Absent,
    /// The OPEN messages were not seen: without, unless that cannot be right.
    Unknown,
}

/// One route: where it leads and what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route {
    /// Path identifier (RFC 7911).
    pub path_id: Option<u32>,
    /// Route distinguisher of VPN routes.
    pub distinguisher: Option<RouteDistinguisher>,
    /// Label stack, top first; empty in withdrawals and families without labels.
    pub labels: Vec<u32>,
    /// Where the route leads.
    pub destination: Destination,
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// A prefix.
    Prefix(IpNet),
    /// A VPLS site's label block (RFC 4761 §3.2.2).
    VplsBlock {
        /// VE identifier.
        site: u16,
        /// VE block offset.
        offset: u16,
        /// VE block size.
        size: u16,
        /// Label base.
        label_base: u32,
    },
    /// A PE found by auto-discovery (RFC 6074 §3.2.1).
    DiscoveredPe(Ipv4Addr),
}

impl Route {
    /// Whether two routes have the same key: label and path identifier aside.
    pub fn same_destination(&self, other: &Self) -> bool {
        self.distinguisher == other.distinguisher
            && match (self.destination, other.destination) {
                (
                    Destination::VplsBlock { site, offset, .. },
                    Destination::VplsBlock {
                        site: other_site,
                        offset: other_offset,
                        ..
                    },
                ) => (site, offset) == (other_site, other_offset),
                (one, two) => one == two,
            }
    }
}

impl fmt::Display for Route {
    /// `100:1 10.1.1.0/24 label 16`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(distinguisher) = self.distinguisher {
            write!(f, "{distinguisher} ")?;
        }
        match self.destination {
            Destination::Prefix(prefix) => write!(f, "{prefix}")?,
            Destination::VplsBlock {
                site,
                offset,
                size,
                label_base,
            } => write!(f, "site {site} offset {offset} size {size} label base {label_base}")?,
            Destination::DiscoveredPe(address) => write!(f, "PE {address}")?,
        }
        for label in &self.labels {
            write!(f, " label {label}")?;
        }
        if let Some(path_id) = self.path_id {
            write!(f, " path {path_id}")?;
        }
        Ok(())
    }
}

/// The layouts that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    ipv6: bool,
    labels: bool,
    distinguisher: bool,
}

impl Layout {
    /// Bits that a distinguisher and an address have at most.
    fn longest_key(self) -> usize {
        let address = if self.ipv6 { 128 } else { 32 };
        address + if self.distinguisher { 64 } else { 0 }
    }
}

/// Whether routes come or go: a withdrawn route's label means nothing (RFC 8277 §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Announced,
    Withdrawn,
}

/// Reads all routes of a family; `None` for families that are not looked into.
///
/// The second value tells that path identifiers were assumed though the OPEN messages were not seen.
pub(super) fn decode_routes(
    field: &Cursor<'_>,
    family: Family,
    direction: Direction,
    identifiers: PathIdentifiers,
) -> Option<Result<(Vec<Route>, bool), DecodeError>> {
    let layout = match family {
        Family::VPLS => {
            let with = |ids| vpls_blocks(*field, ids);
            return Some(choose(identifiers, with));
        }
        Family::IPV4_UNICAST | Family::IPV6_UNICAST => Layout {
            ipv6: family.afi == 2,
            labels: false,
            distinguisher: false,
        },
        Family::IPV4_LABELED | Family::IPV6_LABELED => Layout {
            ipv6: family.afi == 2,
            labels: true,
            distinguisher: false,
        },
        Family::VPNV4 | Family::VPNV6 => Layout {
            ipv6: family.afi == 2,
            labels: true,
            distinguisher: true,
        },
        _ => return None,
    };
    Some(choose(identifiers, |ids| prefixes(*field, layout, direction, ids)))
}

/// Reads with or without path identifiers; where that is not known, without, unless the bytes then make no sense.
fn choose(
    identifiers: PathIdentifiers,
    read: impl Fn(bool) -> Result<Vec<Route>, DecodeError>,
) -> Result<(Vec<Route>, bool), DecodeError> {
    match identifiers {
        PathIdentifiers::Present => read(true).map(|routes| (routes, false)),
        PathIdentifiers::Absent => read(false).map(|routes| (routes, false)),
        PathIdentifiers::Unknown => {
            let plain = read(false);
            let doubtful = match &plain {
                Ok(routes) => repeats_default(routes),
                Err(_) => true,
            };
            match read(true) {
                Ok(routes) if doubtful && !repeats_default(&routes) => Ok((routes, true)),
                _ => plain.map(|routes| (routes, false)),
            }
        }
    }
}

/// The zeros of a small path identifier read as routes are the default route, again and again.
fn repeats_default(routes: &[Route]) -> bool {
    let is_default =
        |route: &&Route| matches!(route.destination, Destination::Prefix(prefix) if prefix.prefix_len() == 0);
    routes.iter().filter(is_default).count() > 1
}

fn prefixes(
    mut field: Cursor<'_>,
    layout: Layout,
    direction: Direction,
    identifiers: bool,
) -> Result<Vec<Route>, DecodeError> {
    let mut routes = Vec::new();
    while !field.is_empty() {
        let path_id = identifiers.then(|| field.u32("path identifier")).transpose()?;
        let stated = field.u8("prefix length")?;
        let mut bits = usize::from(stated);
        let mut inside = field.part(bits.div_ceil(8), "prefix")?;
        let mut labels = Vec::new();
        if layout.labels {
            loop {
                let entry = inside.u24("label")?;
                bits = bits
                    .checked_sub(24)
                    .ok_or_else(|| inside.length("prefix length", 4, usize::from(stated)))?;
                match direction {
                    // A withdrawn route has one field in place of labels, whatever stands in it (RFC 8277 §2.4); before,
                    // it had its stack.
                    Direction::Withdrawn if bits <= layout.longest_key() => break,
                    Direction::Withdrawn => {}
                    Direction::Announced if entry == 0x80_0000 => break,
                    Direction::Announced => labels.push(entry >> 4),
                }
                if entry & 1 == 1 {
                    break;
                }
            }
        }
        let mut distinguisher = None;
        if layout.distinguisher {
            distinguisher = Some(RouteDistinguisher(inside.array("route distinguisher")?));
            bits = bits
                .checked_sub(64)
                .ok_or_else(|| inside.length("prefix length", 12, usize::from(stated)))?;
        }
        let address = inside.rest();
        let Some(prefix) = prefix(layout.ipv6, bits, address) else {
            return Err(field.length("prefix length", address.len() + 1, usize::from(stated)));
        };
        routes.push(Route {
            path_id,
            distinguisher,
            labels,
            destination: Destination::Prefix(prefix),
        });
    }
    Ok(routes)
}

/// A prefix of `bits` bits; trailing bits of its last byte have no meaning (RFC 4271 §4.3).
fn prefix(ipv6: bool, bits: usize, bytes: &[u8]) -> Option<IpNet> {
    let mut whole = [0; 16];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let address = if ipv6 {
        IpAddr::V6(Ipv6Addr::from(whole))
    } else {
        if bytes.len() > 4 {
            return None;
        }
        IpAddr::V4(Ipv4Addr::new(whole[0], whole[1], whole[2], whole[3]))
    };
    let length = u8::try_from(bits).ok()?;
    IpNet::new(address, length).ok().map(|net| net.trunc())
}

fn vpls_blocks(mut field: Cursor<'_>, identifiers: bool) -> Result<Vec<Route>, DecodeError> {
    let mut routes = Vec::new();
    while !field.is_empty() {
        let path_id = identifiers.then(|| field.u32("path identifier")).transpose()?;
        let length = usize::from(field.u16("NLRI length")?);
        let mut inside = field.part(length, "NLRI")?;
        let distinguisher = Some(RouteDistinguisher(inside.array("route distinguisher")?));
        let destination = match length {
            12 => Destination::DiscoveredPe(inside.ipv4("PE address")?),
            // RFC 6624 adds TLVs behind the label base.
            17.. => Destination::VplsBlock {
                site: inside.u16("VE ID")?,
                offset: inside.u16("VE block offset")?,
                size: inside.u16("VE block size")?,
                label_base: inside.u24("label base")? >> 4,
            },
            _ => return Err(inside.length("NLRI length", 10, length)),
        };
        routes.push(Route {
            path_id,
            distinguisher,
            labels: Vec::new(),
            destination,
        });
    }
    Ok(routes)
}

#[cfg(test)]
mod tests {
    use super::super::super::error::Protocol;
    use super::*;

    fn read(family: Family, direction: Direction, ids: PathIdentifiers, bytes: &[u8]) -> Vec<String> {
        let cursor = Cursor::new(Protocol::Bgp, bytes);
        let (routes, _) = decode_routes(&cursor, family, direction, ids).unwrap().unwrap();
        routes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unicast_labelled_and_vpn_routes() {
        let absent = PathIdentifiers::Absent;
        let announced = Direction::Announced;
        assert_eq!(
            read(Family::IPV4_UNICAST, announced, absent, &[24, 10, 1, 1, 0, 9, 10, 0xff]),
            ["10.1.1.0/24", "0.0.0.0/0", "10.128.0.0/9"]
        );
        assert_eq!(
            read(
                Family::IPV4_LABELED,
                announced,
                absent,
                &[80, 0, 1, 0, 0, 2, 1, 1, 1, 1, 1]
            ),
            ["1.1.1.1/32 label 16 label 32"]
        );
        let vpn = [112, 0, 1, 1, 0, 0, 0, 100, 0, 0, 0, 1, 10, 2, 0];
        assert_eq!(
            read(Family::VPNV4, announced, absent, &vpn),
            ["100:1 10.2.0.0/24 label 16"]
        );
        // Whatever stands there, with or without the mark of a stack's bottom.
        for compatibility in [
            [0x80, 0, 0],
            [0, 0, 0],
            [0, 1, 1],
            [0, 1, 0],
            [0xff, 0xff, 0xf0],
            [0xff, 0xff, 0xff],
        ] {
            let mut withdrawn = vpn;
            withdrawn[1..4].copy_from_slice(&compatibility);
            assert_eq!(
                read(Family::VPNV4, Direction::Withdrawn, absent, &withdrawn),
                ["100:1 10.2.0.0/24"]
            );
        }
    }

    #[test]
    fn a_withdrawn_stack_is_passed_over_where_one_field_cannot_be_all() {
        let absent = PathIdentifiers::Absent;
        let withdrawn = |bytes: &[u8]| read(Family::IPV4_LABELED, Direction::Withdrawn, absent, bytes);
        assert_eq!(withdrawn(&[56, 0, 1, 0, 1, 1, 1, 1]), ["1.1.1.1/32"]);
        // As RFC 3107 had it.
        assert_eq!(withdrawn(&[80, 0, 1, 0, 0, 2, 1, 1, 1, 1, 1]), ["1.1.1.1/32"]);
    }

    #[test]
    fn vpls_blocks_and_discovered_pes() {
        let mut bytes = vec![0, 17, 0, 0, 0, 100, 0, 0, 0, 1, 0, 3, 0, 1, 0, 8, 0x01, 0x00, 0x10];
        bytes.extend([0, 12, 0, 0, 0, 100, 0, 0, 0, 1, 3, 3, 3, 3]);
        assert_eq!(
            read(Family::VPLS, Direction::Announced, PathIdentifiers::Absent, &bytes),
            ["100:1 site 3 offset 1 size 8 label base 4097", "100:1 PE 3.3.3.3"]
        );
    }

    #[test]
    fn path_identifiers_are_assumed_only_where_nothing_else_makes_sense() {
        let with_ids = [0, 0, 0, 1, 24, 10, 1, 1, 0, 0, 0, 2, 24, 10, 1, 1];
        let expected = ["10.1.1.0/24 path 1", "10.1.1.0/24 path 2"];
        for ids in [PathIdentifiers::Present, PathIdentifiers::Unknown] {
            assert_eq!(
                read(Family::IPV4_UNICAST, Direction::Announced, ids, &with_ids),
                expected
            );
        }
        assert_eq!(
            read(
                Family::IPV4_UNICAST,
                Direction::Announced,
                PathIdentifiers::Unknown,
                &[0, 24, 10, 1, 1]
            ),
            ["0.0.0.0/0", "10.1.1.0/24"]
        );
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for (family, bytes) in [
            (Family::IPV4_UNICAST, vec![33, 1, 2, 3, 4, 5]),
            (Family::IPV4_UNICAST, vec![24, 1, 2]),
            (Family::IPV4_LABELED, vec![16, 0, 1]),
            (Family::VPNV4, vec![24, 0, 1, 1]),
            (Family::VPLS, vec![0, 13, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]),
        ] {
            let cursor = Cursor::new(Protocol::Bgp, &bytes);
            let read = decode_routes(&cursor, family, Direction::Announced, PathIdentifiers::Absent).unwrap();
            assert!(read.is_err(), "{family} {bytes:?} gave {read:?}");
        }
        let cursor = Cursor::new(Protocol::Bgp, &[1, 2, 3]);
        assert!(decode_routes(&cursor, Family::EVPN, Direction::Announced, PathIdentifiers::Absent).is_none());
    }
}
