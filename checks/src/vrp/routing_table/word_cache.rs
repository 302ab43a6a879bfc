//! What a table's words stand for. A table says the same few hundred words over and over, so that a small table of
//! recent ones, asked first, nearly always answers.

use std::collections::HashMap;

/// Places for recent words, a power of two.
const RECENT: usize = 1024;

/// Words of the text with a value each.
pub(super) struct WordCache<'a, V> {
    recent: Vec<Option<(&'a str, V)>>,
    all: HashMap<&'a str, V>,
}

impl<V: Copy> Default for WordCache<'_, V> {
    fn default() -> Self {
        Self {
            recent: vec![None; RECENT],
            all: HashMap::new(),
        }
    }
}

impl<'a, V: Copy> WordCache<'a, V> {
    /// The value of a word that was learned.
    #[inline]
    pub fn get(&mut self, word: &'a str) -> Option<V> {
        let place = place(word);
        match self.recent[place] {
            Some((known, value)) if is_same(known, word) => Some(value),
            _ => {
                let value = *self.all.get(word)?;
                self.recent[place] = Some((word, value));
                Some(value)
            }
        }
    }

    /// Learns a word.
    #[cold]
    pub fn learn(&mut self, word: &'a str, value: V) {
        self.all.insert(word, value);
    }
}

/// Whether two words are equal. Words of eight to 24 bytes, as most are, take three comparisons and no call.
#[inline]
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() || !(8..=24).contains(&one.len()) {
        return one == other;
    }
    let middle = (one.len() - 8) / 2;
    one.first_chunk::<8>() == other.first_chunk()
        && one.last_chunk::<8>() == other.last_chunk()
        && one[middle..].first_chunk::<8>() == other[middle..].first_chunk()
}

/// A place by the last eight bytes, in which names of interfaces differ.
#[inline]
fn place(word: &str) -> usize {
    let bytes = word.as_bytes();
    let tail = match (bytes.last_chunk::<8>(), bytes.last_chunk::<4>()) {
        (Some(tail), _) => u64::from_le_bytes(*tail),
        (None, Some(tail)) => u64::from(u32::from_le_bytes(*tail)) << 8 | bytes.len() as u64,
        (None, None) => bytes.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte)),
    };
    (tail.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % RECENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_to_the_last_letter() {
        for length in 0..40 {
            let word = "x".repeat(length);
            assert!(is_same(&word, &word.clone()));
            for at in 0..length {
                let mut other = word.clone();
                other.replace_range(at..=at, "y");
                assert!(!is_same(&word, &other), "{length} {at}");
            }
            assert!(!is_same(&word, &(word.clone() + "x")));
        }
    }

    #[test]
    fn words_that_share_a_place_keep_their_values() {
        let words: Vec<String> = (0..5_000)
            .map(|number| format!("GigabitEthernet0/0/{number}"))
            .collect();
        let mut cache = WordCache::default();
        for (value, word) in words.iter().enumerate() {
            assert_eq!(cache.get(word), None);
            cache.learn(word, value);
        }
        for _ in 0..2 {
            for (value, word) in words.iter().enumerate() {
                assert_eq!(cache.get(word), Some(value));
            }
        }
        assert_eq!(cache.get(""), None);
    }
}
