//! The keys of `display bfd session … verbose`, and how a line is split into keys and values.

/// Every key that is known, in lower case, and whether its value is free text that takes the rest of the line.
const KEYS: &[(&str, bool)] = &[
    ("local discriminator", false),
    ("remote discriminator", false),
    ("session detect mode", true),
    ("bfd bind type", true),
    ("bind session type", true),
    ("bind peer ip address", false),
    ("nexthop ip address", false),
    ("bind interface", false),
    ("track interface", false),
    ("vpn instance name", false),
    ("bind source ip address", false),
    ("fsm board id", false),
    ("tos-exp", false),
    ("min tx interval (ms)", false),
    ("min rx interval (ms)", false),
    ("actual tx interval (ms)", false),
    ("actual rx interval (ms)", false),
    ("echo rx interval (ms)", false),
    ("echo tx interval (ms)", false),
    ("local detect multi", false),
    ("detect interval (ms)", false),
    ("active multi", false),
    ("echo passive", false),
    ("acl number", false),
    ("destination port", false),
    ("source port", false),
    ("ttl", false),
    ("proc interface status", false),
    ("process pst", false),
    ("config pst", false),
    ("wtr interval (ms)", false),
    ("local demand mode", false),
    ("dscp", false),
    ("last local diagnostic", true),
    ("bind application", true),
    ("session tx tmrid", false),
    ("session detect tmrid", false),
    ("session init tmrid", false),
    ("session wtr tmrid", false),
    ("session echo tx tmrid", false),
    ("session echo rx tmrid", false),
    ("pdt index", true),
    ("session not up reason", true),
    ("session description", true),
    ("track group name", true),
    ("tunnel id", false),
    ("tunnel name", false),
    ("lsp name", false),
    ("static lsp name", false),
    ("lsp token", false),
    ("pw type", false),
    ("vc id", false),
    ("vc type", false),
    ("vsi name", false),
    ("vsi peer ip address", false),
    ("sid_list id", false),
    ("segment list id", false),
    ("segment-list id", false),
    ("color", false),
    ("endpoint", false),
    ("bind mac address", false),
    ("sub session count", false),
    ("main session name", false),
];

/// The keys of one line with their values.
pub(super) struct Pairs<'t> {
    /// In the order of the line.
    pub known: Vec<(&'static str, &'t str)>,
    /// Whether something on the line looks like a further key that is not known.
    pub unknown: bool,
}

/// Splits a line into its keys and values; `None` where it does not begin with a known key.
pub(super) fn pairs_of(text: &str) -> Option<Pairs<'_>> {
    let mut pairs = Pairs {
        known: Vec::new(),
        unknown: false,
    };
    let (mut key, mut free, mut rest) = key_at(text)?;
    loop {
        let next = if free { None } else { next_key(rest) };
        let value = next.as_ref().map_or(rest, |(at, ..)| &rest[..*at]);
        let (value, further) = without_unknown_key(value, free);
        pairs.unknown |= further;
        pairs.known.push((key, value.trim()));
        match next {
            Some((_, next_key, next_free, next_rest)) => (key, free, rest) = (next_key, next_free, next_rest),
            None => return Some(pairs),
        }
    }
}

/// The longest key that is looked for, blanks before its colon included.
const LONGEST_KEY: usize = 64;
/// A second key begins within this many bytes of the first one's value.
const SECOND_KEY_WITHIN: usize = 128;

/// The known key at the beginning of a text: the key, whether its value is free text, and what follows the colon.
fn key_at(text: &str) -> Option<(&'static str, bool, &str)> {
    let colon = text.bytes().take(LONGEST_KEY).position(|byte| byte == b':')?;
    let words: Vec<String> = text[..colon].split_whitespace().map(str::to_ascii_lowercase).collect();
    // `Interval(ms)` and `Interval (ms)` are one key.
    let printed = words.join(" ").replace("interval(ms)", "interval (ms)");
    let (key, free) = KEYS.iter().find(|(key, _)| *key == printed)?;
    Some((key, *free, &text[colon + 1..]))
}

/// The next known key after a blank: where it begins, itself, and what follows its colon.
fn next_key(text: &str) -> Option<(usize, &'static str, bool, &str)> {
    let bytes = text.as_bytes();
    let starts = (1..bytes.len().min(SECOND_KEY_WITHIN)).filter(|&at| bytes[at - 1] == b' ' && bytes[at] != b' ');
    starts.into_iter().find_map(|start| {
        let (key, free, rest) = text.get(start..).and_then(key_at)?;
        Some((start, key, free, rest))
    })
}

/// Cuts off what looks like another key: at least two blanks, then words, then a colon.
fn without_unknown_key(value: &str, free: bool) -> (&str, bool) {
    if free {
        return (value, false);
    }
    let trimmed = value.trim();
    match trimmed.find("  ") {
        Some(gap) if trimmed[gap..].contains(':') => (&trimmed[..gap], true),
        _ => (trimmed, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> (Vec<(&str, &str)>, bool) {
        let pairs = pairs_of(text).unwrap();
        (pairs.known, pairs.unknown)
    }

    #[test]
    fn one_or_two_keys_stand_on_a_line_whatever_the_blanks() {
        assert_eq!(
            pairs("Local Discriminator    : 8192             Remote Discriminator   : ce1_to_pe1"),
            (
                vec![("local discriminator", "8192"), ("remote discriminator", "ce1_to_pe1")],
                false
            )
        );
        assert_eq!(
            pairs("Actual Tx Interval(ms): - Actual Rx Interval (ms) :10").0,
            [("actual tx interval (ms)", "-"), ("actual rx interval (ms)", "10")]
        );
        assert_eq!(pairs("Bind Interface         :"), (vec![("bind interface", "")], false));
        assert_eq!(
            pairs("Bind Peer IP Address   : 2001:DB8::1"),
            (vec![("bind peer ip address", "2001:DB8::1")], false)
        );
    }

    #[test]
    fn free_text_takes_the_rest_of_the_line() {
        assert_eq!(
            pairs("Session Description    : to PE1   TTL : 5"),
            (vec![("session description", "to PE1   TTL : 5")], false)
        );
        assert_eq!(
            pairs("PDT Index : FSM-5020000 | RCV-0").0,
            [("pdt index", "FSM-5020000 | RCV-0")]
        );
    }

    #[test]
    fn an_unknown_key_makes_the_line_unexplained_and_keeps_the_known_one() {
        assert_eq!(
            pairs("TTL   : 255      Colour of packets : blue"),
            (vec![("ttl", "255")], true)
        );
        assert!(pairs_of("Colour of packets : blue").is_none());
        assert!(pairs_of("no colon").is_none());
    }
}
