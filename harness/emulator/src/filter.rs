//! Output filters: `| include`, `| exclude`, `| begin`, `| count`.

use regex::{Regex, RegexBuilder};

/// A filter behind a display command.
#[derive(Debug)]
pub enum Filter {
    /// Lines that match.
    Include(Regex),
    /// Lines that do not match.
    Exclude(Regex),
    /// From the first line that matches.
    Begin(Regex),
    /// The number of lines.
    Count,
}

impl Filter {
    /// Reads what stands behind the `|`; on failure gives the byte offset in `text` of what is wrong.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let start = text.len() - text.trim_start().len();
        let (word, pattern) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let pattern = pattern.trim();
        let named = |name: &str| !word.is_empty() && name.starts_with(&word.to_ascii_lowercase());
        if pattern.is_empty() {
            return if named("count") { Ok(Self::Count) } else { Err(start) };
        }
        let at = text.find(pattern).unwrap_or(start);
        let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|_| at)?;
        if named("include") {
            Ok(Self::Include(regex))
        } else if named("exclude") {
            Ok(Self::Exclude(regex))
        } else if named("begin") {
            Ok(Self::Begin(regex))
        } else {
            Err(start)
        }
    }

    /// What the filter leaves of an output.
    pub fn apply(&self, text: &str) -> String {
        let keep = |lines: Vec<&str>| lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
        match self {
            Self::Include(regex) => keep(text.lines().filter(|line| regex.is_match(line)).collect()),
            Self::Exclude(regex) => keep(text.lines().filter(|line| !regex.is_match(line)).collect()),
            Self::Begin(regex) => keep(text.lines().skip_while(|line| !regex.is_match(line)).collect()),
            Self::Count => format!("Total lines: {}.\n", text.lines().count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_keep_what_they_say() {
        let text = "a 1\nb 2\nc 3\n";
        let filtered = |filter: &str| Filter::parse(filter).map(|filter| filter.apply(text));
        assert_eq!(filtered(" include b|c"), Ok("b 2\nc 3\n".into()));
        assert_eq!(filtered("exc b"), Ok("a 1\nc 3\n".into()));
        assert_eq!(filtered("beg ^b"), Ok("b 2\nc 3\n".into()));
        assert_eq!(filtered("count"), Ok("Total lines: 3.\n".into()));
        assert_eq!(filtered(" include ("), Err(9));
        assert_eq!(filtered(" foo x"), Err(1));
        assert_eq!(filtered(""), Err(0));
    }
}
