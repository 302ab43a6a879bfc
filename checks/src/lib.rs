//! Pure decisions about networks: typed tables, parsers of device output, phrases and verdicts.
//!
//! Nothing here does I/O, reads a clock or starts a thread: what a device printed comes in as text, what it means
//! goes out as rows, unexplained lines and verdicts.

#[macro_use]
mod record;

pub mod capture;
pub mod cell;
pub mod outcome;
pub mod phrase;
pub mod rows;
pub mod table;
pub mod value;
pub mod vrp;

pub use outcome::{Outcome, Verdict};
pub use table::{AnyTable, Parsed, Table};
