//! Verdicts as the run stated them, compared with what they rest on. A green one is never made here: the most that this
//! does to a stated verdict is to take it away.

use checks::outcome::Verdict;

use super::report::{AlertKind, Case, ChangeReport, ChangeState, Report};
use crate::event::{CaseRef, Level};

/// Settles every verdict of the report, and the alerts that belong to them.
pub fn settle(report: &mut Report) {
    ends(report);
    changes(report);
    sessions(report);
    let Report {
        suites, changes, run, ..
    } = report;
    let over = run.finished && !run.interrupted;
    let mut wrong: Vec<(Option<CaseRef>, String)> = Vec::new();
    for suite in suites.iter_mut() {
        for case in &mut suite.cases {
            if let Some(contradiction) = settle_case(case, changes, over) {
                wrong.push((Some(case.at), format!("case `{}`: {contradiction}", case.name)));
            }
        }
        let cases = Verdict::of_all(suite.cases.iter().map(|case| case.verdict));
        let selected = suite.cases.iter().any(|case| case.selected);
        suite.verdict = match suite.reported {
            Some(stated) if agrees(stated, cases) => stated,
            Some(stated) => {
                let message = format!(
                    "suite `{}` is reported as {stated}, its cases amount to {cases}",
                    suite.name
                );
                wrong.push((None, message));
                Verdict::Inconclusive
            }
            None if !selected => Verdict::Skipped,
            None => {
                if over {
                    wrong.push((
                        None,
                        format!("suite `{}` has no verdict in a run that came to its end", suite.name),
                    ));
                }
                Verdict::of_all([cases, Verdict::Inconclusive])
            }
        };
    }
    for (case, message) in wrong {
        report.alert(AlertKind::Contradiction, case, message);
    }
    report.verdict = whole(report);
}

/// Alerts about how the run ended.
fn ends(report: &mut Report) {
    if !report.run.finished {
        let at = report.run.last_event_at.format("%Y-%m-%d %H:%M:%S");
        let message = format!(
            "This run did not finish: its last event is of {at} UTC. It is no acceptance. What was not decided is \
             inconclusive; changes that it made may still be in force (`netverdict restore` undoes them)."
        );
        report.alert(AlertKind::Unfinished, None, message);
    } else if report.run.interrupted {
        report.alert(
            AlertKind::Interrupted,
            None,
            "This run was interrupted. It is no acceptance. What was not decided is inconclusive.",
        );
    }
}

/// Alerts about changes that are in force or left something behind.
fn changes(report: &mut Report) {
    let mut alerts = Vec::new();
    for change in &report.changes {
        let what = format!("{}: `{}`", change.device, change.written);
        match (change.state, change.undoings.last()) {
            (ChangeState::NotUndone, Some(undoing)) => {
                let why = undoing.failed.as_deref().unwrap_or("no reason given");
                alerts.push((
                    AlertKind::ChangeNotUndone,
                    change.case,
                    format!("{what} could not be undone: {why}"),
                ));
            }
            (ChangeState::NotUndone, None) => {
                let how = if change.acknowledged_at.is_some() {
                    "was made and not undone"
                } else {
                    "was about to be sent and may be in force: nothing says that it was undone"
                };
                alerts.push((AlertKind::ChangeNotUndone, change.case, format!("{what} {how}")));
            }
            (ChangeState::Undone | ChangeState::Refused, _) => {}
        }
        let residue = change.undoings.last().map_or(0, |undoing| undoing.residue.len());
        if residue > 0 {
            let differ = if residue == 1 {
                "1 line differs"
            } else {
                &format!("{residue} lines differ")
            };
            let message = format!("{what} left its mark: {differ} from what the configuration was before");
            alerts.push((AlertKind::Residue, change.case, message));
        }
    }
    for (kind, case, message) in alerts {
        report.alert(kind, case, message);
    }
}

/// Alerts about sessions that failed, and host keys that nobody vouched for.
fn sessions(report: &mut Report) {
    let mut alerts = Vec::new();
    let mut unverified = Vec::new();
    for device in &report.lab.devices {
        if device.sessions.iter().any(|session| !session.is_verified()) {
            unverified.push(device.name.as_str());
        }
        if let Some(failure) = device.failures.last() {
            alerts.push((AlertKind::DeviceFailed, format!("{}: {}", device.name, failure.reason)));
        }
    }
    let doubt = "Another device may have answered.";
    match unverified.as_slice() {
        [] => {}
        [one] => {
            let message = format!("Not verified: the host key of {one}. {doubt}");
            alerts.push((AlertKind::HostKeyNotVerified, message));
        }
        [some @ .., last] => {
            let message = format!("Not verified: the host keys of {} and {last}. {doubt}", some.join(", "));
            alerts.push((AlertKind::HostKeyNotVerified, message));
        }
    }
    for (kind, message) in alerts {
        report.alert(kind, None, message);
    }
}

/// Settles a case; what contradicts its stated verdict is returned.
fn settle_case(case: &mut Case, changes: &[ChangeReport], over: bool) -> Option<String> {
    let contradiction = contradiction(case, changes, over);
    let unasked = match (case.selected, case.reported) {
        (false, _) => Some((Verdict::Skipped, "not asked: the case was not selected")),
        (true, Some(Verdict::Skipped)) => Some((Verdict::Skipped, "not asked: the case was skipped")),
        (true, Some(_)) => Some((Verdict::Inconclusive, "not decided")),
        (true, None) if case.started_at.is_some() => Some((
            Verdict::Inconclusive,
            "not decided: the run ended before the case was over",
        )),
        (true, None) => Some((
            Verdict::Inconclusive,
            "not decided: the run ended before the case began",
        )),
    };
    if let Some((verdict, why)) = unasked {
        for phrase in case.phrases.iter_mut().filter(|phrase| phrase.decided_at.is_none()) {
            phrase.verdict = verdict;
            why.clone_into(&mut phrase.actual);
        }
    }
    case.verdict = match case.reported {
        _ if contradiction.is_some() => Verdict::Inconclusive,
        Some(stated) => stated,
        None if !case.selected => Verdict::Skipped,
        None => Verdict::of_all([decided(case), Verdict::Inconclusive]),
    };
    if case.reason.is_none() && case.reported.is_none() {
        let why = match (case.selected, case.started_at) {
            (false, _) => "not selected",
            (true, Some(_)) => "the run ended before the case was over",
            (true, None) => "the run ended before the case began",
        };
        case.reason = Some(why.to_owned());
    }
    contradiction
}

/// The verdict that the decided phrases bear out, those of level `warning` left aside.
fn decided(case: &Case) -> Verdict {
    let matter = case
        .phrases
        .iter()
        .filter(|phrase| phrase.decided_at.is_some() && phrase.level == Level::Error);
    Verdict::of_all(matter.map(|phrase| phrase.verdict))
}

/// What contradicts a case's stated verdict.
fn contradiction(case: &Case, changes: &[ChangeReport], over: bool) -> Option<String> {
    let stated = match case.reported {
        None if over && case.selected => return Some("it has no verdict in a run that came to its end".to_owned()),
        None => return None,
        Some(stated) => stated,
    };
    let asked = case.phrases.iter().filter(|phrase| phrase.decided_at.is_some()).count();
    let phrases = decided(case);
    match stated {
        Verdict::Pass => {
            let mine = || changes.iter().filter(|change| change.case == Some(case.at));
            if !case.selected {
                Some("it is reported as pass and was not selected".to_owned())
            } else if asked < case.phrases.len() {
                Some(format!(
                    "it is reported as pass with {asked} of {} phrases decided",
                    case.phrases.len()
                ))
            } else if asked == 0 {
                Some("it is reported as pass and has no phrases".to_owned())
            } else if matches!(phrases, Verdict::Fail | Verdict::Inconclusive) {
                Some(format!("it is reported as pass, its phrases amount to {phrases}"))
            } else if case
                .phrases
                .iter()
                .any(|phrase| phrase.level == Level::Error && phrase.verdict != Verdict::Pass)
            {
                Some("it is reported as pass, and a phrase of it was skipped".to_owned())
            } else if mine().any(|change| change.state == ChangeState::NotUndone) {
                Some("it is reported as pass, and a change of it is not known to be undone".to_owned())
            } else if mine().any(left_something) {
                Some("it is reported as pass, and a change of it left something behind".to_owned())
            } else if mine().any(|change| change.refused.is_some()) {
                Some("it is reported as pass, and a change of it was refused".to_owned())
            } else {
                None
            }
        }
        Verdict::Fail => (phrases != Verdict::Fail && case.reason.is_none())
            .then(|| "it is reported as fail, and no phrase of it fails".to_owned()),
        Verdict::Inconclusive => {
            (phrases != Verdict::Inconclusive && case.reason.is_none() && asked == case.phrases.len())
                .then(|| format!("it is reported as inconclusive without a reason, its phrases amount to {phrases}"))
        }
        Verdict::Skipped if asked > 0 => Some(format!("it is reported as skipped with {asked} phrases decided")),
        Verdict::Skipped if case.reason.is_none() && case.selected => Some("it is skipped without a reason".to_owned()),
        Verdict::Skipped => None,
    }
}

/// Whether the configuration differed once the change was undone.
fn left_something(change: &ChangeReport) -> bool {
    change
        .undoings
        .last()
        .is_some_and(|undoing| !undoing.residue.is_empty())
}

/// Whether a stated verdict on a whole goes with the verdict on its parts. It may be worse, for what happened outside
/// the parts; it may never be better.
fn agrees(stated: Verdict, parts: Verdict) -> bool {
    match stated {
        Verdict::Pass => parts == Verdict::Pass,
        Verdict::Fail => true,
        Verdict::Inconclusive => parts != Verdict::Fail,
        Verdict::Skipped => parts == Verdict::Skipped,
    }
}

/// The verdict on the run.
fn whole(report: &mut Report) -> Verdict {
    let suites = Verdict::of_all(report.suites.iter().map(|suite| suite.verdict));
    let mut wrong = Vec::new();
    let stated = match report.run.reported {
        Some(stated) => {
            if !agrees(stated, suites) {
                wrong.push(format!(
                    "the run is reported as {stated}, its suites amount to {suites}"
                ));
            }
            if report.run.exit_code == Some(0) && matches!(suites, Verdict::Fail | Verdict::Inconclusive) {
                wrong.push(format!("the run ended with exit code 0, its suites amount to {suites}"));
            }
            stated
        }
        None => Verdict::of_all([suites, Verdict::Inconclusive]),
    };
    for message in wrong {
        report.alert(AlertKind::Contradiction, None, message);
    }
    if report.alerts.iter().any(|alert| alert.kind.voids()) {
        Verdict::Inconclusive
    } else if report.alerts.iter().any(|alert| alert.kind.spoils()) {
        Verdict::of_all([stated, suites, Verdict::Inconclusive])
    } else {
        stated
    }
}
