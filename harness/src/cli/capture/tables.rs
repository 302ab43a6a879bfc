//! Tables of what captures show, for a person and as JSON.

mod balance;
mod convergence;
mod labels;
mod paths;

use std::collections::{BTreeMap, BTreeSet};

use checks::capture::event::Event;
use checks::capture::measure::anatomy::{Failover, failovers};
use checks::capture::measure::outage::{FlowOutages, Outage, OutageEnd};
use checks::capture::measure::{FlowId, Instant, Measured, Nanoseconds};
use ipnet::IpNet;
use reports::visible::visible_line;
use serde_json::{Value, json};
use tabled::builder::Builder;
use tabled::settings::Style;

pub(super) use balance::balance;
use labels::{is_labelled, stacks_as_json, stacks_in_words};

use super::{Shown, word};
use crate::study::{Clock, FlowSeen, PointStudy, Study, is_between, nothing_seen, phase_name};

/// Version of the JSON.
pub(super) const VERSION: u32 = 1;
/// Rows of flows that are printed for a person; JSON holds all.
const ROWS: usize = 60;
/// Ends of events that are named where none of the wanted ones is there.
const EVENTS_NAMED: usize = 8;

/// A table in both forms. Of flows, of which there may be many, only in the one that is wanted.
pub(in crate::cli) struct Printed {
    pub text: String,
    pub json: Value,
}

/// What the files hold.
pub(super) fn summary(shown: &Shown<'_>) -> Printed {
    let mut rows = vec![row([
        "point",
        "link",
        "file",
        "packets",
        "flows",
        "dropped",
        "resolution",
        "sound",
    ])];
    let mut notes = Vec::new();
    let mut points = Vec::new();
    for point in &shown.study.points {
        let files = point.links.iter().flat_map(|link| link.files.iter().map(move |_| link));
        let mut listed = Vec::new();
        for (link, file) in files.zip(&point.files) {
            let integrity = &file.integrity;
            let sound = integrity.packets_are_sound() && integrity.times_are_sound();
            rows.push(row([
                &point.name,
                &link.name,
                &file.name(),
                &file.packets.to_string(),
                &shown.flows(point).count().to_string(),
                &integrity
                    .dropped
                    .map_or_else(|| "not told".to_owned(), |dropped| dropped.to_string()),
                &Nanoseconds(integrity.resolution_ns).to_string(),
                &String::from(if sound { "yes" } else { "NO" }),
            ]));
            for doubt in integrity.packet_doubts.iter().chain(&integrity.time_doubts) {
                notes.push(format!("{}: {doubt}", file.name()));
            }
            listed.push(json!({
                "link": link.name, "file": file.path.display().to_string(), "interface": file.interface,
                "packets": file.packets,
                "interfaces": file.interfaces, "dropped": integrity.dropped, "resolution_ns": integrity.resolution_ns,
                "packet_doubts": integrity.packet_doubts, "time_doubts": integrity.time_doubts,
            }));
        }
        points.push(json!({
            "point": point.name, "files": listed, "flows": shown.flows(point).count(),
            "window": point.outages.window, "findings": point.outages.findings,
        }));
    }
    if let Some((from, to)) = shown.flow {
        notes.push(format!("of flows those {from} -> {to} alone are counted"));
    }
    let reference = shown.study.points.first();
    notes.extend(
        reference
            .into_iter()
            .flat_map(|reference| shown.study.clocks_in_words(reference)),
    );
    Printed {
        text: table(rows) + &lines(&notes),
        json: json!({
            "version": VERSION, "points": points,
            "clocks": reference.map_or(Value::Null, |reference| clocks_as_json(shown.study, reference)),
        }),
    }
}

/// The flows.
pub(super) fn flows(shown: &Shown<'_>) -> Printed {
    per_flow(
        shown,
        &[
            "received",
            "lost",
            "duplicates",
            "reordered",
            "rate",
            "delay variation",
            "links",
        ],
        |point, flow| {
            let Some(flow) = point.measured(flow) else {
                return Vec::new();
            };
            let links = point
                .on_links
                .get(&flow.flow)
                .into_iter()
                .flatten()
                .map(|(lane, packets)| {
                    let name = point
                        .links
                        .get(usize::from(lane.0))
                        .map_or("?", |link| link.name.as_str());
                    format!("{name} {packets}")
                });
            let mut cells = vec![
                flow.received.to_string(),
                flow.lost
                    .map_or_else(|| "not known".to_owned(), |lost| lost.to_string()),
                flow.duplicates.to_string(),
                flow.reordering
                    .as_ref()
                    .map_or_else(|| "not known".to_owned(), |found| found.packets.to_string()),
                flow.period
                    .map_or_else(|| "not known".to_owned(), |period| format!("{:.1}/s", period.rate())),
                flow.delay_variation
                    .as_ref()
                    .map_or_else(|| "not known".to_owned(), |delay| Nanoseconds(delay.spread).to_string()),
                links.collect::<Vec<_>>().join(", "),
            ];
            if is_labelled(point) {
                cells.push(stacks_in_words(point, flow.flow));
            }
            cells
        },
    )
}

/// Interruptions, the longest first.
pub(super) fn outage(shown: &Shown<'_>) -> Printed {
    per_flow(
        shown,
        &[
            "longest interruption",
            "lower",
            "upper",
            "by",
            "lost",
            "began",
            "outages",
        ],
        |point, flow| {
            let Some(flow) = point.measured(flow) else {
                return Vec::new();
            };
            let of = |value: Option<i64>, none: &str| {
                value.map_or_else(|| none.to_owned(), |value| Nanoseconds(value).to_string())
            };
            let measured: &Measured = &flow.interruption;
            let began = flow
                .longest()
                .and_then(|outage| outage.last_before)
                .zip(point.outages.window)
                .map_or_else(String::new, |(at, window)| {
                    format!("+{}", Nanoseconds(at.saturating_sub(window.from)))
                });
            vec![
                of(measured.estimate, "not known"),
                of(measured.lower, "not known"),
                of(measured.upper, "open"),
                measured.method.as_str().to_owned(),
                flow.lost
                    .map_or_else(|| "not known".to_owned(), |lost| lost.to_string()),
                began,
                flow.outages_seen.to_string(),
            ]
        },
    )
}

/// Phases of a failover at each point where flows were interrupted.
pub(super) fn anatomy(shown: &Shown<'_>) -> Printed {
    let mut text = String::new();
    let mut points = Vec::new();
    for point in &shown.study.points {
        let anatomy = shown.study.anatomy(point, &shown.meant());
        text.push_str(&format!("{}{}\n", visible_line(&point.name), shown.alone()));
        let failure = anatomy.failure.filter(|_| !anatomy.phases.is_empty());
        let convergence = failure.map(|failure| shown.study.convergence(point, &shown.meant(), failure));
        if anatomy.failure.is_none() {
            let why = if shown.flows(point).next().is_none() {
                nothing_seen(&[point])
            } else {
                "no flow was interrupted".to_owned()
            };
            text.push_str(&format!("  {}\n", visible_line(&why)));
            let first = point.outages.window.map_or(0, |window| window.from);
            text.push_str(&paths::in_words(shown, point, first));
        } else {
            text.push_str(&format!("  failure told by {}\n", anatomy.failure_by));
            text.push_str(&which_failover(shown, point));
            let mut rows = vec![row(["phase", "took", "from", "to"])];
            let begin = anatomy.failure.map_or(0, checks::capture::measure::Instant::estimate);
            let relative = |at: i64| format!("{}{}", if at < begin { "" } else { "+" }, Nanoseconds(at - begin));
            for phase in &anatomy.phases {
                rows.push(row([
                    phase_name(phase.name),
                    &phase.length.to_string(),
                    &relative(phase.from.estimate()),
                    &relative(phase.to.estimate()),
                ]));
            }
            if let Some(total) = &anatomy.total {
                rows.push(row(["total", &total.to_string(), "", ""]));
            }
            if !anatomy.phases.is_empty() {
                text.push_str(&table(rows));
            }
            if let Some(convergence) = &convergence {
                text.push_str(&convergence::in_words(point, convergence));
            }
            text.push_str(&paths::in_words(shown, point, begin));
            if let Some(detection) = &anatomy.detection {
                text.push_str(&format!(
                    "detected by {}: {}\n",
                    detection.by,
                    visible_line(&detection.text)
                ));
            }
            if let Some(repair) = &anatomy.local_repair {
                text.push_str(&format!(
                    "switched over before the BGP withdrawal: {}, {}\n",
                    word(repair.verdict),
                    repair.reason
                ));
            }
        }
        text.push_str(&lines(&anatomy.contradictions));
        text.push_str(&lines(&anatomy.notes));
        if anatomy.failure.is_some() {
            text.push_str(&lines(&shown.study.clocks_in_words(point)));
        }
        points.push(json!({
            "point": point.name, "anatomy": anatomy,
            "paths": paths::as_json(shown, point),
            "convergence": convergence.as_ref().map(|found| convergence::as_json(point, found)),
            "clocks": clocks_as_json(shown.study, point),
        }));
    }
    Printed {
        text,
        json: json!({"version": VERSION, "points": points}),
    }
}

/// When the failover was that is taken apart, whom it hit, and what it was not.
fn which_failover(shown: &Shown<'_>, point: &PointStudy) -> String {
    let outages = point.outages_of(shown.flow);
    let failovers = failovers(&outages);
    let Some(this) = shown.study.meant_of(point, &shown.meant(), &failovers) else {
        return String::new();
    };
    let others = failovers.iter().filter(|other| other.begins() != this.begins());
    let start = point.outages.window.map_or(0, |window| window.from);
    let since_start = |failover: &Failover<'_>| Nanoseconds(failover.begins().saturating_sub(start)).to_string();
    let all = outages.flows.len();
    let mut text = if this.is_open_ended() {
        String::new()
    } else {
        format!(
            "  {} into the capture, {} of {all} flows were interrupted, the longest for {}\n",
            since_start(this),
            this.outages.len(),
            this.longest.interruption
        )
    };
    let shorter: Vec<&Failover<'_>> = others.filter(|other| !other.is_open_ended()).collect();
    if let Some(next) = shorter.first() {
        text.push_str(&format!(
            "  {}interruptions at other times: {}, the longest {} into the capture for {}\n",
            if shown.event.is_none() { "shorter " } else { "" },
            shorter.len(),
            since_start(next),
            next.longest.interruption
        ));
    }
    let open: Vec<&Failover<'_>> = failovers.iter().filter(|failover| failover.is_open_ended()).collect();
    if let Some(earliest) = open.iter().min_by_key(|failover| failover.begins()) {
        let flows: usize = open.iter().map(|failover| failover.outages.len()).sum();
        text.push_str(&format!(
            "  from {} into the capture on, {flows} of {all} flows were not seen again: interrupted for good or stopped, which is \
             not known{}\n",
            since_start(earliest),
            if flows == all { " (--stopped says that they were)" } else { "" }
        ));
    }
    text
}

/// What the control plane did.
pub(super) fn events(shown: &Shown<'_>) -> Printed {
    let report = &shown.study.control;
    // By the clock of the first point, as far as the others can be compared with it.
    let reference = shown.study.points.first();
    let clocks: Vec<Clock> = reference.map_or_else(Vec::new, |reference| {
        shown
            .study
            .points
            .iter()
            .map(|point| shown.study.clock(reference, point))
            .collect()
    });
    let mut placed: Vec<(Option<Instant>, &Event)> = shown
        .events()
        .map(|event| {
            let clock = clocks.get(usize::from(event.seen.point.0));
            (
                clock.and_then(|clock| clock.to_reference(event.time().as_nanoseconds())),
                event,
            )
        })
        .collect();
    let shown_at =
        |(at, event): &(Option<Instant>, &Event)| at.map_or_else(|| event.time().as_nanoseconds(), Instant::estimate);
    placed.sort_by_key(|placed| (placed.0.is_none(), shown_at(placed)));
    let first = placed.first().map_or(0, shown_at);
    let mut firsts: BTreeMap<u16, i64> = BTreeMap::new();
    let mut rows = vec![row(["time", "point", "packet", "from", "to", "what"])];
    let mut listed = Vec::new();
    for (at, event) in &placed {
        let point = shown.study.points.get(usize::from(event.seen.point.0));
        let name = point.map_or("?", |point| point.name.as_str());
        let time = event.time().as_nanoseconds();
        let shown_time = match at {
            Some(at) if at.lower == at.upper => format!("+{}", Nanoseconds(at.lower.saturating_sub(first))),
            Some(at) => {
                let (since, within) = (
                    at.estimate().saturating_sub(first),
                    at.upper.saturating_sub(at.lower) / 2,
                );
                format!("+{} ± {}", Nanoseconds(since), Nanoseconds(within))
            }
            None => {
                let own = *firsts.entry(event.seen.point.0).or_insert(time);
                format!("own clock +{}", Nanoseconds(time.saturating_sub(own)))
            }
        };
        rows.push(row([
            &shown_time,
            name,
            &event.seen.packet.to_string(),
            &event.from.to_string(),
            &event.to.to_string(),
            &event.summary(),
        ]));
        listed.push(json!({
            "time_ns": time, "at": at, "point": name, "file": event.seen.file, "packet": event.seen.packet,
            "from": event.from.to_string(), "to": event.to.to_string(), "what": event.summary(),
            "vlans": event.vlans.numbers().collect::<Vec<u16>>(),
            "detection": event.is_detection(), "administrative": event.is_administrative(),
            "propagation": event.is_propagation(),
        }));
    }
    let notes: Vec<String> = report
        .findings
        .iter()
        .map(|finding| match finding.count {
            1 => finding.text.clone(),
            count => format!("{} ({count} times)", finding.text),
        })
        .collect();
    let told = match reference {
        Some(reference) if !placed.is_empty() => shown.study.clocks_in_words(reference),
        _ => Vec::new(),
    };
    let text = match shown.flow {
        _ if !placed.is_empty() => table(rows),
        Some((from, to)) if !report.events.is_empty() => no_such_event(from, to, &report.events),
        _ => "nothing happened on the control plane that the captures show\n".to_owned(),
    };
    Printed {
        text: text + &lines(&told) + &lines(&notes),
        json: json!({
            "version": VERSION, "events": listed, "findings": notes,
            "clocks": reference.map_or(Value::Null, |reference| clocks_as_json(shown.study, reference)),
        }),
    }
}

fn no_such_event(from: IpNet, to: IpNet, events: &[Event]) -> String {
    let ends: BTreeSet<String> = events
        .iter()
        .map(|event| format!("{} to {}", event.from, event.to))
        .collect();
    let named = ends
        .iter()
        .take(EVENTS_NAMED)
        .cloned()
        .collect::<Vec<String>>()
        .join(", ");
    let more = if ends.len() > EVENTS_NAMED { ", …" } else { "" };
    format!("no event from {from} to {to}; there are events from {named}{more}\n")
}

/// The clocks of the other points by that of one.
fn clocks_as_json(study: &Study, reference: &PointStudy) -> Value {
    let others = study.points.iter().filter(|other| other.name != reference.name);
    let clocks = others.map(|other| match study.clock(reference, other) {
        Clock::Same => json!({"point": other.name, "same": true}),
        Clock::Aligned(alignment) => json!({"point": other.name, "same": false, "alignment": alignment}),
        Clock::Unknown(why) => json!({"point": other.name, "same": false, "unknown": why.as_str()}),
    });
    clocks.collect()
}

/// A table with a row for each flow of each point, the longest interruption first.
fn per_flow(shown: &Shown<'_>, columns: &[&str], cells: fn(&PointStudy, FlowId) -> Vec<String>) -> Printed {
    let mut text = String::new();
    let mut points = Vec::new();
    for (place, point) in shown.study.points.iter().enumerate() {
        let mut flows: Vec<_> = point
            .outages
            .flows
            .iter()
            .filter_map(|flow| Some((flow, point.seen(flow.flow)?)))
            .filter(|(_, seen)| shown.flow.is_none_or(|between| is_between(&seen.key, between)))
            .collect();
        // What is not known may be the longest.
        flows.sort_by_key(|(flow, seen)| {
            let Measured { estimate, upper, .. } = flow.interruption;
            (upper.is_some(), std::cmp::Reverse(estimate), seen.key)
        });
        if shown.json {
            points.push(flows_as_json(point, shown, place, &flows));
            continue;
        }
        if flows.is_empty() {
            let findings = point.outages.findings.iter().map(|finding| finding.text.clone());
            let why = nothing_seen(&[point]);
            text.push_str(&format!("{}: {}\n", visible_line(&point.name), visible_line(&why)));
            text.push_str(&lines(&findings.filter(|text| !why.contains(text)).collect::<Vec<_>>()));
            continue;
        }
        let is_gone = |outage: &Outage| outage.end == OutageEnd::NeverCameBack;
        let gone = flows
            .iter()
            .filter(|(flow, _)| flow.outages.iter().any(is_gone))
            .count();
        let interrupted = flows
            .iter()
            .filter(|(flow, _)| flow.outages.iter().any(|outage| !is_gone(outage)));
        text.push_str(&format!(
            "{}: {} flows, {} of them interrupted{}\n",
            visible_line(&point.name),
            flows.len(),
            interrupted.count(),
            match gone {
                0 => String::new(),
                _ => format!(
                    "; {gone} not seen again before the capture ended: interrupted for good or stopped (--stopped says that \
                     flows that end together were)"
                ),
            }
        ));
        let mut header: Vec<&str> = std::iter::once(&"flow").chain(columns).copied().collect();
        if columns.last() == Some(&"links") && is_labelled(point) {
            header.push("label stacks");
        }
        let mut rows = vec![row(header)];
        for (flow, seen) in flows.iter().take(ROWS) {
            let mut cells = cells(point, flow.flow);
            cells.insert(0, seen.key.to_string());
            rows.push(cells);
        }
        text.push_str(&table(rows));
        if flows.len() > ROWS {
            text.push_str(&format!("  … and {} more; --json prints all\n", flows.len() - ROWS));
        }
        let outages = point.outages_of(shown.flow);
        text.push_str(&convergence::over_all(&outages));
        if let Some(rates) = shown.rates.get(place) {
            text.push_str(&convergence::rates_in_words(point, rates));
        }
        let findings = outages.findings.iter().map(|finding| finding.text.clone());
        text.push_str(&lines(&findings.collect::<Vec<String>>()));
    }
    Printed {
        text,
        json: json!({"version": VERSION, "points": points}),
    }
}

fn flows_as_json(point: &PointStudy, shown: &Shown<'_>, place: usize, flows: &[(&FlowOutages, &FlowSeen)]) -> Value {
    let all = point.outages_of(shown.flow);
    json!({
        "point": point.name,
        "flows": flows.iter().map(|(flow, seen)| json!({
            "flow": seen.key.to_string(), "ttl": seen.ttl, "measured": flow,
            "links": point.on_links.get(&flow.flow).into_iter().flatten().map(|(lane, packets)| json!({
                "link": point.links.get(usize::from(lane.0)).map(|link| &link.name), "packets": packets,
            })).collect::<Vec<_>>(),
            "label_stacks": stacks_as_json(point, flow.flow),
        })).collect::<Vec<_>>(),
        "all": {
            "interruption": all.interruption, "loss_derived": all.loss_derived,
            "received": all.received, "lost": all.lost, "affected": all.affected, "spread": all.spread,
        },
        "by_rate": shown.rates.get(place).map(|rates| convergence::rates_as_json(point, rates)),
        "findings": point.outages.findings,
    })
}

pub(super) fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> Vec<String> {
    cells
        .into_iter()
        .map(|cell| visible_line(cell.as_ref()).into_owned())
        .collect()
}

pub(super) fn table(rows: Vec<Vec<String>>) -> String {
    let mut builder = Builder::default();
    for row in rows {
        builder.push_record(row);
    }
    let mut text = builder.build().with(Style::blank()).to_string();
    text.push('\n');
    text
}

fn lines(notes: &[String]) -> String {
    let mut text = String::new();
    for note in notes {
        text.push_str("  note: ");
        text.push_str(&visible_line(note));
        text.push('\n');
    }
    text
}
