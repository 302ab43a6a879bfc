//! Command syntaxes in the notation of the command reference, and how a typed line is matched against one.
//!
//! Lower-case words are keywords and may be abbreviated, upper-case words are parameters. `[a]` may be left out,
//! `{a | b}` is a choice, `[a | b]` one that may be left out, a `*` after a group lets it repeat in any order.

use std::net::IpAddr;

/// What one reading of a typed line found.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// The line in full words.
    pub words: Vec<String>,
    /// The keywords among them.
    pub keywords: Vec<&'static str>,
    /// Parameters with their names.
    pub parameters: Vec<(&'static str, String)>,
    /// How well the words fit: a keyword in full counts more than one abbreviated, and that more than a parameter.
    pub score: u32,
    /// How many words of the line are read.
    consumed: usize,
}

impl Reading {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(parameter, _)| *parameter == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Debug)]
enum Item {
    Keyword(&'static str),
    Parameter(&'static str),
    Group {
        choices: Vec<Vec<Item>>,
        optional: bool,
        repeats: bool,
    },
}

/// Reads a line that is split into words; `None` where the syntax does not cover it all.
pub(super) fn read(syntax: &'static str, line: &[&str]) -> Option<Reading> {
    let items = items_of(syntax);
    let readings = advance(&items, vec![Reading::default()], line);
    readings.into_iter().find(|reading| reading.consumed == line.len())
}

/// The keywords that a line of this syntax must begin with.
pub(super) fn leading_keywords(syntax: &'static str) -> Vec<&'static str> {
    let keyword = |item: &Item| match item {
        Item::Keyword(word) => Some(*word),
        _ => None,
    };
    items_of(syntax).iter().map_while(keyword).collect()
}

/// Every way to go on from these readings, at most one for each place in the line: the one that fits best.
fn advance(items: &[Item], mut readings: Vec<Reading>, line: &[&str]) -> Vec<Reading> {
    for item in items {
        let mut next = Vec::new();
        for reading in readings {
            match item {
                Item::Keyword(word) => next.extend(keyword(reading, word, line)),
                Item::Parameter(name) => next.extend(parameter(&reading, name, line)),
                Item::Group {
                    choices,
                    optional,
                    repeats,
                } => {
                    let mut fresh = vec![reading.clone()];
                    if *optional {
                        next.push(reading);
                    }
                    while !fresh.is_empty() {
                        let reached: Vec<Reading> = choices
                            .iter()
                            .flat_map(|choice| advance(choice, fresh.clone(), line))
                            .filter(|reached| fresh.iter().all(|from| from.consumed < reached.consumed))
                            .collect();
                        fresh = if *repeats { best(reached.clone()) } else { Vec::new() };
                        next.extend(reached);
                    }
                }
            }
        }
        readings = best(next);
    }
    readings
}

/// The best reading for each place in the line.
fn best(mut readings: Vec<Reading>) -> Vec<Reading> {
    readings.sort_by_key(|reading| (reading.consumed, std::cmp::Reverse(reading.score)));
    readings.dedup_by_key(|reading| reading.consumed);
    readings
}

fn keyword(mut reading: Reading, keyword: &'static str, line: &[&str]) -> Option<Reading> {
    let word = line.get(reading.consumed)?;
    if !keyword
        .get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
    {
        return None;
    }
    reading.score += if word.len() == keyword.len() { 3 } else { 2 };
    reading.consumed += 1;
    reading.words.push(keyword.to_owned());
    reading.keywords.push(keyword);
    Some(reading)
}

fn parameter(reading: &Reading, name: &'static str, line: &[&str]) -> Vec<Reading> {
    let rest = line.get(reading.consumed..).unwrap_or_default();
    let accept = |count: usize, value: String| Reading {
        consumed: reading.consumed + count,
        score: reading.score + 1,
        words: reading.words.iter().cloned().chain([value.clone()]).collect(),
        keywords: reading.keywords.clone(),
        parameters: reading.parameters.iter().cloned().chain([(name, value)]).collect(),
    };
    let mut found = Vec::new();
    let Some(word) = rest.first() else {
        return found;
    };
    let fits = match name {
        "ADDRESS" => word.parse::<IpAddr>().is_ok(),
        "MASK" => is_mask(word),
        "NUMBER" => !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()),
        "INTERFACE" => word.bytes().any(|byte| byte.is_ascii_digit()),
        _ => !word.starts_with('-'),
    };
    if fits {
        found.push(accept(1, (*word).to_owned()));
    }
    if name == "INTERFACE"
        && let [kind, number, ..] = rest
        && number.starts_with(|first: char| first.is_ascii_digit())
    {
        found.push(accept(2, format!("{kind}{number}")));
    }
    found
}

/// A length, or a contiguous mask in dotted form.
fn is_mask(word: &str) -> bool {
    if let Ok(length) = word.parse::<u8>() {
        return length <= 128;
    }
    let mask = word.parse::<std::net::Ipv4Addr>().map(u32::from);
    mask.is_ok_and(|mask| mask.leading_ones() + mask.trailing_zeros() >= 32)
}

fn items_of(syntax: &'static str) -> Vec<Item> {
    let mut at = 0;
    let mut choices = choices_of(syntax, &mut at);
    choices.swap_remove(0)
}

/// Choices up to the end of the group that begins before `at`.
fn choices_of(syntax: &'static str, at: &mut usize) -> Vec<Vec<Item>> {
    let bytes = syntax.as_bytes();
    let mut choices = vec![Vec::new()];
    while let Some(&byte) = bytes.get(*at) {
        let item = match byte {
            b' ' => {
                *at += 1;
                continue;
            }
            b'|' => {
                *at += 1;
                choices.push(Vec::new());
                continue;
            }
            b']' | b'}' => {
                *at += 1;
                return choices;
            }
            b'[' | b'{' => {
                *at += 1;
                let inner = choices_of(syntax, at);
                let repeats = bytes.get(*at) == Some(&b'*');
                *at += usize::from(repeats);
                Item::Group {
                    choices: inner,
                    optional: byte == b'[',
                    repeats,
                }
            }
            _ => {
                let start = *at;
                while bytes.get(*at).is_some_and(|byte| !b" []{}|".contains(byte)) {
                    *at += 1;
                }
                let word = &syntax[start..*at];
                if word.bytes().any(|byte| byte.is_ascii_lowercase()) {
                    Item::Keyword(word)
                } else {
                    Item::Parameter(word)
                }
            }
        };
        if let Some(choice) = choices.last_mut() {
            choice.push(item);
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(syntax: &'static str, line: &str) -> Option<String> {
        let line: Vec<&str> = line.split_whitespace().collect();
        read(syntax, &line).map(|reading| reading.words.join(" "))
    }

    #[test]
    fn options_repeat_in_any_order_and_nothing_is_left_over() {
        let syntax = "ping [ip] [-c NUMBER | -a ADDRESS | -vpn-instance V]* HOST";
        assert_eq!(
            words(syntax, "ping -vpn VPNA -c 5 1.1.1.1").as_deref(),
            Some("ping -vpn-instance VPNA -c 5 1.1.1.1")
        );
        assert_eq!(words(syntax, "ping -x 5 1.1.1.1"), None);
        assert_eq!(words(syntax, "ping 1.1.1.1 2.2.2.2"), None);
        assert_eq!(words(syntax, "ping"), None);
    }

    #[test]
    fn an_interface_may_be_two_words() {
        let syntax = "display bfd session interface INTERFACE [verbose]";
        assert_eq!(
            words(syntax, "dis bfd sess int GigabitEthernet 0/1/0 verb").as_deref(),
            Some("display bfd session interface GigabitEthernet0/1/0 verbose")
        );
        assert!(words(syntax, "dis bfd sess int GE0/1/0").is_some());
    }

    #[test]
    fn masks_are_lengths_or_contiguous() {
        for good in ["0", "32", "255.255.255.0", "0.0.0.0", "255.255.255.255"] {
            assert!(is_mask(good), "{good}");
        }
        for bad in ["129", "255.0.255.0", "verbose", "-1"] {
            assert!(!is_mask(bad), "{bad}");
        }
    }
}
