//! Rechecking: a bundle decided again from its evidence alone, with today's parsers and phrases.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use checks::Verdict;
use reports::bundle::{Bundle, BundleError};
use reports::event::{CaseRef, Event, PhraseDecided, Record, RunStarted};

use crate::bundle::sha256_of;
use crate::diagnostic::Diagnostics;
use crate::lab::Lab;
use crate::plan::{Choice, Plan};
use crate::recorded::{RecordedLab, RecordedLabError};
use crate::run::{RunError, RunOptions, exit_code, run_on};
use crate::source::Inputs;

/// Why a bundle cannot be decided again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecheckError {
    /// It cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It cannot be used as a lab.
    #[error(transparent)]
    Recorded(#[from] RecordedLabError),
    /// Its suites or its inventory are not understood any more.
    #[error("the suites of the bundle are not understood by this version")]
    Suites(#[source] Diagnostics),
    /// It does not hold what it was made from.
    #[error("{0}")]
    Inputs(String),
    /// Deciding failed.
    #[error(transparent)]
    Run(#[from] Box<RunError>),
}

/// What rechecking found.
#[derive(Debug, Clone)]
pub struct Recheck {
    /// The verdict now: never better than inconclusive for a bundle that was altered or is not whole.
    pub verdict: Verdict,
    /// Exit code of the command.
    pub exit_code: u8,
    /// The verdict that the bundle states.
    pub recorded: Option<Verdict>,
    /// How many phrases were decided now.
    pub decided: usize,
    /// Phrases with another verdict than recorded.
    pub differences: Vec<Changed>,
    /// Why the bundle is no proof: files that were altered, a run that did not end.
    pub flaws: Vec<String>,
    /// The events of deciding again.
    pub events: Vec<Record>,
}

/// A phrase with another verdict than recorded.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Name of its case.
    pub case: String,
    /// As decided now, or as recorded where it is not decided now.
    pub phrase: Box<PhraseDecided>,
    /// Recorded verdict; none where it was not decided.
    pub recorded: Option<Verdict>,
    /// Verdict now; none where it is not decided.
    pub now: Option<Verdict>,
}

/// Decides a bundle again.
pub fn recheck(folder: &Path) -> Result<Recheck, RecheckError> {
    let bundle = Bundle::open(folder)?;
    let Some(Event::RunStarted(started)) = bundle.events.first().map(|record| &record.event) else {
        return Err(RecordedLabError::NoStart(folder.display().to_string()).into());
    };
    let started = started.clone();
    let mut flaws = altered_files(&bundle, &started);
    let mut plan = plan_of(&bundle, &started)?;
    select(&mut plan, &started)?;
    let recorded_events = bundle.events.clone();
    let (recorded, whole) = end_of(&bundle);
    if !whole {
        flaws.push("the run did not come to its end".into());
    }
    let lab: Arc<dyn Lab> = Arc::new(RecordedLab::of_bundle(bundle)?);
    let options = RunOptions {
        bundle: None,
        ..RunOptions::default()
    };
    let result = run_on(&plan, &lab, options, &mut |_| {}).map_err(Box::new)?;
    let now = decided(&result.events);
    let differences = differences(&started, &decided(&recorded_events), &now);
    let verdict = if flaws.is_empty() {
        result.verdict
    } else {
        Verdict::of_all([result.verdict, Verdict::Inconclusive])
    };
    Ok(Recheck {
        verdict,
        exit_code: exit_code(verdict, false),
        recorded,
        decided: now.len(),
        differences,
        flaws,
        events: result.events,
    })
}

/// Files that are not what the run kept.
fn altered_files(bundle: &Bundle, started: &RunStarted) -> Vec<String> {
    let inputs = started.inputs.iter().map(|input| (&input.path, &input.sha256));
    let evidence = bundle.events.iter().filter_map(|record| match &record.event {
        Event::CommandAnswered(answered) => Some((&answered.evidence, &answered.sha256)),
        _ => None,
    });
    let mut altered = Vec::new();
    for (path, sha256) in inputs.chain(evidence) {
        let actual = bundle.file(path).and_then(|file| {
            sha256_of(file).map_err(|source| BundleError::Read {
                path: bundle.folder().join(path),
                source,
            })
        });
        match actual {
            Err(error) => altered.push(format!("{path} cannot be read: {}", error.reason())),
            Ok(actual) if actual != *sha256 => {
                altered.push(format!("{path} is not what the run kept: its SHA-256 differs"));
            }
            Ok(_) => {}
        }
    }
    altered
}

/// The plan, made again from the inputs that the bundle keeps.
fn plan_of(bundle: &Bundle, started: &RunStarted) -> Result<Plan, RecheckError> {
    let mut suites: Vec<PathBuf> = Vec::with_capacity(started.suites.len());
    for suite in &started.suites {
        // The name under which the planner keeps a suite follows from how it was named.
        let mut inputs = Inputs::default();
        let named = Path::new(&suite.path);
        inputs.add("suites", named, named, Vec::new());
        let kept = inputs.into_list().pop().map(|input| input.path).unwrap_or_default();
        if !started.inputs.iter().any(|input| input.path == kept) {
            return Err(RecheckError::Inputs(format!(
                "the bundle does not keep the suite {} ({kept} is missing)",
                suite.path
            )));
        }
        suites.push(bundle.folder().join(kept));
    }
    Plan::load(&suites, Some(bundle.folder()), &Choice::default()).map_err(RecheckError::Suites)
}

/// Selects the cases that the run selected.
fn select(plan: &mut Plan, started: &RunStarted) -> Result<(), RecheckError> {
    let different = || {
        RecheckError::Inputs(
            "this version reads other cases from the bundle's suites than the run did: they cannot be compared".into(),
        )
    };
    if plan.suites.len() != started.suites.len() {
        return Err(different());
    }
    for (suite, info) in plan.suites.iter_mut().zip(&started.suites) {
        if suite.info.name != info.name || suite.cases.len() != info.cases.len() {
            return Err(different());
        }
        let infos = suite.info.cases.iter_mut();
        for ((case, own), recorded) in suite.cases.iter_mut().zip(infos).zip(&info.cases) {
            if case.name != recorded.name {
                return Err(different());
            }
            case.selected = recorded.selected;
            own.selected = recorded.selected;
        }
    }
    Ok(())
}

/// The verdict that a bundle states, and whether the run came to its end.
fn end_of(bundle: &Bundle) -> (Option<Verdict>, bool) {
    let end = bundle.events.iter().rev().find_map(|record| match &record.event {
        Event::RunFinished(finished) => Some(finished),
        _ => None,
    });
    match end {
        Some(end) => (Some(end.verdict), !end.interrupted && !bundle.is_torn()),
        None => (None, false),
    }
}

type Key = (CaseRef, usize);

fn decided(events: &[Record]) -> Vec<(Key, &PhraseDecided)> {
    events
        .iter()
        .filter_map(|record| match &record.event {
            Event::PhraseDecided(phrase) => Some(((phrase.case, phrase.index), &**phrase)),
            _ => None,
        })
        .collect()
}

fn differences(
    started: &RunStarted,
    recorded: &[(Key, &PhraseDecided)],
    now: &[(Key, &PhraseDecided)],
) -> Vec<Changed> {
    let verdict = |list: &[(Key, &PhraseDecided)], key: Key| {
        list.iter()
            .find(|(other, _)| *other == key)
            .map(|(_, phrase)| phrase.verdict)
    };
    let case = |at: CaseRef| {
        let suite = started.suites.get(at.suite);
        let case = suite.and_then(|suite| suite.cases.get(at.case));
        case.map(|case| case.name.clone()).unwrap_or_default()
    };
    let changed = |phrase: &PhraseDecided, recorded, now| Changed {
        case: case(phrase.case),
        phrase: Box::new(phrase.clone()),
        recorded,
        now,
    };
    let mut differences: Vec<Changed> = now
        .iter()
        .map(|(key, phrase)| changed(phrase, verdict(recorded, *key), Some(phrase.verdict)))
        .collect();
    let lost = recorded.iter().filter(|(key, _)| verdict(now, *key).is_none());
    differences.extend(lost.map(|(_, phrase)| changed(phrase, Some(phrase.verdict), None)));
    differences.retain(|changed| changed.recorded != changed.now);
    differences
}
