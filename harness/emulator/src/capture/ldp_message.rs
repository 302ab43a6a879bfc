//! LDP messages (RFC 5036 §3).

use std::net::Ipv4Addr;

use super::ipv4::Ipv4;

/// Port of Hellos over UDP and of sessions over TCP.
pub const LDP_PORT: u16 = 646;
/// All routers on the link.
pub const ALL_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 2);

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdpMessage {
    /// Hello (§3.5.2).
    Hello {
        /// Hold time in seconds.
        hold_time: u16,
        /// Whether it is for one LSR, and asks for hellos in return.
        targeted: bool,
        /// Transport address.
        transport_address: Ipv4Addr,
    },
    /// Initialization (§3.5.3).
    Initialization {
        /// Proposed keepalive time in seconds.
        keepalive_time: u16,
        /// LSR ID of the receiver.
        receiver: Ipv4Addr,
    },
    /// `KeepAlive` (§3.5.4).
    Keepalive,
    /// A label for a host address (§3.5.7).
    LabelMapping {
        /// The address.
        address: Ipv4Addr,
        /// The label; 3 asks the last hop but one to pop.
        label: u32,
    },
    /// A label is taken back (§3.5.10).
    LabelWithdraw {
        /// The address.
        address: Ipv4Addr,
        /// The label.
        label: u32,
    },
    /// Notification (§3.5.1) with a status code.
    Notification {
        /// Status code, with its E and F bits.
        status: u32,
    },
}

impl LdpMessage {
    /// A PDU that carries this message alone.
    pub fn to_bytes(&self, lsr_id: Ipv4Addr, message_id: u32) -> Vec<u8> {
        let (kind, parameters) = self.parameters();
        let mut message = kind.to_be_bytes().to_vec();
        message.extend(((parameters.len() + 4) as u16).to_be_bytes());
        message.extend(message_id.to_be_bytes());
        message.extend(parameters);
        let mut bytes = vec![0, 1];
        bytes.extend(((message.len() + 6) as u16).to_be_bytes());
        bytes.extend(lsr_id.octets());
        bytes.extend([0, 0]);
        bytes.extend(message);
        bytes
    }

    fn parameters(&self) -> (u16, Vec<u8>) {
        match self {
            Self::Hello {
                hold_time,
                targeted,
                transport_address,
            } => {
                let [high, low] = hold_time.to_be_bytes();
                let flags = if *targeted { 0xc0 } else { 0 };
                let hold = parameter(0x0400, &[high, low, flags, 0]);
                (0x0100, [hold, parameter(0x0401, &transport_address.octets())].concat())
            }
            Self::Initialization {
                keepalive_time,
                receiver,
            } => {
                let mut value = vec![0, 1];
                value.extend(keepalive_time.to_be_bytes());
                // Downstream unsolicited, no loop detection, PDUs of the usual largest length.
                value.extend([0, 0, 0x10, 0]);
                value.extend(receiver.octets());
                value.extend([0, 0]);
                (0x0200, parameter(0x0500, &value))
            }
            Self::Keepalive => (0x0201, Vec::new()),
            Self::LabelMapping { address, label } => (0x0400, binding(*address, *label)),
            Self::LabelWithdraw { address, label } => (0x0402, binding(*address, *label)),
            Self::Notification { status } => {
                let mut value = status.to_be_bytes().to_vec();
                value.extend([0; 6]);
                (0x0001, parameter(0x0300, &value))
            }
        }
    }
}

impl LdpMessage {
    /// A Hello as a packet to all routers on the link, or to one LSR (§2.4).
    pub fn hello_packet(&self, source: Ipv4Addr, to: Option<Ipv4Addr>, lsr_id: Ipv4Addr, number: u64) -> Vec<u8> {
        let ip = Ipv4 {
            source,
            destination: to.unwrap_or(ALL_ROUTERS),
            ttl: if to.is_some() { 255 } else { 1 },
            identification: number as u16,
            control: true,
        };
        ip.udp(LDP_PORT, LDP_PORT, &self.to_bytes(lsr_id, number as u32 + 1))
    }
}

/// FEC and label of a host address.
fn binding(address: Ipv4Addr, label: u32) -> Vec<u8> {
    let mut element = vec![2, 0, 1, 32];
    element.extend(address.octets());
    [
        parameter(0x0100, &element),
        parameter(0x0200, &(label & 0x000f_ffff).to_be_bytes()),
    ]
    .concat()
}

/// A TLV (§3.3).
fn parameter(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    bytes
}
