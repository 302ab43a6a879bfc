//! When a failure was noticed: by the first BFD packet that says so.

use rustc_hash::FxHashSet;

use super::marks::Mark;
use crate::capture::event::Vlans;
use crate::capture::measure::Instant;

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
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

/// The detection that these words, in the order of time, tell of a failure; `None` without any.
pub(super) fn detection<'m>(words: impl Iterator<Item = &'m Mark>, failure: Instant) -> Option<Detection> {
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
    for mark in sessions {
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
    Some(Detection {
        mark: Mark {
            at: Instant::between(lower, upper),
            ..first.clone()
        },
        failure: begun,
        notes,
    })
}

/// Both ends of a session, the same whichever of them speaks, and its link.
fn session(word: &Mark) -> (&str, &str, Vlans) {
    let (by, to) = (word.by.as_str(), word.to.as_str());
    (by.min(to), by.max(to), word.vlans)
}
