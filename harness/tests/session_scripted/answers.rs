//! Where an answer begins and ends, and what of it is text.

use harness::session::DeviceSession;
use harness::session::transport::scripted::{Act, Script};
use rstest::rstest;

use crate::device::*;

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
