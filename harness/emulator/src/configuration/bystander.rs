//! Which lines of a start configuration have no part in what the network does.
//!
//! A line that the command line does not know may be left out without harm only if it stands here: whatever else it
//! is, tables computed without it could be wrong.

/// First words of lines of the system view that manage the device. All that stands below such a line is of its kind.
const MANAGEMENT: &[&str] = &[
    "aaa",
    "banner",
    "clock",
    "dns",
    "ecc",
    "ftp",
    "header",
    "http",
    "hwtacacs",
    "hwtacacs-server",
    "info-center",
    "license",
    "lldp",
    "local-user",
    "netconf",
    "ntp",
    "ntp-service",
    "pki",
    "radius",
    "radius-server",
    "rsa",
    "scp",
    "sftp",
    "snetconf",
    "snmp-agent",
    "ssh",
    "ssl",
    "stelnet",
    "telemetry",
    "telnet",
    "user-interface",
];

/// First words of lines of other views that change nothing of what is computed.
const IN_VIEWS: &[&str] = &["description", "lldp", "log-peer-change"];

/// Lines of the system view, as they stand, that change nothing of what is computed.
const OF_SYSTEM: &[&str] = &["undo dcn", "interface NULL0"];

/// Lines of other views, as they stand, that say what is computed anyway.
const OF_VIEWS: &[&str] = &["undo portswitch", "undo dcn"];

/// Whether a line of the system view, with all below it, has no part in what is computed.
pub fn in_system_view(line: &str) -> bool {
    OF_SYSTEM.contains(&line) || first_word(line).is_some_and(|word| MANAGEMENT.contains(&word))
}

/// Whether a line of another view has no part in what is computed.
pub fn in_other_view(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let describes_peer = words.next() == Some("peer") && words.nth(1) == Some("description");
    describes_peer || OF_VIEWS.contains(&line) || first_word(line).is_some_and(|word| IN_VIEWS.contains(&word))
}

fn first_word(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("undo") => words.next(),
        first => first,
    }
}
