//! Why bytes are not the message they should be.

use std::fmt;

/// A protocol of the control plane, as reports name it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Bidirectional forwarding detection (RFC 5880).
    Bfd,
    /// Border gateway protocol (RFC 4271).
    Bgp,
    /// Label distribution protocol (RFC 5036).
    Ldp,
    /// OSPF version 2 (RFC 2328).
    Ospf,
    /// OSPF version 3 (RFC 5340).
    Ospfv3,
    /// IS-IS (ISO 10589, RFC 1195).
    Isis,
    /// Virtual router redundancy protocol (RFC 3768, RFC 9568).
    Vrrp,
    /// LSP ping (RFC 8029).
    LspPing,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bfd => "BFD",
            Self::Bgp => "BGP",
            Self::Ldp => "LDP",
            Self::Ospf => "OSPF",
            Self::Ospfv3 => "OSPFv3",
            Self::Isis => "IS-IS",
            Self::Vrrp => "VRRP",
            Self::LspPing => "LSP ping",
        })
    }
}

/// Bytes that are not the message they should be: which field, where, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{protocol} {field} at byte {offset}: {fault}")]
pub struct DecodeError {
    /// The protocol that was decoded.
    pub protocol: Protocol,
    /// The field, in the words of its specification.
    pub field: &'static str,
    /// The field's first byte, counted from the start of the message.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes end before the field does.
    #[error("{needed} bytes needed, {available} there")]
    Truncated {
        /// Bytes that the field takes.
        needed: usize,
        /// Bytes that are left.
        available: usize,
    },
    /// A length that cannot be.
    #[error("length {said} is not allowed here")]
    Length {
        /// The length the message states.
        said: usize,
    },
    /// A value that the specification does not allow.
    #[error("value {value} is not allowed")]
    Value {
        /// The value found.
        value: u64,
    },
}

impl DecodeError {
    /// Whether the bytes simply ended: a capture's snap length, or a message whose rest comes later.
    pub fn is_truncation(&self) -> bool {
        matches!(self.fault, Fault::Truncated { .. })
    }
}
