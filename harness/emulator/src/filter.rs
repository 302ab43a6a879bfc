//! Output filters: `| include`, `| exclude`, `| begin`, `| count`, `| no-more`; one behind the other if wanted.

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
    /// Everything, without the pager.
    NoMore,
}

/// The filters behind a display command, in their order.
#[derive(Debug, Default)]
pub struct Filters(Vec<Filter>);

impl Filters {
    /// Reads what stands behind the first `|`; on failure gives the byte offset in `text` of what is wrong.
    ///
    /// A `|` within a regular expression is one of its own unless the word behind it names a filter.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut filters = Vec::new();
        let mut start = 0;
        for (bar, _) in text.match_indices('|') {
            if bar >= start && begins_filter(text.get(bar + 1..).unwrap_or_default()) {
                filters.push(Filter::parse(text.get(start..bar).unwrap_or_default()).map_err(|at| start + at)?);
                start = bar + 1;
            }
        }
        filters.push(Filter::parse(text.get(start..).unwrap_or_default()).map_err(|at| start + at)?);
        Ok(Self(filters))
    }

    /// What the filters leave of an output.
    pub fn apply(&self, text: String) -> String {
        self.0.iter().fold(text, |text, filter| filter.apply(&text))
    }

    /// Whether the pager is to stay away.
    pub fn without_pager(&self) -> bool {
        self.0.iter().any(|filter| matches!(filter, Filter::NoMore))
    }
}

fn begins_filter(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    // With a blank before it and in full: `a|include` is an expression.
    let is_last = words.next().is_none();
    text.starts_with(' ')
        && match first {
            "include" | "exclude" | "begin" => !is_last,
            "count" | "no-more" => is_last || text.trim_start().contains('|'),
            _ => false,
        }
}

impl Filter {
    /// Reads what stands behind the `|`; on failure gives the byte offset in `text` of what is wrong.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let start = text.len() - text.trim_start().len();
        let (word, pattern) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let pattern = pattern.trim();
        let named = |name: &str| !word.is_empty() && name.starts_with(&word.to_ascii_lowercase());
        if pattern.is_empty() {
            return match word {
                _ if named("count") => Ok(Self::Count),
                _ if named("no-more") => Ok(Self::NoMore),
                _ => Err(start),
            };
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
            Self::NoMore => text.to_owned(),
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

    #[test]
    fn filters_stand_one_behind_the_other() {
        let text = "a 1\nb 2\nc 3\nb 4\n";
        let filtered = |filters: &str| Filters::parse(filters).map(|filters| filters.apply(text.to_owned()));
        assert_eq!(filtered(" include a|b | exclude 2"), Ok("a 1\nb 4\n".into()));
        assert_eq!(filtered(" include b | count"), Ok("Total lines: 2.\n".into()));
        assert_eq!(filtered(" no-more"), Ok(text.into()));
        assert_eq!(filtered(" include b | no-more"), Ok("b 2\nb 4\n".into()));
        assert_eq!(filtered(" include b|count"), Ok("b 2\nb 4\n".into()));
        assert_eq!(filtered(" include b | exclude ("), Err(21));
        assert!(Filters::parse(" include x | no-more").is_ok_and(|filters| filters.without_pager()));
    }
}
