//! Any bytes: see `everything::stream`.

#![no_main]

#[path = "../../checks/tests/control_protocols/everything.rs"]
#[allow(dead_code)]
mod everything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| everything::stream(bytes));
