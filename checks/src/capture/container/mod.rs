//! Capture files: pcap in every variant and pcapng, read from octets as they arrive.

mod integrity;
mod interface;
mod pcap;
mod pcapng;
mod reader;
mod time_scale;
mod warning;

pub use integrity::Integrity;
pub use interface::Interface;
pub use reader::{Format, Reader};
pub use warning::{Endangers, Warning, WarningKind, Warnings};
