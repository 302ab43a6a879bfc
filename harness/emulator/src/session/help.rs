//! `?` and Tab.

use super::Session;
use crate::grammar::{self, View};

impl Session {
    /// What `?` behind a line prints.
    pub fn help(&mut self, line: &str) -> String {
        if let Some(words) = filter_help(line) {
            return words;
        }
        let view = self.view();
        let mut found = grammar::continuations(view, line);
        if !matches!(view, View::User | View::System) {
            let above = grammar::continuations(View::System, line);
            found = match (found, above) {
                (Ok(mut here), Ok(mut above)) => {
                    here.append(&mut above);
                    here.sort();
                    here.dedup();
                    Ok(here)
                }
                (Ok(here), Err(_)) => Ok(here),
                (Err(_), Ok(above)) => Ok(above),
                (Err(error), Err(_)) => Err(error),
            };
        }
        match found {
            Ok(mut words) => {
                // What a display command prints may be filtered.
                if is_display(line) && words.iter().any(|word| word == "<cr>") {
                    words.insert(0, "|".to_owned());
                }
                words.iter().flat_map(|word| ["  ", word, "\n"]).collect()
            }
            Err(error) => self.misunderstood(error.mistake, line, error.offset).text,
        }
    }

    /// The line with its last word completed, if only one keyword fits.
    pub fn complete(&self, line: &str) -> Option<String> {
        let begun = line
            .rsplit(char::is_whitespace)
            .next()
            .filter(|word| !word.is_empty())?;
        let keywords: Vec<String> = grammar::continuations(self.view(), line)
            .or_else(|error| match self.view() {
                View::User => Err(error),
                _ => grammar::continuations(View::System, line),
            })
            .ok()?;
        match keywords.as_slice() {
            [keyword]
                if keyword
                    .get(..begun.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(begun)) =>
            {
                Some(format!("{}{keyword} ", line.strip_suffix(begun)?))
            }
            _ => None,
        }
    }
}

/// The filters that may stand behind the last `|` of a display command; none if the line is not there.
fn filter_help(line: &str) -> Option<String> {
    let begun = line.rsplit_once('|').filter(|_| is_display(line))?.1.trim_start();
    if begun.contains(char::is_whitespace) {
        return Some("  TEXT<1-255>  regular expression\n".to_owned());
    }
    let words = ["begin", "count", "exclude", "include", "no-more"];
    let found: String = words
        .into_iter()
        .filter(|word| word.starts_with(&begun.to_ascii_lowercase()))
        .flat_map(|word| ["  ", word, "\n"])
        .collect();
    (!found.is_empty()).then_some(found)
}

fn is_display(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = match words.next() {
        Some(run) if run.eq_ignore_ascii_case("run") => words.next(),
        first => first,
    };
    first.is_some_and(|word| word.len() >= 2 && "display".starts_with(&word.to_ascii_lowercase()))
}
