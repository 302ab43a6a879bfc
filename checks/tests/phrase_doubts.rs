//! Whatever is not understood in an answer keeps every form from passing, and from failing.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Verdict::{Inconclusive, Pass};
use checks::phrase::{Form, Observation, Platform, Scope, decide, forms, parse};
use checks::rows::LdpState;
use checks::table::{AnyTable, Integrity, LineSpan, Parsed, Rows, Severity, TableKind, Unexplained};
use phrase_tables::{bfd, decided, expect, ldp, refused, routes, with_integrity, with_unexplained};

fn empty(kind: TableKind) -> AnyTable {
    match kind {
        TableKind::Routes => routes(vec![]).table,
        TableKind::LdpSessions => AnyTable::LdpSessions(Rows::default()),
        TableKind::BgpPeers => AnyTable::BgpPeers(Rows::default()),
        TableKind::BfdSessions => AnyTable::BfdSessions(Rows::default()),
        TableKind::VpnInstances => AnyTable::VpnInstances(Rows::default()),
        TableKind::OspfNeighbors => AnyTable::OspfNeighbors(Rows::default()),
        TableKind::Interfaces => AnyTable::Interfaces(Rows::default()),
        TableKind::Ping => AnyTable::Ping(Rows::default()),
        TableKind::Traceroute => AnyTable::Traceroute(Rows::default()),
        TableKind::Configuration => AnyTable::Configuration(Rows::default()),
        TableKind::Version => AnyTable::Version(Rows::default()),
    }
}

/// Every example of every form on empty answers that were changed in one way.
fn every_example(change: impl Fn(&mut Parsed), mut check: impl FnMut(&Form, &str, &checks::Outcome)) {
    for form in forms() {
        for example in form.examples {
            let phrase = parse(example, form.scope).unwrap();
            let devices: Vec<String> = match form.scope {
                Scope::Device => vec!["PE1".to_owned()],
                // What captures show is decided on measurements, not on answers.
                Scope::Capture => continue,
                Scope::Lab => phrase.devices().into_iter().map(str::to_owned).collect(),
            };
            let questions: Vec<_> = devices
                .iter()
                .flat_map(|device| phrase.questions(Platform::HuaweiVrp, device).unwrap())
                .collect();
            let answers: Vec<Parsed> = questions
                .iter()
                .map(|question| {
                    let mut parsed = Parsed::complete(empty(question.table));
                    change(&mut parsed);
                    parsed
                })
                .collect();
            let observations: Vec<Observation<'_>> = questions
                .iter()
                .zip(&answers)
                .map(|(question, answer)| question.answered("", Ok(answer)))
                .collect();
            check(form, example, &decide(&phrase.assertion, &observations));
        }
    }
}

#[test]
fn nothing_is_decided_on_an_answer_that_is_not_understood() {
    let changes: [fn(&mut Parsed); 3] = [
        |parsed| {
            parsed.unexplained.push(Unexplained {
                line: 4,
                text: "a line".to_owned(),
                field: None,
            });
        },
        |parsed| {
            parsed.integrity.push(Integrity {
                severity: Severity::Error,
                line: 0,
                message: "the end is missing".to_owned(),
            });
        },
        |parsed| parsed.rejected = Some("Error: no".to_owned()),
    ];
    for change in changes {
        every_example(change, |form, example, outcome| {
            assert_eq!(
                outcome.verdict, Inconclusive,
                "{} `{example}`: {}",
                form.id, outcome.actual
            );
            assert!(!outcome.actual.is_empty());
        });
    }
}

#[test]
fn on_empty_answers_only_what_says_none_passes() {
    every_example(
        |_| {},
        |form, example, outcome| {
            if outcome.verdict == Pass {
                assert!(
                    example.starts_with("no ") || example.contains("uses no route"),
                    "{} `{example}`: {}",
                    form.id,
                    outcome.actual
                );
            }
            assert_eq!(
                outcome.expected,
                parse(example, form.scope).unwrap().assertion.to_string()
            );
        },
    );
}

#[test]
fn a_missing_answer_decides_nothing() {
    for form in forms() {
        for example in form.examples {
            let phrase = parse(example, form.scope).unwrap();
            assert_eq!(decide(&phrase.assertion, &[]).verdict, Inconclusive, "{example}");
            let failed = [
                Observation {
                    device: "PE1",
                    command: "display x",
                    evidence: "",
                    answer: Err("connection refused"),
                },
                Observation {
                    device: "PE1",
                    command: "display y",
                    evidence: "",
                    answer: Err("connection refused"),
                },
            ];
            assert_eq!(decide(&phrase.assertion, &failed).verdict, Inconclusive, "{example}");
        }
    }
}

#[test]
fn an_answer_that_is_another_table_decides_nothing() {
    for form in forms().iter().filter(|form| form.scope != Scope::Capture) {
        for example in form.examples {
            let phrase = parse(example, form.scope).unwrap();
            let device = phrase.devices().first().map_or("PE1", |device| device).to_owned();
            let question = phrase.questions(Platform::HuaweiVrp, &device).unwrap().remove(0);
            let other = if question.table == TableKind::LdpSessions {
                bfd(vec![])
            } else {
                ldp(&[("3.3.3.3", LdpState::Operational)])
            };
            let observations: Vec<Observation<'_>> = ["display x", "display y"]
                .iter()
                .flat_map(|command| {
                    let devices = if phrase.devices().is_empty() {
                        vec!["PE1"]
                    } else {
                        phrase.devices()
                    };
                    let other = &other;
                    devices
                        .into_iter()
                        .map(move |device| (device, *command, other))
                        .collect::<Vec<_>>()
                })
                .map(|(device, command, other)| Observation {
                    device,
                    command,
                    evidence: "",
                    answer: Ok(other),
                })
                .collect();
            assert_eq!(
                decide(&phrase.assertion, &observations).verdict,
                Inconclusive,
                "{example}"
            );
        }
    }
}

#[test]
fn the_reason_names_the_line_and_the_command() {
    let table = || ldp(&[("3.3.3.3", LdpState::Operational)]);
    let text = "every LDP session is Operational";
    expect(
        text,
        &[&with_unexplained(table(), 12, None)],
        Inconclusive,
        "line 12 of `display mpls ldp session` on PE1 is not understood: `something else`",
    );
    let outcome = decided(text, &[&with_unexplained(table(), 12, None)]);
    assert_eq!(outcome.deciding[0].lines, [LineSpan::line(12)]);
    expect(
        text,
        &[&with_integrity(table(), Severity::Error)],
        Inconclusive,
        "disagrees with itself: the header says 15 routes, there are 8",
    );
    expect(
        text,
        &[&refused(table())],
        Inconclusive,
        "was refused: Error: Unrecognized command",
    );
}

#[test]
fn warnings_are_carried_and_change_nothing() {
    let table = ldp(&[("3.3.3.3", LdpState::Operational)]);
    let outcome = decided(
        "every LDP session is Operational",
        &[&with_integrity(table.clone(), Severity::Warning)],
    );
    assert_eq!(outcome.verdict, Pass);
    assert!(
        outcome.warnings[0].contains("the header says 15 routes"),
        "{:?}",
        outcome.warnings
    );
    let outcome = decided(
        "every LDP session is Operational",
        &[&with_unexplained(table.clone(), 10, Some("age_s"))],
    );
    assert_eq!(outcome.verdict, Pass);
    assert!(
        outcome.warnings[0].contains("`age_s` is not understood"),
        "{:?}",
        outcome.warnings
    );
    // The same of the field that the phrase reads.
    let unread = with_unexplained(table.clone(), 10, Some("state"));
    expect("every LDP session is Operational", &[&unread], Inconclusive, "line 10");
    // And of the field by which the row is picked, on whatever line.
    let unnamed = with_unexplained(table, 99, Some("peer_lsr_id"));
    expect(
        "LDP session 3.3.3.3 is Operational",
        &[&unnamed],
        Inconclusive,
        "line 99",
    );
}

#[test]
fn what_a_device_prints_cannot_disturb_a_report() {
    let mut table = ldp(&[("3.3.3.3", LdpState::Operational)]);
    table.rejected = Some(format!("Error: \u{1b}[2J{}", "x".repeat(10_000)));
    let outcome = decided("every LDP session is Operational", &[&table]);
    assert!(outcome.actual.len() < 400 && !outcome.actual.contains('\u{1b}'));
}
