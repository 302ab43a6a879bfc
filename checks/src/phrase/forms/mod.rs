//! The one table of every form of phrase: the parser, `netverdict phrases`, the reference page and the tests of the
//! examples all come from it.

/// Reads a bound value of one kind out of the bindings.
macro_rules! bound {
    ($bindings:expr, $name:literal, $variant:ident) => {
        match $bindings.value($name) {
            Some($crate::phrase::slot::Value::$variant(value)) => Some(value.clone()),
            _ => None,
        }
    };
}

/// Reads a bound value that the syntax always binds.
macro_rules! required {
    ($bindings:expr, $name:literal, $variant:ident) => {
        bound!($bindings, $name, $variant).ok_or_else(|| {
            $crate::phrase::error::PhraseError::new(
                0..0,
                concat!("this form needs {", $name, "}: a mistake in netverdict itself"),
            )
        })?
    };
}

mod between_devices;
mod bfd;
mod capture;
mod configuration;
pub(super) mod generic;
mod later;
mod reachability;
mod routes;
mod sessions;
mod vpn_instance;

use std::ops::Range;
use std::sync::LazyLock;

use super::assertion::Assertion;
use super::error::PhraseError;
use super::matcher::Bindings;
use super::pattern::{Node, compile};

pub(super) use later::not_available_yet;

/// Where a phrase stands: under a device, under `lab`, or under a point of observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Under a device's name: it is about that device.
    Device,
    /// Under `lab`: it compares devices.
    Lab,
    /// Under a point of observation, or under `lab` for all of them: it is about captures.
    Capture,
}

/// A form of phrase.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Short stable name: `next-hop-count`.
    pub id: &'static str,
    /// Heading that it is listed under.
    pub group: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// Syntax: `word[s]` in either number, `is/are` either word, `[…]` may be left out, `(a|b)` a choice, `{…}` a
    /// value.
    pub syntax: &'static str,
    /// Complete phrases of this form.
    pub examples: &'static [&'static str],
    /// What is checked, and when it passes, fails or cannot be told.
    pub doc: &'static str,
    build: fn(&Bindings) -> Built,
}

/// An assertion, or why the words do not make one; nothing where another form means this.
type Built = Result<Assertion, Problem>;

/// Why a complete match makes no assertion.
pub(super) enum Problem {
    /// Another form has this meaning.
    OtherForm,
    /// A mistake at a place.
    Mistake(PhraseError),
}

impl Problem {
    fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::Mistake(PhraseError::new(span, message))
    }
}

impl From<PhraseError> for Problem {
    fn from(error: PhraseError) -> Self {
        Self::Mistake(error)
    }
}

impl Form {
    /// Makes the assertion out of what was matched.
    pub(super) fn build(&self, bindings: &Bindings) -> Built {
        (self.build)(bindings)
    }
}

/// Every form with its syntax made into something to match against.
pub(super) fn compiled() -> &'static [(Form, Vec<Node>)] {
    static COMPILED: LazyLock<Vec<(Form, Vec<Node>)>> =
        LazyLock::new(|| forms().iter().map(|form| (*form, compile(form.syntax))).collect());
    &COMPILED
}

/// Every form of phrase, in the order of the reference.
pub fn forms() -> &'static [Form] {
    static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
        [
            routes::FORMS,
            sessions::FORMS,
            bfd::FORMS,
            vpn_instance::FORMS,
            reachability::FORMS,
            configuration::FORMS,
            generic::FORMS,
            between_devices::FORMS,
            capture::FORMS,
        ]
        .concat()
    });
    &FORMS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syntax_is_sound_and_every_id_is_its_own() {
        let mut ids = std::collections::HashSet::new();
        for (form, nodes) in compiled() {
            assert!(!format!("{nodes:?}").contains("Never"), "{}: {nodes:?}", form.id);
            assert!(ids.insert(form.id), "{} twice", form.id);
            assert!(!form.examples.is_empty() && !form.doc.is_empty(), "{}", form.id);
        }
    }
}
