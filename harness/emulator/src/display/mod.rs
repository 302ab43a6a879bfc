//! What a device knows of itself, printed as VRP does.

pub mod interfaces;
pub mod system;
