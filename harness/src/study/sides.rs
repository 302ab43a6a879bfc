//! On which of two sides things are that are known to be on the same side as others, or opposite.

use petgraph::unionfind::UnionFind;

/// Things on two sides, as far as they are joined.
#[derive(Debug)]
pub(super) struct Sides {
    /// Each thing twice: where it is, and where it is not.
    places: UnionFind<usize>,
    contradicted: bool,
}

impl Default for Sides {
    fn default() -> Self {
        Self {
            places: UnionFind::new_empty(),
            contradicted: false,
        }
    }
}

/// A thing, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing(usize);

/// A side of things that are joined. It has another name once more are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Side(usize);

impl Sides {
    /// Another thing, of which nothing is known yet.
    pub fn thing(&mut self) -> Thing {
        let place = self.places.new_set();
        self.places.new_set();
        Thing(place)
    }

    /// Both are on the same side.
    pub fn together(&mut self, one: Thing, other: Thing) {
        self.places.union(one.0, other.0);
        self.places.union(one.0 + 1, other.0 + 1);
        self.contradicted |= self.places.equiv(one.0, one.0 + 1);
    }

    /// They are on opposite sides.
    pub fn apart(&mut self, one: Thing, other: Thing) {
        self.places.union(one.0, other.0 + 1);
        self.places.union(one.0 + 1, other.0);
        self.contradicted |= self.places.equiv(one.0, one.0 + 1);
    }

    /// The side of a thing, and the one opposite.
    pub fn of(&self, thing: Thing) -> (Side, Side) {
        (Side(self.places.find(thing.0)), Side(self.places.find(thing.0 + 1)))
    }

    /// Whether what was said of sides cannot all be true.
    pub fn are_contradicted(&self) -> bool {
        self.contradicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_joined_by_what_they_have_in_common() {
        let mut sides = Sides::default();
        let [one, two, three, four] = [(); 4].map(|()| sides.thing());
        sides.apart(one, two);
        sides.apart(three, four);
        assert_ne!(sides.of(one).0, sides.of(three).0);
        assert_ne!(sides.of(one).1, sides.of(three).0);
        sides.apart(two, three);
        assert_eq!(sides.of(one), sides.of(three));
        assert_eq!(sides.of(one).0, sides.of(four).1);
        assert!(!sides.are_contradicted());
        sides.together(one, three);
        assert!(!sides.are_contradicted());
        sides.together(one, four);
        assert!(sides.are_contradicted());
    }
}
