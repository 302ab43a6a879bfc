//! Convergence by the names of RFC 6412, and what all flows of a point went through together.

use checks::capture::measure::outage::OutageReport;
use checks::capture::measure::{Convergence, FlowId, Measured, Nanoseconds};
use serde_json::{Value, json};

use super::{lines, row, table};
use crate::study::{ByRate, LowRate, PointStudy, Rates};

/// Flows that are printed for a person.
const NAMED: usize = 5;

/// Of the flows that the event interrupted.
pub(super) fn in_words(point: &PointStudy, found: &Convergence) -> String {
    let mut rows = vec![row(["convergence (RFC 6412)", "took"])];
    rows.push(row(["first route", &found.first_route.to_string()]));
    rows.push(row(["full", &found.full.to_string()]));
    let mut specific: Vec<&(FlowId, Measured)> = found.route_specific.iter().collect();
    specific.sort_by_key(|(_, measured)| std::cmp::Reverse(measured.estimate));
    for (flow, measured) in specific.iter().take(NAMED) {
        rows.push(row([
            format!("route-specific, {}", point.flow_name(*flow)),
            measured.to_string(),
        ]));
    }
    if specific.len() > NAMED {
        rows.push(row([
            format!("  … and {} more; --json has all", specific.len() - NAMED),
            String::new(),
        ]));
    }
    rows.push(row([
        "loss-derived, mean over all flows",
        &found.loss_derived.to_string(),
    ]));
    table(rows)
}

pub(super) fn as_json(point: &PointStudy, found: &Convergence) -> Value {
    let by_flow = |measured: &[(FlowId, Measured)]| -> Value {
        let each = measured
            .iter()
            .map(|(flow, measured)| json!({"flow": point.flow_name(*flow), "measured": measured}));
        each.collect()
    };
    json!({
        "event": found.event, "first_route": found.first_route, "full": found.full, "loss_derived": found.loss_derived,
        "route_specific": by_flow(&found.route_specific), "loss_of_connectivity": by_flow(&found.loss_of_connectivity),
        "validation": found.validation,
        "unvalidated": found.unvalidated.iter().map(|flow| point.flow_name(*flow)).collect::<Vec<String>>(),
    })
}

/// What all flows together went through.
pub(super) fn over_all(outages: &OutageReport) -> String {
    let mut text = format!("over all flows: {}", outages.interruption);
    if let Some([least, median, _]) = outages.spread.filter(|_| outages.affected > 1) {
        let (least, median) = (Nanoseconds(least), Nanoseconds(median));
        text.push_str(&format!(
            "; of those interrupted the shortest {least}, the median {median}"
        ));
    }
    if outages.flows.iter().all(|flow| flow.lost.is_some()) {
        let sent = outages.lost.saturating_add(outages.received);
        text.push_str(&format!("; {} of {sent} packets lost", outages.lost));
    }
    format!("{text}; mean over all flows {}\n", outages.loss_derived)
}

/// Interruptions by rate.
pub(super) fn rates_in_words(point: &PointStudy, rates: &Rates) -> String {
    let mut text = format!("by rate, in bins of {}:\n", Nanoseconds(rates.bin));
    let begin = point.outages.window.map_or(0, |window| window.from);
    let mut rows = vec![row(["flow", "began", "too few packets for"])];
    let mut add = |what: String, found: &ByRate| match found {
        Ok(low) => {
            let mut longest: Vec<&LowRate> = low.iter().collect();
            longest.sort_by_key(|low| (std::cmp::Reverse(low.length.estimate), low.from));
            let more = longest.len().saturating_sub(NAMED);
            for low in longest.into_iter().take(NAMED) {
                let began = format!("+{}", Nanoseconds(low.from.saturating_sub(begin)));
                rows.push(row([what.clone(), began, low.length.to_string()]));
            }
            if more > 0 {
                rows.push(row([what, String::new(), format!("… and {more} more, none longer")]));
            }
        }
        Err(why) => rows.push(row([what, String::new(), format!("not known: {why}")])),
    };
    add("all together".to_owned(), &rates.all);
    let low = rates
        .flows
        .iter()
        .filter(|(_, found)| found.as_ref().is_ok_and(|low| !low.is_empty()));
    let unknown = rates.flows.iter().filter(|(_, found)| found.is_err());
    let told: Vec<_> = low.chain(unknown).collect();
    for (flow, found) in told.iter().take(NAMED) {
        add(point.flow_name(*flow), found);
    }
    if rows.len() == 1 {
        text.push_str(&lines(&["no flow had too few packets in a bin".to_owned()]));
        return text;
    }
    text.push_str(&table(rows));
    if told.len() > NAMED {
        text.push_str(&format!("  … and {} more flows; --json has all\n", told.len() - NAMED));
    }
    text
}

pub(super) fn rates_as_json(point: &PointStudy, rates: &Rates) -> Value {
    let of = |found: &ByRate| match found {
        Ok(low) => json!({
            "interruptions": low.iter().map(|low| json!({"from": low.from, "length": low.length})).collect::<Vec<_>>(),
            "unknown": Value::Null,
        }),
        Err(why) => json!({"interruptions": [], "unknown": why}),
    };
    json!({
        "bin": rates.bin, "all": of(&rates.all),
        "flows": rates.flows.iter().map(|(flow, found)| json!({"flow": point.flow_name(*flow), "measured": of(found)}))
            .collect::<Vec<_>>(),
    })
}
