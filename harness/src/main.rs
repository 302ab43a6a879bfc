//! netverdict.
fn main() {}
