//! Changes and what becomes of them.

use std::time::Duration;

use checks::Verdict::{Inconclusive, Pass};
use reports::event::{ChangeUndone, Event};

use super::fake_lab::{Bench, FakeDevice, FakeLab, case, device, journal_entries, lost, phrases};
use crate::run::{Interrupt, RunResult};
use crate::session::{Consequence, SessionError};

const LINK_FAILS: &str = "\
cases:
  - name: the link fails
    change: {CE1: shutdown GigabitEthernet0/1/0}
    expect:
      CE1:
        - config has \"shutdown\" under \"interface GigabitEthernet0/1/0\"
    afterwards:
      CE1:
        - config lacks \"shutdown\" under \"interface GigabitEthernet0/1/0\"
";

fn undone(result: &RunResult) -> Vec<ChangeUndone> {
    result
        .events
        .iter()
        .filter_map(|record| match &record.event {
            Event::ChangeUndone(undone) => Some(undone.clone()),
            _ => None,
        })
        .collect()
}

fn verb(lines: &[String]) -> &str {
    lines.last().map_or("", String::as_str)
}

#[test]
fn a_change_is_journaled_before_it_is_sent_and_struck_out_once_undone() {
    let bench = Bench::new();
    let home = bench.home.path().to_path_buf();
    let watched = FakeDevice {
        configuring: Some(Box::new(move |_, _| {
            assert_eq!(journal_entries(&home), 1);
            None
        })),
        ..device("CE1")
    };
    let lab = FakeLab::new(vec![watched]);
    let result = bench.run(&lab, LINK_FAILS).unwrap();
    assert_eq!((result.exit_code, bench.journal()), (0, 0), "{:?}", case(&result));
    assert_eq!(undone(&result)[0].because, "end of case");
    let sent: Vec<String> = lab
        .device("CE1")
        .configured
        .iter()
        .map(|lines| verb(lines).to_owned())
        .collect();
    assert_eq!(sent, ["shutdown", "undo shutdown"]);
    // Origin of time: the change for `expect`, the undo for `afterwards`; both asked once.
    assert_eq!(phrases(&result).len(), 2);
}

#[test]
fn changes_are_undone_in_reverse() {
    let lab = FakeLab::new(vec![device("CE1"), device("PE1")]);
    let cases = "\
setup: {PE1: shutdown GigabitEthernet0/1/0}
cases:
  - name: c
    change:
      CE1: [{configure: [first], undo: [undo first]}, {configure: [second], undo: [undo second]}]
    expect: {CE1: [config has \"first\", config has \"second\"], PE1: [config has \"shutdown\" under \"interface GigabitEthernet0/1/0\"]}
";
    let result = Bench::new().run(&lab, cases).unwrap();
    assert_eq!(result.exit_code, 0, "{:?} {:?}", case(&result), phrases(&result));
    let undone = undone(&result);
    assert_eq!(undone.iter().map(|undone| undone.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(undone[2].because, "end of suite");
}

#[test]
fn a_refused_commit_leaves_nothing_to_undo() {
    let refusing = FakeDevice {
        configuring: Some(Box::new(|device, _| {
            Some(Err(SessionError::CommitRefused {
                device: device.name.clone(),
                message: "Error: no".into(),
                consequence: Consequence::Discarded,
            }))
        })),
        ..device("CE1")
    };
    let bench = Bench::new();
    let lab = FakeLab::new(vec![refusing]);
    let result = bench.run(&lab, LINK_FAILS).unwrap();
    let (verdict, reason) = case(&result);
    assert_eq!((verdict, result.exit_code, bench.journal()), (Inconclusive, 3, 0));
    assert!(
        reason.contains("was not made") && reason.contains("Error: no"),
        "{reason}"
    );
    assert_eq!(lab.device("CE1").configured.len(), 1, "no undo of what is not there");
    assert!(
        phrases(&result).is_empty(),
        "nothing is decided on a network that was not changed"
    );
}

#[test]
fn a_change_of_which_nobody_knows_is_looked_for_and_undone() {
    // The commit took effect and the session was lost before the acknowledgement.
    let mut first = true;
    let uncertain = FakeDevice {
        configuring: Some(Box::new(move |device, lines| {
            std::mem::take(&mut first).then(|| {
                device.obey(lines);
                Err(lost(&device.name))
            })
        })),
        ..device("CE1")
    };
    let bench = Bench::new();
    let lab = FakeLab::new(vec![uncertain]);
    let result = bench.run(&lab, LINK_FAILS).unwrap();
    assert_eq!((case(&result).0, bench.journal()), (Inconclusive, 0));
    assert!(lab.device("CE1").interface.is_empty(), "it is undone");
    assert_eq!(undone(&result)[0].failed, None);
}

#[test]
fn residue_elsewhere_is_told_and_the_case_is_not_green() {
    let leaving = FakeDevice {
        configuring: Some(Box::new(|device, lines| {
            device.obey(lines);
            if verb(lines) == "undo shutdown" {
                device.system.push("left over".into());
            }
            Some(Ok(()))
        })),
        ..device("CE1")
    };
    let bench = Bench::new();
    let result = bench.run(&FakeLab::new(vec![leaving]), LINK_FAILS).unwrap();
    let (verdict, reason) = case(&result);
    assert_eq!((verdict, result.exit_code), (Inconclusive, 3));
    assert!(reason.contains("+ left over"), "{reason}");
    assert_eq!(undone(&result)[0].residue, ["+ left over"]);
}

#[test]
fn an_undo_without_effect_keeps_the_journal() {
    let stubborn = FakeDevice {
        configuring: Some(Box::new(|_, lines| (verb(lines) == "undo shutdown").then_some(Ok(())))),
        ..device("CE1")
    };
    let bench = Bench::new();
    let result = bench.run(&FakeLab::new(vec![stubborn]), LINK_FAILS).unwrap();
    let (verdict, reason) = case(&result);
    assert_eq!((verdict, result.exit_code, bench.journal()), (Inconclusive, 3, 1));
    assert!(
        reason.contains("COULD NOT BE UNDONE") && reason.contains("not asked"),
        "{reason}"
    );
    assert_eq!(
        undone(&result)[0].residue,
        ["+ interface GigabitEthernet0/1/0 / shutdown"]
    );
    assert_eq!(result.report().unwrap().verdict, Inconclusive);
}

#[test]
fn a_change_without_effect_is_not_taken_for_one() {
    let ignoring = FakeDevice {
        configuring: Some(Box::new(|_, _| Some(Ok(())))),
        ..device("CE1")
    };
    let bench = Bench::new();
    let lab = FakeLab::new(vec![ignoring]);
    let cases = LINK_FAILS.replace("config has", "config lacks");
    let result = bench.run(&lab, &cases).unwrap();
    let (verdict, reason) = case(&result);
    assert_eq!((verdict, bench.journal()), (Inconclusive, 0));
    assert!(reason.contains("never took effect"), "{reason}");
    assert_eq!(
        lab.device("CE1").configured.len(),
        1,
        "the undo of nothing would be a change"
    );
}

#[test]
fn a_lost_session_is_opened_again_to_undo() {
    let mut asked = 0;
    let losing = FakeDevice {
        answering: Some(Box::new(move |device, _| {
            asked += 1;
            // The first read before the change is answered; then two losses in a row.
            (asked == 2 || asked == 3).then(|| Err(lost(&device.name)))
        })),
        ..device("CE1")
    };
    let bench = Bench::new();
    let lab = FakeLab::new(vec![losing]);
    let result = bench.run(&lab, LINK_FAILS).unwrap();
    assert_eq!(
        (phrases(&result)[0].1, result.exit_code, bench.journal()),
        (Inconclusive, 3, 0)
    );
    assert!(lab.device("CE1").interface.is_empty(), "it is undone");
}

#[test]
fn a_device_that_was_given_up_is_tried_again_to_undo() {
    let mut asked = 0;
    let away = FakeDevice {
        answering: Some(Box::new(move |device, _| {
            asked += 1;
            match asked {
                1 => None,
                2 => {
                    // Gone when it is opened again, and back a second later.
                    device.open_at_most = Some(device.opened);
                    Some(Err(lost(&device.name)))
                }
                _ => None,
            }
        })),
        ..device("CE1")
    };
    let mut bench = Bench::new();
    bench.options.undo_patience = Duration::from_secs(10);
    let lab = FakeLab::new(vec![away]);
    let mut told = 0;
    let opener = std::sync::Arc::clone(&lab);
    let result = bench
        .run_observed(&lab, LINK_FAILS, &mut |record| {
            if matches!(&record.event, Event::Warning(warning) if warning.message.contains("tried again")) {
                told += 1;
                opener.device("CE1").open_at_most = None;
            }
        })
        .unwrap();
    assert_eq!((told, result.exit_code, bench.journal()), (1, 3, 0));
    assert!(lab.device("CE1").interface.is_empty(), "it is undone");
}

#[test]
fn an_interrupt_undoes_and_ends() {
    let bench = Bench::new();
    let lab = FakeLab::new(vec![device("CE1")]);
    let cases = LINK_FAILS.replace(
        "    afterwards",
        "        - config has \"never\" within 60 s\n    afterwards",
    );
    let interrupt: Interrupt = bench.options.interrupt.clone();
    let result = bench
        .run_observed(&lab, &cases, &mut |record| {
            if matches!(record.event, Event::Awaiting(_)) && !interrupt.is_raised() {
                interrupt.raise();
            }
        })
        .unwrap();
    assert_eq!((result.exit_code, result.interrupted, bench.journal()), (130, true, 0));
    assert_eq!(undone(&result)[0].because, "interrupt");
    assert!(lab.device("CE1").interface.is_empty());
    // What was decided till then is kept, what was not is open, and nothing afterwards is asked.
    assert_eq!(
        phrases(&result).iter().map(|phrase| phrase.1).collect::<Vec<_>>(),
        [Pass]
    );
    assert_eq!(result.report().unwrap().verdict, Inconclusive);
}

#[test]
fn a_panic_of_an_observer_leaves_no_change_behind() {
    let bench = Bench::new();
    let lab = FakeLab::new(vec![device("CE1")]);
    let mut first = true;
    let result = bench
        .run_observed(&lab, LINK_FAILS, &mut |record| {
            if matches!(record.event, Event::PhraseDecided(_)) {
                assert!(!std::mem::take(&mut first), "a bug of the display");
            }
        })
        .unwrap();
    assert_eq!(
        (case(&result).0, result.exit_code, bench.journal()),
        (Inconclusive, 3, 0)
    );
    assert!(lab.device("CE1").interface.is_empty());
}

#[test]
fn a_bundle_that_cannot_be_written_ends_the_run_and_leaves_no_change_behind() {
    let bench = Bench::new();
    let lab = FakeLab::new(vec![device("CE1")]);
    let evidence = bench.home.path().join("bundle/evidence");
    let outcome = bench.run_observed(&lab, LINK_FAILS, &mut |record| {
        if matches!(record.event, Event::ChangeMade(_)) {
            std::fs::remove_dir_all(&evidence).unwrap();
            std::fs::write(&evidence, "in the way").unwrap();
        }
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("evidence"), "{error}");
    assert!(lab.device("CE1").interface.is_empty(), "it is undone");
    assert_eq!(bench.journal(), 0);
}

#[test]
fn secrets_of_configurations_are_in_no_file() {
    let secretive = FakeDevice {
        system: vec![
            "sysname CE1".into(),
            "snmp-agent community read cipher %^%#Qw3rty%^%#".into(),
        ],
        ..device("CE1")
    };
    let bench = Bench::new();
    let cases = LINK_FAILS.replace(
        "{CE1: shutdown GigabitEthernet0/1/0}",
        "{CE1: {configure: [interface GigabitEthernet0/1/0, shutdown, set authentication password simple Hunter2x], undo: \
         [interface GigabitEthernet0/1/0, undo shutdown, undo set authentication password simple Hunter2x]}}",
    );
    let result = bench.run(&FakeLab::new(vec![secretive]), &cases).unwrap();
    assert_eq!(result.exit_code, 0, "{:?}", case(&result));
    let bundle = result.bundle.unwrap();
    let files = std::fs::read_dir(bundle.join("evidence"))
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.chain([bundle.join("events.jsonl"), bundle.join("report.html")]) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            !text.contains("Qw3rty") && !text.contains("Hunter2x"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn after_a_change_that_is_not_undone_no_case_is_green() {
    let stubborn = FakeDevice {
        configuring: Some(Box::new(|_, lines| (verb(lines) == "undo shutdown").then_some(Ok(())))),
        ..device("CE1")
    };
    let cases = format!(
        "{}\n  - name: later\n    expect:\n      CE1: config lacks \"x\"\n",
        LINK_FAILS.trim_end()
    );
    let bench = Bench::new();
    let result = bench.run(&FakeLab::new(vec![stubborn]), &cases).unwrap();
    let finished: Vec<_> = result
        .events
        .iter()
        .filter_map(|record| match &record.event {
            Event::CaseFinished(finished) => Some((finished.verdict, finished.reason.clone().unwrap_or_default())),
            _ => None,
        })
        .collect();
    assert_eq!((finished.len(), finished[1].0), (2, Inconclusive), "{finished:?}");
    assert!(
        finished[1].1.contains("CE1 is not as it was before an earlier"),
        "{finished:?}"
    );
}
