//! A device's configuration as lines in views, to be compared with what it was before a change.

use std::collections::HashMap;

use checks::value::InterfaceName;

/// A line and the views that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConfigurationLine {
    /// Views, outermost first.
    pub views: Vec<String>,
    /// The line without its indent.
    pub text: String,
}

impl ConfigurationLine {
    fn says_nothing(&self) -> bool {
        self.text == "undo shutdown" && matches!(self.views.as_slice(), [view] if view.starts_with("interface "))
    }
}

/// A configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configuration {
    lines: Vec<ConfigurationLine>,
}

/// Why a text is not taken for a whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWhole {
    /// It does not end as a configuration does.
    #[error("the configuration does not end with `return`: it may have been cut short")]
    CutShort,
    /// It holds no line.
    #[error("the configuration is empty")]
    Empty,
}

impl Configuration {
    /// Reads the output of `display current-configuration`, which must be whole.
    pub fn read(text: &str) -> Result<Self, NotWhole> {
        let mut lines = Vec::new();
        let mut open: Vec<(usize, String)> = Vec::new();
        let mut ended = false;
        for raw in text.lines() {
            let line = raw.trim_end();
            let words = line.trim_start();
            // `#` separates, `!` stands before what is no configuration: the release, when it was changed last.
            if words.is_empty() || words == "#" || line.starts_with('!') {
                continue;
            }
            ended = line == "return";
            if ended || is_volatile(words) {
                continue;
            }
            let indent = line.len() - words.len();
            while open.last().is_some_and(|(at, _)| *at >= indent) {
                open.pop();
            }
            let text = canonical(words);
            lines.push(ConfigurationLine {
                views: open.iter().map(|(_, view)| view.clone()).collect(),
                text: text.clone(),
            });
            open.push((indent, text));
        }
        match (ended, lines.is_empty()) {
            (false, _) => Err(NotWhole::CutShort),
            (true, true) => Err(NotWhole::Empty),
            (true, false) => Ok(Self { lines }),
        }
    }

    /// The lines.
    pub fn lines(&self) -> &[ConfigurationLine] {
        &self.lines
    }

    /// The lines that stand directly in a view.
    pub fn directly_in<'a>(&'a self, views: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.lines
            .iter()
            .filter(move |line| line.views == views)
            .map(|line| line.text.as_str())
    }

    /// Whether lines stand under this line of this view.
    pub fn has_view(&self, views: &[String], line: &str) -> bool {
        self.lines.iter().any(|other| {
            other.views.len() > views.len() && other.views.starts_with(views) && other.views[views.len()] == line
        })
    }

    /// Lines in which this differs from what was before: lost ones first. Order does not matter, nor does `undo shutdown`
    /// on an interface, which some releases print and others leave out: the line that says something is `shutdown`.
    pub fn differences_from(&self, before: &Self) -> Vec<Difference> {
        let mut surplus: HashMap<&ConfigurationLine, i64> = HashMap::new();
        for line in self.lines.iter().filter(|line| !line.says_nothing()) {
            *surplus.entry(line).or_default() += 1;
        }
        let mut differences = Vec::new();
        for line in before.lines.iter().filter(|line| !line.says_nothing()) {
            let count = surplus.entry(line).or_default();
            *count -= 1;
            if *count < 0 {
                differences.push(Difference {
                    line: line.clone(),
                    lost: true,
                });
            }
        }
        for line in &self.lines {
            if let Some(count) = surplus.get_mut(line).filter(|count| **count > 0) {
                *count -= 1;
                differences.push(Difference {
                    line: line.clone(),
                    lost: false,
                });
            }
        }
        differences
    }
}

/// A line that one of two configurations has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line.
    pub line: ConfigurationLine,
    /// Whether it was there before and is not there now; otherwise the other way round.
    pub lost: bool,
}

impl std::fmt::Display for Difference {
    /// `- interface GigabitEthernet0/1/0 / undo shutdown`: lost; `+ …`: left over.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.lost { "- " } else { "+ " })?;
        for view in &self.line.views {
            write!(f, "{view} / ")?;
        }
        f.write_str(&self.line.text)
    }
}

/// One spelling of a line: single spaces, full interface names after `interface`. Text that a device keeps with its
/// own spacing (a description) is compared without regard to that spacing.
pub(super) fn canonical(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["interface", name @ ..] if !name.is_empty() => format!("interface {}", InterfaceName::new(&name.concat())),
        words => words.join(" "),
    }
}

/// Lines that a device changes by itself.
fn is_volatile(line: &str) -> bool {
    line.starts_with("ntp-service clock-period")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "!Software Version V800R022\n!Last configuration was updated at 2024-01-01 10:00:00\n#\n\
        sysname CE1\n#\ninterface GigabitEthernet0/1/0\n undo shutdown\n ip address 10.1.1.1 255.255.255.252\n#\n\
        bgp 100\n peer 3.3.3.3 as-number 100\n #\n ipv4-family unicast\n  peer 3.3.3.3 enable\n#\nreturn\n";

    #[test]
    fn views_are_read_from_the_indent() {
        let configuration = Configuration::read(BEFORE).unwrap();
        let enable = configuration.lines().last().unwrap();
        assert_eq!(enable.views, ["bgp 100", "ipv4-family unicast"]);
        assert_eq!(enable.text, "peer 3.3.3.3 enable");
        assert!(configuration.has_view(&[], "bgp 100"));
        assert!(!configuration.has_view(&[], "sysname CE1"));
    }

    #[test]
    fn what_differs_is_named_with_its_view_and_dates_do_not_count() {
        let before = Configuration::read(BEFORE).unwrap();
        let again = BEFORE.replace("10:00:00", "11:30:00");
        assert_eq!(Configuration::read(&again).unwrap().differences_from(&before), []);
        let after = Configuration::read(&BEFORE.replace(" undo shutdown", " shutdown")).unwrap();
        let differences: Vec<String> = after
            .differences_from(&before)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(differences, ["+ interface GigabitEthernet0/1/0 / shutdown"]);
        let silent = Configuration::read(&BEFORE.replace(" undo shutdown\n", "")).unwrap();
        assert_eq!(silent.differences_from(&before), []);
        let lost = Configuration::read(&BEFORE.replace("sysname CE1\n", "")).unwrap();
        assert_eq!(lost.differences_from(&before)[0].to_string(), "- sysname CE1");
    }

    #[test]
    fn the_same_line_in_another_view_or_twice_is_a_difference() {
        let before = Configuration::read("a\n x\nb\nreturn\n").unwrap();
        let moved = Configuration::read("a\nb\n x\nreturn\n").unwrap();
        assert_eq!(moved.differences_from(&before).len(), 2);
        let twice = Configuration::read("a\n x\n x\nb\nreturn\n").unwrap();
        assert_eq!(twice.differences_from(&before).len(), 1);
        assert_eq!(before.differences_from(&twice).len(), 1);
    }

    #[test]
    fn half_a_configuration_is_none() {
        assert_eq!(Configuration::read("#\nsysname CE1\n"), Err(NotWhole::CutShort));
        assert_eq!(
            Configuration::read("sysname CE1\nreturn\nmore\n"),
            Err(NotWhole::CutShort)
        );
        assert_eq!(Configuration::read(""), Err(NotWhole::CutShort));
        assert_eq!(Configuration::read("#\nreturn\n"), Err(NotWhole::Empty));
    }
}
