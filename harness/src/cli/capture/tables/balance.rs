//! How packets are spread over the links of each point.

use std::collections::BTreeSet;

use checks::capture::measure::LaneId;
use checks::capture::measure::balance::BalanceReport;
use checks::capture::packet::LabelStack;
use reports::visible::visible_line;
use serde_json::{Value, json};

use super::{Printed, VERSION, is_labelled, lines, row, table};
use crate::cli::capture::{Shown, word};
use crate::study::{Balance, Directions, PointStudy, Study};

/// Flows on several links that are printed for a person.
const VIOLATIONS: usize = 10;

/// Balancing over the links of each point.
pub(in crate::cli::capture) fn balance(shown: &Shown<'_>) -> Printed {
    let mut text = String::new();
    let mut points = Vec::new();
    for point in &shown.study.points {
        let Some(balance) = &point.balance else {
            continue;
        };
        let all = &balance.all;
        text.push_str(&format!(
            "{}{}: {:?}, {}\n",
            visible_line(&point.name),
            shown.alone(),
            all.mode,
            all.reason
        ));
        text.push_str(&links(point));
        text.push_str(&spread(point, balance));
        let symmetry = point.symmetry();
        text.push_str(&format!(
            "symmetry: {}, {}\n",
            word(symmetry.verdict),
            point.symmetry_in_words(&symmetry)
        ));
        text.push_str(&labels(shown.study, point));
        for flow in all.violations.iter().take(VIOLATIONS) {
            if let Some(seen) = point.seen(flow.flow) {
                text.push_str(&format!("  {} uses {} links\n", seen.key, flow.links.len()));
            }
        }
        let fragments = shown.study.fragments(point);
        if let Some(parts) = fragments.in_words() {
            text.push_str(&format!("fragments: {}\n", visible_line(&parts)));
        }
        let mut notes = balance.notes(&point.links);
        notes.extend(balance.changed.clone());
        text.push_str(&lines(&notes));
        points.push(json!({
            "point": point.name, "links": point.links.iter().map(|link| &link.name).collect::<Vec<_>>(),
            "balance": all, "uncounted": balance.uncounted, "changed": balance.changed, "directions": directions_as_json(balance), "symmetry": symmetry,
            "flow_labels": shown.study.flow_labels(point),
            "fragments": {
                "parts": fragments.parts, "datagrams": fragments.datagrams, "on_several_links": fragments.apart,
                "left_out": fragments.left_out,
            },
        }));
    }
    Printed {
        text,
        json: json!({"version": VERSION, "points": points}),
    }
}

/// What each link carries.
fn links(point: &PointStudy) -> String {
    let mut rows = vec![row(["link", "flows on it alone", "packets"])];
    for (lane, link) in point.links.iter().enumerate() {
        let on = |(used, packets): (&LaneId, &u64)| (usize::from(used.0) == lane).then_some(*packets);
        let packets: u64 = point
            .on_links
            .values()
            .flat_map(|links| links.iter().filter_map(on))
            .sum();
        let alone = point
            .on_links
            .keys()
            .filter(|flow| point.only_link(**flow).is_some_and(|only| usize::from(only.0) == lane))
            .count();
        rows.push(row([&link.name, &alone.to_string(), &packets.to_string()]));
    }
    table(rows)
}

/// How evenly and in which order, for each direction by itself.
fn spread(point: &PointStudy, balance: &Balance) -> String {
    let of = |report: &BalanceReport| {
        let mut text = format!(
            "evenness: {}, {}\n",
            word(report.evenness.verdict),
            report.evenness.reason
        );
        if let Some(spray) = &report.spray {
            text.push_str(&format!("order: {:?}, {}\n", spray.kind, point.spray_in_words(spray)));
        }
        text
    };
    let mut text = String::new();
    match &balance.directions {
        Directions::One => text.push_str(&of(&balance.all)),
        Directions::Unclear(why) => {
            text.push_str(&of(&balance.all));
            text.push_str(&format!("directions: not known, {why}\n"));
        }
        Directions::Two(directions) => {
            for direction in directions.iter() {
                let (ends, report) = (direction.ends(), &direction.report);
                text.push_str(&format!(
                    "{ends} and flows that way: {:?}, {}\n{}",
                    report.mode,
                    report.reason,
                    of(report)
                ));
            }
        }
    }
    if let Some(assumed) = &balance.assumed {
        text.push_str(&format!("directions: {assumed}\n"));
    }
    text
}

fn labels(study: &Study, point: &PointStudy) -> String {
    if let Some(labels) = study.flow_labels(point) {
        return format!(
            "flow labels: {} of {} flows; one for each flow: {}, others for other flows: {}, one link for each: {}\n",
            labels.labels,
            labels.flows,
            word(labels.constant),
            word(labels.differing),
            word(labels.link_by_label)
        );
    }
    if !is_labelled(point) {
        return String::new();
    }
    let stacks: BTreeSet<LabelStack> = point
        .labels
        .labelled()
        .flat_map(|(_, stacks)| stacks.uses.iter().map(|used| used.stack))
        .collect();
    format!(
        "label stacks: {} of {} flows; which label is a flow label is not known without --pseudowires\n",
        stacks.len(),
        point.labels.labelled().count()
    )
}

fn directions_as_json(balance: &Balance) -> Value {
    let (kind, each, why) = match &balance.directions {
        Directions::One => ("one", Vec::new(), None),
        Directions::Unclear(why) => ("unclear", Vec::new(), Some(why)),
        Directions::Two(directions) => {
            let each = directions
                .iter()
                .map(|direction| json!({"example": direction.example.to_string(), "balance": direction.report}));
            ("two", each.collect(), None)
        }
    };
    json!({"kind": kind, "each": each, "why": why, "assumed": balance.assumed})
}
