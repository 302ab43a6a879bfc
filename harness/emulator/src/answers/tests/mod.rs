//! The worked example, computed.

mod changes;
mod lab;
mod random;
mod tables;
