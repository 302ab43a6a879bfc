//! The bundle that a run writes: events, evidence and inputs.

mod evidence_name;
mod location;
mod redaction;
mod writer;

pub use location::{BundleLocation, new_run_id};
pub use redaction::Redactor;
pub use writer::{BundleWriter, Kept, WriteError};

/// SHA-256 of a file in hexadecimal, however large it is.
pub(crate) fn sha256_of(file: std::fs::File) -> std::io::Result<String> {
    writer::hashed(file).map(|(sha256, _)| sha256)
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    reports::bundle::hexadecimal(&sha2::Sha256::digest(bytes))
}
