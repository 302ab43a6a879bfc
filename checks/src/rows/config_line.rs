//! A line of a device's configuration, with the views that it stands in.

record! {
    /// A line of the configuration.
    pub struct ConfigLine {
        /// The line without its indent, as the device printed it.
        pub text: String,
        /// The views that it stands in, outermost first: `["bgp 100", "ipv4-family vpn-instance VPNA"]`.
        pub views: Vec<String>,
        /// Whether other lines stand under it.
        pub opens_view: bool,
    }
}
