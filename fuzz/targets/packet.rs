//! Fuzzes `bodies/packet.rs`, which the tests of `checks` run over the kept corpus.
#![no_main]

#[path = "../bodies/packet.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| body::run(octets));
