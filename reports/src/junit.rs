//! `junit.xml`: what continuous integration reads. Failed is `failure`, inconclusive is `error`, skipped is `skipped`.

use std::time::Duration;

use checks::outcome::Verdict;
use chrono::{DateTime, Utc};
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::bundle::Bundle;
use crate::error::ReportError;
use crate::event::{LabKind, Level};
use crate::model::{Case, Phrase, Report, Suite};
use crate::timing;
use crate::visible::{bounded, visible, visible_line};

/// The most characters of an expectation or of what was found; the whole is in `report.json`.
const MOST: usize = 4_000;

/// The report of a bundle as JUnit XML.
///
/// # Errors
/// If the events are not those of a run.
pub fn render(bundle: &Bundle) -> Result<String, ReportError> {
    write(&Report::of_bundle(bundle)?)
}

/// A report as JUnit XML.
///
/// # Errors
/// None that a report is known to have.
pub fn write(report: &Report) -> Result<String, ReportError> {
    let mut junit = Junit::new("netverdict");
    junit.set_timestamp(report.run.started_at);
    junit.set_time(between(report.run.started_at, report.run.last_event_at));
    for suite in &report.suites {
        junit.add_test_suite(test_suite(report, suite));
    }
    if let Some(suite) = whole(report) {
        junit.add_test_suite(suite);
    }
    Ok(junit.to_string()?)
}

fn test_suite(report: &Report, suite: &Suite) -> TestSuite {
    let name = visible_line(&suite.name).into_owned();
    let mut written = TestSuite::new(&name);
    if let (Some(start), Some(end)) = (suite.started_at, suite.finished_at) {
        written.set_timestamp(start);
        written.set_time(between(start, end));
    }
    for (key, value) in properties(report, suite) {
        written.add_property((key, visible_line(&value).as_ref()));
    }
    for case in &suite.cases {
        written.add_test_case(test_case(&name, case));
    }
    let cases = Verdict::of_all(suite.cases.iter().map(|case| case.verdict));
    if suite.verdict != cases {
        let message = format!("the suite is {}, its cases amount to {cases}", suite.verdict);
        written.add_test_case(extra(&name, "(the suite as a whole)", suite.verdict, &message, ""));
    }
    written
}

fn properties(report: &Report, suite: &Suite) -> Vec<(&'static str, String)> {
    let kind = match report.lab.kind {
        LabKind::Live => "live",
        LabKind::Emulated => "emulated",
        LabKind::Recorded => "recorded",
    };
    let mut properties = vec![
        ("netverdict", report.run.netverdict.clone()),
        ("run", report.run.id.clone()),
        ("lab", report.lab.name.clone()),
        ("lab_kind", kind.to_owned()),
        ("suite_file", suite.path.clone()),
    ];
    properties.extend(
        suite
            .requirement
            .clone()
            .map(|requirement| ("requirement", requirement)),
    );
    properties
}

fn test_case(suite: &str, case: &Case) -> TestCase {
    let mut written = TestCase::new(visible_line(&case.name).as_ref(), status(case));
    written.set_classname(suite);
    written.set_assertions(case.phrases.iter().filter(|phrase| phrase.decided_at.is_some()).count());
    if let (Some(start), Some(end)) = (case.started_at, case.finished_at) {
        written.set_timestamp(start);
        written.set_time(between(start, end));
    }
    if let Some(requirement) = &case.requirement {
        written.add_property(("requirement", visible_line(requirement).as_ref()));
    }
    let warnings = warnings(case);
    if !warnings.is_empty() {
        written.set_system_out(warnings);
    }
    written
}

fn status(case: &Case) -> TestCaseStatus {
    let reason = case.reason.as_deref().map(visible_line);
    let mut status = match case.verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(reason.unwrap_or_default().as_ref());
            return skipped;
        }
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let wrong = |phrase: &&Phrase| phrase.level == Level::Error && phrase.verdict != Verdict::Pass;
    let deciding = case
        .phrases
        .iter()
        .filter(wrong)
        .find(|phrase| phrase.verdict == case.verdict)
        .or_else(|| case.phrases.iter().find(wrong));
    let message = match (deciding, &reason) {
        (Some(phrase), _) => summary(phrase),
        (None, Some(reason)) => reason.clone().into_owned(),
        (None, None) => "its events contradict its verdict".to_owned(),
    };
    let mut text: Vec<String> = reason.map(Into::into).into_iter().collect();
    text.extend(case.phrases.iter().filter(wrong).map(paragraph));
    status.set_type(case.verdict.as_str());
    status.set_message(message);
    status.set_description(text.join("\n\n"));
    status
}

/// One line: device, phrase, expected, actual.
fn summary(phrase: &Phrase) -> String {
    let (expected, actual) = (bounded(&phrase.expected, 300), bounded(&phrase.actual, 300));
    let found = if phrase.decided_at.is_some() {
        format!("expected {expected}; actual {actual}")
    } else {
        actual.into_owned()
    };
    let text = format!("{}: {}: {found}", phrase.device, phrase.phrase);
    visible_line(&text).into_owned()
}

fn paragraph(phrase: &Phrase) -> String {
    let expected = if phrase.decided_at.is_some() {
        &phrase.expected
    } else {
        "(not asked)"
    };
    let mut text = format!(
        "{}: {}: {}\n  expected: {}\n  actual:   {}\n  written:  {} ({})",
        phrase.verdict,
        visible_line(&phrase.device),
        visible_line(&phrase.phrase),
        visible(&bounded(expected, MOST)),
        visible(&bounded(&phrase.actual, MOST)),
        visible_line(&phrase.written),
        visible_line(&phrase.source),
    );
    if let Some(timing) = &phrase.timing {
        text.push_str("\n  timing:   ");
        text.push_str(&visible_line(&timing::words(timing)));
    }
    for lines in &phrase.deciding {
        let text_of = format!(
            "\n  decided by: {} `{}` {}",
            lines.device, lines.command, lines.evidence
        );
        text.push_str(&visible(&text_of));
    }
    text
}

/// Warnings of the phrases, and phrases of level `warning` that do not pass.
fn warnings(case: &Case) -> String {
    let mut text = Vec::new();
    for phrase in &case.phrases {
        if phrase.level == Level::Warning && matches!(phrase.verdict, Verdict::Fail | Verdict::Inconclusive) {
            text.push(format!("warning: {}", summary(phrase)));
        }
        for warning in &phrase.warnings {
            let warning = format!(
                "warning: {}: {}: {}",
                phrase.device,
                phrase.phrase,
                bounded(warning, MOST)
            );
            text.push(visible_line(&warning).into_owned());
        }
    }
    text.join("\n")
}

/// What spoils the run as a whole, as a suite of its own: a reader of the cases alone must not see green.
fn whole(report: &Report) -> Option<TestSuite> {
    let suites = Verdict::of_all(report.suites.iter().map(|suite| suite.verdict));
    let spoils: Vec<_> = report.alerts.iter().filter(|alert| alert.kind.spoils()).collect();
    if spoils.is_empty() && report.verdict == suites {
        return None;
    }
    let name = "(the run as a whole)";
    let mut suite = TestSuite::new(name);
    for alert in &spoils {
        let kind = serde_json::to_value(alert.kind).ok();
        let kind = kind
            .as_ref()
            .and_then(serde_json::Value::as_str)
            .unwrap_or("alert")
            .replace('_', " ");
        suite.add_test_case(extra(
            name,
            &kind,
            Verdict::Inconclusive,
            &alert.message,
            &alert.message,
        ));
    }
    if spoils.is_empty() {
        let message = format!("the run is {}, its suites amount to {suites}", report.verdict);
        suite.add_test_case(extra(name, "verdict", report.verdict, &message, ""));
    }
    Some(suite)
}

fn extra(class: &str, name: &str, verdict: Verdict, message: &str, text: &str) -> TestCase {
    let kind = if verdict == Verdict::Fail {
        NonSuccessKind::Failure
    } else {
        NonSuccessKind::Error
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(verdict.as_str());
    status.set_message(visible_line(message).as_ref());
    if !text.is_empty() {
        status.set_description(visible(text).as_ref());
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn between(start: DateTime<Utc>, end: DateTime<Utc>) -> Duration {
    (end - start).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::scene::{Scene, case};

    fn xml(scene: &Scene) -> String {
        write(&Report::from_events(&scene.events).expect("a report")).expect("XML")
    }

    #[test]
    fn a_failed_run() {
        insta::assert_snapshot!(xml(&Scene::failing(LabKind::Live)));
    }

    #[test]
    fn a_run_cut_short_is_no_green_suite() {
        insta::assert_snapshot!(xml(&Scene::killed(LabKind::Emulated)));
    }

    #[test]
    fn a_sound_run_has_no_errors() {
        let text = xml(&Scene::passing(LabKind::Live));
        let read = Junit::deserialize_from_str(&text).expect("JUnit");
        assert_eq!((read.tests, read.failures, read.errors), (2, 0, 0), "{text}");
    }

    #[test]
    fn a_contradiction_is_an_error_even_where_every_case_passes() {
        let mut scene = Scene::passing(LabKind::Live);
        scene.tamper(|event| {
            if let Event::SuiteFinished { verdict, .. } = event {
                *verdict = Verdict::Skipped;
            }
        });
        let read = Junit::deserialize_from_str(&xml(&scene)).expect("JUnit");
        assert!(read.errors > 0);
    }

    #[test]
    fn text_from_devices_cannot_leave_its_element() {
        let mut scene = Scene::begin(LabKind::Live);
        scene.case_started(0);
        let hostile = "]]><failure/>\u{1b}[2J\u{202e}\0\u{ffff} <script>\"'&amp;";
        scene.decide(case(0), 0, Verdict::Fail, hostile, hostile, vec![]);
        scene.case_finished(0, Verdict::Fail, Some(hostile));
        let text = xml(&scene);
        let read = Junit::deserialize_from_str(&text).expect("well-formed XML");
        assert_eq!(read.test_suites[0].failures, 1, "{text}");
        assert!(
            !text.contains("<script>") && !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text}"
        );
        assert!(!text.contains('\0') && !text.contains('\u{ffff}'));
    }
}
