//! Pages are turned and leave no trace.

use harness::session::transport::scripted::Script;

use crate::device::*;

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
