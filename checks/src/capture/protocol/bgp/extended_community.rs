//! Extended communities (RFC 4360) as far as VPNs need them.

use std::fmt;

use super::RouteDistinguisher;

/// An extended community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExtendedCommunity {
    /// A route target, as its eight bytes (RFC 4360 §4, RFC 5668).
    RouteTarget([u8; 8]),
    /// Layer 2 information of BGP-signalled pseudowires.
    Layer2Info(Layer2Info),
    /// Any other.
    Other([u8; 8]),
}

/// The Layer2 Info extended community, `0x800a` (RFC 4761 §3.2.4, RFC 8395).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Layer2Info {
    /// Encapsulation type; 19 is VPLS.
    pub encapsulation: u8,
    /// The control flags as they stand.
    pub control_flags: u8,
    /// Layer 2 MTU in bytes.
    pub mtu: u16,
    /// Preference (reserved in RFC 4761).
    pub preference: u16,
}

impl Layer2Info {
    /// T: the sender asks to send flow labels (RFC 8395 §3). The place of the bit, 0x08, was not compared with the text of
    /// the RFC: no verdict rests on it.
    pub fn requests_sending_flow_label(&self) -> bool {
        self.control_flags & 0x08 != 0
    }

    /// R: the sender is able to receive flow labels (RFC 8395 §3). The place of the bit, 0x04, as above.
    pub fn receives_flow_label(&self) -> bool {
        self.control_flags & 0x04 != 0
    }

    /// C: frames carry the control word.
    pub fn control_word(&self) -> bool {
        self.control_flags & 0x02 != 0
    }

    /// S: frames are delivered in sequence.
    pub fn sequenced(&self) -> bool {
        self.control_flags & 0x01 != 0
    }

    /// D: the site is down (multi-homing).
    pub fn site_down(&self) -> bool {
        self.control_flags & 0x80 != 0
    }
}

impl ExtendedCommunity {
    /// Tells a community by its type.
    pub fn of_bytes(bytes: [u8; 8]) -> Self {
        let [
            kind,
            subtype,
            encapsulation,
            control_flags,
            mtu_high,
            mtu_low,
            high,
            low,
        ] = bytes;
        match (kind, subtype) {
            (0x00..=0x02 | 0x40..=0x42, 0x02) => Self::RouteTarget(bytes),
            (0x80, 0x0a) => Self::Layer2Info(Layer2Info {
                encapsulation,
                control_flags,
                mtu: u16::from_be_bytes([mtu_high, mtu_low]),
                preference: u16::from_be_bytes([high, low]),
            }),
            _ => Self::Other(bytes),
        }
    }
}

impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The same three layouts as of a route distinguisher, by the low bits of the type.
            Self::RouteTarget(bytes) => {
                let mut value = *bytes;
                value[0] = 0;
                value[1] = bytes[0] & 0x3f;
                write!(f, "rt {}", RouteDistinguisher(value))
            }
            Self::Layer2Info(info) => {
                write!(
                    f,
                    "layer 2: encapsulation {}, flags {:#04x}, MTU {}",
                    info.encapsulation, info.control_flags, info.mtu
                )?;
                for (set, word) in [
                    (info.requests_sending_flow_label(), "sends flow label"),
                    (info.receives_flow_label(), "receives flow label"),
                    (info.control_word(), "control word"),
                    (info.site_down(), "site down"),
                ] {
                    if set {
                        write!(f, ", {word}")?;
                    }
                }
                Ok(())
            }
            Self::Other(bytes) => write!(f, "{:#018x}", u64::from_be_bytes(*bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_targets_and_layer_2_information_are_told_apart() {
        let text = |bytes| ExtendedCommunity::of_bytes(bytes).to_string();
        assert_eq!(text([0, 2, 0, 100, 0, 0, 0, 7]), "rt 100:7");
        assert_eq!(text([1, 2, 10, 0, 0, 1, 0, 7]), "rt 10.0.0.1:7");
        assert_eq!(text([2, 2, 0, 1, 0, 0, 0, 7]), "rt 65536:7");
        assert_eq!(text([0, 3, 0, 100, 0, 0, 0, 7]), "0x0003006400000007");
        assert_eq!(
            text([0x80, 0x0a, 19, 0x0e, 0x05, 0xdc, 0, 0]),
            "layer 2: encapsulation 19, flags 0x0e, MTU 1500, sends flow label, receives flow label, control word"
        );
    }
}
