//! A device's configuration: a tree of views with lines, edited, loaded, printed, compared and merged.

mod bystander;
mod commands;
mod commit_history;
mod difference;
mod edit;
mod load;
mod merge;
mod places;
mod print;
#[cfg(test)]
mod tests;
mod tree;
#[cfg(test)]
mod undo_tests;

pub use commands::changes;
pub use commit_history::{Commit, CommitHistory, CommitNote};
pub use difference::difference;
pub use edit::EditError;
pub use load::{IgnoredLine, interfaces_named, load};
pub use merge::{Conflict, merge};
pub use places::Places;
pub use print::{print, print_block, print_matching};
pub use tree::{Configuration, Key, Node, Path};
