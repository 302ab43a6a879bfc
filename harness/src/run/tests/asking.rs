//! Rounds, polling and sessions.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use checks::Verdict::{Fail, Inconclusive, Pass};
use reports::event::Event;

use super::fake_lab::{Bench, FakeDevice, FakeLab, case, device, lost, phrases};

/// A device that has `word` in its configuration in the samples where `truth` says so.
fn flapping(truth: &'static [bool]) -> FakeDevice {
    let mut samples = truth.iter().copied();
    let mut last = false;
    FakeDevice {
        answering: Some(Box::new(move |device, _| {
            last = samples.next().unwrap_or(last);
            Some(Ok(if last {
                device.configuration().replace("sysname", "word\nsysname")
            } else {
                device.configuration()
            }))
        })),
        ..device("PE1")
    }
}

fn one_phrase(phrase: &str) -> String {
    format!("cases:\n  - name: c\n    expect:\n      PE1:\n        - '{phrase}'\n")
}

#[test]
fn phrases_of_a_round_share_each_answer() {
    let lab = FakeLab::new(vec![device("PE1")]);
    let cases = "cases:\n  - name: c\n    expect:\n      PE1:\n        - config has \"sysname PE1\"\n        - config \
                 lacks \"x\"\n        - config matches /^sysname/\n";
    let result = Bench::new().run(&lab, cases).unwrap();
    assert_eq!(result.exit_code, 0, "{:?}", phrases(&result));
    assert_eq!(lab.device("PE1").asked, ["display current-configuration"]);
}

#[test]
fn what_becomes_true_passes_with_the_time_in_which_it_did() {
    let lab = FakeLab::new(vec![flapping(&[false, false, true])]);
    let result = Bench::new()
        .run(&lab, &one_phrase("config has \"word\" within 5 s"))
        .unwrap();
    assert_eq!(phrases(&result)[0].1, Pass);
    let timing = result.events.iter().find_map(|record| match &record.event {
        Event::PhraseDecided(decided) => decided.timing.clone(),
        _ => None,
    });
    let timing = timing.unwrap();
    let (from, to) = timing.became_true_between_ms.unwrap();
    assert_eq!((timing.samples, timing.origin.as_str()), (3, "case start"));
    assert!(from < to && to - from < 500.0, "{timing:?}");
}

#[test]
fn without_a_time_it_is_asked_once() {
    let lab = FakeLab::new(vec![flapping(&[false, true])]);
    let result = Bench::new().run(&lab, &one_phrase("config has \"word\"")).unwrap();
    assert_eq!((phrases(&result)[0].1, result.exit_code), (Fail, 1));
    assert_eq!(lab.device("PE1").asked.len(), 1);
}

#[test]
fn what_flaps_does_not_hold() {
    let lab = FakeLab::new(vec![flapping(&[true, true, false, true])]);
    let result = Bench::new()
        .run(&lab, &one_phrase("config has \"word\" for 1 s"))
        .unwrap();
    assert_eq!(phrases(&result)[0].1, Fail);
    let lab = FakeLab::new(vec![flapping(&[true])]);
    let result = Bench::new()
        .run(&lab, &one_phrase("config has \"word\" for 300 ms"))
        .unwrap();
    assert_eq!(phrases(&result)[0].1, Pass);
}

#[test]
fn what_never_becomes_true_fails_at_its_deadline() {
    let lab = FakeLab::new(vec![flapping(&[false])]);
    let began = Instant::now();
    let result = Bench::new()
        .run(&lab, &one_phrase("config has \"word\" within 400 ms"))
        .unwrap();
    assert_eq!(phrases(&result)[0].1, Fail);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(400) && took < Duration::from_secs(3),
        "{took:?}"
    );
    assert!(lab.device("PE1").asked.len() >= 4);
}

#[test]
fn verdicts_are_told_in_the_order_of_the_suite() {
    let slow = FakeDevice {
        takes: Duration::from_millis(150),
        ..device("PE1")
    };
    let lab = FakeLab::new(vec![slow, device("PE2")]);
    let cases = "cases:\n  - name: c\n    expect:\n      PE1: [config has \"sysname PE1\"]\n      PE2: [config has \
                 \"sysname PE2\"]\n";
    for jobs in [1, 2] {
        let mut bench = Bench::new();
        bench.options.jobs = Some(jobs);
        let result = bench.run(&lab, cases).unwrap();
        let order: Vec<String> = phrases(&result).into_iter().map(|(device, ..)| device).collect();
        assert_eq!(order, ["PE1", "PE2"]);
    }
}

#[test]
fn no_more_devices_are_worked_at_once_than_allowed() {
    let slow = |name| FakeDevice {
        takes: Duration::from_millis(50),
        ..device(name)
    };
    let cases = "cases:\n  - name: c\n    expect:\n      PE1: [config lacks \"x\"]\n      PE2: [config lacks \"x\"]\n      \
                 PE3: [config lacks \"x\"]\n";
    for (jobs, most) in [(Some(1), 1), (Some(2), 2), (None, 3)] {
        let lab = FakeLab::new(vec![slow("PE1"), slow("PE2"), slow("PE3")]);
        let mut bench = Bench::new();
        bench.options.jobs = jobs;
        bench.run(&lab, cases).unwrap();
        assert_eq!(lab.busiest.load(Ordering::SeqCst), most);
    }
}

#[test]
fn a_lost_session_is_opened_again_once() {
    let losing = |times: usize| {
        let mut left = times;
        FakeDevice {
            answering: Some(Box::new(move |device, _| {
                let now = left > 0;
                left = left.saturating_sub(1);
                now.then(|| Err(lost(&device.name)))
            })),
            ..device("PE1")
        }
    };
    let phrase = one_phrase("config has \"sysname PE1\"");
    let lab = FakeLab::new(vec![losing(1)]);
    let result = Bench::new().run(&lab, &phrase).unwrap();
    assert_eq!((result.exit_code, lab.device("PE1").opened), (0, 2));
    let warned = |record: &reports::event::Record| matches!(&record.event, Event::Warning(warning) if warning.message.contains("the session was lost"));
    assert!(result.events.iter().any(warned));

    let lab = FakeLab::new(vec![losing(2)]);
    let result = Bench::new().run(&lab, &phrase).unwrap();
    assert_eq!((phrases(&result)[0].1, result.exit_code), (Inconclusive, 3));
    assert!(
        phrases(&result)[0].2.contains("connection lost"),
        "{:?}",
        phrases(&result)
    );
}

#[test]
fn a_device_that_is_gone_is_waited_for_by_nobody() {
    let gone = FakeDevice {
        answering: Some(Box::new(|device, _| Some(Err(lost(&device.name))))),
        open_at_most: Some(1),
        ..device("PE1")
    };
    let lab = FakeLab::new(vec![gone]);
    let began = Instant::now();
    let result = Bench::new()
        .run(&lab, &one_phrase("config has \"word\" within 60 s"))
        .unwrap();
    assert_eq!((phrases(&result)[0].1, result.exit_code), (Inconclusive, 3));
    assert!(
        phrases(&result)[0].2.contains("connection refused"),
        "{:?}",
        phrases(&result)
    );
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_device_that_comes_back_under_another_name_is_another_device() {
    let other = FakeDevice {
        answering: Some(Box::new(|device, _| {
            device.prompt_name = "PE9".into();
            Some(Err(lost(&device.name)))
        })),
        ..device("PE1")
    };
    let lab = FakeLab::new(vec![other]);
    let result = Bench::new().run(&lab, &one_phrase("config lacks \"x\"")).unwrap();
    assert_eq!((phrases(&result)[0].1, result.exit_code), (Inconclusive, 3));
    assert!(
        phrases(&result)[0].2.contains("calls itself PE9"),
        "{:?}",
        phrases(&result)
    );
}

#[test]
fn a_device_that_calls_itself_by_the_name_of_another_is_not_asked() {
    let calls_itself = |name: &str, prompt_name: &str| FakeDevice {
        prompt_name: prompt_name.into(),
        ..device(name)
    };
    let lab = FakeLab::new(vec![calls_itself("PE1", "PE2"), calls_itself("PE2", "Huawei")]);
    let result = Bench::new()
        .run(
            &lab,
            "cases:\n  - name: c\n    expect:\n      PE1: config lacks \"x\"\n      PE2: config lacks \"x\"\n",
        )
        .unwrap();
    let phrases = phrases(&result);
    assert_eq!((phrases[0].1, phrases[1].1, result.exit_code), (Inconclusive, Pass, 3));
    assert!(phrases[0].2.contains("another device of the lab"), "{phrases:?}");
    assert!(lab.device("PE1").asked.is_empty());
}

#[test]
fn a_bug_in_a_session_is_inconclusive_and_costs_one_answer() {
    let mut first = true;
    let panicking = FakeDevice {
        answering: Some(Box::new(move |_, _| {
            assert!(!std::mem::take(&mut first), "a bug");
            None
        })),
        ..device("PE1")
    };
    let lab = FakeLab::new(vec![panicking]);
    let cases = "cases:\n  - name: a\n    expect: {PE1: [config lacks \"x\"]}\n  - name: b\n    expect: {PE1: [config \
                 lacks \"x\"]}\n";
    let result = Bench::new().run(&lab, cases).unwrap();
    let verdicts: Vec<_> = phrases(&result).into_iter().map(|(_, verdict, _)| verdict).collect();
    assert_eq!((verdicts, result.exit_code), (vec![Inconclusive, Pass], 3));
    assert!(phrases(&result)[0].2.contains("a bug"));
}

#[test]
fn an_answer_that_is_not_text_is_inconclusive() {
    let garbled = FakeDevice {
        answering: Some(Box::new(|device, _| {
            Some(Ok(device.configuration().replace("PE1", "PE\u{fffd}1")))
        })),
        ..device("PE1")
    };
    let lab = FakeLab::new(vec![garbled]);
    let result = Bench::new().run(&lab, &one_phrase("config lacks \"x\"")).unwrap();
    assert_eq!(phrases(&result)[0].1, Inconclusive);
}

#[test]
fn a_suite_of_which_nothing_was_decided_is_not_green() {
    let lab = FakeLab::new(vec![device("PE1")]);
    let cases = "cases:\n  - name: c\n    needs: [traffic]\n    expect: {PE1: [config lacks \"x\"]}\n";
    let result = Bench::new().run(&lab, cases).unwrap();
    assert_eq!(result.exit_code, 3);
    assert_eq!(case(&result).0, checks::Verdict::Skipped);
}
