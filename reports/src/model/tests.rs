//! What becomes of runs, sound ones and others.

use checks::outcome::Verdict;
use rstest::rstest;

use super::{AlertKind, ChangeState, FileState, Report};
use crate::ReportError;
use crate::event::{Event, LabKind, Level};
use crate::scene::{Scene, case, lines};

fn kinds(report: &Report) -> Vec<AlertKind> {
    report.alerts.iter().map(|alert| alert.kind).collect()
}

fn of_files(scene: &Scene) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    Report::of_bundle(&scene.write(folder.path())).expect("a report")
}

#[test]
fn a_sound_run_passes_without_alerts() {
    let report = of_files(&Scene::passing(LabKind::Live));
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.alerts);
    assert_eq!(kinds(&report), []);
    assert_eq!((report.counts.cases.pass, report.counts.phrases.pass), (2, 4));
    assert_eq!(report.changes[0].state, ChangeState::Undone);
    let requirements: Vec<_> = report
        .requirements
        .iter()
        .map(|row| (row.requirement.as_deref(), row.verdict))
        .collect();
    assert_eq!(
        requirements,
        [
            (Some("ACC-BFD-01.2"), Verdict::Pass),
            (Some("ACC-BFD-01"), Verdict::Pass)
        ]
    );
    assert!(
        report
            .evidence
            .iter()
            .all(|evidence| evidence.state == FileState::Intact)
    );
    assert!(report.inputs.iter().all(|input| input.state == FileState::Intact));
}

#[test]
fn an_emulated_lab_says_so() {
    let report = of_files(&Scene::passing(LabKind::Emulated));
    assert_eq!(
        (report.verdict, kinds(&report)),
        (Verdict::Pass, vec![AlertKind::EmulatedLab])
    );
}

#[test]
fn a_failure_fails_the_whole() {
    let report = of_files(&Scene::failing(LabKind::Live));
    assert_eq!((report.verdict, kinds(&report)), (Verdict::Fail, vec![]));
    assert_eq!(report.requirements[1].verdict, Verdict::Inconclusive);
}

/// However much of its end a run loses, it never passes.
#[test]
fn a_run_cut_short_anywhere_never_passes() {
    let whole = Scene::passing(LabKind::Live).events;
    for length in 1..whole.len() {
        let report = Report::from_events(&whole[..length]).expect("a report");
        assert_eq!(report.verdict, Verdict::Inconclusive, "after {length} events");
        assert!(kinds(&report).contains(&AlertKind::Unfinished));
    }
}

/// Whatever single event is taken out, the verdict is gone, except for those that carry no verdict.
#[test]
fn a_run_that_lost_an_event_does_not_pass() {
    let whole = Scene::passing(LabKind::Live).events;
    for at in 1..whole.len() {
        let lost = &whole[at].event;
        if matches!(
            lost,
            Event::DeviceConnected(_) | Event::SuiteStarted { .. } | Event::CaseStarted(_)
        ) {
            continue;
        }
        // Taking out the journal leaves the events of a change that nobody announced.
        let mut events = whole.clone();
        events.remove(at);
        let report = Report::from_events(&events).expect("a report");
        // A change that was journaled and undone, and never acknowledged, is sound.
        let harmless = matches!(lost, Event::ChangeMade(_));
        assert_eq!(report.verdict == Verdict::Pass, harmless, "without {lost:?}");
    }
}

#[test]
fn a_killed_run_shows_what_is_in_force_and_what_is_open() {
    let report = of_files(&Scene::killed(LabKind::Live));
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(kinds(&report), [AlertKind::Unfinished, AlertKind::ChangeNotUndone]);
    assert!(
        report.alerts[1]
            .message
            .contains("CE1: `shutdown GigabitEthernet0/1/0`"),
        "{:?}",
        report.alerts
    );
    assert_eq!(report.suites[0].cases[0].verdict, Verdict::Pass);
    assert_eq!(report.suites[0].cases[1].verdict, Verdict::Inconclusive);
    let open = &report.suites[0].cases[1].phrases[0];
    assert_eq!(open.verdict, Verdict::Inconclusive);
    assert!(open.actual.starts_with("not decided"));
}

#[test]
fn a_failure_stays_a_failure_when_the_run_is_cut_short() {
    let mut scene = Scene::failing(LabKind::Live);
    scene.events.truncate(scene.events.len() - 3);
    let report = of_files(&scene);
    assert_eq!(
        (report.verdict, kinds(&report)),
        (Verdict::Fail, vec![AlertKind::Unfinished])
    );
}

#[test]
fn a_change_that_a_later_restore_undid_is_undone() {
    let mut scene = Scene::killed(LabKind::Live);
    scene.restore_link(None, &[]);
    assert_eq!(kinds(&of_files(&scene)), [AlertKind::Unfinished]);
}

#[rstest]
#[case::case_verdict(|event: &mut Event| if let Event::CaseFinished(finished) = event { finished.verdict = Verdict::Pass; finished.reason = None; })]
#[case::suite_verdict(|event: &mut Event| if let Event::SuiteFinished { verdict, .. } = event { *verdict = Verdict::Pass; })]
#[case::run_verdict(|event: &mut Event| if let Event::RunFinished(finished) = event { finished.verdict = Verdict::Pass; })]
#[case::exit_code(|event: &mut Event| if let Event::RunFinished(finished) = event { finished.exit_code = 0; })]
#[case::phrase_verdict(|event: &mut Event| if let Event::PhraseDecided(decided) = event { decided.verdict = Verdict::Pass; })]
#[case::phrase_level(|event: &mut Event| if let Event::PhraseDecided(decided) = event { decided.level = Level::Warning; })]
#[case::phrase_text(|event: &mut Event| if let Event::PhraseDecided(decided) = event { decided.phrase.push('0'); })]
#[case::skipped(|event: &mut Event| if let Event::CaseFinished(finished) = event { finished.verdict = Verdict::Skipped; })]
#[case::which_case(|event: &mut Event| if let Event::CaseFinished(finished) = event { finished.case.case += 7; })]
#[case::which_phrase(|event: &mut Event| if let Event::PhraseDecided(decided) = event { decided.index = 0; })]
#[case::evidence(|event: &mut Event| if let Event::CommandAnswered(answered) = event { answered.evidence.push('x'); })]
fn events_that_contradict_each_other_leave_the_whole_inconclusive(#[case] tamper: fn(&mut Event)) {
    let mut scene = Scene::failing(LabKind::Live);
    scene.tamper(tamper);
    let report = Report::from_events(&scene.events).expect("a report");
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(kinds(&report)[0], AlertKind::Contradiction, "{:?}", report.alerts);
    assert!(report.requirements.iter().all(|row| row.verdict != Verdict::Pass));
}

#[test]
fn a_green_case_cannot_hide_a_change_that_is_in_force() {
    let mut scene = Scene::passing(LabKind::Live);
    scene.tamper(|event| {
        if let Event::ChangeUndone(undone) = event {
            undone.failed = Some("the session was lost".to_owned());
        }
    });
    let report = Report::from_events(&scene.events).expect("a report");
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(kinds(&report).contains(&AlertKind::ChangeNotUndone));
    assert_eq!(report.suites[0].cases[1].verdict, Verdict::Inconclusive);
}

#[test]
fn residue_and_unverified_keys_are_alerts() {
    let mut scene = Scene::passing(LabKind::Live);
    scene.tamper(|event| match event {
        Event::ChangeUndone(undone) => undone.residue = vec!["+ shutdown".to_owned()],
        Event::DeviceConnected(connected) if connected.device == "PE2" => {
            connected.host_key_verified_by = Some("not verified".to_owned());
        }
        _ => {}
    });
    let report = Report::from_events(&scene.events).expect("a report");
    let expected = [
        AlertKind::Contradiction,
        AlertKind::Residue,
        AlertKind::HostKeyNotVerified,
    ];
    assert_eq!(
        (report.verdict, kinds(&report)[0]),
        (Verdict::Inconclusive, expected[0])
    );
    assert!(
        expected.iter().all(|kind| kinds(&report).contains(kind)),
        "{:?}",
        report.alerts
    );
    // As the runner tells it: the case is inconclusive, for a reason.
    scene.tamper(|event| match event {
        Event::CaseFinished(finished) if finished.case == case(1) => {
            finished.verdict = Verdict::Inconclusive;
            finished.reason = Some("the configuration of CE1 is not what it was".to_owned());
        }
        Event::SuiteFinished { verdict, .. } => *verdict = Verdict::Inconclusive,
        Event::RunFinished(finished) => (finished.verdict, finished.exit_code) = (Verdict::Inconclusive, 3),
        _ => {}
    });
    let report = Report::from_events(&scene.events).expect("a report");
    assert_eq!(
        (report.verdict, kinds(&report)),
        (Verdict::Inconclusive, expected[1..].to_vec())
    );
}

#[test]
fn a_restore_the_next_day_does_not_lengthen_the_run() {
    let mut scene = Scene::killed(LabKind::Live);
    let last = scene.now;
    scene.wait(86_400_000);
    scene.restore_link(None, &[]);
    scene.tamper(|event| {
        if let Event::ChangeUndone(undone) = event {
            undone.because = "restore".to_owned();
        }
    });
    let report = Report::from_events(&scene.events).expect("a report");
    assert_eq!(
        (report.run.last_event_at, report.changes[0].state),
        (last, ChangeState::Undone)
    );
}

#[test]
fn a_file_that_differs_or_is_gone_leaves_the_whole_inconclusive() {
    for (path, text) in [
        ("evidence/0002-PE3.txt", "x"),
        ("inputs/bfd-static-vpn/lab.yaml", "lab: y\n"),
    ] {
        let mut scene = Scene::passing(LabKind::Live);
        assert!(
            scene.files.insert(path.to_owned(), text.as_bytes().to_vec()).is_some(),
            "{path}"
        );
        let report = of_files(&scene);
        assert_eq!(report.verdict, Verdict::Inconclusive);
        assert!(kinds(&report).contains(&AlertKind::FileDiffers), "{path}");
        scene.files.remove(path);
        assert!(kinds(&of_files(&scene)).contains(&AlertKind::FileDiffers), "{path}");
    }
}

#[test]
fn a_file_outside_the_bundle_is_never_read() {
    for path in ["../secret", "/etc/hostname", "evidence/../../secret", "", "evidence"] {
        let mut scene = Scene::passing(LabKind::Live);
        scene.started().inputs[0].path = path.to_owned();
        let report = of_files(&scene);
        assert!(matches!(report.inputs[0].state, FileState::Unreadable(_)), "{path}");
        assert_eq!(report.verdict, Verdict::Inconclusive);
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_leads_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let outside = tempfile::NamedTempFile::new().expect("a file");
    let bundle = Scene::passing(LabKind::Live).write(folder.path());
    let evidence = folder.path().join("evidence/0002-PE3.txt");
    std::fs::remove_file(&evidence).expect("removed");
    std::os::unix::fs::symlink(outside.path(), &evidence).expect("linked");
    let report = Report::of_bundle(&bundle).expect("a report");
    assert!(matches!(&report.evidence[0].state, FileState::Unreadable(why) if why.contains("symbolic link")));
}

#[test]
fn lines_beyond_the_end_of_the_evidence_decide_nothing() {
    let mut scene = Scene::passing(LabKind::Live);
    let phrase = scene.last_phrase();
    let evidence = phrase.deciding[0].evidence.clone();
    phrase.deciding = lines(
        "PE3",
        "display ip routing-table vpn-instance VPNA",
        &evidence,
        &[(12, 13)],
    );
    assert_eq!(kinds(&of_files(&scene)), [AlertKind::Contradiction]);
    let phrase = scene.last_phrase();
    phrase.deciding = lines(
        "PE3",
        "display ip routing-table vpn-instance VPNA",
        &evidence,
        &[(12, 12)],
    );
    assert_eq!(kinds(&of_files(&scene)), []);
}

#[test]
fn half_a_requirement_is_not_proven() {
    let mut scene = Scene::begin(LabKind::Live);
    scene.started().suites[0].cases[1].selected = false;
    scene.started().suites[0].cases[0].requirement = None;
    scene.balanced();
    scene.finish(Verdict::Pass, 0);
    let report = of_files(&scene);
    assert_eq!((report.verdict, kinds(&report)), (Verdict::Pass, vec![]));
    assert_eq!(report.counts.cases.skipped, 1);
    let row = &report.requirements[0];
    assert_eq!(
        (row.verdict, row.note.as_deref()),
        (Verdict::Inconclusive, Some("1 of its 2 cases not run"))
    );
}

#[test]
fn a_failed_warning_fails_nothing() {
    let mut scene = Scene::begin(LabKind::Live);
    scene.started().suites[0].cases[1].phrases.clear();
    scene.started().suites[0].cases[1].selected = false;
    scene.started().suites[0].cases[0].phrases[1].level = Level::Warning;
    scene.case_started(0);
    scene.decide(case(0), 0, Verdict::Pass, "x", "x", vec![]);
    scene.decide(case(0), 1, Verdict::Fail, "x", "y", vec![]);
    scene.case_finished(0, Verdict::Pass, None);
    scene.finish(Verdict::Pass, 0);
    let report = of_files(&scene);
    assert_eq!(
        (report.verdict, report.counts.warning_phrases.fail),
        (Verdict::Pass, 1),
        "{:?}",
        report.alerts
    );
}

#[test]
fn events_without_a_beginning_are_refused() {
    let events = Scene::passing(LabKind::Live).events;
    assert!(matches!(Report::from_events(&events[1..]), Err(ReportError::NoStart)));
    assert!(matches!(Report::from_events(&[]), Err(ReportError::NoStart)));
    let mut scene = Scene::passing(LabKind::Live);
    scene.started().format += 1;
    assert!(matches!(
        Report::from_events(&scene.events),
        Err(ReportError::Format(_))
    ));
}
