//! Taking a change back: look whether it is there, undo it, look again.

use std::time::Instant;

use super::effect::speaks_of;
use super::{Configuration, Difference, effects, touches};

/// Between which two instants something took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    /// When the line that makes it effective was sent.
    pub sent: Instant,
    /// When the device acknowledged it.
    pub acknowledged: Instant,
}

/// Why a step of undoing did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setback {
    /// Why.
    pub reason: String,
    /// Whether trying again would do no good, or harm: a missing or wrong password, another host key.
    pub hopeless: bool,
}

impl From<String> for Setback {
    fn from(reason: String) -> Self {
        Self {
            reason,
            hopeless: false,
        }
    }
}

impl From<&str> for Setback {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// What undoing needs of a device; a run and `restore` each have their own.
pub(crate) trait Hands {
    /// Reads the whole configuration, opening a new session if the old one is lost.
    fn configuration(&mut self) -> Result<Configuration, Setback>;
    /// Sends configuration lines and waits until they are acknowledged.
    fn send(&mut self, lines: &[String]) -> Result<Interval, Setback>;
    /// Waits before another attempt. False when there is to be none.
    fn try_again(&mut self, reason: &str) -> bool;
}

/// What became of a change that was to be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undone {
    /// Whether the configuration showed the change when it was to be undone; none where it could not be read.
    pub was_in_force: Option<bool>,
    /// When the undo took effect, if it was sent and acknowledged.
    pub interval: Option<Interval>,
    /// Why the undo is not verified, if so.
    pub failed: Option<String>,
    /// Where the configuration differs from what it was before the change.
    pub residue: Vec<Difference>,
}

/// A change to be undone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Undoing<'a> {
    /// Lines that made it.
    pub apply: &'a [String],
    /// Lines that undo it.
    pub undo: &'a [String],
    /// The configuration before it.
    pub before: &'a Configuration,
    /// Whether it was made a while ago and others may have changed the configuration since.
    pub long_ago: bool,
}

/// Undoes a change, with as many attempts as the hands allow.
///
/// The undo is sent only where the configuration still differs from what it was before in a view that the change
/// touches: the undo of a change that is not there would itself be a change. It is verified when these views are as
/// they were; differences elsewhere are the residue that the caller has to report.
pub(crate) fn undo(hands: &mut dyn Hands, change: Undoing<'_>) -> Undone {
    let Undoing {
        apply, undo, before, ..
    } = change;
    let mut touched = effects(before, apply);
    touched.extend(effects(before, undo));
    let ours = |differences: &[Difference]| {
        differences
            .iter()
            .any(|difference| touched.is_empty() || touches(&touched, difference))
    };
    let somebody_elses = |differences: &[Difference]| {
        let mut here = differences.iter().filter(|difference| touches(&touched, difference));
        !touched.is_empty() && here.all(|difference| !touched.iter().any(|effect| speaks_of(effect, difference)))
    };
    let mut undone = Undone {
        was_in_force: None,
        interval: None,
        failed: None,
        residue: Vec::new(),
    };
    loop {
        let setback = match hands.configuration() {
            Ok(now) => {
                let differences = now.differences_from(before);
                let there = ours(&differences);
                undone.was_in_force.get_or_insert(there);
                if !there {
                    undone.residue = differences;
                    return undone;
                }
                if change.long_ago && undone.interval.is_none() && somebody_elses(&differences) {
                    undone.was_in_force = Some(false);
                    undone.failed = Some(
                        "the change does not seem to be there any more, but other lines where it was made are not as \
                         they were; look at them, and strike the entry out with --discard if they are meant"
                            .into(),
                    );
                    undone.residue = differences;
                    return undone;
                }
                if undone.interval.is_some() {
                    undone.failed = Some("the undo was acknowledged, but the change has not gone away wholly".into());
                    undone.residue = differences;
                    return undone;
                }
                match hands.send(undo) {
                    Ok(interval) => {
                        undone.interval = Some(interval);
                        continue;
                    }
                    Err(setback) => setback,
                }
            }
            Err(setback) => setback,
        };
        if setback.hopeless || !hands.try_again(&setback.reason) {
            undone.failed = Some(setback.reason);
            return undone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose answers are scripted: `None` is a lost session.
    struct Script {
        configurations: Vec<Option<&'static str>>,
        sends: Vec<Result<(), &'static str>>,
        sent: usize,
        attempts: usize,
        long_ago: bool,
    }

    impl Script {
        fn new(configurations: &[Option<&'static str>], sends: &[Result<(), &'static str>]) -> Self {
            Self {
                configurations: configurations.iter().rev().copied().collect(),
                sends: sends.iter().rev().copied().collect(),
                sent: 0,
                attempts: 3,
                long_ago: false,
            }
        }
    }

    impl Hands for Script {
        fn configuration(&mut self) -> Result<Configuration, Setback> {
            let text = self.configurations.pop().flatten().ok_or("lost")?;
            Configuration::read(text).map_err(|error| error.to_string().into())
        }

        fn send(&mut self, _lines: &[String]) -> Result<Interval, Setback> {
            self.sent += 1;
            let now = Instant::now();
            let interval = Interval {
                sent: now,
                acknowledged: now,
            };
            self.sends.pop().unwrap().map(|()| interval).map_err(Into::into)
        }

        fn try_again(&mut self, _reason: &str) -> bool {
            self.attempts -= 1;
            self.attempts > 0
        }
    }

    const UP: &str = "interface GigabitEthernet0/1/0\n undo shutdown\nsysname CE1\nreturn\n";
    const DOWN: &str = "interface GigabitEthernet0/1/0\n shutdown\nsysname CE1\nreturn\n";
    const RENAMED: &str = "interface GigabitEthernet0/1/0\n undo shutdown\nsysname CE9\nreturn\n";

    fn run(mut script: Script) -> (Undone, usize) {
        let lines = |verb: &str| vec!["interface GigabitEthernet0/1/0".to_owned(), verb.to_owned()];
        let before = Configuration::read(UP).unwrap();
        let change = Undoing {
            apply: &lines("shutdown"),
            undo: &lines("undo shutdown"),
            before: &before,
            long_ago: script.long_ago,
        };
        let undone = undo(&mut script, change);
        (undone, script.sent)
    }

    #[test]
    fn a_change_is_undone_and_verified() {
        let (undone, sent) = run(Script::new(&[Some(DOWN), Some(UP)], &[Ok(())]));
        assert_eq!((undone.was_in_force, undone.failed, sent), (Some(true), None, 1));
        assert!(undone.interval.is_some() && undone.residue.is_empty());
    }

    #[test]
    fn the_undo_of_a_change_that_is_not_there_is_not_sent() {
        let (undone, sent) = run(Script::new(&[Some(UP)], &[]));
        assert_eq!((undone.was_in_force, undone.failed, sent), (Some(false), None, 0));
        let (undone, sent) = run(Script::new(&[Some(RENAMED)], &[]));
        assert_eq!((undone.was_in_force, undone.residue.len(), sent), (Some(false), 2, 0));
    }

    #[test]
    fn residue_in_the_views_of_the_change_is_a_failure_and_elsewhere_is_reported() {
        let (undone, sent) = run(Script::new(&[Some(DOWN), Some(DOWN)], &[Ok(())]));
        assert!(undone.failed.unwrap().contains("not gone away"));
        assert_eq!((undone.residue.len(), sent), (1, 1));
        let (undone, _) = run(Script::new(&[Some(DOWN), Some(RENAMED)], &[Ok(())]));
        assert_eq!((undone.failed, undone.residue.len()), (None, 2));
    }

    #[test]
    fn lost_sessions_and_refusals_are_tried_again_until_the_bound() {
        let (undone, sent) = run(Script::new(
            &[None, Some(DOWN), Some(DOWN), Some(UP)],
            &[Err("locked"), Ok(())],
        ));
        assert_eq!((undone.failed, undone.was_in_force, sent), (None, Some(true), 2));
        let (undone, sent) = run(Script::new(&[Some(DOWN), None, None, None], &[Ok(())]));
        assert_eq!((undone.failed.as_deref(), sent), (Some("lost"), 1));
        let (undone, sent) = run(Script::new(&[None, None, None], &[]));
        assert_eq!(
            (undone.failed.as_deref(), undone.was_in_force, sent),
            (Some("lost"), None, 0)
        );
        // Acknowledged, then lost: found undone by the next look, and not sent again.
        let (undone, sent) = run(Script::new(&[Some(DOWN), None, Some(UP)], &[Ok(())]));
        assert_eq!((undone.failed, sent), (None, 1));
    }

    #[test]
    fn long_after_a_change_what_others_did_in_its_place_is_left_alone() {
        let described = "interface GigabitEthernet0/1/0\n description x\n undo shutdown\nsysname CE1\nreturn\n";
        let long_ago = |configurations: &[Option<&'static str>]| Script {
            long_ago: true,
            ..Script::new(configurations, &[Ok(())])
        };
        let (undone, sent) = run(long_ago(&[Some(described)]));
        assert!(undone.failed.unwrap().contains("--discard"));
        assert_eq!((undone.was_in_force, undone.residue.len(), sent), (Some(false), 1, 0));
        let (undone, sent) = run(long_ago(&[Some(DOWN), Some(UP)]));
        assert_eq!((undone.failed, sent), (None, 1));
    }

    #[test]
    fn half_a_configuration_verifies_nothing() {
        let half = "interface GigabitEthernet0/1/0\n undo shutdown\n";
        let (undone, _) = run(Script::new(
            &[Some(DOWN), Some(half), Some(half), Some(half)],
            &[Ok(())],
        ));
        assert!(undone.failed.unwrap().contains("cut short"));
    }
}
