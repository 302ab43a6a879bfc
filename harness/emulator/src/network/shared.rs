//! Lists that many tables hold: a copy of a table shares those that it has in common with the original.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A list that does not change.
pub struct Shared<T>(Arc<[T]>);

impl<T> Shared<T> {
    /// Whether both are one list, not only equal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Eq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.0 == other.0
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(list: Vec<T>) -> Self {
        Self(list.into())
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The keys whose values differ between two tables, or that only one of them has; in order.
pub fn changed<'a, K: Ord, V: PartialEq>(before: &'a BTreeMap<K, V>, now: &'a BTreeMap<K, V>) -> Vec<&'a K> {
    let (mut left, mut right) = (before.iter().peekable(), now.iter().peekable());
    let mut keys = Vec::new();
    loop {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_differs_is_what_differs(
            before in prop::collection::btree_map(0..20_u8, 0..3_u8, 0..20),
            now in prop::collection::btree_map(0..20_u8, 0..3_u8, 0..20),
        ) {
            let expected: Vec<u8> = (0..20).filter(|key| before.get(key) != now.get(key)).collect();
            let found: Vec<u8> = changed(&before, &now).into_iter().copied().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
