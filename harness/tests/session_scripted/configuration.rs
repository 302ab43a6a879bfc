//! Two stages and one, refusals, questions, and what is left behind.

use harness::session::transport::scripted::{Act, Script, Watcher};
use harness::session::vrp::VrpSession;
use harness::session::{ConfigurationMode, DeviceSession, SessionError};
use rstest::rstest;

use crate::device::*;

fn entered(prompt: &str) -> Script {
    Script::new().answer(
        "system-view",
        "Enter system view, return user view with return command.\r\n",
        prompt,
    )
}

fn left() -> Script {
    Script::new().answer("return", "", "<PE1>")
}

/// A session after this configuration, with what came of it and all that was typed for it.
fn configure(script: Script, change: &[&str]) -> (Result<Vec<String>, SessionError>, Watcher, VrpSession) {
    configure_in(ConfigurationMode::Auto, script, change)
}

fn configure_in(
    mode: ConfigurationMode,
    script: Script,
    change: &[&str],
) -> (Result<Vec<String>, SessionError>, Watcher, VrpSession) {
    let mut target = target();
    target.configuration_mode = mode;
    let (session, watcher) = try_log_in(&target, logged_in_as("<PE1>").and(script));
    let mut session = session.expect("a session");
    let configured = session.configure(&lines(change), soon());
    let typed = configured.map(|configured| configured.dialogue.into_iter().map(|(line, _)| line).collect());
    (typed, watcher, session)
}

const CHANGE: [&str; 2] = ["interface GE0/1/0", "shutdown"];

fn two_lines() -> Script {
    entered("[~PE1]")
        .answer("interface GE0/1/0", "", "[~PE1-GigabitEthernet0/1/0]")
        .answer("shutdown", "", "[*PE1-GigabitEthernet0/1/0]")
}

#[test]
fn two_stages_are_committed() {
    let script = two_lines()
        .answer("commit", "", "[~PE1-GigabitEthernet0/1/0]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &CHANGE);
    assert_eq!(
        typed.expect("a change"),
        ["system-view", "interface GE0/1/0", "shutdown", "commit", "return"]
    );
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn one_stage_is_not_committed() {
    let script = entered("[PE1]")
        .answer("interface GE0/1/0", "", "[PE1-GigabitEthernet0/1/0]")
        .answer("shutdown", "", "[PE1-GigabitEthernet0/1/0]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &CHANGE);
    assert_eq!(
        typed.expect("a change"),
        ["system-view", "interface GE0/1/0", "shutdown", "return"]
    );
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_refused_line_discards_everything() {
    let script = two_lines()
        .answer(
            "no such",
            "        ^\r\nError: Unrecognized command found at '^' position.\r\n",
            "[*PE1-GigabitEthernet0/1/0]",
        )
        .answer("clear configuration candidate", "", "[~PE1-GigabitEthernet0/1/0]")
        .and(left())
        .answer("display x", "a\r\n", "<PE1>")
        .prompt_again("<PE1>");
    let (typed, watcher, mut session) = configure(script, &["interface GE0/1/0", "shutdown", "no such", "mtu 9000"]);
    let error = typed.expect_err("an error");
    let SessionError::LineRefused { line, message, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(line, "no such");
    assert!(message.contains("Unrecognized command"), "{message}");
    assert!(!error.is_lost() && !error.may_have_changed(), "{error}");
    assert_eq!(session.ask("display x", soon()).expect("an answer").text, "a\n");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_candidate_that_cannot_be_cleared_is_left_with_no() {
    let question = "Warning: Uncommitted configurations found. Are you sure to commit them before exiting? \
                    [Y(yes)/N(no)/C(cancel)]:";
    let script = two_lines()
        .answer(
            "no such",
            "Error: Unrecognized command found at '^' position.\r\n",
            "[*PE1-GigabitEthernet0/1/0]",
        )
        .answer(
            "clear configuration candidate",
            "Error: Unrecognized command\r\n",
            "[*PE1-GigabitEthernet0/1/0]",
        )
        .answer("return", "", question)
        .expect("N\n")
        .send("N\r\n<PE1>");
    let (typed, watcher, _session) = configure(script, &["interface GE0/1/0", "shutdown", "no such"]);
    let error = typed.expect_err("an error");
    assert!(
        matches!(error, SessionError::LineRefused { .. }) && !error.is_lost(),
        "{error}"
    );
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_refused_line_of_one_stage_tells_what_is_in_effect() {
    let script = entered("[PE1]")
        .answer("interface GE0/1/0", "", "[PE1-GigabitEthernet0/1/0]")
        .answer(
            "shutdown",
            "Error: The port is a member.\r\n",
            "[PE1-GigabitEthernet0/1/0]",
        )
        .and(left());
    let (typed, _watcher, _session) = configure(script, &CHANGE);
    let error = typed.expect_err("an error");
    assert!(
        error.to_string().contains("ARE IN EFFECT") && error.to_string().contains("interface GE0/1/0"),
        "{error}"
    );
    assert!(error.may_have_changed() && !error.is_lost());
}

#[rstest]
#[case::failed("Failed to generate committed config.\r\n", false)]
#[case::error("Error: The address conflicts with another one.\r\n", false)]
#[case::locked("Error: The configuration is locked by other user. [Session ID = 407]\r\n", true)]
#[case::silent("", false)]
fn a_refused_commit_discards_everything(#[case] words: &str, #[case] locked: bool) {
    let script = two_lines()
        .answer("commit", words, "[*PE1-GigabitEthernet0/1/0]")
        .answer("clear configuration candidate", "", "[~PE1-GigabitEthernet0/1/0]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &CHANGE);
    let error = typed.expect_err("an error");
    assert_eq!(
        matches!(error, SessionError::ConfigurationLocked { .. }),
        locked,
        "{error}"
    );
    assert_eq!(matches!(error, SessionError::CommitRefused { .. }), !locked, "{error}");
    assert!(error.to_string().contains(words.trim()), "{error}");
    assert!(!error.is_lost() && !error.may_have_changed(), "{error}");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_commit_of_nothing_is_no_refusal() {
    let script = entered("[~PE1]")
        .answer("interface GE0/1/0", "", "[~PE1-GigabitEthernet0/1/0]")
        .answer("shutdown", "", "[~PE1-GigabitEthernet0/1/0]")
        .answer(
            "commit",
            "Error: There is no configuration to commit.\r\n",
            "[~PE1-GigabitEthernet0/1/0]",
        )
        .and(left());
    assert!(configure(script, &CHANGE).0.is_ok());
}

#[test]
fn a_commit_that_complains_and_leaves_nothing_pending_is_uncertain() {
    let script = two_lines()
        .answer("commit", "Error: One line failed.\r\n", "[~PE1-GigabitEthernet0/1/0]")
        .and(left());
    let error = configure(script, &CHANGE).0.expect_err("an error");
    assert!(
        matches!(error, SessionError::CommitRefused { .. }) && error.may_have_changed(),
        "{error}"
    );
}

#[test]
fn a_connection_lost_after_the_commit_leaves_the_change_uncertain() {
    for act in [Act::Close, Act::Hang, Act::Break("reset".into())] {
        let script = two_lines().expect("commit\n").send("commit\r\n").then(act);
        let error = configure(script, &CHANGE).0.expect_err("an error");
        assert!(matches!(error, SessionError::ChangeUncertain { .. }), "{error}");
        assert!(
            error.is_lost() && error.may_have_changed() && error.to_string().contains("MAY OR MAY NOT"),
            "{error}"
        );
    }
}

#[test]
fn a_connection_lost_before_the_commit_changed_nothing() {
    let script = entered("[~PE1]").expect("interface GE0/1/0\n").then(Act::Close);
    let error = configure(script, &CHANGE).0.expect_err("an error");
    assert!(
        matches!(error, SessionError::ConnectionLost { .. }) && !error.may_have_changed(),
        "{error}"
    );
}

#[test]
fn a_session_lost_while_leaving_does_not_undo_the_success() {
    let script = two_lines()
        .answer("commit", "", "[~PE1-GigabitEthernet0/1/0]")
        .expect("return\n")
        .then(Act::Close);
    let (typed, _watcher, mut session) = configure(script, &CHANGE);
    assert!(typed.is_ok());
    assert!(session.ask("display x", soon()).expect_err("an error").is_lost());
}

#[test]
fn uncommitted_changes_of_others_are_left_alone() {
    let (typed, watcher, _session) = configure(entered("[*PE1]"), &CHANGE);
    let error = typed.expect_err("an error");
    assert!(
        matches!(error, SessionError::UncommittedChanges { .. }) && error.is_lost(),
        "{error}"
    );
    assert!(watcher.is_closed());
    assert!(watcher.written().ends_with(b"system-view\n"), "nothing more is typed");
}

#[test]
fn a_question_implied_by_the_line_is_answered_yes() {
    let script = entered("[~PE1]")
        .answer(
            "undo bgp 100",
            "Warning: All BGP configurations will be deleted. ",
            "Continue? [Y/N]:",
        )
        .expect("Y\n")
        .send("Y\r\n[*PE1]")
        .answer("commit", "", "[~PE1]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &["undo bgp 100"]);
    assert!(typed.is_ok(), "{typed:?}");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_question_answered_by_the_next_line_is_answered_so() {
    let script = entered("[~PE1]")
        .answer("mode x", "", "The board will be restarted. Continue? [Y/N]:")
        .expect("Y\n")
        .send("Y\r\n[*PE1]")
        .answer("commit", "", "[~PE1]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &["mode x", "y"]);
    assert_eq!(typed.expect("a change"), ["system-view", "mode x", "commit", "return"]);
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn any_other_question_is_answered_no_and_discards_everything() {
    let script = entered("[~PE1]")
        .answer("mode x", "", "The board will be restarted. Continue? [Y/N]:")
        .expect("N\n")
        .send("N\r\n[~PE1]")
        .and(left());
    let (typed, watcher, _session) = configure(script, &["mode x", "shutdown"]);
    let error = typed.expect_err("an error");
    assert!(
        matches!(&error, SessionError::QuestionRefused { question, .. } if question.contains("restarted")),
        "{error}"
    );
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn the_prompt_follows_the_name_at_commit() {
    let script = entered("[~PE1]")
        .answer("sysname NEW", "", "[*PE1]")
        .answer("commit", "", "[~NEW]")
        .answer("return", "", "<NEW>")
        .answer("display x", "a\r\n<PE1>\r\n", "<NEW>")
        .prompt_again("<NEW>");
    let (typed, _watcher, mut session) = configure(script, &["sysname NEW"]);
    assert!(typed.is_ok(), "{typed:?}");
    assert_eq!(session.identity().prompt_name, "NEW");
    assert_eq!(session.ask("display x", soon()).expect("an answer").text, "a\n<PE1>\n");
}

#[test]
fn the_mode_of_the_inventory_must_be_that_of_the_device() {
    let script = entered("[PE1]").and(left());
    let (typed, watcher, _session) = configure_in(ConfigurationMode::TwoStage, script, &CHANGE);
    let error = typed.expect_err("an error");
    assert!(
        matches!(error, SessionError::ConfigurationView { .. }) && !error.is_lost(),
        "{error}"
    );
    assert!(watcher.is_over(), "{:?}", watcher.wrong());

    let script = entered("[~PE1]")
        .and(left())
        .answer("system-view immediately", "", "[PE1]")
        .answer("interface GE0/1/0", "", "[PE1-GigabitEthernet0/1/0]")
        .answer("shutdown", "", "[PE1-GigabitEthernet0/1/0]")
        .and(left());
    let (typed, watcher, _session) = configure_in(ConfigurationMode::Immediate, script, &CHANGE);
    assert!(typed.is_ok(), "{typed:?}");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

#[test]
fn a_refused_system_view_is_told() {
    let script = Script::new().answer("system-view", "Error: No permission to run the command.\r\n", "<PE1>");
    let error = configure(script, &CHANGE).0.expect_err("an error");
    assert!(
        error.to_string().contains("No permission") && !error.is_lost(),
        "{error}"
    );
}

#[test]
fn a_line_that_leaves_the_view_too_early_is_refused() {
    let script = entered("[~PE1]").answer("quit", "", "<PE1>");
    let error = configure(script, &["quit", "shutdown"]).0.expect_err("an error");
    assert!(
        matches!(&error, SessionError::LineRefused { line, .. } if line == "quit"),
        "{error}"
    );
}

#[rstest]
#[case("commit")]
#[case("system-view")]
#[case("return")]
#[case("interface GE0/1/0\nshutdown")]
#[case("description why?")]
#[case("")]
fn nothing_is_typed_when_a_line_cannot_be(#[case] line: &str) {
    let (mut session, watcher) = session(Script::new());
    let written = watcher.written();
    let error = session
        .configure(&lines(&["interface GE0/1/0", line]), soon())
        .expect_err("an error");
    assert!(
        matches!(error, SessionError::UnsendableLine { .. }) && !error.is_lost(),
        "{error}"
    );
    assert_eq!(watcher.written(), written);
}
