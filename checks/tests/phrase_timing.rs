//! Timing words on rows of samples: every boundary on its safe side.

#![allow(clippy::unwrap_used)] // a test may panic

use std::time::Duration;

use checks::phrase::{Next, Sample, Scope, TimedOutcome, TimingFold, parse};
use checks::{Outcome, Verdict};
use rstest::rstest;

fn fold(timing: &str) -> TimingFold {
    TimingFold::new(&parse(&format!("BFD a is Down {timing}"), Scope::Device).unwrap().timing)
}

/// Samples as `asked-answered verdict` in milliseconds: `0-100 f`.
fn samples(text: &str) -> Vec<Sample> {
    text.split(", ")
        .map(|sample| {
            let (times, verdict) = sample.split_once(' ').unwrap();
            let (asked, answered) = times.split_once('-').unwrap();
            let millis = |text: &str| Duration::from_millis(text.parse().unwrap());
            let verdict = match verdict {
                "p" => Verdict::Pass,
                "f" => Verdict::Fail,
                _ => Verdict::Inconclusive,
            };
            Sample {
                asked_after: millis(asked),
                answered_after: millis(answered),
                outcome: Outcome {
                    verdict,
                    expected: "BFD a is Down".to_owned(),
                    actual: format!("{verdict} at {asked}"),
                    deciding: Vec::new(),
                    warnings: Vec::new(),
                },
            }
        })
        .collect()
}

/// The outcome after exactly these samples, or nothing while it asks again.
fn run(mut fold: TimingFold, text: &str) -> Option<TimedOutcome> {
    let samples = samples(text);
    let count = samples.len();
    for (index, sample) in samples.into_iter().enumerate() {
        match fold.push(sample) {
            Next::Done(outcome) => {
                assert_eq!(index + 1, count, "{text}: done too early: {}", outcome.actual);
                return Some(outcome);
            }
            Next::AskAgain => {}
        }
    }
    None
}

#[rstest]
// Asked once.
#[case("", "0-100 p", Some("pass"))]
#[case("", "0-100 f", Some("fail"))]
#[case("after shutdown", "0-100 i", Some("inconclusive"))]
// Becomes true.
#[case("within 1 s", "0-100 p", Some("pass"))]
#[case("within 1 s", "0-100 f, 200-300 p", Some("pass"))]
#[case("within 1 s", "0-100 f, 800-1000 p", Some("pass"))]
#[case("within 1 s", "0-100 f, 800-1001 p", Some("inconclusive"))]
#[case("within 1 s", "0-100 f, 800-999 f", None)]
#[case("within 1 s", "0-100 f, 800-1001 f", Some("fail"))]
#[case("within 1 s", "0-100 f, 1000-1100 f", Some("fail"))]
#[case("within 1 s", "0-100 f, 1000-1100 p", Some("inconclusive"))]
#[case("within 1 s", "0-100 i, 500-600 p", Some("pass"))]
#[case("within 1 s", "0-100 f, 1000-1100 i", Some("inconclusive"))]
#[case("within 1 s", "0-100 i, 500-600 i, 1000-1100 f", Some("fail"))]
#[case("within 1 s", "0-100 i, 1000-1100 i", Some("inconclusive"))]
// The first answer takes longer than the bound: too coarse an instrument, whatever it shows.
#[case("within 50 ms", "0-200 p", Some("inconclusive"))]
#[case("within 50 ms", "0-200 f", Some("inconclusive"))]
#[case("within 50 ms", "60-200 f", Some("fail"))]
#[case("within 50 ms", "0-40 p", Some("pass"))]
// Stays true: from the first answer to the last question.
#[case("for 1 s", "0-100 p, 600-700 p", None)]
#[case("for 1 s", "0-100 p, 600-700 p, 1099-1200 p", None)]
#[case("for 1 s", "0-100 p, 600-700 p, 1100-1200 p", Some("pass"))]
#[case("for 1 s", "0-100 f", Some("fail"))]
#[case("for 1 s", "0-100 p, 600-700 f", Some("fail"))]
#[case("for 1 s", "0-100 p, 600-700 i, 1100-1200 p", Some("inconclusive"))]
#[case("for 1 s", "0-100 i, 600-700 p, 1100-1200 p", Some("inconclusive"))]
#[case("for 1 s", "0-100 i, 600-700 f", Some("fail"))]
#[case("for 1 s", "0-5000 p", None)]
#[case("for 1 s", "0-100 p, 5000-5100 p", Some("pass"))]
// Becomes true and then stays true.
#[case(
    "within 1 s and for 1 s",
    "0-100 f, 500-600 p, 1000-1100 p, 1600-1700 p",
    Some("pass")
)]
#[case("within 1 s and for 1 s", "0-100 f, 500-600 p, 1000-1100 p, 1599-1700 p", None)]
#[case("within 1 s and for 1 s", "0-100 f, 500-600 p, 1500-1600 f", Some("fail"))]
#[case("within 1 s and for 1 s", "0-100 p, 300-400 f, 600-700 p, 1700-1800 p", Some("pass"))]
#[case("within 1 s and for 1 s", "0-100 p, 300-400 f, 600-700 f, 1000-1100 f", Some("fail"))]
#[case("within 1 s and for 1 s", "0-100 p, 300-400 f, 900-1100 p", Some("inconclusive"))]
#[case(
    "within 1 s and for 1 s",
    "0-100 f, 500-600 p, 1000-1100 i, 1600-1700 p",
    Some("inconclusive")
)]
#[case(
    "within 9 s and for 1 s",
    "0-100 p, 500-600 i, 1200-1300 p, 1400-1500 p, 2500-2600 p",
    Some("pass")
)]
fn timings(#[case] timing: &str, #[case] text: &str, #[case] verdict: Option<&str>) {
    let outcome = run(fold(timing), text);
    let got = outcome.as_ref().map(|outcome| outcome.verdict.as_str());
    assert_eq!(got, verdict, "{timing}: {text}: {outcome:?}");
}

#[test]
fn it_says_when_it_became_true() {
    let outcome = run(fold("within 5 s"), "0-100 f, 1000-1100 f, 2000-2150 p").unwrap();
    let millis = Duration::from_millis;
    assert_eq!(outcome.became_true_between, Some((millis(1000), millis(2150))));
    assert_eq!(outcome.actual, "pass at 2000; became true between 1.000 s and 2.150 s");
    assert_eq!(outcome.expected, "BFD a is Down within 5 s");
    assert_eq!((outcome.samples, outcome.held_samples), (3, 1));
    assert_eq!(outcome.instrument, "CLI polling");
    assert_eq!(outcome.worst, None);
    // An answer in between that tells nothing does not narrow the interval.
    let outcome = run(fold("within 5 s"), "0-100 f, 1000-1100 i, 2000-2150 p").unwrap();
    assert_eq!(outcome.became_true_between, Some((millis(0), millis(2150))));
    // Nothing was seen to become true.
    let outcome = run(fold("within 5 s"), "0-100 p").unwrap();
    assert_eq!(outcome.became_true_between, None);
    assert_eq!(outcome.actual, "pass at 0; true in the first answer, after 100 ms");
}

#[test]
fn a_flap_is_reported() {
    let outcome = run(fold("for 1 s"), "0-100 p, 600-700 f").unwrap();
    assert_eq!(
        outcome.actual,
        "fail at 600; true from 100 ms on, false again in the answer after 700 ms"
    );
    assert_eq!(outcome.worst.unwrap().actual, "fail at 600");
    let outcome = run(fold("for 1 s"), "0-100 p, 600-700 p, 1100-1200 p").unwrap();
    assert_eq!(outcome.held_samples, 3);
    assert!(outcome.actual.contains("held in 3 samples"), "{}", outcome.actual);
}

#[test]
fn milliseconds_need_a_capture() {
    let outcome = run(fold("within 50 ms after shutdown"), "0-200 p").unwrap();
    assert!(
        outcome.actual.contains("a capture is the instrument"),
        "{}",
        outcome.actual
    );
}

#[test]
fn an_uncertain_origin_counts_against_both_verdicts() {
    let fold = || fold("within 1 s after shutdown").with_origin_uncertainty(Duration::from_millis(300));
    assert_eq!(run(fold(), "0-100 f, 900-1000 p").unwrap().verdict, Verdict::Pass);
    // Later than the bound from the sending, not from the acknowledgement.
    assert_eq!(
        run(fold(), "0-100 f, 1000-1200 p").unwrap().verdict,
        Verdict::Inconclusive
    );
    assert_eq!(run(fold(), "0-100 f, 1000-1200 f"), None);
    assert_eq!(
        run(fold(), "0-100 f, 1000-1200 f, 1300-1400 f").unwrap().verdict,
        Verdict::Fail
    );
    assert_eq!(fold().ask_by(), Some(Duration::from_millis(1300)));
}

#[test]
fn when_to_ask_next() {
    assert_eq!(fold("").ask_by(), None);
    let mut holding = fold("within 1 s and for 2 s");
    assert_eq!(holding.ask_by(), Some(Duration::from_secs(1)));
    for sample in samples("0-100 f, 200-300 p") {
        assert_eq!(holding.push(sample), Next::AskAgain);
    }
    assert_eq!(holding.ask_by(), Some(Duration::from_millis(2300)));
}

#[test]
fn what_is_broken_off_is_inconclusive() {
    let mut fold = fold("for 10 s");
    for sample in samples("0-100 p, 500-600 p") {
        assert_eq!(fold.push(sample), Next::AskAgain);
    }
    let outcome = fold.finish("interrupted");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(
        outcome.actual.contains("not decided: interrupted"),
        "{}",
        outcome.actual
    );
    assert_eq!(
        TimingFold::new(&checks::phrase::Timing::default()).finish("x").verdict,
        Verdict::Inconclusive
    );
}

proptest::proptest! {
    /// Whatever the samples: never a pass without a passing sample at the end, nor on one that came in late.
    #[test]
    fn no_row_of_samples_passes_by_accident(
        steps in proptest::collection::vec((0_u64..400, 0_u64..400, 0_u8..3), 1..30),
        timing in proptest::sample::select(&["", "within 1 s", "for 1 s", "within 1 s and for 1 s"][..]),
    ) {
        let mut fold = fold(timing);
        let mut now = 0;
        let mut all = Vec::new();
        for (pause, took, verdict) in steps {
            let asked = now + pause;
            let answered = asked + took;
            now = answered;
            let letter = ["p", "f", "i"][verdict as usize];
            all.push((asked, answered, letter));
            let sample = samples(&format!("{asked}-{answered} {letter}")).remove(0);
            if let Next::Done(outcome) = fold.push(sample) {
                if outcome.verdict == Verdict::Pass {
                    let held = all.iter().rev().take_while(|(_, _, letter)| *letter == "p").count();
                    proptest::prop_assert!(held >= 1);
                    proptest::prop_assert_eq!(held as u32, outcome.held_samples);
                    let start = all[all.len() - held].1;
                    let end = all[all.len() - 1].0;
                    if timing.contains("within") {
                        proptest::prop_assert!(all[all.len() - held..].iter().any(|(_, answered, _)| *answered <= 1000));
                    }
                    if timing.contains("for") {
                        proptest::prop_assert!(held >= 2 && end >= start + 1000, "{all:?}");
                    }
                }
                if outcome.verdict == Verdict::Fail {
                    proptest::prop_assert_eq!(letter, "f");
                }
                return Ok(());
            }
        }
    }
}
