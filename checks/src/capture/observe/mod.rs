//! From records to observations: which flow a packet belongs to, and its sequence number.

mod cut;
mod flow_table;
mod observer;

pub use flow_table::FlowTable;
pub use observer::{Observer, SequenceSource, Unmeasured};
