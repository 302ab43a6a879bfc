//! Outages: tracked packet by packet in bounded memory, and measured when a capture has been read.

mod activity;
mod bounds;
mod copies;
mod doubts;
mod episode;
mod flow;
mod flow_report;
mod late;
mod loss_pattern;
mod period;
mod report;
mod settings;
mod steady;
mod tracker;

pub use activity::{Activity, Silence};
pub use copies::SeenOnce;
pub use loss_pattern::LossPattern;
pub use period::Period;
pub use report::{DelayVariation, FlowOutages, Outage, OutageEnd, OutageReport, Reordering};
pub use settings::{EndOfTraffic, Expected, OutageSettings};
pub use tracker::{Flows, OutageTracker};
