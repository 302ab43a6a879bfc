//! `netverdict plan`.

use std::fmt::Write as _;
use std::io::Write as _;

use checks::phrase::Question;
use reports::event::{LabKind, Level};

use super::{Exit, Selection, Terminal};
use crate::diagnostic::harmless;
use crate::plan::{PacketSource, Plan, PlannedCase, PlannedChange, PlannedPhrase, PlannedSuite};

/// Print every command and every change of a run, and connect to nothing
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict plan suites/bfd-static-vpn.yaml
  netverdict plan suites/bfd-static-vpn.yaml --only 'link*fails' --json

Exit codes:
  0  the suites and the lab are understood
  2  a suite, an inventory or the command line is wrong")]
pub struct Args {
    #[command(flatten)]
    selection: Selection,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Prints the plan.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let plan = self.selection.plan()?;
        let text = if self.json {
            format!("{}\n", serde_json::to_string_pretty(&json(&plan))?)
        } else {
            text(&plan)
        };
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(Exit::Passed)
    }
}

fn kind(kind: LabKind) -> &'static str {
    match kind {
        LabKind::Live => "live",
        LabKind::Emulated => "emulated",
        LabKind::Recorded => "recorded",
    }
}

/// The plan as a person reads it: by case, then by device.
fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let lab = &plan.lab;
    let _ = writeln!(
        out,
        "Lab: {} ({}, {} devices)",
        lab.name,
        kind(lab.kind),
        lab.devices.len()
    );
    let emulation = lab.emulation.in_words();
    if lab.kind == LabKind::Emulated && !emulation.is_empty() {
        let _ = writeln!(out, "Emulated with {}", emulation.join(", "));
    }
    for suite in &plan.suites {
        let _ = writeln!(out, "\nSuite: {} ({})", suite.info.name, suite.info.path);
        if !suite.setup.is_empty() {
            let _ = writeln!(out, "\n  Setup, undone after the last case");
            suite
                .setup
                .iter()
                .for_each(|change| write_change(&mut out, plan, change));
        }
        for (number, case) in suite.cases.iter().enumerate().filter(|(_, case)| case.selected) {
            write_case(&mut out, plan, number + 1, case);
        }
    }
    let selected = || {
        plan.suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .filter(|case| case.selected)
    };
    let left_out = plan.suites.iter().map(|suite| suite.cases.len()).sum::<usize>() - selected().count();
    let changes: Vec<&PlannedChange> = changes_of(plan);
    let commands: usize = selected()
        .map(|case| {
            commands_of(case)
                .iter()
                .map(|(_, commands)| commands.len())
                .sum::<usize>()
        })
        .sum();
    let _ = write!(
        out,
        "\n{}, {}, {}.",
        counted(selected().count(), "case"),
        counted(commands, "command"),
        counted(changes.len(), "change")
    );
    if left_out > 0 {
        let _ = write!(out, " {} not selected.", counted(left_out, "case"));
    }
    if lab.kind == LabKind::Live && !changes.is_empty() {
        let _ = write!(out, " Changes are sent only with --allow-changes.");
    }
    out.push_str(" Nothing was sent.\n");
    out.push_str("Besides these, every session turns its pager off (`screen-length 0 temporary`)");
    if changes.is_empty() {
        out.push_str(".\n");
    } else {
        out.push_str(
            "; a change is entered from `system-view`, committed where\nthe device has two stages, and the configuration \
             is read before and after it (`display current-configuration`).\n",
        );
    }
    harmless(&out).into_owned()
}

fn changes_of(plan: &Plan) -> Vec<&PlannedChange> {
    let in_suite = |suite: &'_ PlannedSuite| suite.cases.iter().any(|case| case.selected && case.skip.is_none());
    let setups = plan
        .suites
        .iter()
        .filter(|suite| in_suite(suite))
        .flat_map(|suite| &suite.setup);
    let cases = plan
        .suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .filter(|case| case.selected && case.skip.is_none());
    setups.chain(cases.flat_map(|case| &case.changes)).collect()
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn write_case(out: &mut String, plan: &Plan, number: usize, case: &PlannedCase) {
    let requirement = case
        .requirement
        .as_ref()
        .map(|requirement| format!(" [{requirement}]"))
        .unwrap_or_default();
    let _ = writeln!(out, "\n  Case {number}: {}{requirement}", case.name);
    if let Some(reason) = &case.skip {
        let _ = writeln!(out, "    skipped: {reason}");
        return;
    }
    write_captures(out, case);
    case.changes.iter().for_each(|change| write_change(out, plan, change));
    for (part, phrases) in [("", &case.expect), (" once the changes are undone", &case.afterwards)] {
        for (device, commands) in commands_of_phrases(phrases) {
            let _ = writeln!(out, "    {device} is asked{part}");
            for command in commands {
                let _ = writeln!(out, "      {command}");
            }
        }
        for phrase in phrases {
            let warning = if phrase.level == Level::Warning {
                " (warning only)"
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "    {} must hold{part}{warning}: {}",
                phrase.device,
                phrase.canonical()
            );
        }
    }
}

fn write_captures(out: &mut String, case: &PlannedCase) {
    for traffic in &case.traffic {
        let source = traffic
            .source
            .map(|source| format!(" from {source}"))
            .unwrap_or_default();
        let vrf = traffic.vrf.as_ref().map(|vrf| format!(" in {vrf}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "    {} sends {}: {}{source} to {}{vrf}, {} packets/s each, {} octets",
            traffic.from,
            traffic.name,
            counted(traffic.flows as usize, "flow"),
            traffic.to,
            traffic.rate,
            traffic.size
        );
    }
    for point in &case.points {
        for link in &point.links {
            let _ = writeln!(out, "    {} is captured at {}: {}", link.name, point.name, link.from);
        }
    }
    for known in &case.pseudowires {
        let labels: Vec<String> = known.labels.iter().map(u32::to_string).collect();
        let _ = writeln!(
            out,
            "    pseudowires of VSI {}: labels {}",
            known.vsi,
            labels.join(", ")
        );
    }
}

fn write_change(out: &mut String, plan: &Plan, change: &PlannedChange) {
    let allowed = plan
        .lab
        .device(&change.device)
        .is_some_and(|device| device.allow_changes);
    let refused = if plan.lab.kind == LabKind::Live && !allowed {
        ", refused: the inventory does not allow changes"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "    {} is changed: {} (`{}`{refused})",
        change.device, change.written, change.name
    );
    for (index, line) in change.apply.iter().enumerate() {
        let _ = writeln!(out, "      {} {line}", if index == 0 { "apply" } else { "     " });
    }
    let derived = if change.undo_derived { "  (derived)" } else { "" };
    for (index, line) in change.undo.iter().enumerate() {
        let note = if index + 1 == change.undo.len() { derived } else { "" };
        let _ = writeln!(out, "      {} {line}{note}", if index == 0 { "undo " } else { "     " });
    }
}

/// The commands of a case by device, each once.
fn commands_of(case: &PlannedCase) -> Vec<(String, Vec<String>)> {
    if case.skip.is_some() {
        return Vec::new();
    }
    let mut all = commands_of_phrases(&case.expect);
    all.extend(commands_of_phrases(&case.afterwards));
    all
}

fn commands_of_phrases(phrases: &[PlannedPhrase]) -> Vec<(String, Vec<String>)> {
    let mut devices: Vec<(String, Vec<String>)> = Vec::new();
    for Question { device, command, .. } in phrases.iter().flat_map(|phrase| &phrase.questions) {
        match devices.iter_mut().find(|(name, _)| name == device) {
            Some((_, commands)) if commands.contains(command) => {}
            Some((_, commands)) => commands.push(command.clone()),
            None => devices.push((device.clone(), vec![command.clone()])),
        }
    }
    devices
}

/// The plan for machines; cases that are not selected have no commands.
fn json(plan: &Plan) -> serde_json::Value {
    let change = |change: &PlannedChange| {
        serde_json::json!({
            "name": change.name,
            "device": change.device,
            "written": change.written,
            "apply": change.apply,
            "undo": change.undo,
            "undo_derived": change.undo_derived,
            "source": change.source.to_string(),
        })
    };
    let phrase = |phrase: &PlannedPhrase| {
        serde_json::json!({
            "device": phrase.device,
            "written": phrase.written,
            "phrase": phrase.canonical(),
            "level": phrase.level,
            "requirement": phrase.requirement,
            "source": phrase.source.to_string(),
            "commands": phrase.questions.iter().map(|question| serde_json::json!({"device": question.device, "command": question.command})).collect::<Vec<_>>(),
        })
    };
    let case = |case: &PlannedCase| {
        serde_json::json!({
            "name": case.name,
            "requirement": case.requirement,
            "selected": case.selected,
            "skip": case.skip,
            "source": case.source.to_string(),
            "traffic": case.traffic.iter().map(|traffic| serde_json::json!({
                "name": traffic.name, "from": traffic.from, "source": traffic.source, "to": traffic.to, "in": traffic.vrf,
                "flows": traffic.flows, "rate": traffic.rate, "size": traffic.size,
            })).collect::<Vec<_>>(),
            "capture": case.points.iter().map(|point| serde_json::json!({
                "point": point.name,
                "links": point.links.iter().map(|link| match &link.from {
                    PacketSource::Port { device, interface } =>
                        serde_json::json!({"link": link.name, "device": device, "interface": interface}),
                    PacketSource::Files { files, interface: None } => serde_json::json!({"link": link.name, "files": files}),
                    PacketSource::Files { files, interface } =>
                        serde_json::json!({"link": link.name, "files": files, "interface": interface}),
                }).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "pseudowires": case.pseudowires.iter().map(|known| serde_json::json!({"vsi": known.vsi, "labels": known.labels}))
                .collect::<Vec<_>>(),
            "changes": case.changes.iter().map(change).collect::<Vec<_>>(),
            "expect": case.expect.iter().map(phrase).collect::<Vec<_>>(),
            "afterwards": case.afterwards.iter().map(phrase).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "format": 1,
        "lab": {"name": plan.lab.name, "kind": plan.lab.kind, "path": plan.lab.path, "devices": plan.lab.devices.iter().map(|device| serde_json::json!({
            "name": device.name, "platform": device.platform.name(), "allow_changes": device.allow_changes,
        })).collect::<Vec<_>>()},
        "suites": plan.suites.iter().map(|suite| serde_json::json!({
            "name": suite.info.name,
            "path": suite.info.path,
            "requirement": suite.info.requirement,
            "tags": suite.info.tags,
            "setup": suite.setup.iter().map(change).collect::<Vec<_>>(),
            "cases": suite.cases.iter().map(case).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "inputs": plan.inputs.iter().map(|input| &input.path).collect::<Vec<_>>(),
    })
}
