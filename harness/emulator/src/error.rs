//! Why a lab cannot be served.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a lab cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The lab has no device.
    #[error("lab `{0}` has no device to serve")]
    NoDevice(String),
    /// Two devices share a name.
    #[error("lab `{lab}` has two devices named `{device}`: give each its own name")]
    DuplicateDevice {
        /// The lab.
        lab: String,
        /// The name used twice.
        device: String,
    },
    /// A link names a device that the lab does not have.
    #[error("a link of lab `{lab}` names the device `{device}`, which the lab does not have")]
    UnknownDevice {
        /// The lab.
        lab: String,
        /// The name that is not there.
        device: String,
    },
    /// A link names something that is not an interface.
    #[error(
        "a link of lab `{lab}` names the interface `{interface}` of {device}: expected a name such as GigabitEthernet0/1/0"
    )]
    BadInterface {
        /// The lab.
        lab: String,
        /// The device.
        device: String,
        /// What was given.
        interface: String,
    },
    /// An interface stands at the end of two links.
    #[error("in lab `{lab}` {device} {interface} stands at the end of two links")]
    InterfaceTwice {
        /// The lab.
        lab: String,
        /// The device.
        device: String,
        /// The interface.
        interface: String,
    },
    /// The address is not a loopback address.
    #[error("an emulated lab is served on loopback only, not on {0}")]
    NotLoopback(std::net::IpAddr),
    /// No password was given.
    #[error("an emulated lab needs a user name and a password that are not empty")]
    NoCredentials,
    /// Listening failed.
    #[error("cannot listen on {address} for {device}: {source}")]
    Listen {
        /// The device.
        device: String,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The host key could not be read or written.
    #[error("host key {path}: {reason}")]
    HostKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A new host key could not be made.
    #[error("cannot make a host key: {0}")]
    NewHostKey(String),
    /// The runtime that serves the connections could not be started.
    #[error("cannot start the threads that serve the lab: {0}")]
    Runtime(std::io::Error),
}
