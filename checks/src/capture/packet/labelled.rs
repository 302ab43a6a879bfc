//! The label stack that a packet of a flow came with.

use std::fmt;

use super::bytes::{u8_at, u16_at};
use super::decode::{MPLS_OVER_UDP_PORT, decode};
use super::ethernet::EtherType;
use super::ip::protocol;
use super::label::reserved;
use super::layer::{Layer, Undecoded};
use super::roles::Roles;
use super::tunnel::Vxlan;
use crate::capture::{LinkType, Record};

/// As many labels of a stack are kept, the innermost ones.
const KEPT: usize = 8;

/// The numbers of a label stack, of which the innermost eight are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LabelStack {
    labels: [u32; KEPT],
    kept: u8,
}

impl LabelStack {
    /// The stack of these labels, outermost first.
    pub fn of(labels: impl IntoIterator<Item = u32>) -> Self {
        let mut stack = Self::default();
        for label in labels {
            if usize::from(stack.kept) == KEPT {
                stack.labels.rotate_left(1);
                stack.kept -= 1;
            }
            if let Some(free) = stack.labels.get_mut(usize::from(stack.kept)) {
                *free = label;
                stack.kept += 1;
            }
        }
        stack
    }

    /// Its labels, outermost first.
    pub fn labels(&self) -> &[u32] {
        self.labels.get(..usize::from(self.kept)).unwrap_or_default()
    }

    /// Its labels without entropy labels and their indicators (RFC 6790), outermost first.
    pub fn without_entropy(&self) -> Vec<u32> {
        let mut found = Vec::with_capacity(KEPT);
        let mut labels = self.labels().iter();
        while let Some(label) = labels.next() {
            if *label == reserved::ENTROPY_LABEL_INDICATOR {
                labels.next();
            } else {
                found.push(*label);
            }
        }
        found
    }

    /// The last label but so many, entropy labels and their indicators aside.
    fn innermost_but(&self, below: usize) -> Option<u32> {
        let mut labels = self.labels().iter();
        let mut latest = [None; 2];
        while let Some(label) = labels.next() {
            if *label == reserved::ENTROPY_LABEL_INDICATOR {
                labels.next();
            } else {
                latest = [Some(*label), latest[0]];
            }
        }
        latest.get(below).copied().flatten()
    }
}

/// What a packet with labels, or in a tunnel, came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labelled {
    /// Its labels.
    pub stack: LabelStack,
    /// The VXLAN, or the key of GRE, of the innermost tunnel that has one.
    pub tunnel: Option<u32>,
    /// TTL of the last of them.
    pub bottom_ttl: u8,
    /// Whether an Ethernet frame of a pseudowire stands below them.
    pub pseudowire: bool,
    /// Whether a control word stands before it.
    pub control_word: bool,
    /// Whether it is not known what stands below them.
    pub unread: bool,
}

/// What tells the network of a packet from others that may have the same addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The label of a VPN or a pseudowire.
    Label(u32),
    /// A VXLAN, or the key of GRE.
    Tunnel(u32),
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(formatter, "label {label}"),
            Self::Tunnel(tunnel) => write!(formatter, "tunnel {tunnel}"),
        }
    }
}

impl Labelled {
    /// The label that tells the VPN or the pseudowire, or else the tunnel. Below the label of a pseudowire a flow label may
    /// stand, with a TTL of 1 (RFC 6391, section 2).
    pub fn service(&self) -> Option<Service> {
        let flow_label = self.pseudowire && self.bottom_ttl <= 1;
        let above = flow_label.then(|| self.stack.innermost_but(1)).flatten();
        let label = above.or_else(|| self.stack.innermost_but(0));
        label.map(Service::Label).or(self.tunnel.map(Service::Tunnel))
    }
}

/// The labels and the tunnel of a packet; `None` where it has neither. Packets that clearly have none are not taken apart.
pub fn labelled(record: &Record<'_>, roles: &Roles) -> Option<Labelled> {
    if record.link_type == LinkType::ETHERNET && !may_have_labels(record.captured) {
        return None;
    }
    let packet = decode(record, roles);
    let bottom = packet.labels().next_back();
    let tunnel = packet.layers().rev().find_map(|layer| match layer {
        Layer::Vxlan(vxlan) => Some(vxlan.vni),
        Layer::Gre(gre) => gre.key,
        _ => None,
    });
    if bottom.is_none() && tunnel.is_none() {
        return None;
    }
    Some(Labelled {
        stack: LabelStack::of(packet.labels().map(|label| label.label)),
        tunnel,
        bottom_ttl: bottom.map_or(0, |bottom| bottom.ttl),
        pseudowire: packet
            .layers()
            .skip_while(|layer| !matches!(layer, Layer::Label(_)))
            .any(|layer| matches!(layer, Layer::Ethernet(_))),
        control_word: packet.control_word().is_some(),
        unread: packet.undecoded == Some(Undecoded::BelowLabels),
    })
}

/// Whether labels may follow the Ethernet header and its tags, or what IP carries.
fn may_have_labels(captured: &[u8]) -> bool {
    let mut at = 12;
    let mut ether_type = u16_at(captured, at).map(EtherType);
    while ether_type.is_some_and(EtherType::is_vlan_tag) {
        at += 4;
        ether_type = u16_at(captured, at).map(EtherType);
    }
    let ip = at + 2;
    let (carried, behind) = match ether_type {
        Some(EtherType::IPV4) => {
            let header = u8_at(captured, ip).map_or(0, |first| usize::from(first & 0x0f) * 4);
            (u8_at(captured, ip + 9), ip + header)
        }
        Some(EtherType::IPV6) => (u8_at(captured, ip + 6), ip + 40),
        Some(EtherType::ARP) | None => return false,
        Some(_) => return true,
    };
    match carried {
        Some(protocol::TCP) => false,
        Some(protocol::UDP) => {
            matches!(u16_at(captured, behind + 2), Some(Vxlan::PORT | MPLS_OVER_UDP_PORT))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(captured: &[u8]) -> Record<'_> {
        Record {
            number: 1,
            offset: 0,
            interface: 0,
            link_type: LinkType::ETHERNET,
            time: None,
            captured,
            original_length: captured.len() as u32,
            direction: None,
        }
    }

    #[test]
    fn entropy_labels_are_no_part_of_what_is_compared() {
        assert_eq!(LabelStack::of([3000, 7, 99_999, 1025]).without_entropy(), [3000, 1025]);
        assert_eq!(LabelStack::of([1025, 7]).without_entropy(), [1025]);
        assert_eq!(LabelStack::of(16..30).labels(), (22..30).collect::<Vec<_>>());
    }

    #[test]
    fn service_labels_stand_above_flow_labels_and_entropy() {
        let service = |labels: &[u32], pseudowire, bottom_ttl| {
            let labelled = Labelled {
                stack: LabelStack::of(labels.iter().copied()),
                tunnel: Some(7),
                bottom_ttl,
                pseudowire,
                control_word: false,
                unread: false,
            };
            labelled.service()
        };
        let label = |label| Some(Service::Label(label));
        assert_eq!(service(&[3000, 1025], false, 1), label(1025));
        assert_eq!(service(&[3000, 7, 99_999, 1025], false, 255), label(1025));
        assert_eq!(service(&[3000, 1025, 777], true, 1), label(1025));
        assert_eq!(service(&[3000, 1025], true, 2), label(1025));
        assert_eq!(service(&[1025], true, 1), label(1025));
        assert_eq!(service(&[], false, 0), Some(Service::Tunnel(7)));
    }

    #[test]
    fn a_vxlan_is_a_service() {
        let inner = [
            &[2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4, 8, 0][..],
            &[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1],
            &[0x9c, 0x40, 0x1b, 0x58, 0, 8, 0, 0],
        ]
        .concat();
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let length = 20 + 8 + 8 + inner.len() as u8;
        frame.extend([0x45, 0, 0, length, 0, 0, 0, 0, 64, 17, 0, 0, 9, 0, 0, 1, 9, 0, 0, 2]);
        frame.extend([0xc0, 0, 0x12, 0xb5, 0, length - 20, 0, 0]);
        frame.extend([8, 0, 0, 0, 0, 0, 7, 0]);
        frame.extend(inner);
        let found = labelled(&record(&frame), &Roles::new()).unwrap();
        assert_eq!(
            (found.service(), found.stack),
            (Some(Service::Tunnel(7)), LabelStack::default())
        );
    }

    #[test]
    fn a_plain_packet_has_no_labels_and_one_below_tags_has() {
        let mut plain = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        plain.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 3, 1, 2, 1, 1, 1, 1]);
        plain.extend([0x9c, 0x40, 0x1b, 0x58, 0, 8, 0, 0]);
        assert_eq!(labelled(&record(&plain), &Roles::new()), None);
        let mut tagged = plain[..12].to_vec();
        tagged.extend([0x81, 0, 0, 5, 0x88, 0x47]);
        tagged.extend([0x00, 0xbb, 0x80, 0xff, 0x00, 0x40, 0x11, 0x3f]);
        let roles = Roles::new().with_label(1025, super::super::roles::LabelRole::Ip);
        tagged.extend(&plain[14..]);
        let found = labelled(&record(&tagged), &roles).unwrap();
        assert_eq!(found.stack.labels(), [3000, 1025]);
        assert_eq!((found.bottom_ttl, found.pseudowire, found.unread), (63, false, false));
        for end in 0..tagged.len() {
            let _ = labelled(&record(&tagged[..end]), &roles);
        }
    }
}
