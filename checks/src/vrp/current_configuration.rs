//! `display current-configuration`: a tree of views, drawn by indentation and separated by `#`.

use super::command::Request;
use super::lines::{Account, Line, open};
use crate::rows::ConfigLine;
use crate::table::{AnyTable, LineSpan, Parsed, Rows};

/// Deeper views than any configuration has.
const DEEPEST: usize = 32;
/// Every line keeps the lines of its views: this many bytes for each byte of the configuration, and no more.
const VIEWS_PER_BYTE: usize = 16;
/// More lines than a banner or a certificate has.
const LONGEST_TEXT: usize = 1000;
/// Bytes of views that even a small configuration may keep.
const VIEWS_AT_LEAST: usize = 1 << 24;

/// Parses `display current-configuration […]`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let lines: Vec<Line<'_>> = lines.collect();
    // A configuration quoted in a document stands indented as a whole.
    let margin = lines.iter().map(Line::indent).min().unwrap_or(0);
    let mut reader = Reader {
        margin,
        rows: Vec::new(),
        views: Vec::new(),
        view_bytes_left: text.len().saturating_mul(VIEWS_PER_BYTE).saturating_add(VIEWS_AT_LEAST),
        ended: None,
    };
    let mut at = 0;
    while let Some(&line) = lines.get(at) {
        at += reader.reads(&lines[at..], line, &mut account).max(1);
    }
    if !request.filtered && !account.is_rejected() && reader.ended.is_none() {
        account.error(
            0,
            "the closing `return` is missing: the configuration was cut".to_owned(),
        );
    }
    if request.filtered && reader.rows.iter().any(|(row, _)| !row.views.is_empty()) {
        account.warning(
            0,
            "the device filtered the configuration: what an indented line stands under may be another line".to_owned(),
        );
    }
    let mut rows = Rows::default();
    for (row, span) in reader.rows {
        rows.push(row, span);
    }
    account.finish(AnyTable::Configuration(rows))
}

struct Reader {
    margin: usize,
    rows: Vec<(ConfigLine, LineSpan)>,
    /// The lines that the next one may stand under: indent and position among the rows.
    views: Vec<(usize, usize)>,
    view_bytes_left: usize,
    /// The line of the closing `return`.
    ended: Option<u32>,
}

impl Reader {
    /// Reads what begins with this line, and gives the number of lines that it takes.
    fn reads(&mut self, lines: &[Line<'_>], line: Line<'_>, account: &mut Account) -> usize {
        let text = line.trimmed();
        let indent = line.indent() - self.margin;
        if self.ended.is_some() {
            account.unexplained(line);
            return 1;
        }
        if is_separator(text) {
            self.views.retain(|(depth, _)| *depth < indent);
            return 1;
        }
        if indent == 0 && is_heading(text) && self.rows.is_empty() {
            return 1;
        }
        if indent == 0 && text.eq_ignore_ascii_case("return") {
            self.ended = Some(line.number);
            return 1;
        }
        let taken = lines_of_text(lines).unwrap_or_else(|| {
            account.error(
                line.number,
                "the text that begins here has no end: the configuration was cut".to_owned(),
            );
            1
        });
        let last = lines.get(taken - 1).map_or(line.number, |last| last.number);
        let text = if taken == 1 {
            text.to_owned()
        } else {
            whole_text(text, &lines[..taken])
        };
        self.push(text, indent, LineSpan::new(line.number, last), line, account);
        taken
    }

    fn push(&mut self, text: String, indent: usize, span: LineSpan, line: Line<'_>, account: &mut Account) {
        self.views.retain(|(depth, _)| *depth < indent);
        let view_bytes: usize = self
            .views
            .iter()
            .map(|&(_, row)| self.rows[row].0.text.len() + 32)
            .sum();
        if self.views.len() >= DEEPEST || view_bytes > self.view_bytes_left {
            account.unexplained(line);
            return;
        }
        self.view_bytes_left -= view_bytes;
        if let Some(&(_, parent)) = self.views.last() {
            self.rows[parent].0.opens_view = true;
        }
        let views = self
            .views
            .iter()
            .map(|&(_, row)| self.rows[row].0.text.clone())
            .collect();
        self.views.push((indent, self.rows.len()));
        let row = ConfigLine {
            text,
            views,
            opens_view: false,
        };
        self.rows.push((row, span));
    }
}

/// A text of several lines as it stands in the configuration, its blank lines included.
fn whole_text(first: &str, lines: &[Line<'_>]) -> String {
    let mut whole = first.to_owned();
    for pair in lines.windows(2) {
        for _ in pair[0].number..pair[1].number {
            whole.push('\n');
        }
        whole.push_str(pair[1].text);
    }
    whole
}

/// `#` between sections, alone on its line.
fn is_separator(text: &str) -> bool {
    text == "#"
}

/// `!Software Version …`, `!Last configuration was …` and `[V200R009C00SPC500]` above the configuration.
fn is_heading(text: &str) -> bool {
    text.starts_with('!') || text.starts_with('[') && text.ends_with(']')
}

/// How many lines the text that begins on the first of these lines takes: a login banner or a certificate takes
/// several, and whatever stands in it (`#`, `return`) is text. `None` where its end is nowhere.
fn lines_of_text(lines: &[Line<'_>]) -> Option<usize> {
    let first = lines.first()?.trimmed();
    let rest = &lines[1..lines.len().min(LONGEST_TEXT)];
    let end = if let Some(delimiter) = banner_delimiter(first) {
        rest.iter().position(|line| line.text.ends_with(delimiter))
    } else if first.starts_with("-----BEGIN ") {
        rest.iter().position(|line| line.trimmed().starts_with("-----END "))
    } else {
        return Some(1);
    };
    end.map(|end| end + 2)
}

/// The sign that a banner's text begins with and must end with, where it does not end on the line itself.
fn banner_delimiter(line: &str) -> Option<char> {
    let rest = line.strip_prefix("header ")?;
    let (kind, rest) = rest.split_once(' ')?;
    if !["login", "shell"].contains(&kind) {
        return None;
    }
    let text = rest
        .trim_start()
        .strip_prefix("information")?
        .strip_prefix(' ')?
        .trim_start();
    let delimiter = text.chars().next().filter(|first| !first.is_alphanumeric())?;
    let closed = text.len() > delimiter.len_utf8() && text.ends_with(delimiter);
    (!closed).then_some(delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    fn parsed(text: &str) -> Parsed {
        let request = Request {
            command: "display current-configuration".to_owned(),
            ..Request::default()
        };
        parse(&request, text)
    }

    fn lines(parsed: &Parsed) -> Vec<(Vec<String>, String)> {
        let AnyTable::Configuration(rows) = &parsed.table else {
            return Vec::new();
        };
        rows.rows()
            .iter()
            .map(|row| (row.views.clone(), row.text.clone()))
            .collect()
    }

    #[test]
    fn views_are_drawn_by_indentation_and_separators() {
        let parsed = parsed(
            "#\nbgp 100\n peer 3.3.3.3 as-number 100\n #\n ipv4-family unicast\n  peer 3.3.3.3 enable\n#\nospf 1\n#\nreturn\n",
        );
        assert!(parsed.is_complete());
        let expect = |views: &[&str], text: &str| {
            (
                views.iter().map(ToString::to_string).collect::<Vec<_>>(),
                text.to_owned(),
            )
        };
        assert_eq!(
            lines(&parsed),
            [
                expect(&[], "bgp 100"),
                expect(&["bgp 100"], "peer 3.3.3.3 as-number 100"),
                expect(&["bgp 100"], "ipv4-family unicast"),
                expect(&["bgp 100", "ipv4-family unicast"], "peer 3.3.3.3 enable"),
                expect(&[], "ospf 1"),
            ]
        );
    }

    #[test]
    fn global_lines_that_old_releases_indent_stand_under_nothing() {
        let parsed = parsed(
            "[V200R003C00]\n#\n sysname R1\n#\n snmp-agent\n clock timezone X add 1\n#\naaa\n domain a\n#\nreturn\n",
        );
        let views: Vec<usize> = lines(&parsed).iter().map(|(views, _)| views.len()).collect();
        assert_eq!(views, [0, 0, 0, 0, 1]);
        assert!(parsed.is_complete());
    }

    #[test]
    fn a_banner_is_one_text_whatever_stands_in_it() {
        let banner = "#\nheader shell information \"\n#\nreturn\n  keep out\n\"\n#\nsysname A\n#\nreturn\n";
        let parsed = parsed(banner);
        assert_eq!(
            lines(&parsed)[0].1,
            "header shell information \"\n#\nreturn\n  keep out\n\""
        );
        assert_eq!(parsed.table.span(0), LineSpan::new(2, 6));
        assert!(parsed.is_complete());
        assert_eq!(banner_delimiter("header login information \"hello\""), None);
        assert_eq!(banner_delimiter("header login information %"), Some('%'));
    }

    #[test]
    fn a_configuration_without_its_end_was_cut() {
        assert!(!parsed("#\nsysname A\n#\n").is_complete());
        assert!(!parsed("").is_complete());
        assert!(!parsed("#\nreturn\nsysname A\n").is_complete());
        assert!(parsed("#\nreturn\n").is_complete());
    }
}
