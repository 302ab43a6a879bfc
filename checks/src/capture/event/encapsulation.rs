//! In what a packet of the control plane came: what tells links and tunnels from each other that have the same addresses.

use std::fmt;

use crate::capture::packet::{LabelStack, Layer, Packet};

/// VLANs, outermost first, of which the first four are kept: they tell one link from another on a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Vlans([Option<u16>; 4]);

impl FromIterator<u16> for Vlans {
    fn from_iter<T: IntoIterator<Item = u16>>(numbers: T) -> Self {
        let mut vlans = Self::default();
        for (place, number) in vlans.0.iter_mut().zip(numbers) {
            *place = Some(number);
        }
        vlans
    }
}

impl Vlans {
    /// Their numbers, outermost first.
    pub fn numbers(&self) -> impl Iterator<Item = u16> {
        self.0.into_iter().flatten()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0 == Self::default().0
    }
}

impl fmt::Display for Vlans {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers().map(|number| number.to_string()).collect();
        match numbers.as_slice() {
            [] => formatter.write_str("no VLAN"),
            [one] => write!(formatter, "VLAN {one}"),
            several => write!(formatter, "VLANs {}", several.join(".")),
        }
    }
}

/// All that a packet came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Encapsulation {
    /// The VLANs of all its frames.
    pub vlans: Vlans,
    /// The VLANs of the innermost frame: those of the link that it was sent on, whatever carried that link further.
    pub link: Vlans,
    labels: LabelStack,
    /// The VXLAN, or the key of GRE.
    tunnel: Option<u32>,
}

impl Encapsulation {
    /// That of a packet.
    pub fn of(packet: &Packet<'_>) -> Self {
        let mut vlans = Vec::new();
        let mut innermost = 0;
        let mut tunnel = None;
        for layer in packet.layers() {
            match layer {
                Layer::Vlan(tag) => vlans.push(tag.vlan),
                Layer::Ethernet(_) => innermost = vlans.len(),
                Layer::Vxlan(vxlan) => tunnel = Some(vxlan.vni),
                Layer::Gre(gre) => tunnel = gre.key.or(tunnel),
                _ => {}
            }
        }
        Self {
            link: vlans.iter().skip(innermost).copied().collect(),
            vlans: vlans.into_iter().collect(),
            labels: LabelStack::of(packet.labels().map(|label| label.label)),
            tunnel,
        }
    }
}

impl fmt::Display for Encapsulation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.vlans)?;
        let labels: Vec<String> = self.labels.labels().iter().map(ToString::to_string).collect();
        if !labels.is_empty() {
            write!(formatter, ", labels {}", labels.join(" "))?;
        }
        match self.tunnel {
            Some(tunnel) => write!(formatter, ", tunnel {tunnel}"),
            None => Ok(()),
        }
    }
}
