//! What goes wrong: silence, broken connections, floods, questions, hostile devices.

use std::time::{Duration, Instant};

use harness::session::transport::scripted::{Act, Script};
use harness::session::vrp::VrpSession;
use harness::session::{DeviceSession, SessionError};
use rstest::rstest;

use crate::device::*;

#[test]
fn an_answer_that_does_not_end_is_an_error_that_shows_its_end() {
    let error = ask_of(Script::new().expect("display x\n").send("display x\r\nhalf a li")).expect_err("an error");
    assert!(matches!(error, SessionError::DeadlineExceeded { .. }) && error.is_lost());
    assert!(error.to_string().contains(r"display x\r\nhalf a li"), "{error}");
}

#[test]
fn a_prompt_without_an_echo_is_no_answer() {
    let error = ask_of(Script::new().expect("display x\n").send("\r\nold output\r\n<PE1>")).expect_err("an error");
    assert!(
        matches!(error, SessionError::EchoMissing { .. }) && error.is_lost(),
        "{error}"
    );
}

#[test]
fn a_prompt_that_is_not_repeated_is_no_end() {
    let error = ask_of(Script::new().answer("display x", "a\r\n", "<PE1>").expect("\n")).expect_err("an error");
    assert!(matches!(error, SessionError::DeadlineExceeded { .. }), "{error}");
}

#[rstest]
#[case::closed(Act::Close)]
#[case::broken(Act::Break("reset".into()))]
fn a_lost_connection_names_the_command(#[case] act: Act) {
    let script = Script::new().expect("display x\n").send("display x\r\na\r\n").then(act);
    let (mut session, watcher) = session(script);
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(
        matches!(&error, SessionError::ConnectionLost { during, .. } if during == "display x"),
        "{error}"
    );
    assert!(watcher.is_closed());
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(matches!(error, SessionError::Closed { .. }), "{error}");
}

#[test]
fn a_session_closed_while_idle_is_told_before_anything_is_sent() {
    let (mut session, watcher) = session(Script::new().then(Act::Close));
    let written = watcher.written();
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(
        matches!(error, SessionError::Closed { .. }) && error.is_lost(),
        "{error}"
    );
    assert_eq!(watcher.written(), written);
}

#[test]
fn an_answer_that_is_too_large_is_refused() {
    let mut script = logged_in_as("<PE1>").expect("display x\n").send("display x\r\n");
    for _ in 0..100 {
        script = script.send([b'x'; 100]);
    }
    let (connected, _watcher) = connected(script);
    let mut session = VrpSession::log_in_with_limit(&target(), connected, soon(), 5000).expect("a session");
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(
        matches!(error, SessionError::OutputTooLarge { limit: 5000, .. }),
        "{error}"
    );
}

#[test]
fn a_question_in_an_answer_is_answered_no_and_told() {
    let script = Script::new()
        .answer("display x", "This takes long. ", "Continue? [Y/N]:")
        .expect("N\n")
        .send("N\r\n<PE1>")
        .answer("display y", "b\r\n", "<PE1>")
        .prompt_again("<PE1>");
    let (mut session, _watcher) = session(script);
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(
        error.to_string().contains("This takes long. Continue? [Y/N]:") && !error.is_lost(),
        "{error}"
    );
    assert_eq!(session.ask("display y", soon()).expect("an answer").text, "b\n");
}

/// A device that sends nothing but traps: sessions end in an answer or an error, never in a panic or a standstill.
#[test]
fn hostile_devices_do_no_harm() {
    let pieces = [
        "<PE1>",
        "<PE1>\r\n",
        "[~PE1]",
        "[*PE1]",
        "\r\n",
        "\n",
        "\r",
        "  ---- More ----",
        "\x1b[16D",
        "\x1b[K",
        " ",
        "\x08",
        "display x",
        "display x\r\n",
        "system-view\r\n",
        "shutdown\r\n",
        "commit\r\n",
        "return\r\n",
        "Continue? [Y/N]:",
        "Error: no",
        "Error: Unrecognized command\r\n",
        "Password:",
        "Username:",
        "Press ENTER",
        "\x1b",
        "\x1b[",
        "中",
        "\0",
        "screen-length 0 temporary\r\n",
        "undo terminal monitor\r\n",
        "^\r\n",
    ];
    let mut generator = Generator(11);
    for _ in 0..3000 {
        let mut noise = |count: usize| {
            (0..count).fold(Script::new(), |script, _| {
                script.send(pieces[generator.below(pieces.len())])
            })
        };
        let (raw, _watcher) = try_log_in(&target(), noise(30).then(Act::Close));
        drop(raw);
        let (mut session, _watcher) = session(noise(30).then(Act::Close));
        let _ = session.ask("display x", soon());
        let _ = session.configure(&lines(&["shutdown"]), soon());
        let _ = session.ask("display x", soon());
    }
}

#[test]
fn control_sequences_do_not_make_an_answer_larger_than_the_limit() {
    let mut script = logged_in_as("<PE1>").expect("display x\n").send("display x\r\n");
    for _ in 0..100 {
        script = script.send("\x1b[4000C\r\n");
    }
    let (connected, _watcher) = connected(script);
    let mut session = VrpSession::log_in_with_limit(&target(), connected, soon(), 50_000).expect("a session");
    let error = session.ask("display x", soon()).expect_err("an error");
    assert!(matches!(error, SessionError::OutputTooLarge { .. }), "{error}");
}

/// Some twenty megabytes in small pieces: quadratic work would take minutes.
#[test]
fn large_answers_cost_no_more_than_their_size() {
    let row = "10.0.0.0/8           OSPF    10   3             D  10.1.2.3        GigabitEthernet0/1/0\r\n";
    let chunk = row.repeat(11);
    let mut script = Script::new().expect("display x\n").send("display x\r\n");
    let chunks = 20_000;
    for _ in 0..chunks {
        script = script.send(&chunk);
    }
    let (mut session, _watcher) = session(script.send("<PE1>").prompt_again("<PE1>"));
    let begun = Instant::now();
    let answer = session
        .ask("display x", begun + Duration::from_secs(60))
        .expect("an answer");
    assert_eq!(answer.text.lines().count(), chunks * 11);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
