//! Control protocols: pure readings of bytes. What cannot be read is an error that names field and place; nothing
//! here keeps state, save [`TcpStream`] and what it needs.

pub mod bfd;
pub mod bgp;
mod cursor;
mod error;
mod framing;
pub mod isis;
pub mod ldp;
pub mod lsp_ping;
pub mod ospf;
mod tcp_stream;
pub mod vrrp;

pub use error::{DecodeError, Fault, Protocol};
pub use framing::{Frame, Framing};
pub use tcp_stream::{Arrival, Gap, GapCause, Limits, Segment, StreamItem, StreamMessage, TcpStream};
