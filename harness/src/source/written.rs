//! Text of a scalar that still knows where each of its characters stands in the file.

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::file::{Source, SourceFile};
use crate::diagnostic::Diagnostic;

/// A text and its place in a file.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text, quotes and escapes resolved.
    pub text: String,
    /// The file.
    pub file: SourceFile,
    /// Its bytes in the file, quotes included.
    pub range: Range<usize>,
    style: ScalarStyle,
}

impl Written {
    /// The text of a scalar.
    pub fn new(file: &SourceFile, range: Range<usize>, text: impl Into<String>, style: ScalarStyle) -> Self {
        Self {
            text: text.into(),
            file: file.clone(),
            range,
            style,
        }
    }

    /// Where its content begins, behind a quote.
    pub fn source(&self) -> Source {
        self.file.place(self.bytes(0..0).start)
    }

    /// The bytes in the file of a range of the text; the whole scalar's where that cannot be told.
    pub fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let raw = self.file.text().get(self.range.clone()).unwrap_or_default();
        let Some(offsets) = offsets(raw, &self.text, self.style) else {
            return self.range.clone();
        };
        let (begin, stop) = (range.start, range.end.min(offsets.len()));
        let content_end = offsets.last().map_or(self.content_start(), |last| last.1);
        let start = offsets.get(begin).map_or(content_end, |place| place.0);
        // An end stands behind the last character of the range, not before the next one: a fold may lie between.
        let end = if stop > begin { offsets[stop - 1].1 } else { start };
        self.range.start + start..self.range.start + end.max(start)
    }

    fn content_start(&self) -> usize {
        usize::from(matches!(
            self.style,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted
        ))
        .min(self.range.len())
    }

    /// Each of its lines that is not blank, without the blanks around it.
    pub fn lines(&self) -> Vec<Written> {
        let trimmed = self.text.trim();
        if !trimmed.contains('\n') {
            return vec![Written {
                text: trimmed.to_owned(),
                ..self.clone()
            }];
        }
        let mut at = 0;
        let mut lines = Vec::new();
        for line in self.text.split_inclusive('\n') {
            let text = line.trim();
            if !text.is_empty() {
                let start = at + (line.len() - line.trim_start().len());
                lines.push(Written {
                    text: text.to_owned(),
                    file: self.file.clone(),
                    range: self.bytes(start..start + text.len()),
                    style: ScalarStyle::Literal,
                });
            }
            at += line.len();
        }
        lines
    }

    /// A mistake in a part of the text.
    pub fn mistake(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.file, self.bytes(range), message)
    }

    /// A mistake of the whole text.
    pub fn mistaken(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.file, self.range.clone(), message)
    }
}

/// For each byte of `text`: where its character begins and ends in `raw`. None where the two cannot be aligned.
fn offsets(raw: &str, text: &str, style: ScalarStyle) -> Option<Vec<(usize, usize)>> {
    let bytes = raw.as_bytes();
    let mut at = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
        _ => 0,
    };
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if style == ScalarStyle::DoubleQuoted {
            // A backslash at the end of a line joins it to the next without a blank.
            while bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) {
                at += 1 + blank_run(&bytes[at + 1..]);
            }
        }
        if matches!(character, ' ' | '\n') && is_fold(&bytes[at.min(bytes.len())..]) {
            // One line end, with the blanks around it, stands for one blank or for some line ends.
            let run = blank_run(&bytes[at..]);
            offsets.push((at, at + 1));
            while characters.next_if(|next| matches!(next, ' ' | '\n')).is_some() {
                offsets.push((at, at + 1));
            }
            at += run;
            continue;
        }
        let length = match style {
            ScalarStyle::DoubleQuoted if bytes.get(at) == Some(&b'\\') => escape_length(&bytes[at..])?,
            ScalarStyle::SingleQuoted if character == '\'' && bytes[at.min(bytes.len())..].starts_with(b"''") => 2,
            _ if raw.get(at..)?.starts_with(character) => character.len_utf8(),
            // Block scalars end with a line end that the file may lack.
            _ if character == '\n' && at >= bytes.len() => 0,
            _ => return None,
        };
        offsets.extend(std::iter::repeat_n((at, at + length), character.len_utf8()));
        at += length;
    }
    Some(offsets)
}

fn is_fold(bytes: &[u8]) -> bool {
    bytes[..blank_run(bytes)].contains(&b'\n')
}

fn blank_run(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        .count()
}

fn escape_length(bytes: &[u8]) -> Option<usize> {
    Some(match bytes.get(1)? {
        b'x' => 4,
        b'u' => 6,
        b'U' => 10,
        _ => 2,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::yaml::{Value, read};

    /// The place of the word WRONG in the only value of a file.
    #[rstest]
    #[case::plain("key: a WRONG word # comment\n", 1, 8)]
    #[case::after_wide_characters("key: ä – WRONG\n", 1, 10)]
    #[case::single_quoted("key: 'it''s WRONG'\n", 1, 13)]
    #[case::double_quoted("key: \"a \\\"b\\\" \\u00e4 WRONG\"\n", 1, 22)]
    #[case::double_quoted_over_lines("key: \"a\n  b\\\n  c WRONG\"\n", 3, 5)]
    #[case::plain_over_lines("key: a b\n  c\n\n  WRONG d\n", 4, 3)]
    #[case::folded("key: >-\n  a b\n  c WRONG\n", 3, 5)]
    #[case::folded_with_blank_line("key: >\n    a b\n\n    c WRONG\n", 4, 7)]
    #[case::literal("key: |\n  a b\n    c\n  WRONG\n", 4, 3)]
    #[case::windows_line_ends("key: >-\r\n  a b\r\n  WRONG\r\n", 3, 3)]
    fn a_word_keeps_its_place(#[case] yaml: &str, #[case] line: usize, #[case] column: usize) {
        let file = SourceFile::new("x.yaml", "x.yaml", yaml);
        let node = read(&file, &mut Diagnostics::default()).unwrap();
        let Value::Map(entries) = node.value else {
            panic!("a mapping")
        };
        let Value::Scalar { text, style } = &entries[0].value.value else {
            panic!("a scalar")
        };
        let written = Written::new(&file, entries[0].value.range.clone(), text.clone(), *style);
        let start = text.find("WRONG").unwrap();
        let bytes = written.bytes(start..start + 5);
        assert_eq!(&yaml[bytes.clone()], "WRONG");
        let place = file.place(bytes.start);
        assert_eq!((place.line, place.column), (line, column));
    }

    #[test]
    fn any_range_of_any_text_is_within_the_file() {
        for yaml in [
            "\"\\\n\"",
            "\"\\x41\\\n  \\n\"",
            "''''",
            ">+\n\n\n x\n\n",
            "|\n\n  \n x\n",
            "\"a\n\n\n b\"",
            "\" a \"",
        ] {
            let file = SourceFile::new("x.yaml", "x.yaml", yaml);
            let Some(node) = read(&file, &mut Diagnostics::default()) else {
                continue;
            };
            let Value::Scalar { text, style } = &node.value else {
                panic!("a scalar")
            };
            let written = Written::new(&file, node.range.clone(), text.clone(), *style);
            for start in 0..=text.len() + 2 {
                for end in start..=text.len() + 2 {
                    let bytes = written.bytes(start..end);
                    assert!(bytes.end <= yaml.len() && bytes.start <= bytes.end);
                }
            }
        }
    }
}
