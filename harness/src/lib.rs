//! netverdict's harness: inventories, suites, plans, sessions with devices, guarded changes and the run itself.

pub mod api;
pub mod bundle;
pub mod capture;
pub mod change;
pub mod cli;
pub mod diagnostic;
pub mod inventory;
pub mod journal;
pub mod lab;
pub mod plan;
pub mod recheck;
pub mod recorded;
pub mod restore;
pub mod run;
pub mod schema;
pub mod session;
pub mod source;
pub mod state;
pub mod study;
pub mod suite;

pub use api::run_suite;
