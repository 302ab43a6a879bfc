//! Any bytes: see `everything::decoders`.

#![no_main]

#[path = "../../checks/tests/control_protocols/everything.rs"]
#[allow(dead_code)]
mod everything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| everything::decoders(bytes));
