//! What of the evidence a report shows: the lines that decided with a few around them, and whole answers once each.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use checks::outcome::DecidingLines;
use serde::Serialize;

use crate::bundle::Bundle;
use crate::model::Report;

/// Lines shown before and after those that decided.
const AROUND: u32 = 1;
/// The most deciding lines shown with one phrase.
const MOST_DECIDING: u32 = 24;
/// Lines shown of an answer that decided as a whole.
const WHOLE_ANSWER: u32 = 12;
/// The most bytes of one line.
const MOST_OF_LINE: usize = 400;
/// The largest answer shown whole, in lines and in bytes.
const MOST_LINES: u32 = 1_500;
const MOST_BYTES: usize = 128 * 1024;
/// The most bytes of whole answers in one report.
const MOST_IN_ALL: usize = 6 * 1024 * 1024;

/// A line of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownLine {
    pub number: u32,
    pub text: String,
    /// Whether it decided.
    pub deciding: bool,
    /// Whether lines before it are left out.
    pub gap: bool,
}

/// What is shown of an answer beside a phrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    pub device: String,
    pub command: String,
    pub path: String,
    /// Position of the answer among those of the run, counted from 1; none if it was not kept.
    pub evidence: Option<usize>,
    pub lines: Vec<ShownLine>,
    /// What is left out, or why nothing is shown.
    pub note: Option<String>,
}

/// The answers that phrases cite, read once each.
pub struct Answers {
    read: HashMap<String, Result<Answer, String>>,
    /// Evidence that is packets and no text.
    captures: HashSet<String>,
    position: HashMap<String, usize>,
}

#[derive(Default)]
struct Answer {
    wanted: BTreeMap<u32, String>,
    whole: Option<Vec<String>>,
    length: u32,
    deciding: BTreeSet<u32>,
}

impl Answers {
    /// Reads what the phrases of a report need, and no more.
    pub fn read(report: &Report, bundle: &Bundle) -> Self {
        let mut wanted: BTreeMap<&str, (BTreeSet<u32>, BTreeSet<u32>)> = BTreeMap::new();
        let phrases = report
            .suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .flat_map(|case| &case.phrases);
        for deciding in phrases
            .flat_map(|phrase| &phrase.deciding)
            .filter(|lines| !lines.evidence.is_empty())
        {
            let (shown, decided) = wanted.entry(&deciding.evidence).or_default();
            decided.extend(
                deciding
                    .lines
                    .iter()
                    .flat_map(|span| span.first..=span.last.min(MOST_LINES)),
            );
            shown.extend(shown_lines(deciding));
        }
        let captures: HashSet<String> = report
            .suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .flat_map(|case| &case.captures)
            .flat_map(|captured| &captured.links)
            .flat_map(|link| link.evidence.iter().cloned())
            .collect();
        wanted.retain(|path, _| !captures.contains(*path));
        let mut left = MOST_IN_ALL;
        let mut read = HashMap::new();
        for (path, (shown, deciding)) in wanted {
            let answer = bundle.file(path).map_err(|error| error.reason()).and_then(|file| {
                let answer = Answer {
                    deciding,
                    ..Answer::default()
                };
                answer.fill(file, &shown, left).map_err(|error| error.to_string())
            });
            if let Ok(Answer { whole: Some(lines), .. }) = &answer {
                left = left.saturating_sub(lines.iter().map(|line| line.len() + 1).sum());
            }
            read.insert(path.to_owned(), answer);
        }
        let position = report
            .evidence
            .iter()
            .enumerate()
            .map(|(at, evidence)| (evidence.path.clone(), at + 1))
            .collect();
        Self {
            read,
            captures,
            position,
        }
    }

    /// What is shown beside a phrase that cites these lines.
    pub fn excerpt(&self, deciding: &DecidingLines) -> Excerpt {
        let (lines, note) = match self.read.get(&deciding.evidence) {
            None if self.captures.contains(&deciding.evidence) => {
                let note = format!(
                    "the capture {}: packets, to be opened with Wireshark",
                    deciding.evidence
                );
                (Vec::new(), Some(note))
            }
            None => (Vec::new(), Some("no answer was kept".to_owned())),
            Some(Err(why)) => (Vec::new(), Some(format!("the answer cannot be read: {why}"))),
            Some(Ok(answer)) => answer.excerpt(deciding),
        };
        Excerpt {
            device: deciding.device.clone(),
            command: deciding.command.clone(),
            path: deciding.evidence.clone(),
            evidence: self.position.get(&deciding.evidence).copied(),
            lines,
            note,
        }
    }

    /// A whole answer, its deciding lines marked; none if no phrase cites it or it is too large.
    pub fn whole(&self, path: &str) -> Option<Vec<ShownLine>> {
        let answer = self.read.get(path)?.as_ref().ok()?;
        let lines = answer.whole.as_ref()?.iter().zip(1..);
        Some(lines.map(|(text, number)| answer.line(number, text, false)).collect())
    }

    /// Number of lines of an answer that some phrase cites.
    pub fn length(&self, path: &str) -> Option<u32> {
        Some(self.read.get(path)?.as_ref().ok()?.length)
    }
}

/// The first of the lines that decided, as many as are shown.
fn deciding_lines(deciding: &DecidingLines) -> BTreeSet<u32> {
    let all = deciding.lines.iter().flat_map(|span| span.first.max(1)..=span.last);
    all.take(MOST_DECIDING as usize).collect()
}

/// The lines shown beside a phrase.
fn shown_lines(deciding: &DecidingLines) -> BTreeSet<u32> {
    if deciding.lines.is_empty() {
        return (1..=WHOLE_ANSWER).collect();
    }
    let around = |line: u32| line.saturating_sub(AROUND).max(1)..=line.saturating_add(AROUND);
    deciding_lines(deciding).into_iter().flat_map(around).collect()
}

impl Answer {
    /// Reads a file line by line and keeps the lines that are wanted, and all of them if they are few.
    fn fill(mut self, file: File, wanted: &BTreeSet<u32>, left: usize) -> io::Result<Self> {
        let mut whole = Some(Vec::new());
        let mut bytes = 0usize;
        each_line(file, |number, text| {
            self.length = number;
            if wanted.contains(&number) {
                self.wanted.insert(number, text());
            }
            if let Some(lines) = &mut whole {
                let text = text();
                bytes += text.len() + 1;
                if number > MOST_LINES || bytes > MOST_BYTES.min(left) {
                    whole = None;
                } else {
                    lines.push(text);
                }
            }
        })?;
        self.whole = whole;
        Ok(self)
    }

    fn excerpt(&self, deciding: &DecidingLines) -> (Vec<ShownLine>, Option<String>) {
        let decided = deciding_lines(deciding);
        let mut lines: Vec<ShownLine> = Vec::new();
        let mut last = None;
        for number in shown_lines(deciding) {
            let Some(text) = self.wanted.get(&number) else { continue };
            // A blank neighbour says nothing, and takes no line away from what decided.
            if text.trim().is_empty() && !decided.contains(&number) && !decided.is_empty() {
                continue;
            }
            let gap = last.is_some_and(|last| number > last + 1);
            last = Some(number);
            lines.push(ShownLine {
                number,
                text: text.clone(),
                deciding: decided.contains(&number),
                gap,
            });
        }
        let all: u64 = deciding
            .lines
            .iter()
            .map(|span| (u64::from(span.last) + 1).saturating_sub(u64::from(span.first)))
            .sum();
        let shown = u64::from(MOST_DECIDING);
        let note = if deciding.lines.is_empty() {
            Some(match self.length {
                0 => "the answer is empty, and that decided".to_owned(),
                length => format!("the answer decided as a whole; it has {length} lines"),
            })
        } else if all > shown {
            Some(format!(
                "{} more deciding lines are in {}",
                all - shown,
                deciding.evidence
            ))
        } else {
            None
        };
        (lines, note)
    }

    fn line(&self, number: u32, text: &str, gap: bool) -> ShownLine {
        ShownLine {
            number,
            text: text.to_owned(),
            deciding: self.deciding.contains(&number),
            gap,
        }
    }
}

/// Calls `take` with every line's number and a way to its text: without its end, cut to a bearable length, invalid
/// UTF-8 replaced.
fn each_line(file: File, mut take: impl FnMut(u32, &dyn Fn() -> String)) -> io::Result<()> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let (mut kept, mut length, mut number) = (Vec::<u8>::new(), 0usize, 0u32);
    loop {
        let block = file.fill_buf()?;
        if block.is_empty() {
            break;
        }
        let end = block.iter().position(|byte| *byte == b'\n');
        let part = &block[..end.unwrap_or(block.len())];
        kept.extend_from_slice(&part[..part.len().min(MOST_OF_LINE.saturating_sub(kept.len()))]);
        length += part.len();
        let used = part.len() + usize::from(end.is_some());
        file.consume(used);
        if end.is_some() {
            number = number.saturating_add(1);
            take(number, &|| text(&kept, length));
            kept.clear();
            length = 0;
        }
    }
    if length > 0 {
        take(number.saturating_add(1), &|| text(&kept, length));
    }
    Ok(())
}

fn text(kept: &[u8], length: usize) -> String {
    let whole = kept.len() == length;
    let kept = if whole {
        kept.strip_suffix(b"\r").unwrap_or(kept)
    } else {
        kept
    };
    let text = String::from_utf8_lossy(kept);
    if whole {
        text.into_owned()
    } else {
        format!("{text} … ({} more bytes)", length - kept.len())
    }
}

#[cfg(test)]
mod tests {
    use checks::outcome::Verdict;

    use super::*;
    use crate::event::LabKind;
    use crate::scene::{Scene, case, lines};

    fn read(bytes: &[u8], spans: &[(u32, u32)]) -> (Excerpt, Option<Vec<ShownLine>>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut scene = Scene::begin(LabKind::Live);
        scene.case_started(0);
        let path = scene.answer_bytes("PE3", "display x", bytes);
        let deciding = lines("PE3", "display x", &path, spans);
        scene.decide(case(0), 0, Verdict::Pass, "x", "x", deciding.clone());
        let bundle = scene.write(folder.path());
        let answers = Answers::read(&Report::of_bundle(&bundle).expect("a report"), &bundle);
        (answers.excerpt(&deciding[0]), answers.whole(&path))
    }

    fn numbers(lines: &[ShownLine], deciding: bool) -> Vec<u32> {
        lines
            .iter()
            .filter(|line| line.deciding == deciding)
            .map(|line| line.number)
            .collect()
    }

    #[test]
    fn deciding_lines_are_marked_among_their_neighbours() {
        let (excerpt, whole) = read(b"a\r\nb\nc\nd\ne\nf\ng\n  \n", &[(2, 2), (6, 7)]);
        assert_eq!(numbers(&excerpt.lines, true), [2, 6, 7]);
        assert_eq!(numbers(&excerpt.lines, false), [1, 3, 5]);
        assert_eq!(excerpt.lines[0].text, "a");
        let gaps: Vec<_> = excerpt
            .lines
            .iter()
            .filter(|line| line.gap)
            .map(|line| line.number)
            .collect();
        assert_eq!((gaps, excerpt.note), (vec![5], None));
        let whole = whole.expect("the whole answer");
        assert_eq!((whole.len(), numbers(&whole, true)), (8, vec![2, 6, 7]));
    }

    #[test]
    fn an_answer_that_decides_as_a_whole_is_shown_from_its_beginning() {
        let (excerpt, _) = read(&b"line\n".repeat(40), &[]);
        assert_eq!((excerpt.lines.len(), numbers(&excerpt.lines, true).len()), (12, 0));
        assert!(excerpt.note.expect("a note").contains("40 lines"));
        let (excerpt, _) = read(b"", &[]);
        assert!(excerpt.lines.is_empty() && excerpt.note.expect("a note").contains("empty"));
    }

    #[test]
    fn huge_answers_stay_small() {
        let text = (1..=100_000)
            .map(|number| format!("route {number}"))
            .collect::<Vec<_>>()
            .join("\n");
        let (excerpt, whole) = read(text.as_bytes(), &[(90_000, 99_999)]);
        assert_eq!(excerpt.lines[1].text, "route 90000");
        assert_eq!(excerpt.lines.len(), 26);
        let note = excerpt.note.expect("a note");
        assert!(note.contains("9976 more") && note.contains("evidence/"), "{note}");
        assert!(whole.is_none());
        let (excerpt, whole) = read(&b"x".repeat(1 << 20), &[(1, 1)]);
        assert!(excerpt.lines[0].text.len() < 500 && excerpt.lines[0].text.ends_with("(1048176 more bytes)"));
        assert_eq!(whole.expect("short once cut").len(), 1);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let (excerpt, _) = read(b"\xff\xfeUp\n", &[(1, 1)]);
        assert_eq!(excerpt.lines[0].text, "\u{fffd}\u{fffd}Up");
    }

    #[test]
    fn spans_without_end_are_no_harm() {
        let (excerpt, _) = read(b"a\nb\n", &[(0, u32::MAX), (5, 2), (u32::MAX, u32::MAX)]);
        assert_eq!(excerpt.lines.len(), 2);
    }
}
