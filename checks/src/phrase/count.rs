//! How many: `two`, `no`, `at least 2`, `at most 5`, `between 2 and 4`.

use std::fmt;

/// A condition on a number of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This many; 0 is written `no`.
    Exactly(u64),
    /// This many or more.
    AtLeast(u64),
    /// This many or fewer.
    AtMost(u64),
    /// From the first to the second, both included.
    Between(u64, u64),
}

impl Count {
    /// Whether a number satisfies it.
    pub fn holds(self, number: u64) -> bool {
        match self {
            Self::Exactly(wanted) => number == wanted,
            Self::AtLeast(least) => number >= least,
            Self::AtMost(most) => number <= most,
            Self::Between(least, most) => (least..=most).contains(&number),
        }
    }

    /// Whether it holds for every number from `low` to `high`, for none of them, or cannot be told.
    pub fn holds_between(self, low: u64, high: u64) -> Option<bool> {
        let (least, most) = match self {
            Self::Exactly(wanted) => (wanted, wanted),
            Self::AtLeast(least) => (least, u64::MAX),
            Self::AtMost(most) => (0, most),
            Self::Between(least, most) => (least, most),
        };
        if low >= least && high <= most {
            Some(true)
        } else if high < least || low > most {
            Some(false)
        } else {
            None
        }
    }

    /// Whether a thing so counted is named in the singular.
    pub fn is_singular(self) -> bool {
        matches!(self, Self::Exactly(0 | 1) | Self::AtLeast(1) | Self::AtMost(1))
    }

    /// The count with the thing counted: `1 next hop`, `at least 2 next hops`, `no route`.
    pub fn of(self, singular: &str, plural: &str) -> String {
        format!("{self} {}", if self.is_singular() { singular } else { plural })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(0) => f.write_str("no"),
            Self::Exactly(wanted) => write!(f, "{wanted}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Between(least, most) => write!(f, "between {least} and {most}"),
        }
    }
}

/// Number words, by value.
const WORDS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

/// A number in digits or as a word from zero to twelve.
pub(super) fn number(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.parse().ok();
    }
    WORDS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(word))
        .map(|value| value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_over_an_uncertain_number_can_be_undecided() {
        assert_eq!(Count::AtLeast(2).holds_between(2, 4), Some(true));
        assert_eq!(Count::AtLeast(2).holds_between(1, 2), None);
        assert_eq!(Count::Exactly(0).holds_between(0, 1), None);
        assert_eq!(Count::Exactly(0).holds_between(1, 1), Some(false));
        assert_eq!(Count::Between(2, 4).holds_between(5, 9), Some(false));
        assert_eq!(Count::AtMost(1).holds_between(0, 1), Some(true));
    }

    #[test]
    fn numbers_are_digits_or_words() {
        assert_eq!(number("Twelve"), Some(12));
        assert_eq!(number("007"), Some(7));
        assert_eq!(number("99999999999999999999999"), None);
        assert_eq!(number("-1"), None);
        assert_eq!(number(""), None);
    }
}
