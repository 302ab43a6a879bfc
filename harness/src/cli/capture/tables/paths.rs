//! Which links flows used one after the other.

use checks::capture::measure::anatomy::PathSegment;
use checks::capture::measure::{FlowId, Nanoseconds};
use reports::visible::visible_line;
use serde_json::{Value, json};

use super::{row, table};
use crate::cli::capture::Shown;
use crate::study::PointStudy;

/// A flow with more stretches than this follows no failover.
const MOST: usize = 9;
/// Flows that are printed for a person.
const NAMED: usize = 20;

/// Flows that are meant and changed their link, with their stretches on links.
fn changing<'p>(shown: &Shown<'_>, point: &'p PointStudy) -> Vec<(FlowId, &'p [PathSegment])> {
    let changed = point.paths.changed().into_iter();
    let meant = changed.filter(|flow| {
        let seen = point.seen(*flow);
        seen.is_some_and(|seen| shown.is_meant(&seen.key))
    });
    meant.map(|flow| (flow, point.paths.of(flow))).collect()
}

/// Whether a flow came back to a link that it had left.
fn has_come_back(segments: &[PathSegment]) -> bool {
    segments.iter().enumerate().any(|(place, segment)| {
        let before = segments.iter().take(place);
        before.into_iter().any(|other| other.lane == segment.lane)
    })
}

/// Each flow's links, with times relative to the failure.
pub(super) fn in_words(shown: &Shown<'_>, point: &PointStudy, failure: i64) -> String {
    let changing = changing(shown, point);
    let followed: Vec<_> = changing.iter().filter(|(_, segments)| segments.len() <= MOST).collect();
    let relative = |at: i64| {
        let since = at.saturating_sub(failure);
        format!("{}{}", if since < 0 { "" } else { "+" }, Nanoseconds(since))
    };
    let mut text = String::new();
    if !followed.is_empty() {
        let mut rows = vec![row(["flow", "links"])];
        for (flow, segments) in followed.iter().take(NAMED) {
            let told: Vec<String> = segments
                .iter()
                .enumerate()
                .map(|(place, segment)| {
                    let back = segments.iter().take(place).any(|other| other.lane == segment.lane);
                    let from = if place == 0 {
                        String::new()
                    } else {
                        format!(" from {}", relative(segment.first))
                    };
                    let to = if place + 1 == segments.len() {
                        String::new()
                    } else {
                        format!(" to {}", relative(segment.last))
                    };
                    format!(
                        "{}{}{from}{to}",
                        if back { "back on " } else { "" },
                        point.link_name(segment.lane)
                    )
                })
                .collect();
            rows.push(row([point.flow_name(*flow), told.join(", ")]));
        }
        text.push_str(&table(rows));
        if followed.len() > NAMED {
            text.push_str(&format!("  … and {} more; --json has all\n", followed.len() - NAMED));
        }
        let back = followed.iter().filter(|(_, segments)| has_come_back(segments)).count();
        if back > 0 {
            text.push_str(&format!(
                "  {back} of these flows came back to a link that they had left (reversion)\n"
            ));
        }
    }
    let restless = changing.len() - followed.len();
    if restless > 0 {
        let name = visible_line(&point.name).into_owned();
        text.push_str(&format!(
            "  {restless} flows at {name} change their links all the time\n"
        ));
    }
    text
}

pub(super) fn as_json(shown: &Shown<'_>, point: &PointStudy) -> Value {
    let changing = changing(shown, point).into_iter();
    let each = changing.map(|(flow, segments)| {
        json!({
            "flow": point.seen(flow).map(|seen| seen.key.to_string()),
            "reverted": has_come_back(segments),
            "links": segments.iter().map(|segment| json!({
                "link": point.link_name(segment.lane), "first": segment.first, "last": segment.last, "packets": segment.packets,
            })).collect::<Vec<_>>(),
        })
    });
    each.collect()
}
