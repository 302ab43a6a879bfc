//! Decides how fast a BFD session detects.

use std::time::Duration;

use super::evidence::{Reads, answers};
use super::wording::{clean, some};
use super::{Decided, Decision, Observation};
use crate::phrase::timing::duration;
use crate::phrase::words::state_label;
use crate::rows::{BfdSession, BfdState};
use crate::table::TableKind;

/// Fields that the detection time is read from.
const FIELDS: &[&str] = &[
    "state",
    "multiplier",
    "detect_time_ms",
    "rx_interval_ms",
    "tx_interval_ms",
    "min_rx_interval_ms",
    "min_tx_interval_ms",
    "actual_rx_interval_ms",
    "actual_tx_interval_ms",
];

pub(super) fn decide_detection(
    session: Option<&str>,
    at_most: Duration,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let reads = Reads {
        selectors: &["name"],
        fields: FIELDS,
    };
    let answers = answers(observations, None, TableKind::BfdSessions, 1, &reads, warnings)?;
    let mut found = Vec::new();
    let mut nameless = false;
    let mut names = Vec::new();
    for answer in &answers {
        for (row, span) in answer.typed::<BfdSession>()? {
            names.push(
                row.name
                    .clone()
                    .unwrap_or_else(|| "a session without a name".to_owned()),
            );
            nameless |= row.name.is_none();
            if session.is_none_or(|session| row.name.as_deref() == Some(session)) {
                found.push((answer, row, span));
            }
        }
    }
    let whole = || answers.iter().flat_map(super::evidence::Answer::whole).collect();
    let (answer, row, span) = match (found.as_slice(), session) {
        ([one], _) => *one,
        ([], Some(session)) if nameless => {
            let actual = format!(
                "whether session {} is there cannot be told: {}",
                clean(session),
                some(names)
            );
            return Ok(Decision::doubt(actual, whole()));
        }
        ([], Some(session)) => {
            let there = if names.is_empty() {
                "there are no BFD sessions at all".to_owned()
            } else {
                format!("there are: {}", some(names))
            };
            return Ok(Decision::fail(
                format!("no BFD session {}; {there}", clean(session)),
                whole(),
            ));
        }
        ([], None) => return Ok(Decision::fail("no BFD session", whole())),
        (several, _) => {
            let actual = format!("there are {} BFD sessions, name one: {}", several.len(), some(names));
            return Ok(Decision::doubt(actual, whole()));
        }
    };
    let lines = answer.lines([span]);
    if let Some(why) = answer.misunderstood(span, reads.fields) {
        return Ok(Decision::doubt(why, lines));
    }
    Ok(match detection(row) {
        Detection::Printed(time) => Decision::of(
            Some(time <= at_most),
            format!("detects in {}, as printed", duration(time)),
            lines,
        ),
        Detection::Negotiated { multiplier, interval } => {
            let time = interval.saturating_mul(multiplier);
            let text = format!("detects in {multiplier} × {} = {}", duration(interval), duration(time));
            Decision::of(Some(time <= at_most), text, lines)
        }
        Detection::Configured { multiplier, interval } => {
            let time = interval.saturating_mul(multiplier);
            let text = format!(
                "{multiplier} × {} = {} as configured",
                duration(interval),
                duration(time)
            );
            if time > at_most {
                Decision::fail(text, lines)
            } else if row.state == BfdState::Up {
                Decision::doubt(
                    format!(
                        "{text}; the device prints no negotiated interval, and the other end may have negotiated a \
                         longer one. Ask both ends for `min_tx_interval_ms`, `min_rx_interval_ms` and `multiplier`"
                    ),
                    lines,
                )
            } else {
                Decision::doubt(
                    format!(
                        "the session is {}, so nothing is negotiated; {text}",
                        state_label(row.state.as_str())
                    ),
                    lines,
                )
            }
        }
        Detection::Unknown => Decision::doubt(
            "neither a detection time nor a multiplier with an interval is printed",
            lines,
        ),
    })
}

enum Detection {
    Printed(Duration),
    Negotiated { multiplier: u32, interval: Duration },
    Configured { multiplier: u32, interval: Duration },
    Unknown,
}

/// RFC 5880 section 6.8.4: the remote multiplier times the negotiated interval. The remote multiplier is in the printed
/// detection time only; elsewhere the local one stands for it.
fn detection(row: &BfdSession) -> Detection {
    let millis = Duration::from_millis;
    if row.state == BfdState::Up {
        if let Some(time) = row.detect_time_ms {
            return Detection::Printed(millis(time));
        }
        if let (Some(multiplier), Some(interval)) = (row.multiplier, row.actual_rx_interval_ms) {
            return Detection::Negotiated {
                multiplier,
                interval: millis(interval),
            };
        }
    }
    let configured = [
        row.min_rx_interval_ms,
        row.min_tx_interval_ms,
        row.rx_interval_ms,
        row.tx_interval_ms,
    ];
    match (row.multiplier, configured.into_iter().flatten().max()) {
        (Some(multiplier), Some(interval)) => Detection::Configured {
            multiplier,
            interval: millis(interval),
        },
        _ => Detection::Unknown,
    }
}
