//! Captures as they are written: points of observation, each of one link or several.

use super::keys::CAPTURE_FILE_KEYS;
use crate::source::Written;
use crate::source::reader::Reader;
use crate::source::yaml::{Entry, Node, Value};

/// A point of observation.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its name.
    pub name: Written,
    /// Its links.
    pub links: Vec<CapturedLink>,
}

/// A link that is captured.
#[derive(Debug, Clone)]
pub struct CapturedLink {
    /// Its name.
    pub name: Written,
    /// Where its packets come from.
    pub from: CaptureSource,
}

/// Where the packets of a link come from.
#[derive(Debug, Clone)]
pub enum CaptureSource {
    /// A mirror of a device's port: `CE1 GigabitEthernet0/1/0`.
    Port(Written),
    /// Files, relative to the suite, in the order of time.
    Files(Vec<Written>),
}

/// Reads `capture`.
pub(super) fn points_of(reader: &mut Reader<'_>, node: &Node) -> Vec<Point> {
    let entries = reader
        .entries(node, "points of observation by name")
        .unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), "`capture` captures nothing");
    }
    entries.iter().filter_map(|entry| point(reader, entry)).collect()
}

fn point(reader: &mut Reader<'_>, entry: &Entry) -> Option<Point> {
    let name = reader.key(entry);
    let links = match &entry.value.value {
        Value::Map(links) if !is_file(&entry.value) => {
            if links.is_empty() {
                reader.mistake(entry.value.range.clone(), "the point of observation has no link");
            }
            links
                .iter()
                .filter_map(|link| {
                    Some(CapturedLink {
                        name: reader.key(link),
                        from: source(reader, &link.value)?,
                    })
                })
                .collect()
        }
        // A point of one link has the link's name.
        _ => vec![CapturedLink {
            name: name.clone(),
            from: source(reader, &entry.value)?,
        }],
    };
    Some(Point { name, links })
}

fn is_file(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries)
        if entries.iter().any(|entry| CAPTURE_FILE_KEYS.contains(&entry.key.as_str())))
}

fn source(reader: &mut Reader<'_>, node: &Node) -> Option<CaptureSource> {
    if !matches!(node.value, Value::Map(_)) {
        return reader
            .text(node, "a port (`CE1 GigabitEthernet0/1/0`) or `{file: …}`")
            .map(CaptureSource::Port);
    }
    let fields = reader.fields(node, "a captured link", CAPTURE_FILE_KEYS, &[])?;
    let files = reader.required(&fields, "file", "the captured link")?;
    let files = reader.texts(files, "capture files");
    (!files.is_empty()).then_some(CaptureSource::Files(files))
}
