//! netverdict.

use std::process::ExitCode;

/// A network is computed from very many small tables: with the system's allocator that takes half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    harness::cli::main()
}
