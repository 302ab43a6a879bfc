//! Values in a row, of which those that reach a bound are found without looking at the others.

/// A place without a value: no bound is as low.
const NONE: i64 = i64::MIN;

/// Values at places from 0, each of which can be set and removed; a segment tree of maxima.
pub(super) struct Maxima {
    /// The greatest value below each node: the root at 1, the places from `leaves` on.
    greatest: Vec<i64>,
    leaves: usize,
}

impl Maxima {
    /// So many places without a value.
    pub(super) fn without_values(places: usize) -> Self {
        let leaves = places.next_power_of_two();
        Self {
            greatest: vec![NONE; leaves.saturating_mul(2)],
            leaves,
        }
    }

    /// Gives a place a value.
    pub(super) fn set(&mut self, place: usize, value: i64) {
        self.put(place, value.max(NONE + 1));
    }

    /// Takes the value of a place away.
    pub(super) fn remove(&mut self, place: usize) {
        self.put(place, NONE);
    }

    fn put(&mut self, place: usize, value: i64) {
        let mut node = self.leaves + place;
        let mut greatest = value;
        while let Some(slot) = self.greatest.get_mut(node) {
            *slot = greatest;
            if node <= 1 {
                return;
            }
            greatest = greatest.max(self.below(node ^ 1));
            node /= 2;
        }
    }

    fn below(&self, node: usize) -> i64 {
        self.greatest.get(node).copied().unwrap_or(NONE)
    }

    /// The first place from `from` to before `to` whose value is no less than a bound.
    pub(super) fn first_reaching(&self, from: usize, to: usize, bound: i64) -> Option<usize> {
        let bound = bound.max(NONE + 1);
        let mut node = self.leaves.checked_add(from).filter(|_| from < to.min(self.leaves))?;
        // Up and to the right until a value below reaches the bound, then down to the first that does.
        while self.below(node) < bound {
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < self.leaves {
            node *= 2;
            if self.below(node) < bound {
                node += 1;
            }
        }
        Some(node - self.leaves).filter(|place| *place < to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_that_reaches_is_found(
            values in prop::collection::vec(prop::option::of(-5_i64..5), 0..40),
            removed in prop::collection::vec(0_usize..40, 0..10),
            from in 0_usize..45,
            to in 0_usize..45,
            bound in prop_oneof![8 => -6_i64..6, 1 => Just(i64::MIN), 1 => Just(i64::MAX)],
        ) {
            let mut maxima = Maxima::without_values(values.len());
            let mut kept = values.clone();
            for (place, value) in values.iter().enumerate() {
                if let Some(value) = value {
                    maxima.set(place, *value);
                }
            }
            for place in removed {
                if let Some(slot) = kept.get_mut(place) {
                    *slot = None;
                    maxima.remove(place);
                }
            }
            let expected = (from..to.min(kept.len())).find(|place| kept[*place].is_some_and(|value| value >= bound));
            prop_assert_eq!(maxima.first_reaching(from, to, bound), expected);
        }
    }
}
