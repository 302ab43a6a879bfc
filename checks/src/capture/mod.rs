//! Captures: what a pcap or pcapng file holds, packet by packet, and what can be concluded from it.
//!
//! Nothing here opens a file. Octets are pushed in as they are read ([`container::Reader::feed`]), records come out,
//! each borrowing from those octets; [`packet::decode`] takes a record apart without copying it.

pub mod container;
pub mod event;
mod link_type;
pub mod measure;
pub mod observe;
pub mod packet;
pub mod protocol;
mod record;
mod timestamp;

pub use link_type::LinkType;
pub use record::{Direction, Record};
pub use timestamp::Timestamp;
