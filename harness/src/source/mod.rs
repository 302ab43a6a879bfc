//! Text that a person wrote, and the places in it.

mod file;

pub use file::{Input, LARGEST_FILE, Source, SourceFile};
