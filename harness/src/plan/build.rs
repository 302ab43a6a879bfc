//! Makes a plan out of suites and a lab.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use reports::event::{CaseInfo, LabKind, Part, PlannedPhrase as PhraseInfo, SuiteInfo};

use super::capture::{Captured, plan_captures, plan_traffic};
use super::change::{device_of, plan_changes};
use super::choose::{Candidate, choose, mark};
use super::fill::{Values, fill};
use super::phrase::plan_phrase;
use super::{Choice, Plan, PlannedCase, PlannedChange, PlannedPhrase, PlannedSuite};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::{Inventory, Platform};
use crate::source::{Inputs, Written};
use crate::suite::{self, CaptureSource, Case, Expectations, Row, Suite};

/// The name under which phrases about several devices stand.
pub(crate) const LAB: &str = "lab";

/// Most cases of a suite, matrices written out.
const MOST_CASES: usize = 10_000;

/// What a case can need besides a platform.
const CAPABILITIES: &[&str] = &["live", "emulated", "changes", "traffic", "capture"];

/// Reads suites and lab and plans them.
pub(super) fn load(paths: &[PathBuf], lab: Option<&Path>, choice: &Choice) -> Result<Plan, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut inputs = Inputs::default();
    let mut suites: Vec<(&Path, Suite)> = Vec::new();
    for path in paths {
        if let Some(suite) = suite::load(path, &mut inputs, &mut mistakes) {
            suites.push((path, suite));
        }
    }
    let found = match lab {
        Some(path) => Some(path.to_path_buf()),
        None => lab_of(&suites, &mut mistakes),
    };
    let lab = found.and_then(|path| Inventory::load(&path).map_err(|wrong| mistakes.extend(wrong)).ok());
    let Some(lab) = lab else {
        if mistakes.is_empty() {
            mistakes.push(Diagnostic::general("there is no suite to plan"));
        }
        return Err(mistakes);
    };
    let mut planned = Vec::new();
    let mut tags = Vec::new();
    for (path, suite) in &suites {
        let (suite, case_tags) = plan_suite(path, suite, &lab, &mut mistakes);
        planned.push(suite);
        tags.extend(case_tags);
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let names: Vec<String> = planned
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| case.name.clone()))
        .collect();
    let candidates: Vec<Candidate<'_>> = names
        .iter()
        .zip(&tags)
        .map(|(name, tags)| Candidate {
            name,
            tags: tags.iter().map(String::as_str).collect(),
        })
        .collect();
    let chosen = choose(&candidates, choice)?;
    mark(&mut planned, &chosen);
    let mut all = inputs.into_list();
    all.extend(lab.inputs.iter().cloned());
    Ok(Plan {
        suites: planned,
        lab,
        inputs: all,
    })
}

/// The one lab that all suites name.
fn lab_of(suites: &[(&Path, Suite)], mistakes: &mut Diagnostics) -> Option<PathBuf> {
    let mut found: Option<(PathBuf, PathBuf, String)> = None;
    for (path, suite) in suites {
        let Some(named) = &suite.lab else {
            mistakes.push(
                Diagnostic::at(&suite.file, suite.name.range.clone(), "the suite names no lab")
                    .help("add `lab: FOLDER`, the folder of a lab.yaml, or run with `--lab`"),
            );
            continue;
        };
        let Some(lab) = look_up(path, &named.text) else {
            mistakes.push(
                named.mistaken(format!("there is no lab `{}`", named.text)).help(
                    "looked for from the suite's folder upwards: a folder with lab.yaml, such a file, or a bundle",
                ),
            );
            continue;
        };
        match &found {
            None => found = Some((Inputs::origin(&lab), lab, path.display().to_string())),
            Some((other, _, suite)) if *other != Inputs::origin(&lab) => {
                let help = format!(
                    "{suite} names {}; run them one by one, or with `--lab`",
                    other.display()
                );
                mistakes.push(named.mistaken("suites of one run must name one lab").help(help));
            }
            Some(_) => {}
        }
    }
    found.map(|(_, lab, _)| lab)
}

/// A lab is named from the suite's folder or from any folder above it; the nearest is taken.
fn look_up(suite: &Path, named: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok();
    let origin = Inputs::origin(suite);
    origin
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(named))
        .find(|path| path.exists())
        .map(|path| {
            // A path below the current folder is shown from there.
            match here.as_ref().and_then(|here| path.strip_prefix(here).ok()) {
                Some(short) if !short.as_os_str().is_empty() => short.to_path_buf(),
                _ => path,
            }
        })
}

fn plan_suite(
    path: &Path,
    suite: &Suite,
    lab: &Inventory,
    mistakes: &mut Diagnostics,
) -> (PlannedSuite, Vec<Vec<String>>) {
    let no_row = Row::new();
    let values = Values { lab, row: &no_row };
    let texts = |list: &[Written]| list.iter().map(|text| text.text.clone()).collect::<Vec<_>>();
    let setup = plan_changes(&suite.setup, &suite.teardown, values, mistakes);
    let mut cases = Vec::new();
    let mut tags = Vec::new();
    for case in &suite.cases {
        if cases.len() + case.rows.len() > MOST_CASES {
            mistakes.push(case.name.mistaken(format!(
                "the suite has more than {MOST_CASES} cases once its matrices are written out"
            )));
            break;
        }
        for row in &case.rows {
            let Some(row) = &fill_row(row, values, mistakes) else {
                continue;
            };
            // The same mistake in every row is told once.
            let before: HashSet<String> = mistakes.list.iter().map(key_of).collect();
            let mut own = Diagnostics::default();
            if let Some(planned) = plan_case(case, row, lab, &setup, &mut own) {
                cases.push(planned);
                let mut all = texts(&case.tags);
                all.extend(texts(&suite.tags));
                tags.push(all);
            }
            own.list.retain(|mistake| !before.contains(&key_of(mistake)));
            mistakes.extend(own);
        }
    }
    let mut names: HashMap<&str, &PlannedCase> = HashMap::new();
    for case in &cases {
        if let Some(first) = names.insert(&case.name, case) {
            let place = suite
                .cases
                .iter()
                .find(|written| written.name.source() == case.source)
                .map_or_else(|| suite.name.clone(), |written| written.name.clone());
            mistakes.push(
                place
                    .mistaken(format!("two cases are named `{}`", case.name))
                    .help(format!("the other stands at {}", first.source)),
            );
        }
    }
    let fill_text = |text: &Option<Written>| text.as_ref().map(|text| one_line(&text.text));
    let info = SuiteInfo {
        name: one_line(&suite.name.text),
        description: fill_text(&suite.description),
        requirement: fill_text(&suite.requirement),
        tags: texts(&suite.tags),
        path: path.display().to_string(),
        cases: cases.iter().map(case_info).collect(),
    };
    (PlannedSuite { info, setup, cases }, tags)
}

/// The values of a row, facts of the lab filled in.
fn fill_row(row: &Row, values: Values<'_>, mistakes: &mut Diagnostics) -> Option<Row> {
    let filled = row.iter().map(|(name, value)| {
        let mut value = value.clone();
        value.text = fill(&value, values, mistakes)?.text;
        Some((name.clone(), value))
    });
    filled.collect::<Vec<_>>().into_iter().collect()
}

fn key_of(mistake: &Diagnostic) -> String {
    format!("{:?} {}", mistake.source(), mistake.message)
}

fn case_info(case: &PlannedCase) -> CaseInfo {
    let phrases = |part: Part, phrases: &[PlannedPhrase]| {
        phrases
            .iter()
            .map(|phrase| PhraseInfo {
                part,
                device: phrase.device.clone(),
                written: phrase.written.clone(),
                phrase: phrase.canonical(),
                source: phrase.source.to_string(),
                level: phrase.level,
            })
            .collect::<Vec<_>>()
    };
    let mut all = phrases(Part::Expect, &case.expect);
    all.extend(phrases(Part::Afterwards, &case.afterwards));
    CaseInfo {
        name: case.name.clone(),
        requirement: case.requirement.clone(),
        selected: case.selected,
        phrases: all,
    }
}

fn plan_case(
    case: &Case,
    row: &Row,
    lab: &Inventory,
    setup: &[PlannedChange],
    mistakes: &mut Diagnostics,
) -> Option<PlannedCase> {
    let values = Values { lab, row };
    let name = fill(&case.name, values, mistakes).map(|name| {
        let text = one_line(&name.text);
        // A matrix whose name says nothing of its row gets the row's values.
        if row.is_empty() || case.name.text.contains("${") {
            text
        } else {
            let row: Vec<String> = row
                .iter()
                .map(|(name, value)| format!("{name}={}", value.text))
                .collect();
            format!("{text} ({})", row.join(", "))
        }
    });
    let requirement = case
        .requirement
        .as_ref()
        .and_then(|text| fill(text, values, mistakes))
        .map(|text| text.text);
    let changes = plan_changes(&case.change, &[], values, mistakes);
    let origins: Vec<&PlannedChange> = changes.iter().chain(setup).collect();
    let traffic = plan_traffic(&case.traffic, values, mistakes);
    let captured = plan_captures(&case.capture, values, mistakes);
    let expect = plan_phrases(&case.expect, case, values, (&origins, &captured), mistakes);
    let afterwards = plan_phrases(&case.afterwards, case, values, (&origins, &captured), mistakes);
    let devices: HashSet<&str> = expect
        .iter()
        .chain(&afterwards)
        .flat_map(PlannedPhrase::devices)
        .chain(
            changes
                .iter()
                .filter(|change| change.fault.is_none())
                .map(|change| change.device.as_str()),
        )
        .chain(traffic.iter().map(|traffic| traffic.from.as_str()))
        .collect();
    let skip = needs(case, values, &devices, &changes, mistakes);
    Some(PlannedCase {
        name: name?,
        requirement,
        selected: true,
        skip,
        source: case.name.source(),
        traffic,
        points: captured.points,
        pseudowires: captured.pseudowires,
        changes,
        expect,
        afterwards,
    })
}

fn plan_phrases(
    groups: &[Expectations],
    case: &Case,
    values: Values<'_>,
    (origins, captured): (&[&PlannedChange], &Captured),
    mistakes: &mut Diagnostics,
) -> Vec<PlannedPhrase> {
    let mut planned = Vec::new();
    for group in groups {
        let device = if group.device.text == LAB {
            Some(LAB.to_owned())
        } else {
            point_of(&group.device, values, captured).or_else(|| device_of(&group.device, values, mistakes))
        };
        for expectation in &group.phrases {
            let phrase = plan_phrase(
                expectation,
                device.as_deref(),
                case.level,
                values,
                (origins, captured),
                mistakes,
            );
            planned.extend(phrase);
        }
    }
    planned
}

/// A point of observation by its name.
fn point_of(named: &Written, values: Values<'_>, captured: &Captured) -> Option<String> {
    let name = fill(named, values, &mut Diagnostics::default())?.text;
    captured.points.iter().any(|point| point.name == name).then_some(name)
}

/// Why the case is skipped: the first need that is not met.
fn needs(
    case: &Case,
    values: Values<'_>,
    devices: &HashSet<&str>,
    changes: &[PlannedChange],
    mistakes: &mut Diagnostics,
) -> Option<String> {
    let lab = values.lab;
    let mut reason = None;
    for need in &case.needs {
        let Some(need) = fill(need, values, mistakes) else {
            continue;
        };
        let platform = Platform::named(&need.text);
        let unmet = match (need.text.as_str(), platform) {
            (_, Some(platform)) => {
                let mut others: Vec<&str> = lab
                    .devices
                    .iter()
                    .filter(|device| devices.contains(device.name.as_str()) && device.platform != platform)
                    .map(|device| device.name.as_str())
                    .collect();
                others.sort_unstable();
                (!others.is_empty())
                    .then(|| format!("needs {}, which {} does not run", platform.name(), others.join(", ")))
            }
            ("live", _) => {
                (lab.kind != LabKind::Live).then(|| format!("needs live devices; the lab is {}", kind(lab.kind)))
            }
            ("emulated", _) => {
                (lab.kind != LabKind::Emulated).then(|| format!("needs an emulated lab; the lab is {}", kind(lab.kind)))
            }
            ("changes", _) => changes
                .iter()
                .filter_map(|change| lab.device(&change.device))
                .find(|device| lab.kind == LabKind::Live && !device.allow_changes)
                .map(|device| format!("needs changes, which the inventory does not allow on {}", device.name)),
            ("traffic", _) => (lab.kind == LabKind::Live)
                .then(|| "needs traffic, which this version sends in emulated labs alone".to_owned()),
            ("capture", _) => (lab.kind == LabKind::Live && ports_of(case))
                .then(|| "needs captures of ports, which this version takes in emulated labs alone".to_owned()),
            (word, _) => {
                let known = CAPABILITIES
                    .iter()
                    .copied()
                    .chain(Platform::ALL.iter().map(|platform| platform.name()));
                let whole = 0..need.text.len();
                mistakes.push(
                    need.mistake(whole, format!("`{word}` is nothing that a case can need"))
                        .nearest(word, known),
                );
                None
            }
        };
        reason = reason.or(unmet);
    }
    reason
}

/// Whether a case captures ports, and not files alone.
fn ports_of(case: &Case) -> bool {
    let links = case.capture.points.iter().flat_map(|point| &point.links);
    links
        .into_iter()
        .any(|link| matches!(link.from, CaptureSource::Port(_)))
}

fn kind(kind: LabKind) -> &'static str {
    match kind {
        LabKind::Live => "live",
        LabKind::Emulated => "emulated",
        LabKind::Recorded => "recorded",
    }
}

/// A text in one line: folded scalars end with a line end.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
