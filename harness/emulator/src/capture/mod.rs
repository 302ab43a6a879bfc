//! Captures: what mirror ports would have seen, rendered from the lab's history.
//!
//! The packets are written from what is known of protocols and formats, independently of the code that analyses them.

mod bfd_packet;
mod bgp_message;
mod conversation;
mod ethernet;
mod file;
mod ipv4;
mod ldp_message;
mod link_packets;
mod ospf_packet;
mod past;
mod render;
mod request;
mod routed_packets;
mod session_packets;
mod take;
mod tcp_connection;
mod timeline;

pub use file::CaptureFormat;
pub use ipv4::Ipv4;
pub use request::{CaptureError, CapturePoint, CaptureRequest, CaptureSummary};
pub use timeline::{Content, Departure};

#[cfg(test)]
mod tests;
