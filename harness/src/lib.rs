//! netverdict's harness: inventories, suites, plans, sessions with devices, guarded changes and the run itself.

pub mod cli;
pub mod diagnostic;
pub mod inventory;
pub mod plan;
pub mod schema;
pub mod session;
pub mod source;
pub mod suite;
