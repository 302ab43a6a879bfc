//! A VPN instance in one address family.

use crate::rows::AddressFamily;
use crate::value::InterfaceName;

record! {
    /// A VPN instance in one address family.
    pub struct VpnInstance {
        /// Name.
        pub name: String,
        /// Identifier that the device gave it.
        pub id: Option<u32>,
        /// Address family; absent while none is enabled.
        pub afi: AddressFamily,
        /// Route distinguisher.
        pub rd: Option<String>,
        /// Route targets imported.
        pub import_rts: Vec<String>,
        /// Route targets exported.
        pub export_rts: Vec<String>,
        /// Label policy, as printed: `label per instance`.
        pub label_policy: Option<String>,
        /// Label of the instance.
        pub label: Option<u32>,
        /// Bound interfaces.
        pub interfaces: Vec<InterfaceName>,
        /// Import route policy.
        pub import_policy: Option<String>,
        /// Export route policy.
        pub export_policy: Option<String>,
        /// Tunnel policy.
        pub tunnel_policy: Option<String>,
        /// Largest number of routes.
        pub max_routes: Option<u64>,
        /// When it was created, as printed.
        pub created: Option<String>,
        /// Time since it came up, in seconds.
        pub uptime_s: Option<u64>,
        /// `up` or `down`, as printed in lower case.
        pub status: Option<String>,
        /// Free description.
        pub description: Option<String>,
    }
}
