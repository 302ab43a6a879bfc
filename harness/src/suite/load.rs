//! Reads suite files and what they include.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use reports::event::Level;

use super::capture::capture_of;
use super::changes::{changes_of, lines_of};
use super::keys::{CASE_KEYS, EXPECTATION_KEYS, LEVELS, SUITE_KEYS};
use super::traffic::traffic_of;
use super::{Case, Expectation, Expectations, Row, Suite, Teardown};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::reader::{Fields, Reader};
use crate::source::yaml::{self, Node, Value};
use crate::source::{Inputs, SourceFile, Written, read_text};

const MOST_FILES: usize = 200;
const MOST_ROWS: usize = 1000;

/// Reads a suite. Mistakes go to `mistakes`; what could be read is returned all the same, so that more of them are
/// found.
pub(crate) fn load(path: &Path, inputs: &mut Inputs, mistakes: &mut Diagnostics) -> Option<Suite> {
    let origin = Inputs::origin(path);
    let mut loader = Loader {
        folder: origin.parent().map(Path::to_path_buf).unwrap_or_default(),
        open: Vec::new(),
        read: 0,
        inputs,
        mistakes,
    };
    loader.file(path, &origin)
}

struct Loader<'a> {
    /// Folder of the first file: includes stay within it.
    folder: PathBuf,
    /// Files that are being read, the outermost first.
    open: Vec<PathBuf>,
    read: usize,
    inputs: &'a mut Inputs,
    mistakes: &'a mut Diagnostics,
}

impl Loader<'_> {
    fn file(&mut self, path: &Path, origin: &Path) -> Option<Suite> {
        let (bytes, file) = match read_text(path) {
            Ok(read) => read,
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                return None;
            }
        };
        self.inputs.add("suites", path, origin, bytes);
        self.read += 1;
        let root = yaml::read(&file, self.mistakes)?;
        self.open.push(origin.to_path_buf());
        let suite = self.suite(&file, &root);
        self.open.pop();
        suite
    }

    fn suite(&mut self, file: &SourceFile, root: &Node) -> Option<Suite> {
        let mut reader = Reader {
            file,
            mistakes: self.mistakes,
        };
        if let Value::Map(entries) = &root.value
            && let Some(devices) = entries.iter().find(|entry| entry.key == "devices")
            && !entries.iter().any(|entry| entry.key == "suite")
        {
            reader
                .mistake(devices.key_range.clone(), "this is an inventory, not a suite")
                .help
                .push("name a suite, and the inventory with `--lab`".into());
            return None;
        }
        let fields = reader.fields(root, "a suite", SUITE_KEYS, &[])?;
        let name = reader
            .required(&fields, "suite", "the suite")
            .and_then(|node| reader.text(node, "the suite's name"));
        let mut suite = Suite {
            file: file.clone(),
            name: name.unwrap_or_else(|| Written::new(file, 0..0, "", granit_parser::ScalarStyle::Plain)),
            description: text(&mut reader, &fields, "description", "a description"),
            requirement: text(&mut reader, &fields, "requirement", "a requirement"),
            lab: text(&mut reader, &fields, "lab", "a lab"),
            tags: tags(&mut reader, &fields),
            setup: fields
                .get("setup")
                .map(|node| changes_of(&mut reader, node, "setup"))
                .unwrap_or_default(),
            teardown: fields
                .get("teardown")
                .map(|node| teardown(&mut reader, node))
                .unwrap_or_default(),
            cases: Vec::new(),
        };
        let own = match fields.get("cases") {
            Some(node) => cases(&mut reader, node),
            None => {
                if fields.get("include").is_none() {
                    reader.required(&fields, "cases", "the suite");
                }
                Vec::new()
            }
        };
        let includes = fields
            .get("include")
            .map(|node| reader.texts(node, "suite files"))
            .unwrap_or_default();
        for include in includes {
            if let Some(included) = self.include(file, &include) {
                suite.absorb(included);
            }
        }
        suite.cases.extend(own);
        Some(suite)
    }

    fn include(&mut self, file: &SourceFile, named: &Written) -> Option<Suite> {
        let refuse = |message: String| Err(named.mistaken(message));
        let folder = file.path().parent().unwrap_or(Path::new(""));
        let path = folder.join(&named.text);
        let found = if Path::new(&named.text).is_absolute() {
            refuse("an included file is named by a relative path".into())
        } else {
            match path.canonicalize() {
                Err(error) => refuse(format!("cannot read {}: {error}", path.display())),
                Ok(origin) if !origin.starts_with(&self.folder) => refuse(format!(
                    "`{}` leads out of the suite's folder {}",
                    named.text,
                    self.folder.display()
                )),
                Ok(origin) if self.open.contains(&origin) => {
                    let chain: Vec<String> = self
                        .open
                        .iter()
                        .chain([&origin])
                        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
                        .collect();
                    refuse(format!("files include each other: {}", chain.join(" → ")))
                }
                Ok(_) if self.read >= MOST_FILES => refuse(format!("more than {MOST_FILES} files are included")),
                Ok(origin) => Ok(origin),
            }
        };
        match found {
            Ok(origin) => self.file(&path, &origin),
            Err(mistake) => {
                self.mistakes.push(mistake);
                None
            }
        }
    }
}

impl Suite {
    /// Takes the cases and the setup of an included suite; its requirement and tags go with its cases.
    fn absorb(&mut self, included: Suite) {
        self.setup.extend(included.setup);
        self.teardown.extend(included.teardown);
        for mut case in included.cases {
            case.requirement = case.requirement.or_else(|| included.requirement.clone());
            case.tags.extend(included.tags.iter().cloned());
            self.cases.push(case);
        }
    }
}

fn text(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str, what: &str) -> Option<Written> {
    fields.get(key).and_then(|node| reader.text(node, what))
}

fn tags(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Written> {
    match fields.get("tags") {
        Some(Node {
            value: Value::List(nodes),
            ..
        }) if nodes.is_empty() => Vec::new(),
        Some(node) => reader.texts(node, "tags"),
        None => Vec::new(),
    }
}

fn teardown(reader: &mut Reader<'_>, node: &Node) -> Vec<Teardown> {
    let entries = reader.entries(node, "lines by device").unwrap_or_default();
    entries
        .iter()
        .map(|entry| Teardown {
            device: reader.key(entry),
            lines: lines_of(reader, &entry.value, "lines that undo the setup"),
        })
        .collect()
}

fn cases(reader: &mut Reader<'_>, node: &Node) -> Vec<Case> {
    let Value::List(nodes) = &node.value else {
        reader.mistyped(node, "a list of cases");
        return Vec::new();
    };
    if nodes.is_empty() {
        reader.mistake(node.range.clone(), "the suite has no cases");
    }
    nodes.iter().filter_map(|node| case(reader, node)).collect()
}

fn case(reader: &mut Reader<'_>, node: &Node) -> Option<Case> {
    let fields = reader.fields(node, "a case", CASE_KEYS, &[])?;
    let name = reader
        .required(&fields, "name", "the case")
        .and_then(|node| reader.text(node, "the case's name"));
    let change = fields
        .get("change")
        .map(|node| changes_of(reader, node, "change"))
        .unwrap_or_default();
    let expect = match fields.get("expect") {
        Some(node) => expectations(reader, node, "expect"),
        None => {
            if fields.get("afterwards").is_none() || fields.get("change").is_none() {
                reader.required(&fields, "expect", "the case");
            }
            Vec::new()
        }
    };
    let afterwards = match fields.entry("afterwards") {
        Some(entry) => {
            if fields.get("change").is_none() {
                reader
                    .mistake(entry.key_range.clone(), "`afterwards` without a change")
                    .help
                    .push(
                        "it says what must be true once the case's `change` is undone; without one, use `expect`"
                            .into(),
                    );
            }
            expectations(reader, &entry.value, "afterwards")
        }
        None => Vec::new(),
    };
    Some(Case {
        requirement: text(reader, &fields, "requirement", "a requirement"),
        level: fields
            .get("level")
            .and_then(|node| reader.word(node, "level", LEVELS))
            .unwrap_or(Level::Error),
        tags: tags(reader, &fields),
        needs: fields
            .get("needs")
            .map(|node| reader.texts(node, "what the case needs"))
            .unwrap_or_default(),
        rows: match fields.get("matrix") {
            Some(node) => matrix(reader, node),
            None => vec![Row::new()],
        },
        traffic: fields
            .get("traffic")
            .map(|node| traffic_of(reader, node))
            .unwrap_or_default(),
        capture: fields
            .get("capture")
            .map(|node| capture_of(reader, node))
            .unwrap_or_default(),
        change,
        expect,
        afterwards,
        name: name?,
    })
}

fn expectations(reader: &mut Reader<'_>, node: &Node, key: &str) -> Vec<Expectations> {
    let entries = reader
        .entries(node, "phrases by device, or under `lab`")
        .unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), format!("`{key}` expects nothing"));
    }
    entries
        .iter()
        .map(|entry| {
            let nodes = reader.one_or_more(&entry.value, "phrases");
            Expectations {
                device: reader.key(entry),
                phrases: nodes.iter().filter_map(|node| expectation(reader, node)).collect(),
            }
        })
        .collect()
}

fn expectation(reader: &mut Reader<'_>, node: &Node) -> Option<Expectation> {
    if !matches!(node.value, Value::Map(_)) {
        let phrase = reader.text(node, "a phrase")?;
        return Some(Expectation {
            phrase,
            level: None,
            requirement: None,
        });
    }
    let fields = reader.fields(node, "an expectation", EXPECTATION_KEYS, &[])?;
    let level = fields.get("level").and_then(|node| reader.word(node, "level", LEVELS));
    let requirement = text(reader, &fields, "requirement", "a requirement");
    // An unknown key with blanks is a phrase that YAML took for a mapping; that has been said.
    let phrase = match fields.get("phrase") {
        None if node_is_a_torn_phrase(node) => None,
        _ => reader.required(&fields, "phrase", "the expectation"),
    }?;
    let phrase = reader.text(phrase, "a phrase")?;
    Some(Expectation {
        phrase,
        level,
        requirement,
    })
}

fn node_is_a_torn_phrase(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.iter().any(|entry| entry.key.contains(char::is_whitespace)))
}

/// Rows of values: a list of mappings, or a mapping of lists of which every combination is a row.
fn matrix(reader: &mut Reader<'_>, node: &Node) -> Vec<Row> {
    let rows = match &node.value {
        Value::List(nodes) => listed_rows(reader, nodes),
        Value::Map(_) => combined_rows(reader, node),
        Value::Scalar { .. } => {
            reader.mistyped(node, "a list of rows, or a mapping of lists");
            return vec![Row::new()];
        }
    };
    if rows.is_empty() {
        reader.mistake(node.range.clone(), "the matrix has no rows");
        return vec![Row::new()];
    }
    rows
}

fn listed_rows(reader: &mut Reader<'_>, nodes: &[Node]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for node in nodes.iter().take(MOST_ROWS) {
        let entries = reader.entries(node, "values by their names").unwrap_or_default();
        let row: Row = entries
            .iter()
            .filter_map(|entry| {
                check_value_name(reader, &entry.key, &entry.key_range);
                Some((entry.key.clone(), reader.plain(&entry.value, "a value")?))
            })
            .collect();
        if let Some(first) = rows.first() {
            let names: HashSet<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
            let own: HashSet<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
            if names != own && row.len() == entries.len() {
                let mut expected: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                expected.sort();
                reader
                    .mistake(node.range.clone(), "the row's names differ from those of the first row")
                    .label = Some(format!("expected {}", expected.join(", ")));
            }
        }
        rows.push(row);
    }
    if let Some(node) = nodes.get(MOST_ROWS) {
        reader.mistake(node.range.clone(), format!("a matrix has at most {MOST_ROWS} rows"));
    }
    rows
}

fn combined_rows(reader: &mut Reader<'_>, node: &Node) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    for entry in reader.entries(node, "lists of values").unwrap_or_default() {
        check_value_name(reader, &entry.key, &entry.key_range);
        let nodes = reader.one_or_more(&entry.value, "values");
        let values: Vec<Written> = nodes.iter().filter_map(|node| reader.plain(node, "a value")).collect();
        if rows.len().saturating_mul(values.len()) > MOST_ROWS {
            reader.mistake(
                entry.key_range.clone(),
                format!("a matrix has at most {MOST_ROWS} rows"),
            );
            return rows;
        }
        if !values.is_empty() {
            rows = rows
                .iter()
                .flat_map(|row| {
                    values.iter().map(|value| {
                        let mut row = row.clone();
                        row.push((entry.key.clone(), value.clone()));
                        row
                    })
                })
                .collect();
        }
    }
    rows.retain(|row| !row.is_empty());
    rows
}

fn check_value_name(reader: &mut Reader<'_>, name: &str, range: &std::ops::Range<usize>) {
    if !crate::inventory::is_fact_name(name) {
        let mistake = Diagnostic::at(reader.file, range.clone(), format!("`{name}` is no name of a value"))
            .help("letters, digits and `_`, beginning with a letter");
        reader.mistakes.push(mistake);
    }
}
