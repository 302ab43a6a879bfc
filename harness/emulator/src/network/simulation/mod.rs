//! The network in simulated time: what happens when something changes, and when.

mod ages;
mod bfd_machine;
mod bfd_of_peers;
mod bfd_reception;
mod bfd_record;
mod bfd_sessions;
mod bfd_transmission;
mod bgp_choice;
mod bgp_dialogue;
mod bgp_reset;
mod bgp_telling;
mod bgp_words;
mod chance;
mod delays;
mod engine;
mod event;
mod flaps;
mod flooding;
mod history;
mod igp;
mod labelling;
mod ldp_dialogue;
mod ldp_timing;
mod links;
mod message;
mod moment;
mod ospf_hellos;
mod outside;
mod schedule;
mod signals;
mod tables;
mod times;

pub use bgp_reset::Peers;
pub use chance::{draw, seed_of};
pub use delays::Delays;
pub use engine::Simulation;
pub use history::{DeviceEpoch, End, Fib, History, Hop, Walk};
pub use links::{Condition, Way, both_ways, receives};
pub use message::{
    BfdPacket, BfdTrain, BfdTransition, KeepaliveKind, KeptAlive, LinkStates, Message, RouterLinks, Says, Travels,
};
pub use moment::{Moment, nanos};
pub use schedule::Schedule;
pub use times::{BgpCount, BgpTimes, Times};
