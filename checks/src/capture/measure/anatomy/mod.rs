//! The anatomy of a failover: failure, detection, propagation, switch-over, recovery, from captures at several points.

mod detection;
mod failover;
mod local_repair;
mod marks;
mod maxima;
mod phases;
mod switches;

pub use failover::{Failover, failovers};
pub use local_repair::LocalRepair;
pub use marks::{ControlMarks, Mark, MarkedSilence, Withdrawals, Withdrawing, marks};
pub use phases::{Anatomy, AnatomyInput, Phase, PhaseName, SwitchTimes};
pub use switches::{FlowPath, FlowSwitch, LaneSwitches, PathSegment};
