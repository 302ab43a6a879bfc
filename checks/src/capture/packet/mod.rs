//! Packets taken apart, layer by layer, without copying them.

mod bytes;
mod checksum;
mod decode;
mod ethernet;
mod flow;
mod glimpse;
mod ip;
mod label;
mod labelled;
mod layer;
pub mod probe;
mod pseudowire;
mod roles;
mod transport;
mod tunnel;

pub use checksum::Checksum;
pub use decode::decode;
pub use ethernet::{Cooked, EtherType, Ethernet, MacAddress, VlanTag};
pub use flow::{FlowKey, Ports};
pub use glimpse::{Glimpse, glimpse};
pub(in crate::capture) use glimpse::{PlainUdp, plain_udp};
pub use ip::{Fragment, IpHeader, Ipv4, Ipv6, protocol};
pub use label::{Label, reserved};
pub use labelled::{LabelStack, Labelled, Service, labelled};
pub use layer::{Layer, Packet, Undecoded, Upper};
pub use pseudowire::{AssociatedChannel, ControlWord, Decided};
pub use roles::{LabelRole, Roles};
pub use transport::{Tcp, Udp};
pub use tunnel::{Gre, Vxlan};
