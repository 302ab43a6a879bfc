//! Captures: what a pcap or pcapng file holds, packet by packet, and what can be concluded from it.

pub mod event;
pub mod measure;
pub mod protocol;
mod timestamp;

pub use timestamp::Timestamp;
