//! Text that a person wrote, and the places in it.

mod file;
mod load;
pub mod reader;
mod written;
pub mod yaml;

pub use file::{Input, LARGEST_FILE, Source, SourceFile};
pub use load::{Inputs, read_bytes, read_text};
pub use written::Written;
