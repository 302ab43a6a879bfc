//! From the first byte to a known prompt.

use harness::session::transport::scripted::{Act, Script};
use harness::session::{DeviceSession, SessionError};
use rstest::rstest;

use crate::device::*;

#[rstest]
#[case::plain(Script::new().send("\r\nInfo: welcome\r\n<PE1>"), "<PE1>")]
#[case::firewall_pair(Script::new().send("\r\nHRP_M<PE1>"), "HRP_M<PE1>")]
#[case::password_question(
    Script::new()
        .send("Warning: The initial password poses security risks.\r\nThe password needs to be changed. Change now? [Y/N]:")
        .expect("N\n")
        .send("N\r\nInfo: welcome\r\n<PE1>"),
    "<PE1>"
)]
#[case::security_risk(
    Script::new().send("There are security risks in the configuration file. Continue? [y/n]").expect("N\n").send("n\r\n<PE1>"),
    "<PE1>"
)]
#[case::press_enter(
    Script::new().send("\r\n  Please Press ENTER.\r\n").expect("\n").send("\r\n<PE1>"),
    "<PE1>"
)]
#[case::login_at_the_terminal(
    Script::new().send("\r\nUsername:").expect("admin\n").send("admin\r\nPassword:").expect("secret\n").send("\r\n<PE1>"),
    "<PE1>"
)]
#[case::long_banner(
    Script::new().send("line\r\n  ---- More ----").expect(" ").send("\x1b[16D                \x1b[16Dline\r\n<PE1>"),
    "<PE1>"
)]
fn logs_in(#[case] greeting: Script, #[case] prompt: &str) {
    let script = greeting
        .and(after_first_prompt(prompt))
        .answer("display x", "a\r\n", prompt)
        .prompt_again(prompt);
    let (session, watcher) = try_log_in(&target(), script);
    let mut session = session.unwrap_or_else(|error| panic!("{error}; {:?}", watcher.wrong()));
    assert_eq!(session.identity().prompt_name, "PE1");
    assert_eq!(session.ask("display x", soon()).expect("an answer").text, "a\n");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

/// The banner stops right after something like a prompt; what is typed then is echoed at the real one.
#[test]
fn a_banner_like_a_prompt_is_not_learned() {
    let script = Script::new()
        .send("\r\n<Welcome>")
        .expect(format!("{PAGER_OFF}\n"))
        .send("\r\nAuthorised users only.\r\n<PE1>")
        .send(format!("{PAGER_OFF}\r\nInfo: done\r\n<PE1>"))
        .prompt_again("<PE1>")
        .answer(QUIET, "", "<PE1>");
    let (session, _watcher) = try_log_in(&target(), script);
    assert_eq!(session.expect("a session").identity().prompt_name, "PE1");
}

#[test]
fn refused_comforts_do_no_harm() {
    let script = Script::new()
        .send("\r\n<PE1>")
        .answer(
            PAGER_OFF,
            "       ^\r\nError: Unrecognized command found at '^' position.\r\n",
            "<PE1>",
        )
        .prompt_again("<PE1>")
        .answer(QUIET, "Error: No permission to run the command.\r\n", "<PE1>");
    assert!(try_log_in(&target(), script).0.is_ok());
}

#[test]
fn another_kind_of_device_is_told_with_what_it_said() {
    let error = try_log_in(&target(), Script::new().send("Welcome to Junos\r\nPE1# "))
        .0
        .err()
        .expect("an error");
    assert!(matches!(error, SessionError::NoPrompt { .. }), "{error}");
    assert!(error.to_string().contains(r"Junos\r\nPE1# "), "{error}");
}

#[test]
fn an_expired_password_is_told() {
    let script = Script::new()
        .send("The password has expired and must be changed. Change now? [Y/N]:")
        .expect("N\n")
        .send("N\r\n")
        .then(Act::Close);
    let error = try_log_in(&target(), script).0.err().expect("an error");
    assert!(matches!(error, SessionError::PasswordExpired { .. }), "{error}");
}

#[test]
fn a_refused_terminal_login_does_not_go_round_in_circles() {
    let script = Script::new()
        .send("Username:")
        .expect("admin\n")
        .send("admin\r\nPassword:")
        .expect("secret\n")
        .send("\r\nError: Username or password error.\r\nUsername:");
    let (session, watcher) = try_log_in(&target(), script);
    let error = session.err().expect("an error");
    assert!(matches!(error, SessionError::AuthenticationFailed { .. }), "{error}");
    assert!(error.to_string().contains("Username or password error") && !error.to_string().contains("secret"));
    assert!(watcher.is_closed());
}
