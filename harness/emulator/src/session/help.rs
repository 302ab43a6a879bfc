//! `?` and Tab.

use super::Session;
use crate::grammar::{self, View};

impl Session {
    /// What `?` behind a line prints.
    pub fn help(&mut self, line: &str) -> String {
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
            Ok(words) => words.iter().flat_map(|word| ["  ", word, "\n"]).collect(),
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
