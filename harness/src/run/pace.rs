//! How often a phrase that is not decided yet is asked again.

use std::time::Duration;

/// Shortest time between two samples of a phrase.
const SHORTEST: Duration = Duration::from_millis(50);
/// Longest time between two samples of a phrase.
const LONGEST: Duration = Duration::from_millis(500);

/// The pause after a sample: a tenth of the time that has passed, so that what becomes true soon is timed finely and
/// what takes long does not keep the devices busy.
pub(crate) fn pause(passed: Duration) -> Duration {
    (passed / 10).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_dense_at_first_and_never_rarer_than_two_a_second() {
        assert_eq!(pause(Duration::ZERO), Duration::from_millis(50));
        assert_eq!(pause(Duration::from_secs(2)), Duration::from_millis(200));
        assert_eq!(pause(Duration::from_secs(600)), Duration::from_millis(500));
    }
}
