//! Capture files opened and read: plain, gzip or zstd, from a path or standard input.

mod blocks;
mod compression;
mod copy;
mod error;
mod gzip;
mod interface;
mod read;
#[cfg(test)]
mod tests;
mod zstd;

pub use blocks::{Block, Blocks};
pub use compression::Compression;
pub use copy::copy;
pub use error::CaptureError;
pub use interface::{interfaces_named, split_interface};
pub use read::CaptureFile;
