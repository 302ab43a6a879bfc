//! The end of a run in a terminal: what a reader must know, the table of verdicts, and every phrase that does not pass.

use std::collections::HashSet;

use anstyle::{AnsiColor, Style};
use checks::outcome::Verdict;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::peaker::Priority;
use tabled::settings::{Alignment, Modify, Padding, Style as Borders, Width};

use super::Options;
use crate::duration;
use crate::event::Level;
use crate::model::{Case, Phrase, Report, Suite, Tally};
use crate::timing;
use crate::visible::{bounded, visible, visible_line};

/// The most characters of an expectation or of what was found.
const MOST: usize = 1_500;
/// Below this many columns a table is not to be read.
const NARROWEST: usize = 40;

/// Alerts, the table of verdicts, the phrases that do not pass, and the verdict on the whole, each line ended.
pub fn summary(report: &Report, options: Options) -> String {
    let options = Options {
        width: options.width.max(NARROWEST),
        ..options
    };
    let mut text = String::new();
    for suite in &report.suites {
        text.push_str(&format!("{}\n", line(&suite.name)));
        text.push_str(&table(suite, options));
        let mut told = HashSet::new();
        let cases = shown(suite)
            .map(|case| (case, details(case, &mut told, options)))
            .filter(|(_, text)| !text.is_empty());
        for (case, details) in cases {
            text.push_str(&format!(
                "\n{} {}\n{details}",
                options.paint(case.verdict, case.verdict.as_str()),
                line(&case.name)
            ));
        }
        text.push('\n');
    }
    for alert in &report.alerts {
        let colour = if alert.kind.spoils() {
            AnsiColor::Red
        } else {
            AnsiColor::Yellow
        };
        let style = Style::new().fg_color(Some(colour.into()));
        let message = visible_line(&alert.message);
        text.push_str(&hanging("! ", &message, options.width, |line| {
            options.styled(style, line)
        }));
    }
    text.push_str(&last_line(report, options));
    text
}

/// The cases worth a line: all but those that nobody asked for.
fn shown(suite: &Suite) -> impl Iterator<Item = &Case> {
    suite
        .cases
        .iter()
        .filter(|case| case.selected || case.verdict != Verdict::Skipped)
}

fn last_line(report: &Report, options: Options) -> String {
    let run = &report.run;
    let took = duration::words(run.last_event_at - run.started_at);
    let verdict = options.paint(report.verdict, report.verdict.as_str());
    let (cases, phrases) = (tally(&report.counts.cases), tally(&report.counts.phrases));
    format!("{verdict} in {took}: cases {cases}; phrases {phrases}\n")
}

/// `3 passed, 1 failed`: what there is of each.
fn tally(tally: &Tally) -> String {
    let parts = [
        (tally.pass, "passed"),
        (tally.fail, "failed"),
        (tally.inconclusive, "inconclusive"),
        (tally.skipped, "skipped"),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The verdict first, so that it stands in the same place in every line and can be coloured once the table is laid out.
fn table(suite: &Suite, options: Options) -> String {
    let mut builder = Builder::default();
    builder.push_record(["verdict", "case", "pass", "fail", "incon.", "time"]);
    for case in shown(suite) {
        let tally: Tally = case
            .phrases
            .iter()
            .filter(|phrase| phrase.level == Level::Error)
            .map(|phrase| phrase.verdict)
            .collect();
        let time = match (case.started_at, case.finished_at) {
            (Some(start), Some(end)) => duration::words(end - start),
            _ => "-".to_owned(),
        };
        builder.push_record([
            case.verdict.as_str().to_owned(),
            line(&case.name),
            tally.pass.to_string(),
            tally.fail.to_string(),
            tally.inconclusive.to_string(),
            time,
        ]);
    }
    let mut table = builder.build();
    table
        .with(Borders::blank())
        .with(Padding::new(0, 1, 0, 0))
        .with(Modify::new(Columns::new(2..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()))
        .with(
            Width::wrap(options.width)
                .priority(Priority::max(true))
                .keep_words(true),
        );
    let laid_out = table.to_string();
    let mut verdicts = shown(suite).map(|case| case.verdict).peekable();
    let mut text = String::new();
    for (number, row) in laid_out.lines().enumerate() {
        let row = row.trim_end();
        let verdict = verdicts
            .peek()
            .copied()
            .filter(|verdict| number > 0 && row.starts_with(verdict.as_str()));
        match verdict {
            Some(verdict) => {
                verdicts.next();
                text.push_str(&options.paint(verdict, verdict.as_str()));
                text.push_str(&row[verdict.as_str().len()..]);
            }
            None => text.push_str(row),
        }
        text.push('\n');
    }
    let not_selected = suite.cases.len() - shown(suite).count();
    if not_selected > 0 {
        text.push_str(&format!("(not selected: {not_selected})\n"));
    }
    text
}

/// What a reader needs of a case that did not pass, and its warnings. One that several phrases carry, because they read
/// the same answer, is told once in a suite.
fn details<'a>(case: &'a Case, told: &mut HashSet<&'a str>, options: Options) -> String {
    let mut text = String::new();
    let field = |name: &str, value: &str| {
        let indent = format!("    {name:<9} ");
        hanging(
            &indent,
            &visible(&bounded(value, MOST)),
            options.width,
            ToOwned::to_owned,
        )
    };
    if let Some(reason) = case.reason.as_deref().filter(|_| case.verdict != Verdict::Pass) {
        text.push_str(&hanging("  ", &visible_line(reason), options.width, ToOwned::to_owned));
    }
    let wrong = |phrase: &&Phrase| matches!(phrase.verdict, Verdict::Fail | Verdict::Inconclusive);
    for phrase in case.phrases.iter().filter(wrong) {
        let level = if phrase.level == Level::Warning {
            " (warning)"
        } else {
            ""
        };
        text.push_str(&format!(
            "  {}{level} {}: {}\n",
            options.paint(phrase.verdict, phrase.verdict.as_str()),
            line(&phrase.device),
            line(&phrase.phrase)
        ));
        if phrase.decided_at.is_some() {
            text.push_str(&field("expected", &phrase.expected));
        }
        text.push_str(&field("actual", &phrase.actual));
        if let Some(timing) = &phrase.timing {
            text.push_str(&field("timing", &timing::words(timing)));
        }
        text.push_str(&field("source", &phrase.source));
    }
    for phrase in &case.phrases {
        for warning in phrase.warnings.iter().filter(|warning| told.insert(warning)) {
            let of_an_answer = warning.starts_with(&format!("{}, `", phrase.device));
            let warning = if of_an_answer || phrase.device == "lab" {
                warning.clone()
            } else {
                format!("{}: {}: {warning}", phrase.device, phrase.phrase)
            };
            text.push_str(&hanging(
                "  warning: ",
                &visible_line(&bounded(&warning, MOST)),
                options.width,
                ToOwned::to_owned,
            ));
        }
    }
    text
}

/// Text wrapped at blanks behind an indent; lines after the first stand under the first.
fn hanging(indent: &str, text: &str, width: usize, paint: impl Fn(&str) -> String) -> String {
    let room = width.saturating_sub(indent.chars().count()).max(20);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    let blank = " ".repeat(indent.chars().count());
    let written = lines.iter().enumerate().map(|(number, line)| {
        let indented = format!("{}{line}", if number == 0 { indent } else { &blank });
        format!("{}\n", paint(indented.trim_end()))
    });
    written.collect()
}

/// Text on one line, harmless to a terminal.
fn line(text: &str) -> String {
    visible_line(&bounded(text, MOST)).into_owned()
}
