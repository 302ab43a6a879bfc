//! Phrases: one assertion each, their grammar, their canonical form and how they are decided.
