//! netverdict's harness: inventories, suites, plans, sessions with devices, guarded changes and the run itself.

pub mod session;
