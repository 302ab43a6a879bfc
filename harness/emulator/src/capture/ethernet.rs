//! Ethernet frames: addresses of ports, VLAN tags, MPLS label stacks.

use std::net::Ipv4Addr;

use etherparse::{EtherType, Ethernet2Header, SingleVlanHeader, VlanId, VlanPcp};

use crate::network::LabelEntry;

/// Shortest frame on a wire, without its check sequence.
pub const SHORTEST_FRAME: usize = 60;

/// Tag of the outer of two VLANs (IEEE 802.1ad).
const SERVICE_TAG: EtherType = EtherType(0x88a8);
/// MPLS unicast (RFC 3032 §5).
const MPLS: EtherType = EtherType(0x8847);

/// The address of a network card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// The address of a port: locally administered, made from the numbers of the device and of the port, each modulo
    /// 65,536.
    pub fn of_port(device: usize, port: usize) -> Self {
        let [.., device_high, device_low] = (device as u64).to_be_bytes();
        let [.., port_high, port_low] = (port as u64).to_be_bytes();
        Self([0x02, 0x4e, device_high, device_low, port_high, port_low])
    }

    /// The address of an IPv4 multicast group (RFC 1112 §6.4).
    pub fn of_group(group: Ipv4Addr) -> Self {
        let [_, b, c, d] = group.octets();
        Self([0x01, 0x00, 0x5e, b & 0x7f, c, d])
    }
}

/// Everything before the IP header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLayer {
    /// Who sends.
    pub source: MacAddress,
    /// Who receives.
    pub destination: MacAddress,
    /// VLANs, the outer first.
    pub vlans: Vec<u16>,
    /// Labels, the outer first; their traffic class is 0.
    pub labels: Vec<LabelEntry>,
}

impl LinkLayer {
    /// The headers of a frame that carries IPv4.
    pub fn headers(&self) -> Vec<u8> {
        let inner = if self.labels.is_empty() { EtherType::IPV4 } else { MPLS };
        let tags: Vec<EtherType> = (0..self.vlans.len())
            .map(|index| {
                if index + 1 < self.vlans.len() {
                    SERVICE_TAG
                } else {
                    EtherType::VLAN_TAGGED_FRAME
                }
            })
            .chain([inner])
            .collect();
        let mut tags = tags.into_iter();
        let first = Ethernet2Header {
            source: self.source.0,
            destination: self.destination.0,
            ether_type: tags.next().unwrap_or(inner),
        };
        let mut bytes = first.to_bytes().to_vec();
        for (vlan, ether_type) in self.vlans.iter().zip(tags) {
            let tag = SingleVlanHeader {
                pcp: VlanPcp::ZERO,
                drop_eligible_indicator: false,
                vlan_id: VlanId::try_new(vlan & 0x0fff).unwrap_or_default(),
                ether_type,
            };
            bytes.extend(tag.to_bytes());
        }
        for (index, entry) in self.labels.iter().enumerate() {
            let bottom = u32::from(index + 1 == self.labels.len());
            let word = (entry.label & 0x000f_ffff) << 12 | bottom << 8 | u32::from(entry.ttl);
            bytes.extend(word.to_be_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_local_and_differ() {
        assert_eq!(MacAddress::of_port(1, 2).0, [0x02, 0x4e, 0, 1, 0, 2]);
        assert_ne!(MacAddress::of_port(1, 0), MacAddress::of_port(0, 1));
        assert_eq!(
            MacAddress::of_group(Ipv4Addr::new(224, 128, 0, 5)).0,
            [0x01, 0x00, 0x5e, 0, 0, 5]
        );
    }

    #[test]
    fn tags_and_labels_stand_in_order() {
        let layer = LinkLayer {
            source: MacAddress::of_port(0, 1),
            destination: MacAddress::of_port(0, 2),
            vlans: vec![100, 200],
            labels: vec![
                LabelEntry {
                    label: 0xf_ffff,
                    ttl: 254,
                },
                LabelEntry { label: 16, ttl: 1 },
            ],
        };
        let headers = layer.headers();
        assert_eq!(
            headers.get(12..),
            Some(
                [
                    &[0x88, 0xa8, 0, 100, 0x81, 0, 0, 200, 0x88, 0x47][..],
                    &[0xff, 0xff, 0xf0, 254, 0, 1, 1, 1],
                ]
                .concat()
                .as_slice()
            )
        );
    }
}
