//! What the console shows of runs.

use checks::outcome::Verdict;

use super::{Lines, Options, progress_line, summary};
use crate::event::{Awaiting, Event, LabKind};
use crate::model::Report;
use crate::scene::{Scene, case};

fn shown(scene: &Scene, options: Options) -> String {
    summary(&Report::from_events(&scene.events).expect("a report"), options)
}

fn piped(scene: &Scene, options: Options) -> String {
    let mut lines = Lines::new(options);
    scene
        .events
        .iter()
        .filter_map(|record| lines.line(record))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn summary_of_a_passing_run() {
    insta::assert_snapshot!(shown(&Scene::passing(LabKind::Emulated), Options::default()));
}

#[test]
fn summary_of_a_failing_run() {
    insta::assert_snapshot!(shown(&Scene::failing(LabKind::Live), Options::default()));
}

#[test]
fn summary_of_a_failing_run_in_a_narrow_terminal() {
    let options = Options {
        width: 56,
        colour: false,
    };
    let text = shown(&Scene::failing(LabKind::Live), options);
    insta::assert_snapshot!(text);
}

#[test]
fn summary_of_a_killed_run() {
    insta::assert_snapshot!(shown(&Scene::killed(LabKind::Live), Options::default()));
}

#[test]
fn lines_of_a_passing_run() {
    insta::assert_snapshot!(piped(&Scene::passing(LabKind::Emulated), Options::default()));
}

#[test]
fn lines_of_a_failing_run() {
    insta::assert_snapshot!(piped(&Scene::failing(LabKind::Live), Options::default()));
}

#[test]
fn colours_only_when_asked_and_nothing_else_changes() {
    let scene = Scene::failing(LabKind::Live);
    for write in [shown, piped] {
        let plain = write(&scene, Options::default());
        let colour = write(
            &scene,
            Options {
                colour: true,
                ..Options::default()
            },
        );
        assert!(!plain.contains('\u{1b}'));
        assert!(colour.contains("\u{1b}[1m\u{1b}[31mfail\u{1b}[0m"), "{colour:?}");
        let bare = colour
            .split('\u{1b}')
            .enumerate()
            .map(|(part, text)| match text.split_once('m') {
                Some((_, rest)) if part > 0 => rest,
                _ => text,
            });
        assert_eq!(bare.collect::<String>(), plain);
    }
}

#[test]
fn devices_cannot_write_to_the_terminal() {
    let mut scene = Scene::begin(LabKind::Live);
    let hostile = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}1A\rpass\u{202e}";
    scene.started().suites[0].cases[0].name.push_str(hostile);
    scene.case_started(0);
    scene.decide(case(0), 0, Verdict::Fail, hostile, hostile, vec![]);
    scene.last_phrase().warnings.push(hostile.to_owned());
    scene.case_finished(0, Verdict::Fail, Some(hostile));
    let event = Event::Awaiting(Awaiting {
        case: case(0),
        device: hostile.to_owned(),
        phrase: hostile.to_owned(),
        waited_ms: 1,
        remaining_ms: u64::MAX,
        actual: hostile.to_owned(),
    });
    let progress = progress_line(&event).expect("a line");
    for text in [
        shown(&scene, Options::default()),
        piped(&scene, Options::default()),
        progress,
    ] {
        assert!(text.contains(r"\x1b[2J"), "{text}");
        assert!(
            !text.contains(['\u{1b}', '\u{9b}', '\r', '\u{7}', '\u{202e}']),
            "{text:?}"
        );
    }
}

#[test]
fn a_device_that_prints_much_does_not_flood_the_terminal() {
    let mut scene = Scene::begin(LabKind::Live);
    scene.case_started(0);
    scene.decide(case(0), 0, Verdict::Fail, "x", &"y ".repeat(1_000_000), vec![]);
    scene.case_finished(0, Verdict::Fail, None);
    assert!(shown(&scene, Options::default()).len() < 8_000);
    assert!(piped(&scene, Options::default()).len() < 8_000);
}

#[test]
fn waiting_says_for_what_for_how_long_and_what_is_there() {
    let event = Event::Awaiting(Awaiting {
        case: case(1),
        device: "PE1".to_owned(),
        phrase: "BFD session pe1_to_ce1 is down within 1 s".to_owned(),
        waited_ms: 340,
        remaining_ms: 660,
        actual: "up".to_owned(),
    });
    let line = progress_line(&event).expect("a line");
    assert_eq!(
        line,
        "PE1: awaiting BFD session pe1_to_ce1 is down within 1 s: 0.3 s of 1.0 s; now up"
    );
}

#[test]
fn cases_that_were_not_selected_are_only_counted() {
    let mut scene = Scene::begin(LabKind::Live);
    scene.started().suites[0].cases[1].selected = false;
    scene.balanced();
    scene.finish(Verdict::Pass, 0);
    let text = shown(&scene, Options::default());
    assert!(
        text.contains("(not selected: 1)") && !text.contains("the CE1–PE1 link fails"),
        "{text}"
    );
}
