//! What a device knows of itself, printed as VRP does.

mod interface_detail;
pub mod interfaces;
pub mod policies;
pub mod system;
