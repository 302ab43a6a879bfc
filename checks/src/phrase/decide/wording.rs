//! How what is there is put into words: short, bounded, and safe to print.

/// Most things that are named before `and n more`.
const MOST_NAMED: usize = 8;
/// Most characters of a text that a device printed.
const MOST_CHARACTERS: usize = 160;

/// A text of a device, safe to print in one line.
pub(super) fn clean(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(MOST_CHARACTERS)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect();
    if text.chars().nth(MOST_CHARACTERS).is_some() {
        out.push('…');
    }
    out
}

/// `a, b, c and 5 more`.
pub(super) fn some(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    some_of(&items, Clone::clone)
}

/// `a, b, c and 5 more`, putting into words only those that are named.
pub(super) fn some_of<T>(items: &[T], in_words: impl Fn(&T) -> String) -> String {
    let named: Vec<String> = items
        .iter()
        .take(MOST_NAMED)
        .map(|item| clean(&in_words(item)))
        .collect();
    match items.len().saturating_sub(MOST_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// `1 next hop`, `2 next hops`, `no next hop`.
pub(super) fn counted(number: u64, one: &str, several: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        number => format!("{number} {several}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_texts_cannot_disturb_a_terminal_or_grow_without_bound() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(clean(&"x".repeat(500)).chars().count(), 161);
        assert_eq!(
            some((0..10).map(|n| n.to_string())),
            "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
        );
    }
}
