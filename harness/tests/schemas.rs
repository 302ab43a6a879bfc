//! The published JSON Schemas: what is in `docs/schema` is what the program prints, every YAML of this repository is
//! accepted, and what is wrong in structure is refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value as Json};

use harness::diagnostic::Diagnostics;
use harness::source::SourceFile;
use harness::source::yaml::{self, Node, Value};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn validator(schema: &schemars::Schema) -> Validator {
    jsonschema::draft202012::new(schema.as_value()).unwrap()
}

/// YAML as JSON by the core schema, as an editor sees it; none where it is no YAML.
fn json_of(path: &Path) -> Option<Json> {
    let text = String::from_utf8(std::fs::read(path).unwrap()).ok()?;
    let file = SourceFile::new("x", path, text.trim_start_matches('\u{feff}'));
    yaml::read(&file, &mut Diagnostics::default()).map(|node| json(&node))
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::List(nodes) => Json::Array(nodes.iter().map(json).collect()),
        Value::Map(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), json(&entry.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Value::Scalar { text, .. } => match node.describe() {
            "nothing" => Json::Null,
            "true or false" => Json::Bool(text.eq_ignore_ascii_case("true")),
            "a number" => serde_json::from_str(text).unwrap_or_else(|_| Json::from(0.5)),
            _ => Json::String(text.clone()),
        },
    }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_published_schemas_are_those_of_this_version() {
    for (name, schema) in [
        ("suite", harness::schema::suite()),
        ("inventory", harness::schema::inventory()),
    ] {
        let path = repository().join(format!("docs/schema/{name}.json"));
        let published: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            &published,
            schema.as_value(),
            "run `netverdict schema {name} > docs/schema/{name}.json`"
        );
    }
}

#[test]
fn every_suite_and_inventory_of_the_repository_is_accepted() {
    let suite = validator(&harness::schema::suite());
    let inventory = validator(&harness::schema::inventory());
    let mut suites = yaml_files(&repository().join("suites"));
    suites.push(repository().join("harness/tests/mistakes/sound.yaml"));
    let mut labs = yaml_files(&repository().join("inventories"));
    labs.push(repository().join("harness/tests/mistakes/lab/lab.yaml"));
    labs.retain(|path| path.file_name().is_some_and(|name| name == "lab.yaml"));
    assert!(suites.len() > 1 && labs.len() > 2);
    for (validator, paths) in [(&suite, suites), (&inventory, labs)] {
        for path in paths {
            let json = json_of(&path).unwrap();
            let wrong: Vec<String> = validator
                .iter_errors(&json)
                .map(|error| format!("{error} at {}", error.instance_path))
                .collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
        }
    }
}

#[test]
fn what_is_wrong_in_structure_is_refused() {
    let mistakes = repository().join("harness/tests/mistakes");
    let mut refused = 0;
    for (schema, folder) in [
        (harness::schema::suite(), "suites"),
        (harness::schema::inventory(), "inventories"),
    ] {
        let validator = validator(&schema);
        for path in yaml_files(&mistakes.join(folder)) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let Some(json) = json_of(&path) else { continue };
            match text.lines().next() {
                Some("# schema: refuses") => {
                    assert!(!validator.is_valid(&json), "{} is accepted", path.display());
                    refused += 1;
                }
                Some("# schema: cannot tell") => {
                    let wrong: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
                    assert!(wrong.is_empty(), "{}: the schema can tell: {wrong:?}", path.display());
                }
                _ => {}
            }
        }
    }
    assert!(refused > 10);
}
