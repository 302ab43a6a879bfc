//! The keys and words of suites, in one place for their reader and for the schema.

use reports::event::Level;

/// Keys of a suite.
pub(crate) const SUITE_KEYS: &[&str] = &[
    "suite",
    "description",
    "requirement",
    "lab",
    "tags",
    "include",
    "setup",
    "teardown",
    "cases",
];

/// Keys of a case.
pub(crate) const CASE_KEYS: &[&str] = &[
    "name",
    "requirement",
    "level",
    "tags",
    "needs",
    "matrix",
    "traffic",
    "capture",
    "change",
    "expect",
    "afterwards",
];

/// Keys of traffic.
pub(crate) const FLOW_KEYS: &[&str] = &["from", "source", "to", "in", "flows", "rate", "size"];

/// Most flows of one kind of traffic.
pub(crate) const MOST_FLOWS: u64 = 10_000;

/// Most packets a second of one flow.
pub(crate) const MOST_PACKETS: u64 = 10_000;

/// Octets of the smallest packet that holds a probe: IPv4 and UDP headers, and 24 octets of probe.
pub(crate) const SMALLEST_PACKET: u64 = 52;

/// Octets of the largest packet.
pub(crate) const LARGEST_PACKET: u64 = 1500;

/// Keys of a link whose packets are in files.
pub(crate) const CAPTURE_FILE_KEYS: &[&str] = &["file", "interface"];

/// The key beside the points of observation that holds the labels of pseudowires.
pub(crate) const PSEUDOWIRES: &str = "pseudowires";

/// Keys of an expectation that is more than a phrase.
pub(crate) const EXPECTATION_KEYS: &[&str] = &["phrase", "level", "requirement"];

/// Words of `level`.
pub(crate) const LEVELS: &[(&str, Level)] = &[("error", Level::Error), ("warning", Level::Warning)];

/// Keys of a change of a device's configuration.
pub(crate) const CONFIGURE_KEYS: &[&str] = &["name", "configure", "undo"];

/// Keys of any change.
pub(crate) const CHANGE_KEYS: &[&str] = &["name", "configure", "undo", "fault"];

/// Keys of a fault of a link.
pub(crate) const FAULT_KEYS: &[&str] = &["name", "fault"];
