//! When a phrase became true, in words.

use crate::duration::milliseconds;
use crate::event::TimingResult;

/// One sentence: the interval in which it became true, the samples, and what answered.
pub fn words(timing: &TimingResult) -> String {
    let when = match timing.became_true_between_ms {
        Some((from, to)) if from < to => {
            format!(
                "became true between {} and {} after {}",
                milliseconds(from),
                milliseconds(to),
                timing.origin
            )
        }
        Some((_, to)) => format!("true by the first sample, {} after {}", milliseconds(to), timing.origin),
        None => format!("counted from {}", timing.origin),
    };
    let samples = if timing.samples == 1 { "sample" } else { "samples" };
    format!(
        "{when}; held in {} of {} {samples}; {}",
        timing.held_samples, timing.samples, timing.instrument
    )
}
