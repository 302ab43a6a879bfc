//! Sorted tables that change little: one that follows from another shares with it all that is the same.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Most entries of a leaf.
const LARGEST_LEAF: usize = 32;
/// Entries of a leaf of a new table.
const NEW_LEAF: usize = 24;

/// A sorted table. It does not change: [`with`](Self::with) makes another one, which shares the leaves that are the same.
pub struct SharedTable<K, V> {
    /// Each leaf with its first key, in order; no leaf is empty.
    leaves: Arc<[(K, Leaf<K, V>)]>,
    length: usize,
}

/// Some entries in their order.
type Leaf<K, V> = Arc<[(K, V)]>;

impl<K, V> SharedTable<K, V> {
    /// A table of nothing.
    pub fn new() -> Self {
        Self {
            leaves: Arc::default(),
            length: 0,
        }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter {
            leaves: self.leaves.iter(),
            entries: [].iter(),
        }
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V: Clone> SharedTable<K, V> {
    /// The table after changes in the order of their keys: a value is put in place, none is removed.
    #[must_use]
    pub fn with(&self, changes: impl IntoIterator<Item = (K, Option<V>)>) -> Self {
        let mut changes = changes.into_iter().peekable();
        let mut leaves: Vec<(K, Leaf<K, V>)> = Vec::with_capacity(self.leaves.len() + 1);
        let mut length = self.length;
        let nothing: Leaf<K, V> = Arc::default();
        let mut place = 0;
        loop {
            let Some((key, _)) = changes.peek() else {
                leaves.extend(self.leaves.iter().skip(place).cloned());
                break;
            };
            let changed = self.leaf_of(key).unwrap_or(0).max(place);
            leaves.extend(self.leaves.iter().take(changed).skip(place).cloned());
            let leaf = self.leaves.get(changed).map_or(&nothing, |(_, leaf)| leaf);
            let next = self.leaves.get(changed + 1).map(|(first, _)| first);
            let own = std::iter::from_fn(|| changes.next_if(|(key, _)| next.is_none_or(|next| key < next)));
            let renewed = merged(leaf, own);
            length = length + renewed.len() - leaf.len();
            add(&mut leaves, renewed, LARGEST_LEAF);
            place = changed + 1;
        }
        Self {
            leaves: leaves.into(),
            length,
        }
    }
}

/// A leaf after changes in the order of their keys.
fn merged<K: Ord + Clone, V: Clone>(leaf: &[(K, V)], changes: impl Iterator<Item = (K, Option<V>)>) -> Vec<(K, V)> {
    let mut renewed = Vec::with_capacity(leaf.len() + 1);
    let mut rest = leaf;
    for (key, value) in changes {
        let before = rest.partition_point(|(known, _)| *known < key);
        let (first, behind) = rest.split_at(before);
        renewed.extend_from_slice(first);
        let is_same = behind.first().is_some_and(|(known, _)| *known == key);
        rest = behind.get(usize::from(is_same)..).unwrap_or_default();
        renewed.extend(value.map(|value| (key, value)));
    }
    renewed.extend_from_slice(rest);
    renewed
}

/// Adds entries as leaves: one, or as many as they need.
fn add<K: Clone, V>(leaves: &mut Vec<(K, Leaf<K, V>)>, entries: Vec<(K, V)>, largest: usize) {
    let count = entries.len().div_ceil(largest).max(1);
    let each = entries.len().div_ceil(count).max(1);
    let mut entries = entries.into_iter().peekable();
    while let Some((first, _)) = entries.peek() {
        let first = first.clone();
        leaves.push((first, entries.by_ref().take(each).collect()));
    }
}

impl<K: Ord, V> SharedTable<K, V> {
    /// The place of the leaf that has a key if any has.
    fn leaf_of(&self, key: &K) -> Option<usize> {
        self.leaves.partition_point(|(first, _)| first <= key).checked_sub(1)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (_, leaf) = self.leaves.get(self.leaf_of(key)?)?;
        let place = leaf.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        leaf.get(place).map(|(_, value)| value)
    }

    /// Whether there is a value of a key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// The last entry whose key is not larger than this one.
    pub fn last_up_to(&self, key: &K) -> Option<(&K, &V)> {
        let (_, leaf) = self.leaves.get(self.leaf_of(key)?)?;
        let place = leaf.partition_point(|(known, _)| known <= key).checked_sub(1)?;
        leaf.get(place).map(|(key, value)| (key, value))
    }

    /// How many entries it does not share with another table.
    pub fn unshared(&self, other: &Self) -> usize {
        if Arc::ptr_eq(&self.leaves, &other.leaves) {
            return 0;
        }
        let is_shared = |first: &K, leaf: &Leaf<K, V>| {
            let known = other.leaf_of(first).and_then(|place| other.leaves.get(place));
            known.is_some_and(|(_, known)| Arc::ptr_eq(known, leaf))
        };
        let own = self.leaves.iter().filter(|(first, leaf)| !is_shared(first, leaf));
        own.map(|(_, leaf)| leaf.len()).sum()
    }
}

impl<K: Ord, V: PartialEq> SharedTable<K, V> {
    /// The keys whose values are others in a table that follows, or that only one of them has; in order.
    pub fn changed<'a>(&'a self, now: &'a Self) -> Vec<&'a K> {
        let mut keys = Vec::new();
        let (mut left, mut right) = (self.iter(), now.iter());
        loop {
            left.skip_shared(&mut right);
            let order = match (left.peek(), right.peek()) {
                (None, None) => return keys,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let was = if order.is_le() { left.next() } else { None };
            let is = if order.is_ge() { right.next() } else { None };
            if was.map(|(_, value)| value) != is.map(|(_, value)| value) {
                keys.extend(is.or(was).map(|(key, _)| key));
            }
        }
    }
}

/// The entries of a table in the order of their keys.
pub struct Iter<'a, K, V> {
    leaves: std::slice::Iter<'a, (K, Leaf<K, V>)>,
    entries: std::slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    /// The next leaf, if none has been begun.
    fn leaf(&self) -> Option<&'a Leaf<K, V>> {
        let (_, leaf) = self.leaves.as_slice().first().filter(|_| self.entries.len() == 0)?;
        Some(leaf)
    }

    fn peek(&self) -> Option<(&'a K, &'a V)> {
        let next = self.entries.as_slice().first();
        let next = next.or_else(|| self.leaves.as_slice().first()?.1.first());
        next.map(|(key, value)| (key, value))
    }

    /// Passes over the leaves that come next here and in another table.
    fn skip_shared(&mut self, other: &mut Self) {
        while let (Some(own), Some(theirs)) = (self.leaf(), other.leaf())
            && Arc::ptr_eq(own, theirs)
        {
            self.leaves.next();
            other.leaves.next();
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.entries.len() == 0 {
            self.entries = self.leaves.next()?.1.iter();
        }
        self.entries.next().map(|(key, value)| (key, value))
    }
}

impl<'a, K, V> IntoIterator for &'a SharedTable<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord + Clone, V> FromIterator<(K, V)> for SharedTable<K, V> {
    /// Of several values of a key the last counts.
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(a, _), (b, _)| a == b);
        }
        let length = entries.len();
        let mut leaves = Vec::with_capacity(length.div_ceil(NEW_LEAF));
        add(&mut leaves, entries, NEW_LEAF);
        Self {
            leaves: leaves.into(),
            length,
        }
    }
}

impl<K, V> Clone for SharedTable<K, V> {
    fn clone(&self) -> Self {
        Self {
            leaves: Arc::clone(&self.leaves),
            length: self.length,
        }
    }
}

impl<K, V> Default for SharedTable<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord, V: PartialEq> PartialEq for SharedTable<K, V> {
    fn eq(&self, other: &Self) -> bool {
        if self.length != other.length {
            return false;
        }
        let (mut left, mut right) = (self.iter(), other.iter());
        loop {
            left.skip_shared(&mut right);
            match (left.next(), right.next()) {
                (None, None) => return true,
                (a, b) if a != b => return false,
                _ => {}
            }
        }
    }
}

impl<K: Ord, V: Eq> Eq for SharedTable<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedTable<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn collected(table: &SharedTable<u16, u8>) -> BTreeMap<u16, u8> {
        let entries: Vec<(u16, u8)> = table.iter().map(|(key, value)| (*key, *value)).collect();
        assert!(entries.is_sorted_by(|(a, _), (b, _)| a < b), "{entries:?}");
        assert_eq!(table.len(), entries.len());
        for ((first, leaf), number) in table.leaves.iter().zip(0..) {
            assert!((1..=LARGEST_LEAF).contains(&leaf.len()), "leaf {number}");
            assert_eq!(Some(*first), leaf.first().map(|(key, _)| *key));
        }
        entries.into_iter().collect()
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(
            entries in prop::collection::vec((0..300_u16, any::<u8>()), 0..400),
            steps in prop::collection::vec(
                prop::collection::btree_map(0..300_u16, prop::option::of(any::<u8>()), 0..80), 0..8,
            ),
        ) {
            let mut table: SharedTable<u16, u8> = entries.iter().copied().collect();
            let mut map: BTreeMap<u16, u8> = entries.into_iter().collect();
            prop_assert_eq!(&collected(&table), &map);
            for changes in steps {
                let before = (table.clone(), map.clone());
                table = table.with(changes.clone());
                for (key, value) in &changes {
                    match value {
                        Some(value) => map.insert(*key, *value),
                        None => map.remove(key),
                    };
                }
                prop_assert_eq!(&collected(&table), &map);
                prop_assert_eq!(&collected(&before.0), &before.1);
                let expected: Vec<u16> = (0..300).filter(|key| before.1.get(key) != map.get(key)).collect();
                let found: Vec<u16> = before.0.changed(&table).into_iter().copied().collect();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(before.0 == table, expected.is_empty());
                let anew: SharedTable<u16, u8> = map.clone().into_iter().collect();
                prop_assert!(anew == table);
                prop_assert!(table.unshared(&before.0) <= table.len());
                for key in 0..300 {
                    prop_assert_eq!(table.get(&key), map.get(&key));
                    prop_assert_eq!(table.last_up_to(&key), map.range(..=key).next_back());
                }
            }
        }
    }

    #[test]
    fn what_follows_from_another_shares_all_leaves_but_the_changed_ones() {
        let table: SharedTable<u16, u8> = (0..600).map(|key| (key, 0)).collect();
        assert_eq!(table.with([]).unshared(&table), 0);
        let changed = table.with([(7, Some(1)), (300, None), (1000, Some(2))]);
        let unshared = changed.unshared(&table);
        assert!((3..=3 * LARGEST_LEAF).contains(&unshared), "{unshared}");
        assert_eq!(table.unshared(&SharedTable::new()), 600);
    }
}
