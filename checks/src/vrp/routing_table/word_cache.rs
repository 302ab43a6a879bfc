//! What a table's words stand for. A table says the same few hundred words over and over, so that a small table of
//! recent ones, asked first, nearly always answers.

use std::collections::HashMap;

/// Places for recent words, a power of two.
const RECENT: usize = 1024;

/// Words of the text with a value each.
pub(super) struct WordCache<'a, V> {
    recent: Vec<Option<(&'a [u8], V)>>,
    all: HashMap<&'a [u8], V>,
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
    pub fn get(&mut self, word: &'a [u8]) -> Option<V> {
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
    pub fn learn(&mut self, word: &'a [u8], value: V) {
        self.all.insert(word, value);
    }
}

/// Whether two words are equal. Words of up to 24 bytes, as nearly all are, take three comparisons and no call.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let length = one.len();
    if length != other.len() {
        return false;
    }
    match length {
        0 => true,
        1..=3 => one[0] == other[0] && one[length / 2] == other[length / 2] && one[length - 1] == other[length - 1],
        4..=8 => one.first_chunk::<4>() == other.first_chunk() && one.last_chunk::<4>() == other.last_chunk(),
        9..=24 => {
            let middle = (length - 8) / 2;
            one.first_chunk::<8>() == other.first_chunk()
                && one.last_chunk::<8>() == other.last_chunk()
                && one[middle..].first_chunk::<8>() == other[middle..].first_chunk()
        }
        _ => one == other,
    }
}

/// A place by the last eight bytes, in which names of interfaces differ.
#[inline]
fn place(word: &[u8]) -> usize {
    let tail = match (word.last_chunk::<8>(), word.last_chunk::<4>(), word) {
        (Some(tail), ..) => u64::from_le_bytes(*tail),
        (_, Some(tail), _) => u64::from(u32::from_le_bytes(*tail)),
        (_, _, [first, .., last]) => u64::from(*first) << 8 | u64::from(*last),
        (_, _, word) => word.len() as u64,
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
            assert!(is_same(word.as_bytes(), word.clone().as_bytes()));
            for at in 0..length {
                let mut other = word.clone();
                other.replace_range(at..=at, "y");
                assert!(!is_same(word.as_bytes(), other.as_bytes()), "{length} {at}");
            }
            assert!(!is_same(word.as_bytes(), (word.clone() + "x").as_bytes()));
        }
    }

    #[test]
    fn words_that_share_a_place_keep_their_values() {
        let words: Vec<String> = (0..5_000)
            .map(|number| format!("GigabitEthernet0/0/{number}"))
            .collect();
        let mut cache = WordCache::default();
        for (value, word) in words.iter().enumerate() {
            assert_eq!(cache.get(word.as_bytes()), None);
            cache.learn(word.as_bytes(), value);
        }
        for _ in 0..2 {
            for (value, word) in words.iter().enumerate() {
                assert_eq!(cache.get(word.as_bytes()), Some(value));
            }
        }
        assert_eq!(cache.get(b""), None);
    }
}
