//! When a failure was noticed: by the first BFD packet that says so.

use rustc_hash::FxHashSet;

use super::marks::Mark;
use crate::capture::event::Vlans;
use crate::capture::measure::{Instant, Nanoseconds};

/// Of the detection time, the share by which the last packet of the other end may precede a failure: packets come at least
/// three times in it, as multipliers are.
const INTERVALS: i64 = 3;
/// Sessions that are told one by one.
const TOLD: usize = 8;

/// The detection of a failure.
pub(super) struct Detection {
    /// The first word of it, with the instant of the detection.
    pub(super) mark: Mark,
    /// The failure, where it has to be taken for earlier than the traffic tells.
    pub(super) failure: Instant,
    /// The failure may have been as early as this, if packets were under way that passed before it; `None` if that is not
    /// known.
    pub(super) earliest: Option<i64>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

/// The detection that these words, in the order of time, tell of a failure; `None` without any. Packets take so long at the
/// most, where that is known, from there to where traffic tells of it.
pub(super) fn detection<'m>(
    words: impl Iterator<Item = &'m Mark>,
    failure: Instant,
    transit: Option<i64>,
) -> Option<Detection> {
    let mut known = FxHashSet::default();
    let sessions: Vec<&Mark> = words.filter(|word| known.insert(session(word))).collect();
    let first = *sessions.first()?;
    let lower = sessions.iter().map(|mark| mark.at.lower).min()?;
    let upper = sessions.iter().map(|mark| mark.at.upper).max()?;
    let mut notes = vec!["a side may notice a little before its first packet says so".to_owned()];
    if sessions.len() > 1 {
        notes.push(format!(
            "{} BFD sessions went down: which of them is of this failover is not known, so the bounds of the detection cover \
             all",
            sessions.len()
        ));
    }
    let mut begun = failure;
    let mut silent: usize = 0;
    for mark in &sessions {
        if let Some(silence) = mark.silence
            && silence.since.upper.saturating_add(silence.detection_time / INTERVALS) < failure.lower
        {
            begun.lower = begun.lower.min(silence.since.lower);
            silent += 1;
            if silent > TOLD {
                continue;
            }
            notes.push(format!(
                "{} had heard nothing for {} when traffic was still seen: the failure may have been as early, if traffic takes \
                 so long to get here, or this is another failure",
                mark.by,
                failure.since(silence.since)
            ));
        }
    }
    if silent > TOLD {
        notes.push(format!("so had {} more", silent - TOLD));
    }
    if upper < failure.lower {
        // It was noticed before the last packets that had passed arrived.
        let under_way = failure.lower.saturating_sub(transit.unwrap_or(0));
        begun = Instant::between(begun.lower.min(under_way).min(upper), upper);
    }
    let earliest = match transit {
        Some(transit) => Some(failure.lower.saturating_sub(transit)),
        None => {
            let heard = sessions.iter().map(|mark| last_heard(mark));
            heard.min().flatten().map(|heard| heard.min(failure.lower))
        }
    };
    notes.extend(under_way(transit, earliest, failure));
    Some(Detection {
        mark: Mark {
            at: Instant::between(lower, upper),
            ..first.clone()
        },
        failure: begun,
        earliest: earliest.map(|earliest| earliest.min(begun.lower)),
        notes,
    })
}

/// When the other end's last packet was seen of which a detector was to miss the next ones; `None` where that is not known,
/// or where what was captured is not what the detector heard.
fn last_heard(mark: &Mark) -> Option<i64> {
    let silence = mark.silence?;
    let silent = mark.at.upper.saturating_sub(silence.since.lower);
    (silent >= silence.detection_time - silence.detection_time / 10).then_some(silence.since.lower)
}

/// What packets mean for the failure that had passed it and were still seen afterwards.
fn under_way(transit: Option<i64>, earliest: Option<i64>, failure: Instant) -> Option<String> {
    match (transit, earliest) {
        (Some(transit), _) => (transit > failure.upper.saturating_sub(failure.lower)).then(|| {
            format!(
                "packets take up to {} to get here, so that the failure may have been as much earlier than traffic tells",
                Nanoseconds(transit)
            )
        }),
        (None, Some(_)) => Some(
            "how long packets take to get here is not known: the failure may have been earlier than traffic tells, but after \
             the last packet that the detector heard"
                .to_owned(),
        ),
        (None, None) => Some(
            "how long packets take to get here is not known, so that the failure may have been much earlier than traffic \
             tells: capture what is sent as well, or state the longest transit time with --transit"
                .to_owned(),
        ),
    }
}

/// Both ends of a session, the same whichever of them speaks, and its link.
fn session(word: &Mark) -> (&str, &str, Vlans) {
    let (by, to) = (word.by.as_str(), word.to.as_str());
    (by.min(to), by.max(to), word.vlans)
}
