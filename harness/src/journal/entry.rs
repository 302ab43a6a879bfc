//! An entry of the journal: everything needed to undo one change without the run that made it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reports::event::LabKind;
use serde::{Deserialize, Serialize};

use crate::state::Owner;

/// Version of the entry format.
pub const JOURNAL_FORMAT: u32 = 1;

/// A change that may be in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// [`JOURNAL_FORMAT`].
    pub format: u32,
    /// Identifier of the run that made it.
    pub run: String,
    /// Identifier of the change within the run.
    pub change: u32,
    /// When this was written, just before the change was sent.
    pub written_at: DateTime<Utc>,
    /// Who made the change.
    pub owner: Owner,
    /// Bundle of the run.
    pub bundle: PathBuf,
    /// The lab.
    pub lab: LabReference,
    /// Device.
    pub device: String,
    /// Its address and port.
    pub endpoint: String,
    /// The name in its prompt: the undo is sent to no device of another name.
    pub prompt_name: String,
    /// The change as written in the suite.
    pub written: String,
    /// Configuration lines that made it.
    pub apply: Vec<String>,
    /// Configuration lines that undo it.
    pub undo: Vec<String>,
    /// The device's configuration before the change, secrets redacted.
    pub before: String,
}

/// Where a lab's inventory is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabReference {
    /// Its name.
    pub name: String,
    /// Live or emulated.
    pub kind: LabKind,
    /// The inventory, as an absolute path.
    pub path: PathBuf,
}

impl Entry {
    /// Its name in the journal: run and change.
    pub fn id(&self) -> String {
        format!("{}-{:04}", self.run, self.change)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entry(run: &str, change: u32) -> Entry {
        Entry {
            format: JOURNAL_FORMAT,
            run: run.into(),
            change,
            written_at: DateTime::from_timestamp(1_700_000_000 + i64::from(change), 0).unwrap(),
            owner: Owner::this_process(&["netverdict".into()]),
            bundle: "/tmp/bundle".into(),
            lab: LabReference {
                name: "lab".into(),
                kind: LabKind::Live,
                path: "/lab".into(),
            },
            device: "CE1".into(),
            endpoint: "192.0.2.1:22".into(),
            prompt_name: "CE1".into(),
            written: "shutdown GigabitEthernet0/1/0".into(),
            apply: vec!["interface GigabitEthernet0/1/0".into(), "shutdown".into()],
            undo: vec!["interface GigabitEthernet0/1/0".into(), "undo shutdown".into()],
            before: "#\ninterface GigabitEthernet0/1/0\n ip address 10.1.1.1 255.255.255.252\n#\nreturn\n".into(),
        }
    }
}
