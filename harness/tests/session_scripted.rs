//! The VRP dialogue against scripted devices: every trap of prompts, echoes, pagers and questions.

use std::time::{Duration, Instant};

use harness::session::transport::Connected;
use harness::session::transport::scripted::{Act, Script, ScriptedTransport, Watcher};
use harness::session::vrp::VrpSession;
use harness::session::{
    Answer, Auth, ConfigurationMode, DeviceSession, Dialect, HostKeyPolicy, Secret, SessionError, Target,
};
use rstest::rstest;

const PAGER_OFF: &str = "screen-length 0 temporary";
const QUIET: &str = "undo terminal monitor";
const PAGER: &str = "  ---- More ----";

fn target() -> Target {
    Target {
        name: "PE1".into(),
        dialect: Dialect::HuaweiVrp,
        address: "192.0.2.1".into(),
        port: 22,
        username: "admin".into(),
        auth: vec![Auth::Password(Secret::new("secret"))],
        host_key: HostKeyPolicy::Insecure,
        configuration_mode: ConfigurationMode::Auto,
        connect_timeout: Duration::from_secs(5),
        command_timeout: Duration::from_secs(5),
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn connected(script: Script) -> (Connected, Watcher) {
    let (transport, watcher) = ScriptedTransport::new(script);
    let connected = Connected {
        transport: Box::new(transport),
        address: "192.0.2.1:22".into(),
        host_key_fingerprint: None,
        host_key_verified_by: None,
        banner: String::new(),
    };
    (connected, watcher)
}

fn try_log_in(target: &Target, script: Script) -> (Result<VrpSession, SessionError>, Watcher) {
    let (connected, watcher) = connected(script);
    (VrpSession::log_in(target, connected, soon()), watcher)
}

/// What a device does after the prompt was first shown.
fn after_first_prompt(prompt: &str) -> Script {
    Script::new()
        .answer(
            PAGER_OFF,
            "Info: The configuration takes effect on the current user terminal interface only.\r\n",
            prompt,
        )
        .prompt_again(prompt)
        .answer(QUIET, "", prompt)
}

fn logged_in_as(prompt: &str) -> Script {
    Script::new()
        .send(format!("\r\nInfo: welcome\r\n{prompt}"))
        .and(after_first_prompt(prompt))
}

fn session_as(prompt: &str, script: Script) -> (VrpSession, Watcher) {
    let (session, watcher) = try_log_in(&target(), logged_in_as(prompt).and(script));
    (session.expect("a session"), watcher)
}

fn session(script: Script) -> (VrpSession, Watcher) {
    session_as("<PE1>", script)
}

fn ask_of(script: Script) -> Result<Answer, SessionError> {
    session(script).0.ask("display x", soon())
}

/// The answer to `display x` of a device that sends these bytes, prompt included.
fn answer_to(bytes: impl AsRef<[u8]>) -> Answer {
    let script = Script::new().expect("display x\n").send(bytes).prompt_again("<PE1>");
    ask_of(script).expect("an answer")
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

// --- answers -------------------------------------------------------------------------------------------------------

#[rstest]
#[case::plain("display x\r\na\r\nb\r\n<PE1>", "a\nb\n")]
#[case::no_output("display x\r\n<PE1>", "")]
#[case::blank_lines_stay("display x\r\n\r\na\r\n\r\n<PE1>", "\na\n\n")]
#[case::version_in_configuration("display x\r\n[V200R009C00SPC500]\r\n#\r\n<PE1>", "[V200R009C00SPC500]\n#\n")]
#[case::odd_password("display x\r\n cipher :SL<->\r\n<PE1>", " cipher :SL<->\n")]
#[case::description("display x\r\n description <PE1>\r\n<PE1>", " description <PE1>\n")]
#[case::other_device("display x\r\n<PE2>\r\n<PE1>", "<PE2>\n")]
#[case::timestamp(
    "display x\r\n2024-05-11 10:11:12.345 +08:00\r\na\r\n<PE1>",
    "2024-05-11 10:11:12.345 +08:00\na\n"
)]
#[case::colour("display x\r\n\x1b[1ma\x1b[m\r\n\x1b[m<PE1>", "a\n")]
#[case::nul_and_bell("display x\r\n\0a\x07\r\n\0<PE1>", "a\n")]
#[case::double_return("display x\r\r\na\r\r\n<PE1>", "a\n")]
#[case::blank_after_prompt("display x\r\na\r\n<PE1> ", "a\n")]
#[case::prompt_repeated_before_echo("\r\n<PE1>\r\n<PE1>display x\r\na\r\n<PE1>", "a\n")]
#[case::log_before_echo("\r\nMay 11 2024 PE1 %%01IFNET/4: down\r\n<PE1>display x\r\na\r\n<PE1>", "a\n")]
#[case::wrapped_echo("displ \ray x\r\na\r\n<PE1>", "a\n")]
#[case::redrawn_echo("disp\r<PE1>display x\r\na\r\n<PE1>", "a\n")]
#[case::unicode("display x\r\n description Zürich 北京\r\n<PE1>", " description Zürich 北京\n")]
fn answers(#[case] bytes: &str, #[case] text: &str) {
    let answer = answer_to(bytes);
    assert_eq!(answer.text, text);
    assert_eq!(answer.rejected, None);
    assert!(!answer.is_lossy());
}

#[test]
fn bytes_that_are_not_utf8_are_flagged() {
    let answer = answer_to(b"display x\r\n description \xb1\xb1\xbe\xa9\r\n<PE1>");
    assert!(answer.is_lossy());
    assert!(answer.text.starts_with(" description \u{fffd}"));
}

#[rstest]
#[case("Error: Unrecognized command found at '^' position.\r\n", true)]
#[case("          ^\r\nError: Unrecognized command found at '^' position.\r\n", true)]
#[case("Error: No permission to run the command.\r\n", true)]
#[case("% Unknown command\r\n", true)]
#[case("Interface  Errors\r\nError: lines such as this one\r\nTotal 1\r\n", false)]
fn refusals(#[case] output: &str, #[case] rejected: bool) {
    assert_eq!(
        answer_to(format!("display x\r\n{output}<PE1>")).rejected.is_some(),
        rejected
    );
}

/// A line of the output that is the prompt to the letter, and the device pauses right after it.
#[test]
fn a_line_that_looks_exactly_like_the_prompt_does_not_end_the_answer() {
    let script = Script::new()
        .expect("display x\n")
        .send("display x\r\nheader login information %\r\n<PE1>")
        .expect("\n")
        .send("\r\n%\r\nreturn\r\n<PE1>")
        .send("\r\n<PE1>");
    let answer = ask_of(script).expect("an answer");
    assert_eq!(answer.text, "header login information %\n<PE1>\n%\nreturn\n");
}

#[test]
fn noise_between_answers_belongs_to_none() {
    let script = Script::new()
        .answer("display x", "a\r\n", "<PE1>")
        .prompt_again("<PE1>")
        .then(Act::Arrived(b"\r\nsome message\r\n<PE1>".to_vec()))
        .answer("display y", "b\r\n", "<PE1>")
        .prompt_again("<PE1>");
    let (mut session, watcher) = session(script);
    assert_eq!(session.ask("display x", soon()).expect("an answer").text, "a\n");
    assert_eq!(session.ask("display y", soon()).expect("an answer").text, "b\n");
    assert!(watcher.is_over(), "{:?}", watcher.wrong());
}

// --- pager ---------------------------------------------------------------------------------------------------------

const ERASURES: [&str; 6] = [
    "\x1b[16D                \x1b[16D",
    "\x1b[42D                                          \x1b[42D",
    " \x1b[17D",
    "\r                \r",
    "\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08",
    "\r\x1b[K",
];

fn paged(erasure: &str, coloured: bool, cuts: &[usize]) -> Script {
    let pager = if coloured {
        format!("\x1b[7m{PAGER}\x1b[m")
    } else {
        PAGER.to_owned()
    };
    let first = format!("display x\r\nline 1\r\n\r\n  line 3\r\n{pager}");
    let second = format!("{erasure}  line 4\r\n{pager}");
    let third = format!("{erasure}\r\nline 6\r\n<PE1>");
    let cut_in = |from: usize, length: usize| -> Vec<usize> {
        cuts.iter()
            .filter(|&&cut| cut > from && cut < from + length)
            .map(|cut| cut - from)
            .collect()
    };
    let (a, b, c) = (first.len(), second.len(), third.len());
    Script::new()
        .expect("display x\n")
        .send_split(first, &cut_in(0, a))
        .expect(" ")
        .send_split(second, &cut_in(a, b))
        .expect(" ")
        .send_split(third, &cut_in(a + b, c))
        .prompt_again("<PE1>")
}

const PAGED_TEXT: &str = "line 1\n\n  line 3\n  line 4\n\nline 6\n";

#[test]
fn pages_are_turned_and_leave_no_trace_wherever_the_bytes_are_cut() {
    for erasure in ERASURES {
        for coloured in [false, true] {
            let whole = ask_of(paged(erasure, coloured, &[])).expect("an answer");
            assert_eq!(whole.text, PAGED_TEXT, "{erasure:?}");
            for cut in 1..200 {
                let answer = ask_of(paged(erasure, coloured, &[cut])).expect("an answer");
                assert_eq!(answer.text, PAGED_TEXT, "{erasure:?} cut at {cut}");
            }
            let every: Vec<usize> = (1..400).collect();
            let answer = ask_of(paged(erasure, coloured, &every)).expect("an answer");
            assert_eq!(answer.text, PAGED_TEXT, "{erasure:?} byte by byte");
        }
    }
}

#[test]
fn a_line_that_looks_like_the_pager_is_text() {
    let script = Script::new()
        .expect("display x\n")
        .send(format!("display x\r\n{PAGER}"))
        .send("\r\nb\r\n<PE1> ")
        .expect(" \n")
        .send("\r\n<PE1>");
    assert_eq!(ask_of(script).expect("an answer").text, format!("{PAGER}\nb\n"));
}

// --- the same bytes, cut anywhere ----------------------------------------------------------------------------------

/// A small generator, so that a failure can be repeated.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}

#[test]
fn the_answer_does_not_depend_on_where_the_bytes_are_cut() {
    let stream = "\r\n<PE1>displ \ray x\r\n2024-05-11 10:11:12.345\r\n\x1b[1mInterface\x1b[0m  北京\r\n[V200R009C00SPC500]\r\n \
                  description <PE1>\r\n<PE1>x\r\n:SL<->\r\n[~PE1]\r\nZürich\x1b[3Dx\r\n\0\x07Error: in a table\r\n<PE1>";
    let bytes = stream.as_bytes();
    let cut_answer = |cuts: &[usize]| {
        let script = Script::new()
            .expect("display x\n")
            .send_split(bytes, cuts)
            .prompt_again("<PE1>");
        ask_of(script).expect("an answer")
    };
    let whole = cut_answer(&[]);
    assert!(
        whole.text.ends_with("Error: in a table\n") && whole.text.contains("北京"),
        "{:?}",
        whole.text
    );
    let same = |cuts: &[usize]| {
        let answer = cut_answer(cuts);
        assert_eq!(
            (&answer.text, &answer.rejected),
            (&whole.text, &whole.rejected),
            "cut at {cuts:?}"
        );
    };
    for first in 1..bytes.len() {
        same(&[first]);
    }
    let mut generator = Generator(7);
    for _ in 0..400 {
        let mut cuts: Vec<usize> = (0..=generator.below(12))
            .map(|_| generator.below(bytes.len()))
            .collect();
        cuts.sort_unstable();
        same(&cuts);
    }
    same(&(1..bytes.len()).collect::<Vec<_>>());
}

// --- what goes wrong -----------------------------------------------------------------------------------------------

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

// --- login ---------------------------------------------------------------------------------------------------------

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

// --- configuration -------------------------------------------------------------------------------------------------

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
