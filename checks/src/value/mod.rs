//! Typed values that tables and phrases share.

mod interface_name;
mod prefix;
mod vrf;

pub use interface_name::InterfaceName;
pub use prefix::{InvalidPrefix, parse_prefix};
pub use vrf::Vrf;
