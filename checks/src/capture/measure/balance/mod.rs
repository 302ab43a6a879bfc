//! Load balancing: which rule spreads packets over links, how evenly, and what breaks the rule.

mod evenness;
mod flow_label;
mod mode;
mod moves;
mod parts;
mod polarisation;
mod settings;
mod spray;
mod statistics;
mod symmetry;
mod tally;
mod turns;

pub use evenness::Evenness;
pub use flow_label::{FlowLabelReport, FlowLabels, LabelSighting};
pub use mode::{BalanceReport, FlowLinks, Mode};
pub use moves::LinkChange;
pub use polarisation::{Polarisation, polarisation};
pub use settings::BalanceSettings;
pub use spray::{Spray, SprayReport};
pub use statistics::{effective_number, flows_needed, tolerance, wilson};
pub use symmetry::{Pair, Symmetry, symmetry};
pub use tally::BalanceTally;
pub use turns::OutOfTurn;
