//! BGP messages (RFC 4271) with the families of the lab: IPv4 unicast and VPNv4 (RFC 4760, RFC 4364).

use std::net::Ipv4Addr;

/// Longest message (RFC 4271 §4).
const LONGEST: usize = 4096;
/// Marker, length and type.
const HEADER: usize = 19;
/// Stands for an AS number that two bytes do not hold (RFC 6793 §9).
const AS_TRANS: u16 = 23_456;
/// The label of a withdrawn VPN route (RFC 8277 §2.4).
const WITHDRAWN_LABEL: [u8; 3] = [0x80, 0, 0];

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BgpMessage {
    /// OPEN.
    Open {
        /// The sender's AS.
        as_number: u32,
        /// Its router ID.
        router_id: Ipv4Addr,
        /// Hold time in seconds.
        hold_time: u16,
        /// Whether IPv4 unicast is offered.
        unicast: bool,
        /// Whether IPv4 unicast with labels is offered.
        labelled: bool,
        /// Whether VPNv4 is offered.
        vpnv4: bool,
    },
    /// KEEPALIVE.
    Keepalive,
    /// An UPDATE that announces routes with the same attributes.
    Announce(Attributes, Routes),
    /// An UPDATE that withdraws routes.
    Withdraw(Routes),
    /// NOTIFICATION.
    Notification {
        /// Error code.
        code: u8,
        /// Error subcode.
        subcode: u8,
    },
}

/// Path attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// 0 IGP, 2 incomplete.
    pub origin: u8,
    /// The ASs, the nearest first.
    pub as_path: Vec<u32>,
    /// Next hop.
    pub next_hop: Ipv4Addr,
    /// Multi-exit discriminator.
    pub med: Option<u32>,
    /// Local preference, to peers of the same AS only.
    pub local_preference: Option<u32>,
    /// Communities.
    pub communities: Vec<u32>,
    /// Router ID of who brought the routes into the AS, if they were reflected (RFC 4456 §8).
    pub originator: Option<Ipv4Addr>,
    /// The clusters that they were reflected by, the last first.
    pub clusters: Vec<Ipv4Addr>,
    /// Route targets, as `111:1`.
    pub route_targets: Vec<String>,
    /// What is said of a route of OSPF.
    pub ospf: Option<OspfCommunities>,
}

/// The extended communities of a route of OSPF (RFC 4577 §4.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OspfCommunities {
    /// Its domain.
    pub domain: Ipv4Addr,
    /// Its area.
    pub area: Ipv4Addr,
    /// Route type and options.
    pub route_type: (u8, u8),
    /// The router that learnt it.
    pub router_id: Ipv4Addr,
}

impl OspfCommunities {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![0x00, 0x05];
        bytes.extend(self.domain.octets());
        bytes.extend([0, 0, 0x03, 0x06]);
        bytes.extend(self.area.octets());
        bytes.extend([self.route_type.0, self.route_type.1, 0x01, 0x07]);
        bytes.extend(self.router_id.octets());
        bytes.extend([0, 0]);
        bytes
    }
}

/// Routes of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routes {
    /// IPv4 unicast.
    Unicast(Vec<IpPrefix>),
    /// IPv4 unicast with labels (RFC 8277): each with its label, which is not used in a withdrawal.
    Labelled(Vec<(IpPrefix, u32)>),
    /// VPNv4.
    Vpnv4(Vec<VpnRoute>),
}

/// A prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpPrefix {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its length in bits.
    pub length: u8,
}

/// A VPNv4 route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnRoute {
    /// Route distinguisher, as `100:1`.
    pub route_distinguisher: String,
    /// Its label; not used in a withdrawal.
    pub label: u32,
    /// Prefix.
    pub prefix: IpPrefix,
}

impl BgpMessage {
    /// The bytes of the message, or of as many as its routes need.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Open {
                as_number,
                router_id,
                hold_time,
                unicast,
                labelled,
                vpnv4,
            } => {
                let families = [(*unicast, 1), (*labelled, 4), (*vpnv4, 128)];
                message(1, &open(*as_number, *router_id, *hold_time, families))
            }
            Self::Keepalive => message(4, &[]),
            Self::Notification { code, subcode } => message(3, &[*code, *subcode]),
            Self::Announce(attributes, routes) => announce(attributes, routes),
            Self::Withdraw(routes) => withdraw(routes),
        }
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff; 16];
    bytes.extend(((HEADER + body.len()) as u16).to_be_bytes());
    bytes.push(kind);
    bytes.extend(body);
    bytes
}

/// OPEN with the capabilities multiprotocol, route refresh and four-byte AS numbers.
///
/// `families` are the SAFIs of IPv4, each with whether it is offered.
fn open(as_number: u32, router_id: Ipv4Addr, hold_time: u16, families: [(bool, u8); 3]) -> Vec<u8> {
    let mut capabilities = Vec::new();
    let mut capability = |code: u8, value: &[u8]| {
        capabilities.extend([2, value.len() as u8 + 2, code, value.len() as u8]);
        capabilities.extend(value);
    };
    for (_, safi) in families.into_iter().filter(|(is_offered, _)| *is_offered) {
        capability(1, &[0, 1, 0, safi]);
    }
    capability(2, &[]);
    capability(65, &as_number.to_be_bytes());
    let mut bytes = vec![4];
    bytes.extend(u16::try_from(as_number).unwrap_or(AS_TRANS).to_be_bytes());
    bytes.extend(hold_time.to_be_bytes());
    bytes.extend(router_id.octets());
    bytes.push(capabilities.len() as u8);
    bytes.extend(capabilities);
    bytes
}

fn announce(attributes: &Attributes, routes: &Routes) -> Vec<u8> {
    let common = attributes.to_bytes();
    match routes {
        Routes::Unicast(prefixes) => {
            let mut fixed = common;
            attribute(&mut fixed, 0x40, 3, &attributes.next_hop.octets());
            let room = LONGEST.saturating_sub(HEADER + 4 + fixed.len());
            updates(prefixes.iter().map(|prefix| prefix.to_bytes()), room, |reachable| {
                update(&[], &fixed, reachable)
            })
        }
        Routes::Labelled(routes) => {
            let head = [&[0, 1, 4, 4][..], &attributes.next_hop.octets(), &[0]].concat();
            let encoded = routes
                .iter()
                .map(|(prefix, label)| prefix.labelled(label_bytes(*label)));
            multiprotocol(&common, &head, encoded)
        }
        Routes::Vpnv4(routes) => {
            let mut head = vec![0, 1, 128, 12, 0, 0, 0, 0, 0, 0, 0, 0];
            head.extend(attributes.next_hop.octets());
            head.push(0);
            let encoded = routes.iter().map(|route| route.to_bytes(label_bytes(route.label)));
            multiprotocol(&common, &head, encoded)
        }
    }
}

/// Messages that announce routes of another family than plain unicast.
fn multiprotocol(common: &[u8], head: &[u8], routes: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let room = LONGEST.saturating_sub(HEADER + 8 + common.len() + head.len());
    updates(routes, room, |reachable| {
        // The attribute that carries the routes stands first (RFC 7606 §5.1).
        let mut all = Vec::new();
        attribute(&mut all, 0x90, 14, &[head, reachable].concat());
        all.extend(common);
        update(&[], &all, &[])
    })
}

fn withdraw(routes: &Routes) -> Vec<u8> {
    match routes {
        Routes::Unicast(prefixes) => updates(
            prefixes.iter().map(|prefix| prefix.to_bytes()),
            LONGEST - HEADER - 4,
            |withdrawn| update(withdrawn, &[], &[]),
        ),
        Routes::Labelled(routes) => {
            let encoded = routes.iter().map(|(prefix, _)| prefix.labelled(WITHDRAWN_LABEL));
            withdrawn_of(4, encoded)
        }
        Routes::Vpnv4(routes) => withdrawn_of(128, routes.iter().map(|route| route.to_bytes(WITHDRAWN_LABEL))),
    }
}

/// Messages that withdraw routes of a family of IPv4 other than plain unicast.
fn withdrawn_of(safi: u8, routes: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    updates(routes, LONGEST - HEADER - 11, |withdrawn| {
        let mut all = Vec::new();
        attribute(&mut all, 0x90, 15, &[&[0, 1, safi], withdrawn].concat());
        update(&[], &all, &[])
    })
}

/// As many messages as routes need when each has `room` for them.
fn updates(routes: impl Iterator<Item = Vec<u8>>, room: usize, update: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut block: Vec<u8> = Vec::new();
    for route in routes {
        if !block.is_empty() && block.len() + route.len() > room {
            bytes.extend(update(&block));
            block.clear();
        }
        block.extend(route);
    }
    if !block.is_empty() {
        bytes.extend(update(&block));
    }
    bytes
}

fn update(withdrawn: &[u8], attributes: &[u8], reachable: &[u8]) -> Vec<u8> {
    let mut body = (withdrawn.len() as u16).to_be_bytes().to_vec();
    body.extend(withdrawn);
    body.extend((attributes.len() as u16).to_be_bytes());
    body.extend(attributes);
    body.extend(reachable);
    message(2, &body)
}

/// Appends an attribute; its length takes two bytes if the flag for that is set or it must.
fn attribute(bytes: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    const EXTENDED: u8 = 0x10;
    match u8::try_from(value.len()) {
        Ok(length) if flags & EXTENDED == 0 => bytes.extend([flags, code, length]),
        _ => {
            bytes.extend([flags | EXTENDED, code]);
            bytes.extend((value.len() as u16).to_be_bytes());
        }
    }
    bytes.extend(value);
}

impl Attributes {
    /// All but the next hop and the routes, in the order of their codes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        attribute(&mut bytes, 0x40, 1, &[self.origin]);
        let mut path = Vec::new();
        for segment in self.as_path.chunks(255) {
            path.extend([2, segment.len() as u8]);
            for number in segment {
                path.extend(number.to_be_bytes());
            }
        }
        attribute(&mut bytes, 0x40, 2, &path);
        if let Some(med) = self.med {
            attribute(&mut bytes, 0x80, 4, &med.to_be_bytes());
        }
        if let Some(preference) = self.local_preference {
            attribute(&mut bytes, 0x40, 5, &preference.to_be_bytes());
        }
        let communities: Vec<u8> = self.communities.iter().flat_map(|value| value.to_be_bytes()).collect();
        if !communities.is_empty() {
            attribute(&mut bytes, 0xc0, 8, &communities);
        }
        if let Some(originator) = self.originator {
            attribute(&mut bytes, 0x80, 9, &originator.octets());
        }
        let clusters: Vec<u8> = self.clusters.iter().flat_map(Ipv4Addr::octets).collect();
        if !clusters.is_empty() {
            attribute(&mut bytes, 0x80, 10, &clusters);
        }
        let mut extended: Vec<u8> = self.route_targets.iter().flat_map(|text| target(text)).collect();
        extended.extend(self.ospf.into_iter().flat_map(OspfCommunities::to_bytes));
        if !extended.is_empty() {
            attribute(&mut bytes, 0xc0, 16, &extended);
        }
        bytes
    }
}

impl IpPrefix {
    /// Length and as many bytes as it needs (RFC 4271 §4.3).
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![self.length.min(32)];
        bytes.extend(self.significant());
        bytes
    }

    /// Length in bits, label, prefix (RFC 8277 §2.3).
    fn labelled(self, label: [u8; 3]) -> Vec<u8> {
        let mut bytes = vec![24 + self.length.min(32)];
        bytes.extend(label);
        bytes.extend(self.significant());
        bytes
    }

    fn significant(self) -> Vec<u8> {
        let count = usize::from(self.length.min(32)).div_ceil(8);
        self.address.octets().into_iter().take(count).collect()
    }
}

impl VpnRoute {
    /// Length in bits, label, route distinguisher, prefix (RFC 8277 §2.3, RFC 4364 §4.3.4).
    fn to_bytes(&self, label: [u8; 3]) -> Vec<u8> {
        let mut bytes = vec![24 + 64 + self.prefix.length.min(32)];
        bytes.extend(label);
        bytes.extend(distinguisher(&self.route_distinguisher));
        bytes.extend(self.prefix.significant());
        bytes
    }
}

/// A label at the bottom of its stack.
fn label_bytes(label: u32) -> [u8; 3] {
    let [_, a, b, c] = ((label & 0x000f_ffff) << 4 | 1).to_be_bytes();
    [a, b, c]
}

/// A route distinguisher (RFC 4364 §4.2): `AS:number` or `address:number`.
fn distinguisher(text: &str) -> [u8; 8] {
    let (kind, value) = administered(text);
    let mut bytes = [0, kind, 0, 0, 0, 0, 0, 0];
    bytes[2..].copy_from_slice(&value);
    bytes
}

/// A route target (RFC 4360 §4).
fn target(text: &str) -> [u8; 8] {
    let (kind, value) = administered(text);
    let mut bytes = [kind, 2, 0, 0, 0, 0, 0, 0];
    bytes[2..].copy_from_slice(&value);
    bytes
}

/// Type and value of `AS:number` or `address:number`: a two-byte AS is type 0, an address 1, a four-byte AS 2.
fn administered(text: &str) -> (u8, [u8; 6]) {
    let (administrator, number) = text.rsplit_once(':').unwrap_or((text, ""));
    let number: u32 = number.parse().unwrap_or(0);
    let [n0, n1, n2, n3] = number.to_be_bytes();
    if let Ok(address) = administrator.parse::<Ipv4Addr>() {
        let [a, b, c, d] = address.octets();
        return (1, [a, b, c, d, n2, n3]);
    }
    let as_number: u32 = match administrator.split_once('.') {
        None => administrator.parse().unwrap_or(0),
        Some((high, low)) => (high.parse().unwrap_or(0) & 0xffff) << 16 | low.parse().unwrap_or(0) & 0xffff,
    };
    let [a0, a1, a2, a3] = as_number.to_be_bytes();
    if a0 == 0 && a1 == 0 && !administrator.contains('.') {
        (0, [a2, a3, n0, n1, n2, n3])
    } else {
        (2, [a0, a1, a2, a3, n2, n3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("100:1", [0, 0, 0, 100, 0, 0, 0, 1])]
    #[case("1.2.3.4:5", [0, 1, 1, 2, 3, 4, 0, 5])]
    #[case("70000:5", [0, 2, 0, 1, 0x11, 0x70, 0, 5])]
    #[case("1.10:5", [0, 2, 0, 1, 0, 10, 0, 5])]
    fn distinguishers_have_their_types(#[case] text: &str, #[case] expected: [u8; 8]) {
        assert_eq!(distinguisher(text), expected);
    }

    #[test]
    fn many_routes_take_several_messages_none_of_which_is_too_long() {
        let routes = (0..2000_u32)
            .map(|n| VpnRoute {
                route_distinguisher: "100:1".into(),
                label: 16 + n,
                prefix: IpPrefix {
                    address: Ipv4Addr::from(0x0a00_0000 + (n << 8)),
                    length: 24,
                },
            })
            .collect();
        let bytes = BgpMessage::Withdraw(Routes::Vpnv4(routes)).to_bytes();
        let (mut rest, mut lengths) = (bytes.as_slice(), Vec::new());
        while let Some(length) = rest.get(16..18) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            lengths.push(length);
            rest = rest.get(length..).unwrap_or_default();
        }
        assert!(lengths.len() > 6 && lengths.iter().all(|length| (HEADER..=LONGEST).contains(length)));
        assert_eq!(lengths.iter().sum::<usize>(), bytes.len());
    }
}
