//! Capture files of every variant, whole, cut, damaged and hostile, read by the container reader; packets of every
//! build taken apart. The files are written octet by octet, or by other crates, never by the code under test.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap, too.

mod container;
mod corpus;
mod damaged;
mod differential;
mod frames;
mod packets;
mod writer;
