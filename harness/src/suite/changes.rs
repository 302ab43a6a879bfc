//! Changes as they are written: `shutdown IF`, or lines with their undo.

use super::keys::{CHANGE_KEYS, CONFIGURE_KEYS, FAULT_KEYS};
use crate::source::Written;
use crate::source::reader::Reader;
use crate::source::yaml::{Node, Value};

/// The changes of one device.
#[derive(Debug, Clone)]
pub struct DeviceChanges {
    /// The device.
    pub device: Written,
    /// Its changes in order.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Name for `after NAME`.
    pub name: Option<Written>,
    /// What is done.
    pub action: Action,
}

/// What a change does.
#[derive(Debug, Clone)]
pub enum Action {
    /// `shutdown GigabitEthernet0/1/0` or `undo shutdown GigabitEthernet0/1/0`.
    Sentence(Written),
    /// A fault of a link, as a sentence under `lab`.
    Fault(Written),
    /// Configuration lines, and the lines that undo them where they are given.
    Configure {
        /// The lines.
        lines: Vec<Written>,
        /// The undo.
        undo: Option<Vec<Written>>,
    },
}

/// Reads `change` or `setup`.
pub(super) fn changes_of(reader: &mut Reader<'_>, node: &Node, key: &str) -> Vec<DeviceChanges> {
    let entries = reader.entries(node, "changes by device").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), format!("`{key}` changes nothing"));
    }
    entries
        .iter()
        .map(|entry| {
            let nodes = reader.one_or_more(&entry.value, "a change");
            DeviceChanges {
                device: reader.key(entry),
                changes: nodes.iter().filter_map(|node| change(reader, node)).collect(),
            }
        })
        .collect()
}

fn change(reader: &mut Reader<'_>, node: &Node) -> Option<Change> {
    if !matches!(node.value, Value::Map(_)) {
        let sentence = reader.text(node, "a change")?;
        return Some(Change {
            name: None,
            action: Action::Sentence(sentence),
        });
    }
    let entries = reader.entries(node, "a change")?;
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    let keys = match (has("fault"), has("configure")) {
        (true, _) => FAULT_KEYS,
        (false, true) => CONFIGURE_KEYS,
        (false, false) => CHANGE_KEYS,
    };
    let fields = reader.fields(node, "a change", keys, &[])?;
    let name = fields.get("name").and_then(|node| reader.text(node, "a change's name"));
    if let Some(node) = fields.get("fault") {
        let sentence = reader.text(node, "a fault")?;
        return Some(Change {
            name,
            action: Action::Fault(sentence),
        });
    }
    let undo = fields
        .get("undo")
        .map(|node| lines_of(reader, node, "lines that undo the change"));
    let configure = reader.required(&fields, "configure", "the change")?;
    let lines = lines_of(reader, configure, "configuration lines");
    Some(Change {
        name,
        action: Action::Configure { lines, undo },
    })
}

/// Configuration lines: a list, or one block of text with a line each.
pub(super) fn lines_of(reader: &mut Reader<'_>, node: &Node, what: &str) -> Vec<Written> {
    reader.texts(node, what)
}
