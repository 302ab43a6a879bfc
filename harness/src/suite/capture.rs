//! Captures as they are written: points of observation, each of one link or several.

use super::keys::{CAPTURE_FILE_KEYS, PSEUDOWIRES};
use crate::source::Written;
use crate::source::reader::Reader;
use crate::source::yaml::{Entry, Node, Value};

/// What a case captures, and what is known of it.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// Where packets are captured.
    pub points: Vec<Point>,
    /// The labels of the pseudowires of each VSI, as they are written.
    pub pseudowires: Vec<(Written, Vec<Written>)>,
}

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
    Files {
        /// The files.
        files: Vec<Written>,
        /// The interface of theirs whose packets are meant, by its name or number; all of them where none is said.
        interface: Option<Written>,
    },
}

/// Reads `capture`.
pub(super) fn capture_of(reader: &mut Reader<'_>, node: &Node) -> Capture {
    let entries = reader
        .entries(node, "points of observation by name")
        .unwrap_or_default();
    let (known, points): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.key == PSEUDOWIRES);
    if points.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), "`capture` captures nothing");
    }
    Capture {
        points: points.into_iter().filter_map(|entry| point(reader, entry)).collect(),
        pseudowires: known
            .into_iter()
            .flat_map(|entry| pseudowires(reader, &entry.value))
            .collect(),
    }
}

/// Reads `pseudowires`: labels by VSI.
fn pseudowires(reader: &mut Reader<'_>, node: &Node) -> Vec<(Written, Vec<Written>)> {
    let entries = reader
        .entries(node, "the labels of pseudowires by VSI")
        .unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), "`pseudowires` names no VSI");
    }
    let mut known = Vec::with_capacity(entries.len());
    for entry in entries {
        let nodes = reader.one_or_more(&entry.value, "labels");
        let labels = nodes.iter().filter_map(|node| reader.plain(node, "a label")).collect();
        known.push((reader.key(entry), labels));
    }
    known
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
    let interface = match fields.get("interface") {
        Some(node) => Some(reader.plain(node, "an interface of the files")?),
        None => None,
    };
    (!files.is_empty()).then_some(CaptureSource::Files { files, interface })
}
