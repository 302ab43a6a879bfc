//! Control protocols: pure readings of bytes. What cannot be read is an error that names field and place; nothing
//! here keeps state, save [`TcpStream`] and what it needs.

pub mod bfd;
pub mod bgp;
mod cursor;
mod error;
mod framing;
mod tcp_stream;

pub use error::{DecodeError, Fault, Protocol};
pub use framing::{Frame, Framing};
pub use tcp_stream::{Arrival, Gap, GapCause, Limits, Segment, StreamItem, StreamMessage, TcpStream};
