//! The lines of an answer, what frames them (echo, prompts, timestamps, notices, refusals), and the account that a
//! parser gives of every one of them.

use super::command::{Request, recognise};
use crate::table::{AnyTable, Integrity, Parsed, Severity, Unexplained};

/// A line of the answer without its line end and without the blanks before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Line number in the whole text, counted from 1.
    pub number: u32,
    /// The line, blanks at its end removed.
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// The line without the blanks at its beginning.
    pub fn trimmed(&self) -> &'a str {
        self.text.trim_start()
    }

    /// Number of blanks at its beginning.
    pub fn indent(&self) -> usize {
        self.text.len() - self.trimmed().len()
    }

    /// Its words.
    pub fn words(&self) -> Vec<&'a str> {
        self.text.split_whitespace().collect()
    }

    /// Whether it is a rule of dashes (or of `=`), as drawn above and below headers.
    pub fn is_rule(&self) -> bool {
        let line = self.trimmed();
        line.len() >= 3 && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
    }

    /// Whether its words are these, whatever the blanks between them; case does not matter.
    pub fn says(&self, words: &str) -> bool {
        let (mut ours, mut theirs) = (self.text.split_whitespace(), words.split_whitespace());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
                _ => return false,
            }
        }
    }

    /// What follows these words at the line's beginning, whatever the blanks between them; case does not matter.
    pub fn after(&self, words: &str) -> Option<&'a str> {
        after(self.text, words)
    }
}

/// What follows these words at the beginning of a text, whatever the blanks between them; case does not matter.
pub(crate) fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let mut rest = text;
    for word in words.split_whitespace() {
        rest = rest.trim_start();
        let start = rest.get(..word.len())?;
        if !start.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = &rest[word.len()..];
    }
    Some(rest.trim_start())
}

/// `: 14` or `14`: what follows a colon that may be there.
pub(crate) fn after_colon(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(':').unwrap_or(text).trim_start()
}

/// A number that the device counts with: the first word after a colon that may be there.
pub(crate) fn count(text: &str) -> Option<u64> {
    after_colon(text).split_whitespace().next()?.parse().ok()
}

/// The lines between the framing ones; blank ones are left out.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a str,
    number: u32,
    ends_mid_line: bool,
}

impl<'a> Lines<'a> {
    /// The text that is left, and the number of its first line.
    pub fn rest(&self) -> (&'a str, u32) {
        (self.rest, self.number)
    }

    /// Whether the last line has no line end: it may have been cut.
    pub fn ends_mid_line(&self) -> bool {
        self.ends_mid_line
    }

    /// The next line that is not blank, which stays where it is.
    pub fn peek(&self) -> Option<Line<'a>> {
        self.clone().next()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let number = self.number;
            let text = take_line(&mut self.rest);
            self.number = self.number.saturating_add(1);
            if !text.is_empty() {
                return Some(Line { number, text });
            }
        }
        None
    }
}

/// Cuts the first line off a text; the line comes without its end and without blanks there.
fn take_line<'a>(rest: &mut &'a str) -> &'a str {
    let end = memchr::memchr(b'\n', rest.as_bytes());
    let (line, tail) = end.map_or((*rest, ""), |end| (&rest[..end], &rest[end + 1..]));
    *rest = tail;
    without_pager(line.trim_end())
}

/// The pager's question, which a raw paste holds before the line that followed it.
const PAGER: &str = "---- More ----";

/// What the terminal shows of a line once the pager's question before it is erased: the cursor goes back (by
/// backspaces, a carriage return or `ESC [ 42 D`), blanks cover the question, and the cursor goes back again. Where a
/// copy lost those signs, as many blanks are left as devices print.
pub(super) fn without_pager(line: &str) -> &str {
    let Some(erased) = line.trim_start().strip_prefix(PAGER) else {
        return line;
    };
    let (mut rest, mut shown) = (erased, None);
    loop {
        rest = rest.trim_start_matches(' ');
        match after_cursor_sign(rest) {
            Some(next) => {
                rest = next;
                shown = Some(next);
            }
            None => break,
        }
    }
    let blanks = erased.len() - rest.len();
    match shown {
        Some(shown) => shown,
        None if rest.is_empty() => "",
        None => [42, 16]
            .into_iter()
            .find(|covered| blanks >= *covered)
            .map_or(line, |covered| &erased[covered..]),
    }
}

/// What follows a sign that moves the cursor to the left or erases the line. The escape byte is often lost in a copy.
fn after_cursor_sign(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix(['\r', '\u{8}']) {
        return Some(rest);
    }
    let sequence = text.strip_prefix('\u{1b}').unwrap_or(text).strip_prefix('[')?;
    let rest = sequence.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.strip_prefix(['D', 'K'])
}

/// Most lines that are kept as unexplained; of further ones the number is told.
const MOST_UNEXPLAINED: usize = 10_000;

/// The account of an answer: everything in it that is no row and no known line.
#[derive(Debug, Default)]
pub(crate) struct Account {
    unexplained: Vec<Unexplained>,
    uncounted: u64,
    first_uncounted: u32,
    integrity: Vec<Integrity>,
    rejected: Option<String>,
}

impl Account {
    /// A line that no rule explains.
    pub fn unexplained(&mut self, line: Line<'_>) {
        self.push(line, None);
    }

    /// A row's line of which one field's value is not understood.
    pub fn unexplained_field(&mut self, line: Line<'_>, field: &'static str) {
        self.push(line, Some(field.to_owned()));
    }

    fn push(&mut self, line: Line<'_>, field: Option<String>) {
        if self.unexplained.len() >= MOST_UNEXPLAINED {
            if self.uncounted == 0 {
                self.first_uncounted = line.number;
            }
            self.uncounted += 1;
            return;
        }
        self.unexplained.push(Unexplained {
            line: line.number,
            text: line.text.trim_end().to_owned(),
            field,
        });
    }

    /// Rows may be missing or false. `line` is 0 where a line is missing.
    pub fn error(&mut self, line: u32, message: String) {
        let severity = Severity::Error;
        self.integrity.push(Integrity {
            severity,
            line,
            message,
        });
    }

    /// The device disagrees with itself; the rows stand.
    pub fn warning(&mut self, line: u32, message: String) {
        let severity = Severity::Warning;
        self.integrity.push(Integrity {
            severity,
            line,
            message,
        });
    }

    /// The answer shows nothing by which its table is known: neither a header nor the device's count.
    pub fn no_header(&mut self, request: &Request) {
        if self.rejected.is_none() {
            let command = &request.command;
            self.error(
                0,
                format!("no header of `{command}` is in the answer; it cannot be told from an answer that was cut"),
            );
        }
    }

    /// Whether the device refused the command.
    pub fn is_rejected(&self) -> bool {
        self.rejected.is_some()
    }

    /// Compares a count of the device with the rows: a difference means that rows may be missing.
    pub fn expect_count(&mut self, line: u32, what: &str, said: u64, found: u64) {
        if said != found {
            self.error(
                line,
                format!("the device counts {said} {what}, the answer holds {found}"),
            );
        }
    }

    /// The table with this account.
    pub fn finish(mut self, table: AnyTable) -> Parsed {
        if self.uncounted > 0 {
            let (more, first) = (self.uncounted, self.first_uncounted);
            self.error(
                first,
                format!("{more} further lines that no rule explains, from line {first} on"),
            );
        }
        self.unexplained.sort_by_key(|unexplained| unexplained.line);
        self.integrity.sort_by_key(|integrity| integrity.line);
        Parsed {
            table,
            unexplained: self.unexplained,
            integrity: self.integrity,
            rejected: self.rejected,
        }
    }
}

/// Takes the frame off an answer: echo and prompts of a raw paste, a timestamp, notices, a refusal.
pub(crate) fn open<'a>(request: &Request, text: &'a str) -> (Lines<'a>, Account) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut account = Account::default();
    let body = without_prompts_at_end(text);
    let mut lines = Lines {
        rest: body,
        number: 1,
        ends_mid_line: body.len() == text.len() && !text.is_empty() && !text.ends_with('\n'),
    };
    let mut caret = None;
    loop {
        let mut ahead = lines.clone();
        let Some(line) = ahead.next() else { break };
        let trimmed = line.trimmed();
        if is_refusal(trimmed) {
            let words = account.rejected.take();
            account.rejected = Some(words.map_or(trimmed.to_owned(), |words| format!("{words} {trimmed}")));
        } else if trimmed == "^" {
            caret = Some(line);
        } else if !is_timestamp(trimmed) && !is_notice(trimmed) && !is_echo(request, line, &mut account) {
            break;
        }
        lines = ahead;
    }
    if let (Some(line), None) = (caret, &account.rejected) {
        account.unexplained(line);
    }
    (lines, account)
}

/// `Error: …`, `Error[1]: …`, `Error:Too many …`, `% Unrecognized command …`.
fn is_refusal(line: &str) -> bool {
    let error = after(line, "error");
    error.is_some_and(|rest| rest.starts_with([':', '['])) || line.starts_with("% ")
}

/// `Info: …`, `Warning: …`.
fn is_notice(line: &str) -> bool {
    ["info:", "warning:", "notice:"]
        .iter()
        .any(|notice| after(line, notice).is_some())
}

/// `2024-06-08 13:04:22.667 +03:00`, also with the zone's name or without fraction and zone; firewalls of the first
/// releases: `17:20:50  2017/03/09`.
fn is_timestamp(line: &str) -> bool {
    let has_shape = |text: &str, shape: &[u8]| {
        text.len() >= shape.len()
            && shape.iter().zip(text.as_bytes()).all(|(want, byte)| match want {
                b'd' => byte.is_ascii_digit(),
                _ => want == byte,
            })
    };
    let year_first = b"dddd-dd-dd dd:dd:dd";
    if has_shape(line, year_first) {
        let zone = |byte: &u8| byte.is_ascii_alphanumeric() || b".+-: ".contains(byte);
        return line.len() <= 48 && line.as_bytes()[year_first.len()..].iter().all(zone);
    }
    let mut words = line.split_whitespace();
    let is_word =
        |word: Option<&str>, shape: &[u8]| word.is_some_and(|word| word.len() == shape.len() && has_shape(word, shape));
    is_word(words.next(), b"dd:dd:dd") && is_word(words.next(), b"dddd/dd/dd") && words.next().is_none()
}

/// The command line with the prompt before it, or alone.
fn is_echo(request: &Request, line: Line<'_>, account: &mut Account) -> bool {
    let (prompt, command) = match split_prompt(line.trimmed()) {
        Some((prompt, command)) => (Some(prompt), command),
        None => (None, line.trimmed()),
    };
    if command.is_empty() {
        // `[V200R009C00SPC500]` may be a line of a configuration.
        return prompt.is_some_and(|prompt| prompt.ends_with('>'));
    }
    let first = command.split_whitespace().next().unwrap_or_default();
    let looks_like_command = first.len() >= 3 && "display".starts_with(first) || ["ping", "tracert"].contains(&first);
    match recognise(command) {
        Ok((_, echoed)) if prompt.is_some() || looks_like_command => {
            if echoed.command != request.command || echoed.filtered != request.filtered {
                let asked = &request.command;
                account.error(
                    line.number,
                    format!("the text answers `{command}`, and is read as an answer to `{asked}`"),
                );
            }
            true
        }
        _ => false,
    }
}

/// Splits `<PE1> display …`, `[~PE1-bgp]dis …`, `HRP_M<FW>` into prompt and what was typed.
pub(crate) fn split_prompt(line: &str) -> Option<(&str, &str)> {
    let start = ["HRP_M", "HRP_S", "HRP_A"]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix))
        .unwrap_or(line);
    let close = match start.bytes().next()? {
        b'<' => '>',
        b'[' => ']',
        _ => return None,
    };
    let end = start.find(close)?;
    let name = start[1..end].trim_start_matches(['~', '*']);
    // A device's name may be written in any script, with signs such as `&`, and never holds a blank.
    let fits = |sign: char| sign.is_alphanumeric() || "-_./:@()&+#=!%$,;'~*".contains(sign);
    if name.is_empty() || name.len() > 256 || !name.chars().all(fits) {
        return None;
    }
    let cut = line.len() - start.len() + end + 1;
    Some((&line[..cut], line[cut..].trim()))
}

/// The text up to the prompts that stand alone at its end.
fn without_prompts_at_end(text: &str) -> &str {
    let mut body = text;
    loop {
        let trimmed = body.trim_end();
        let start = memchr::memrchr(b'\n', trimmed.as_bytes()).map_or(0, |at| at + 1);
        match split_prompt(trimmed[start..].trim_start()) {
            Some((_, "")) => body = &trimmed[..start],
            _ => return body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Rows;

    fn request() -> Request {
        Request {
            command: "display version".to_owned(),
            ..Request::default()
        }
    }

    fn body(text: &str) -> Vec<(u32, &str)> {
        let (lines, _) = open(&request(), text);
        lines.map(|line| (line.number, line.text)).collect()
    }

    fn rejected(text: &str) -> Option<String> {
        let (_, account) = open(&request(), text);
        account.finish(AnyTable::Version(Rows::default())).rejected
    }

    #[test]
    fn prompts_timestamps_and_notices_are_framing() {
        let text = "\u{feff}<PE1>\r\n2024-06-08 13:04:22.667 +03:00\r\nInfo: x\r\n\r\n a  \r\n\r\nb\r\n\r\n<PE1>\r\n<PE1> \r\n";
        assert_eq!(body(text), [(5, " a"), (7, "b")]);
        assert_eq!(body("[V200R009C00SPC500]\n#\n"), [(1, "[V200R009C00SPC500]"), (2, "#")]);
        assert_eq!(body(""), []);
        assert_eq!(body("<PE1>"), []);
    }

    #[test]
    fn refusals_are_recognised_in_every_spelling() {
        for (text, words) in [
            (
                "          ^\nError: Unrecognized command found at '^' position.\n",
                "Error: Unrecognized command found at '^' position.",
            ),
            (
                "Error[2]: Incomplete command found at '^' position.\n   ^\n<PE1>",
                "Error[2]: Incomplete command found at '^' position.",
            ),
            (
                "Error:Too many parameters found at '^' position.",
                "Error:Too many parameters found at '^' position.",
            ),
        ] {
            assert_eq!(rejected(text).as_deref(), Some(words));
            assert_eq!(body(text), []);
        }
        assert_eq!(rejected("Errors : 5\n"), None);
    }

    #[test]
    fn the_pager_s_question_is_erased_as_the_terminal_does() {
        let covered = " ".repeat(42);
        for (text, shown) in [
            ("  ---- More ----".to_owned(), ""),
            (format!("  ---- More ----\u{1b}[42D{covered}\u{1b}[42D  b"), "  b"),
            (format!("  ---- More ----[42D{covered}[42D b"), " b"),
            (format!("  ---- More ----\u{1b}[16D{}\u{1b}[16D#", " ".repeat(16)), "#"),
            (format!("  ---- More ----\r{}\r b", " ".repeat(20)), " b"),
            (format!("  ---- More ----{}{covered}{0} b", "\u{8}".repeat(3)), " b"),
            (format!("  ---- More ----{covered} b"), " b"),
            ("  ---- More ---- b".to_owned(), "  ---- More ---- b"),
            (" b ---- More ----".to_owned(), " b ---- More ----"),
        ] {
            assert_eq!(without_pager(&text), shown, "{text:?}");
        }
        assert_eq!(body("a\n  ---- More ----\nb"), [(1, "a"), (3, "b")]);
    }

    #[test]
    fn prompts_of_every_name_are_recognised() {
        for (line, prompt, command) in [
            ("<PE1>display version", "<PE1>", "display version"),
            ("[~PE1-bgp-af-ipv4] dis ver", "[~PE1-bgp-af-ipv4]", "dis ver"),
            ("HRP_S[FW-2]", "HRP_S[FW-2]", ""),
            ("HRP_A<NF-1-(22.33-B02)>dis ver", "HRP_A<NF-1-(22.33-B02)>", "dis ver"),
            ("<A-6-8-1&6-6-2>dis ver", "<A-6-8-1&6-6-2>", "dis ver"),
            ("<核心-01>dis ver", "<核心-01>", "dis ver"),
        ] {
            assert_eq!(split_prompt(line), Some((prompt, command)), "{line}");
        }
        for line in ["< AS=100 > 5 ms", "<>", "[a b]", "10.1.1.0/24", "<PE1"] {
            assert_eq!(split_prompt(line), None, "{line}");
        }
    }

    #[test]
    fn a_lone_caret_is_unexplained() {
        let (_, account) = open(&request(), "    ^\nx\n");
        assert_eq!(
            account.finish(AnyTable::Version(Rows::default())).unexplained[0].line,
            1
        );
    }

    #[test]
    fn a_line_without_an_end_is_noticed() {
        let ends_mid_line = |text| open(&request(), text).0.ends_mid_line();
        assert!(ends_mid_line("a\nb"));
        assert!(!ends_mid_line("a\nb\n"));
        assert!(!ends_mid_line("a\nb\n<PE1>"));
        assert!(!ends_mid_line(""));
    }

    #[test]
    fn timestamps_have_one_shape() {
        assert!(is_timestamp("2024-06-08 13:04:22.667 +03:00"));
        assert!(is_timestamp("2013-05-12 10:12:13 DST"));
        assert!(is_timestamp("2019-05-09 10:12:13"));
        assert!(is_timestamp("10:12:13  2019/05/09"));
        assert!(!is_timestamp("10:12:13  2019/05/09 up"));
        assert!(!is_timestamp("10:12:13"));
        assert!(!is_timestamp("2019-05-09"));
        assert!(!is_timestamp("10.1.1.0/24 Direct"));
        assert!(!is_timestamp("2019-05-09 10:12:13 <PE1>"));
    }

    #[test]
    fn words_are_compared_whatever_the_blanks() {
        let line = Line {
            number: 1,
            text: "  Total  Number of peers : 2   Peers",
        };
        assert_eq!(line.after("total number of peers"), Some(": 2   Peers"));
        assert_eq!(count(": 2   Peers"), Some(2));
        assert_eq!(line.indent(), 2);
        assert!(!line.says("total number of peers"));
    }

    #[test]
    fn unexplained_lines_are_bounded_and_counted() {
        let mut account = Account::default();
        for number in 1..=20_000 {
            account.unexplained(Line { number, text: "x" });
        }
        let parsed = account.finish(AnyTable::Version(Rows::default()));
        assert_eq!(parsed.unexplained.len(), MOST_UNEXPLAINED);
        assert!(parsed.integrity[0].message.starts_with("10000 further lines"));
    }
}
