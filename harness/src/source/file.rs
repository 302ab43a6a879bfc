//! A file that was read, its lines, and its place among a run's inputs.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest suite or inventory file that is read, in bytes.
pub const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Source {
    /// The file as it was named.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A file that a run is made from, as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Path within a bundle: `inputs/…`, without `..` and unique within the run.
    pub path: String,
    /// Where it was read.
    pub origin: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A text file with its lines.
#[derive(Debug, Clone)]
pub struct SourceFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    path: PathBuf,
    text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// A text under a name that a person recognises.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(at, _)| at + 1),
        );
        Self {
            inner: Arc::new(Inner {
                name: name.into(),
                path: path.into(),
                text,
                line_starts,
            }),
        }
    }

    /// Its name as shown to a person.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The place of a byte offset. An offset within a character belongs to that character.
    pub fn place(&self, offset: usize) -> Source {
        let offset = offset.min(self.inner.text.len());
        let line = self.inner.line_starts.partition_point(|start| *start <= offset);
        let start = self.inner.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.inner.text.as_bytes().get(start..offset).unwrap_or_default();
        // Bytes 10xxxxxx continue a character.
        let characters = before.iter().filter(|byte| *byte & 0b1100_0000 != 0b1000_0000).count();
        Source {
            file: self.inner.name.clone(),
            line,
            column: characters + 1,
        }
    }

    /// The bytes of a line, counted from 1, without its end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = line
            .checked_sub(1)
            .and_then(|index| self.inner.line_starts.get(index))
            .copied()
            .unwrap_or(self.inner.text.len());
        let end = self
            .inner
            .line_starts
            .get(line)
            .map_or(self.inner.text.len(), |next| next - 1);
        let ends_with_return = end > start && self.inner.text.as_bytes().get(end - 1) == Some(&b'\r');
        start..(end - usize::from(ends_with_return)).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let file = SourceFile::new("x.yaml", "x.yaml", "a–b: c\nnext");
        let at = |offset| {
            let place = file.place(offset);
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (1, 3), "the dash is three bytes and one column");
        assert_eq!(at(8), (1, 7), "the end of the line belongs to it");
        assert_eq!(at(9), (2, 1));
        assert_eq!(at(99), (2, 5), "beyond the end is the end");
        assert_eq!(&file.text()[file.line_range(2)], "next");
    }
}
