//! A device's software version.

record! {
    /// A device's software version.
    pub struct DeviceVersion {
        /// Vendor, e.g. `Huawei`.
        pub vendor: Option<String>,
        /// Operating system version, e.g. `8.220` of `VRP (R) software, Version 8.220`.
        pub os_version: Option<String>,
        /// Product release, e.g. `NE40E V800R022C00SPC600`.
        pub release: Option<String>,
        /// Product model, e.g. `NE40E-X8`.
        pub model: Option<String>,
        /// Time since start, in seconds.
        pub uptime_s: Option<u64>,
        /// Patch version.
        pub patch: Option<String>,
    }
}
