//! OSPFv2 packets (RFC 2328 appendix A): Hello, Link State Update, Link State Acknowledgment, and the LSAs in them.

use std::net::Ipv4Addr;

use etherparse::IpNumber;

use super::ipv4::{Ipv4, internet_checksum};
use crate::network::AuthenticationMark;

/// All OSPF routers.
pub const ALL_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 5);
/// The IP protocol.
const OSPF: IpNumber = IpNumber(89);
/// External routing capability, the only option that is set.
const OPTIONS: u8 = 0x02;
/// Length of the header of an LSA.
const LSA_HEADER: usize = 20;
/// The DN bit.
const DOWN: u8 = 0x80;
/// Metrics have three bytes.
const LARGEST_METRIC: u32 = 0x00ff_ffff;

/// Who sends a packet, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OspfSender {
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// The area of the interface.
    pub area: Ipv4Addr,
    /// Its address there.
    pub address: Ipv4Addr,
    /// How its packets are authenticated.
    pub authentication: AuthenticationMark,
}

/// A Hello (A.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OspfHello {
    /// Length of the interface's mask.
    pub mask_length: u8,
    /// Seconds between Hellos.
    pub interval: u16,
    /// Seconds without one after which a neighbour is down.
    pub dead_interval: u32,
    /// Its priority for becoming designated router.
    pub priority: u8,
    /// Address of the designated router, or 0.0.0.0.
    pub designated: Ipv4Addr,
    /// Address of its backup, or 0.0.0.0.
    pub backup: Ipv4Addr,
    /// Router IDs of the neighbours that were heard.
    pub neighbours: Vec<Ipv4Addr>,
}

/// A link of a router LSA (A.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouterLink {
    /// Link ID.
    pub id: Ipv4Addr,
    /// Link data.
    pub data: Ipv4Addr,
    /// 1 point-to-point, 3 stub network.
    pub kind: u8,
    /// Its cost.
    pub metric: u16,
}

/// An LSA (A.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lsa {
    /// Its age in seconds.
    pub age: u16,
    /// The router that it comes from.
    pub origin: Ipv4Addr,
    /// Its sequence number.
    pub sequence: u32,
    /// Whether it bears the DN bit (RFC 4576).
    pub down: bool,
    /// What it says.
    pub body: LsaBody,
}

/// What an LSA says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LsaBody {
    /// Links of a router (A.4.2).
    Router {
        /// Whether it is a border between areas.
        border: bool,
        /// Whether it brings in routes from outside.
        outside_border: bool,
        /// The links.
        links: Vec<RouterLink>,
    },
    /// A network in another area (A.4.4).
    Summary {
        /// The network.
        network: Ipv4Addr,
        /// Length of its mask.
        mask_length: u8,
        /// Its cost.
        metric: u32,
    },
    /// A network outside (A.4.5).
    External {
        /// The network.
        network: Ipv4Addr,
        /// Length of its mask.
        mask_length: u8,
        /// Whether the metric is of type 2.
        type_2: bool,
        /// Its metric.
        metric: u32,
        /// Where packets are sent instead, or 0.0.0.0.
        forwarding: Ipv4Addr,
        /// Its tag.
        tag: u32,
    },
}

impl LsaBody {
    /// Type, link state ID and bytes.
    fn encoded(&self, origin: Ipv4Addr) -> (u8, Ipv4Addr, Vec<u8>) {
        match self {
            Self::Router {
                border,
                outside_border,
                links,
            } => {
                let mut body = vec![u8::from(*border) | u8::from(*outside_border) << 1, 0];
                body.extend((links.len() as u16).to_be_bytes());
                for link in links {
                    body.extend(link.id.octets());
                    body.extend(link.data.octets());
                    body.extend([link.kind, 0]);
                    body.extend(link.metric.to_be_bytes());
                }
                (1, origin, body)
            }
            Self::Summary {
                network,
                mask_length,
                metric,
            } => {
                let mut body = mask(*mask_length).to_be_bytes().to_vec();
                body.extend((metric & LARGEST_METRIC).to_be_bytes());
                (3, *network, body)
            }
            Self::External {
                network,
                mask_length,
                type_2,
                metric,
                forwarding,
                tag,
            } => {
                let mut body = mask(*mask_length).to_be_bytes().to_vec();
                body.extend((metric & LARGEST_METRIC | u32::from(*type_2) << 31).to_be_bytes());
                body.extend(forwarding.octets());
                body.extend(tag.to_be_bytes());
                (5, *network, body)
            }
        }
    }
}

impl Lsa {
    /// Its bytes, checksum included.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, id, body) = self.body.encoded(self.origin);
        let mut bytes = Vec::with_capacity(LSA_HEADER + body.len());
        bytes.extend(self.age.to_be_bytes());
        bytes.extend([OPTIONS | if self.down { DOWN } else { 0 }, kind]);
        bytes.extend(id.octets());
        bytes.extend(self.origin.octets());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(((LSA_HEADER + body.len()) as u16).to_be_bytes());
        bytes.extend(body);
        let checksum = fletcher(bytes.get(2..).unwrap_or_default(), 14);
        if let Some(place) = bytes.get_mut(16..18) {
            place.copy_from_slice(&checksum);
        }
        bytes
    }
}

impl OspfSender {
    /// A Hello to all routers on the link.
    pub fn hello(&self, hello: &OspfHello, identification: u16) -> Vec<u8> {
        let mut body = mask(hello.mask_length).to_be_bytes().to_vec();
        body.extend(hello.interval.to_be_bytes());
        body.extend([OPTIONS, hello.priority]);
        body.extend(hello.dead_interval.to_be_bytes());
        body.extend(hello.designated.octets());
        body.extend(hello.backup.octets());
        for neighbour in &hello.neighbours {
            body.extend(neighbour.octets());
        }
        self.packet(1, &body, identification)
    }

    /// An update that carries these LSAs.
    pub fn update(&self, lsas: &[Lsa], identification: u16) -> Vec<u8> {
        let mut body = (lsas.len() as u32).to_be_bytes().to_vec();
        for lsa in lsas {
            body.extend(lsa.to_bytes());
        }
        self.packet(4, &body, identification)
    }

    /// An acknowledgment of these LSAs.
    pub fn acknowledgment(&self, lsas: &[Lsa], identification: u16) -> Vec<u8> {
        let mut body = Vec::new();
        for lsa in lsas {
            body.extend(lsa.to_bytes().get(..LSA_HEADER).unwrap_or_default());
        }
        self.packet(5, &body, identification)
    }

    fn packet(&self, kind: u8, body: &[u8], identification: u16) -> Vec<u8> {
        let mut bytes = vec![2, kind];
        bytes.extend(((24 + body.len()) as u16).to_be_bytes());
        bytes.extend(self.router_id.octets());
        bytes.extend(self.area.octets());
        // Checksum, type of authentication, and its eight bytes, which the checksum leaves out.
        let (kind, data, digest) = match self.authentication {
            AuthenticationMark::None => (0, [0; 8], 0),
            AuthenticationMark::Simple(key) => (1, key, 0),
            // The sequence number need not fall; the digest is left zero: nobody who has no key can tell.
            AuthenticationMark::Digest { key_id, length } => (2, [0, 0, key_id, length, 0, 0, 0, 1], length),
        };
        bytes.extend([0, 0, 0, kind]);
        bytes.extend([0; 8]);
        bytes.extend(body);
        let checksum = if kind == 2 {
            [0; 2]
        } else {
            internet_checksum(&bytes).to_be_bytes()
        };
        for (range, value) in [(12..14, &checksum[..]), (16..24, &data[..])] {
            if let Some(place) = bytes.get_mut(range) {
                place.copy_from_slice(value);
            }
        }
        bytes.extend(std::iter::repeat_n(0, usize::from(digest)));
        let ip = Ipv4 {
            source: self.address,
            destination: ALL_ROUTERS,
            ttl: 1,
            identification,
            control: true,
        };
        ip.packet(OSPF, &bytes)
    }
}

/// A mask of so many bits.
pub fn mask(length: u8) -> u32 {
    u32::MAX
        .checked_shl(32_u32.saturating_sub(u32::from(length)))
        .unwrap_or(0)
}

/// The check octets of ISO 8473 annex C over bytes in which they are zero and stand at `place` (RFC 2328 §12.1.7).
fn fletcher(bytes: &[u8], place: usize) -> [u8; 2] {
    let (mut c0, mut c1) = (0_u64, 0_u64);
    for byte in bytes {
        c0 = (c0 + u64::from(*byte)) % 255;
        c1 = (c1 + c0) % 255;
    }
    // Modulo 255, with everything kept positive.
    let behind = bytes.len().saturating_sub(place) as u64 % 255;
    let x = ((behind + 254) * c0 + 255 - c1) % 255;
    let y = (c1 + 255 * 255 - behind * c0) % 255;
    let octet = |value: u64| if value == 0 { 255 } else { value as u8 };
    [octet(x), octet(y)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(links: Vec<RouterLink>) -> LsaBody {
        LsaBody::Router {
            border: false,
            outside_border: true,
            links,
        }
    }

    /// The sums over a whole LSA behind its age are zero once the check octets are in place.
    #[test]
    fn the_checksum_of_an_lsa_cancels() {
        for links in 0..20_u8 {
            let lsa = Lsa {
                age: 1,
                origin: Ipv4Addr::new(2, 2, 2, links),
                sequence: 0x8000_0001 + u32::from(links) * 7,
                down: links % 2 == 1,
                body: router(
                    (0..links)
                        .map(|n| RouterLink {
                            id: Ipv4Addr::new(10, n, 0, 0),
                            data: Ipv4Addr::new(255, 255, 255, n),
                            kind: 3,
                            metric: u16::from(n),
                        })
                        .collect(),
                ),
            };
            let bytes = lsa.to_bytes();
            let (mut c0, mut c1) = (0_u32, 0_u32);
            for byte in bytes.get(2..).unwrap_or_default() {
                c0 = (c0 + u32::from(*byte)) % 255;
                c1 = (c1 + c0) % 255;
            }
            assert_eq!((c0, c1), (0, 0), "{links} links");
        }
    }
}
