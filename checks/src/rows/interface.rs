//! An interface.

use ipnet::IpNet;

use crate::value::{InterfaceName, Vrf};

words! {
    /// State of an interface or of its protocol.
    pub enum LinkState {
        /// Up.
        Up = "up",
        /// Down for a reason in the network.
        Down = "down",
        /// Switched off by configuration (`*down`).
        AdminDown = "admin_down",
    }
}

record! {
    /// An interface.
    pub struct Interface {
        /// Name.
        pub name: InterfaceName,
        /// Whether configuration switches it on (`up`) or off (`admin_down`).
        pub admin_state: LinkState,
        /// Physical state (PHY).
        pub oper_state: LinkState,
        /// State of the network protocol.
        pub protocol_state: LinkState,
        /// Physical state as printed, e.g. `*down`, `up(s)`.
        pub raw_phy: Option<String>,
        /// Protocol state as printed.
        pub raw_protocol: Option<String>,
        /// Speed in bits per second.
        pub speed_bps: Option<u64>,
        /// Largest packet in bytes.
        pub mtu: Option<u32>,
        /// Free description.
        pub description: Option<String>,
        /// IPv4 addresses with their lengths (host bits kept).
        pub ipv4: Vec<String>,
        /// First IPv4 prefix that the interface is in.
        pub ipv4_prefix: Option<IpNet>,
        /// VPN instance.
        pub vrf: Option<Vrf>,
        /// Inbound utilisation in percent.
        pub in_util_pct: Option<f64>,
        /// Outbound utilisation in percent.
        pub out_util_pct: Option<f64>,
        /// Inbound errors.
        pub in_errors: Option<u64>,
        /// Outbound errors.
        pub out_errors: Option<u64>,
        /// The trunk that it is a member of.
        pub parent: Option<InterfaceName>,
        /// Why it is down, as the mark that the device prints stands for.
        pub down_reason: Option<String>,
    }
}
