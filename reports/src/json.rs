//! `report.json`: the whole report for machines, in a published and versioned format.

use schemars::Schema;

use crate::bundle::Bundle;
use crate::error::ReportError;
use crate::model::Report;
use crate::visible::is_hidden;

/// The report of a bundle as JSON.
///
/// # Errors
/// If the events are not those of a run.
pub fn render(bundle: &Bundle) -> Result<String, ReportError> {
    write(&Report::of_bundle(bundle)?)
}

/// A report as JSON: indented, its fields in the order of the schema, with a line end.
///
/// # Errors
/// None that a report is known to have.
pub fn write(report: &Report) -> Result<String, ReportError> {
    let mut text = escaped(&serde_json::to_string_pretty(report)?);
    text.push('\n');
    Ok(text)
}

/// Characters that a terminal or an editor would obey rather than show, as JSON escapes: they stand only in strings.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// The JSON Schema of the format, as published in `docs/schema/report.json`.
pub fn schema() -> Schema {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("title".to_owned(), "netverdict report, format 1".into());
    schema
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::event::LabKind;
    use crate::scene::Scene;

    fn published() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema/report.json")
    }

    /// `UPDATE_SCHEMA=1 cargo test -p reports` writes it anew.
    #[test]
    fn the_published_schema_is_that_of_the_code() {
        let schema = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::create_dir_all(published().parent().expect("a folder")).expect("made");
            std::fs::write(published(), &schema).expect("written");
        }
        let published = std::fs::read_to_string(published()).expect("docs/schema/report.json");
        assert!(
            published == schema,
            "docs/schema/report.json is not what the code says; run with UPDATE_SCHEMA=1"
        );
    }

    #[test]
    fn every_report_is_of_the_published_schema() {
        let published = std::fs::read_to_string(published()).expect("docs/schema/report.json");
        let schema: serde_json::Value = serde_json::from_str(&published).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for scene in [
            Scene::passing(LabKind::Live),
            Scene::failing(LabKind::Emulated),
            Scene::killed(LabKind::Recorded),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let text = render(&scene.write(folder.path())).expect("a report");
            let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let wrong: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let mut other = report;
            other["schema"] = "netverdict-report/2".into();
            assert!(!validator.is_valid(&other));
        }
    }

    #[test]
    fn a_report_reads_back_as_it_was() {
        let mut scene = Scene::failing(LabKind::Live);
        scene.last_phrase().actual = "\u{1b}[2J\u{9b}m\u{202e}\u{e0041}\"\\\n".to_owned();
        let report = Report::from_events(&scene.events).expect("a report");
        let text = write(&report).expect("JSON");
        assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text}");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), report);
    }

    #[test]
    fn the_format_stays_as_it_is() {
        let report = Report::from_events(&Scene::passing(LabKind::Emulated).events).expect("a report");
        insta::assert_snapshot!(write(&report).expect("JSON"));
    }
}
