//! Runs: a plan carried out on a lab.

mod captures;
mod changes;
mod devices;
mod engine;
mod faults;
mod guard;
mod interrupt;
mod message;
mod options;
mod origin;
mod pace;
mod polling;
mod recorder;
mod worker;

pub use interrupt::Interrupt;
pub use options::{RunError, RunOptions, RunResult};
pub(crate) use pace::pause;

use std::sync::Arc;

use checks::Verdict;
use chrono::Utc;
use reports::bundle::Bundle;
use reports::event::{DeviceInfo, EVENT_FORMAT, Event, InputFile, LabInfo, LabKind, Record, RunFinished, RunStarted};

use crate::bundle::{BundleWriter, Redactor, new_run_id};
use crate::journal::LabReference;
use crate::lab::{EmulatedLab, Lab, LiveLab};
use crate::plan::Plan;
use crate::recorded::RecordedLab;
use crate::state::Owner;
use devices::Devices;
use engine::Engine;
use guard::Guard;
use recorder::Recorder;

/// Carries out a plan on the lab that it names and tells every event to `observe`.
pub fn run(plan: &Plan, options: RunOptions, observe: &mut dyn FnMut(&Record)) -> Result<RunResult, RunError> {
    let lab: Arc<dyn Lab> = match plan.lab.kind {
        LabKind::Live => Arc::new(LiveLab::new(&plan.lab)),
        LabKind::Emulated => Arc::new(EmulatedLab::start(&plan.lab)?),
        LabKind::Recorded => Arc::new(RecordedLab::open(&plan.lab.path)?),
    };
    run_on(plan, &lab, options, observe)
}

/// Carries out a plan on a lab.
pub(crate) fn run_on(
    plan: &Plan,
    lab: &Arc<dyn Lab>,
    options: RunOptions,
    observe: &mut dyn FnMut(&Record),
) -> Result<RunResult, RunError> {
    let started = Utc::now();
    let run_id = new_run_id(started);
    let owner = Owner::this_process(&options.command_line);
    let redactor = Arc::new(Redactor::default());
    let names = devices_needed(plan);

    if let Some(location) = &options.bundle {
        BundleWriter::check(location).map_err(RunError::NoBundle)?;
    }
    let guard = Guard::of(plan, lab, &options, &run_id, &owner, &redactor)?;
    let writer = match &options.bundle {
        Some(location) => {
            let name = bundle_name(plan);
            let writer = BundleWriter::create(location, &name, started, &plan.inputs, &redactor);
            Some(writer.map_err(RunError::NoBundle)?)
        }
        None => None,
    };
    let bundle = writer.as_ref().map(|writer| writer.folder().to_path_buf());
    let inputs = writer
        .as_ref()
        .map(|writer| writer.inputs().to_vec())
        .unwrap_or_default();
    let mut recorder = Recorder::new(writer, Arc::clone(&redactor), observe);
    recorder.emit(Event::RunStarted(run_started(plan, lab, &options, &run_id, inputs)));
    for notice in &guard.notices {
        recorder.warn(None, notice.clone());
    }
    let mut engine = Engine {
        lab: Arc::clone(lab),
        devices: Devices::start(
            names.clone(),
            &plan.lab.devices.iter().map(|device| device.name.clone()).collect(),
            lab,
            options.jobs.unwrap_or(names.len()),
            &redactor,
            &options.interrupt,
        )?,
        recorder,
        interrupt: options.interrupt.clone(),
        journal: guard.journal.clone(),
        allow_changes: options.allow_changes,
        undo_patience: options.undo_patience,
        run_id,
        owner,
        bundle: bundle.as_deref().and_then(|folder| std::path::absolute(folder).ok()),
        lab_reference: lab_reference(plan),
        next_change: 0,
        prompt_names: vec![None; names.len()],
        gone: vec![false; names.len()],
        left_behind: None,
    };
    engine.connect();
    let suites = engine.run_suites(&plan.suites);
    let interrupted = options.interrupt.is_raised();
    let verdict = if interrupted {
        Verdict::of_all([suites, Verdict::Inconclusive])
    } else {
        suites
    };
    let exit_code = exit_code(verdict, interrupted);
    let Engine {
        mut recorder, devices, ..
    } = engine;
    recorder.emit(Event::RunFinished(RunFinished {
        verdict,
        exit_code,
        interrupted,
    }));
    devices.close();
    let (writer, events, failed) = recorder.finish();
    if let Some(failed) = failed {
        return Err(failed.into());
    }
    if let Some(writer) = &writer {
        write_reports(writer)?;
    }
    drop(guard);
    Ok(RunResult {
        verdict,
        exit_code,
        interrupted,
        bundle,
        events,
    })
}

/// The exit code of a run: a run that shows nothing is not green.
pub(crate) fn exit_code(verdict: Verdict, interrupted: bool) -> u8 {
    match verdict {
        _ if interrupted => 130,
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive | Verdict::Skipped => 3,
    }
}

fn lab_reference(plan: &Plan) -> LabReference {
    LabReference {
        name: plan.lab.name.clone(),
        kind: plan.lab.kind,
        path: std::path::absolute(&plan.lab.path).unwrap_or_else(|_| plan.lab.path.clone()),
    }
}

fn bundle_name(plan: &Plan) -> String {
    plan.suites
        .first()
        .map(|suite| suite.info.name.clone())
        .unwrap_or_default()
}

/// The devices that the selected cases ask or change, in the lab's order.
fn devices_needed(plan: &Plan) -> Vec<String> {
    let mut needed = std::collections::BTreeSet::new();
    for suite in &plan.suites {
        for case in suite.cases.iter().filter(|case| case.selected && case.skip.is_none()) {
            needed.extend(
                suite
                    .setup
                    .iter()
                    .chain(&case.changes)
                    .map(|change| change.device.clone()),
            );
            for phrase in case.expect.iter().chain(&case.afterwards) {
                needed.extend(phrase.devices().map(str::to_owned));
            }
        }
    }
    let lab = plan.lab.devices.iter().map(|device| device.name.clone());
    lab.filter(|device| needed.contains(device)).collect()
}

fn run_started(
    plan: &Plan,
    lab: &Arc<dyn Lab>,
    options: &RunOptions,
    run_id: &str,
    inputs: Vec<InputFile>,
) -> RunStarted {
    RunStarted {
        format: EVENT_FORMAT,
        netverdict: env!("CARGO_PKG_VERSION").into(),
        run: run_id.into(),
        command_line: options.command_line.clone(),
        suites: plan.suites.iter().map(|suite| suite.info.clone()).collect(),
        lab: LabInfo {
            name: plan.lab.name.clone(),
            kind: plan.lab.kind,
            path: plan.lab.path.display().to_string(),
            devices: plan
                .lab
                .devices
                .iter()
                .map(|device| DeviceInfo {
                    name: device.name.clone(),
                    platform: device.platform.name().into(),
                    address: lab.endpoint(&device.name),
                    facts: device.facts.clone(),
                })
                .collect(),
            links: plan.lab.links.clone(),
            emulation: match plan.lab.kind {
                LabKind::Emulated => plan.lab.emulation.in_words(),
                LabKind::Live | LabKind::Recorded => Vec::new(),
            },
        },
        changes_allowed: options.allow_changes,
        inputs,
    }
}

/// Writes the reports of a bundle that is complete.
fn write_reports(writer: &BundleWriter) -> Result<(), RunError> {
    let bundle = Bundle::open(writer.folder())?;
    for (name, text) in [
        ("report.html", reports::html::render(&bundle)?),
        ("report.json", reports::json::render(&bundle)?),
        ("junit.xml", reports::junit::render(&bundle)?),
    ] {
        writer.write(name, text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
