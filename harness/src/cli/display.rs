//! The live display of a run: one line that says what is awaited, for how long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use reports::console::progress_line;
use reports::event::{Awaiting, Event, Record};

/// A line at the bottom of a terminal.
pub(super) struct Display {
    bar: ProgressBar,
    now: Arc<Mutex<Now>>,
}

/// What is going on now.
#[derive(Default)]
struct Now {
    case: String,
    doing: String,
    awaited: Vec<(Instant, Awaiting)>,
    cases: Vec<Vec<String>>,
}

impl Display {
    /// Shows the line on standard error.
    pub(super) fn start() -> Self {
        let now = Arc::new(Mutex::new(Now::default()));
        let shown = Arc::clone(&now);
        let style = ProgressStyle::with_template("{spinner} {now}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .with_key("now", move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = out.write_str(&lock(&shown).line());
            });
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, now }
    }

    /// Takes note of an event; a line that stays is written above.
    pub(super) fn event(&self, record: &Record, line: Option<&str>) {
        lock(&self.now).take(&record.event);
        if let Some(line) = line {
            self.bar.println(line);
        }
    }

    /// Takes the line away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}

fn lock(now: &Mutex<Now>) -> MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Now {
    fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted(started) => {
                self.cases = started
                    .suites
                    .iter()
                    .map(|suite| suite.cases.iter().map(|case| case.name.clone()).collect())
                    .collect();
            }
            Event::CaseStarted(started) => {
                let at = started.case;
                let name = self.cases.get(at.suite).and_then(|cases| cases.get(at.case));
                self.case = name.cloned().unwrap_or_default();
                self.awaited.clear();
                self.doing.clear();
            }
            Event::Awaiting(awaiting) => {
                let same = |other: &Awaiting| other.device == awaiting.device && other.phrase == awaiting.phrase;
                self.awaited.retain(|(_, other)| !same(other));
                self.awaited.push((Instant::now(), awaiting.clone()));
            }
            Event::PhraseDecided(decided) => {
                self.awaited
                    .retain(|(_, other)| other.device != decided.device || other.phrase != decided.phrase);
            }
            Event::CaseFinished(_) => {
                self.case.clear();
                self.awaited.clear();
            }
            _ => {}
        }
        if let Some(line) = progress_line(event) {
            self.doing = line;
        }
    }

    fn line(&self) -> String {
        let doing = match self.awaited.first() {
            Some((since, awaiting)) => {
                let passed = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                let awaiting = Awaiting {
                    waited_ms: awaiting.waited_ms.saturating_add(passed),
                    remaining_ms: awaiting.remaining_ms.saturating_sub(passed),
                    ..awaiting.clone()
                };
                let others = match self.awaited.len() {
                    1 => String::new(),
                    many => format!(" (and {} more)", many - 1),
                };
                progress_line(&Event::Awaiting(awaiting)).unwrap_or_default() + &others
            }
            None => self.doing.clone(),
        };
        let case = reports::visible::visible_line(&self.case);
        let line = if case.is_empty() {
            doing
        } else {
            format!("{case} — {doing}")
        };
        // One line, whatever the terminal's width: a line that wraps would be drawn again and again.
        line.chars().take(160).collect()
    }
}

#[cfg(test)]
mod tests {
    use reports::event::CaseRef;

    use super::*;

    fn awaiting(phrase: &str, actual: &str) -> Event {
        Event::Awaiting(Awaiting {
            case: CaseRef { suite: 0, case: 0 },
            device: "PE1".into(),
            phrase: phrase.into(),
            waited_ms: 1_200,
            remaining_ms: 800,
            actual: actual.into(),
        })
    }

    #[test]
    fn the_line_says_what_is_awaited_and_for_how_long() {
        let mut now = Now::default();
        now.take(&awaiting("BFD b is Down", "it is up"));
        now.take(&awaiting("BFD a is Down", "it is up"));
        now.take(&awaiting("BFD b is Down", "still up"));
        let line = now.line();
        assert!(line.contains("PE1: awaiting BFD a is Down: 1.2 s of 2.0 s"), "{line}");
        assert!(line.contains("(and 1 more)"), "{line}");
    }

    #[test]
    fn a_device_cannot_write_to_the_terminal() {
        let mut now = Now::default();
        now.take(&awaiting("BFD is Down", "\u{1b}[2Jx\ny"));
        assert!(!now.line().contains('\u{1b}') && !now.line().contains('\n'));
    }
}
