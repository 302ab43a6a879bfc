//! Fuzzes `bodies/container.rs`, which the tests of `checks` run over the kept corpus.
#![no_main]

#[path = "../bodies/container.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| body::run(octets));
