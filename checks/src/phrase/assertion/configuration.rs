//! Assertions about the configuration.

use std::fmt;

use super::super::regex_pattern::RegexPattern;
use super::token;
use crate::value::InterfaceName;

/// What must be true of the lines.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfigTest {
    /// This line stands directly in the view.
    Has(String),
    /// This line stands neither in the view nor in any view within it.
    Lacks(String),
    /// A line directly in the view matches.
    Matches(RegexPattern),
    /// No line of the view nor of any view within it matches.
    MatchesNot(RegexPattern),
}

/// An assertion about the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigAssertion {
    /// What must be true of the lines.
    pub test: ConfigTest,
    /// The view, outermost first; empty for anywhere.
    pub under: Vec<String>,
}

impl ConfigAssertion {
    /// Reads `bgp 100 / ipv4-family vpn-instance VPNA`. Nothing where a part is empty.
    pub(in super::super) fn view_path(text: &str) -> Option<Vec<String>> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts: Vec<String> = text.split(" / ").map(normal_line).collect();
        let empty = |part: &String| part.is_empty() || part == "/" || part.starts_with("/ ") || part.ends_with(" /");
        (!parts.iter().any(empty)).then_some(parts)
    }
}

/// A line as it is compared: single blanks, none at the ends, an interface by its full name.
pub fn normal_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.strip_prefix("interface ") {
        Some(interface) => format!("interface {}", InterfaceName::new(interface)),
        None => text,
    }
}

impl fmt::Display for ConfigAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            ConfigTest::Has(line) => write!(f, "config has {}", token::quote(line))?,
            ConfigTest::Lacks(line) => write!(f, "config lacks {}", token::quote(line))?,
            ConfigTest::Matches(regex) => write!(f, "config matches {regex}")?,
            ConfigTest::MatchesNot(regex) => write!(f, "config does not match {regex}")?,
        }
        if !self.under.is_empty() {
            write!(f, " under {}", token::quote(&self.under.join(" / ")))?;
        }
        Ok(())
    }
}
