//! Conditions on a field of a table: `interface is GigabitEthernet0/3/0`, `tx_interval_ms at most 10`.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::redacted::may_have_been;
use super::regex_pattern::RegexPattern;
use super::token;
use crate::cell::{Cell, FieldSpec, Kind};
use crate::table::{AnyTable, Table, TableKind};
use crate::value::InterfaceName;

/// A field of a table, or of the rows within its rows: `next_hops.interface`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    /// As written.
    pub name: String,
    /// Position in the table's fields, then in the fields of the record within.
    pub positions: Vec<usize>,
    /// The kind of its values, one of a list where there are several.
    pub kind: Kind,
    /// Whether a row may hold several values of it.
    pub several: bool,
}

impl FieldPath {
    /// Finds a field. The error is the names that are there at the first part that is none of them.
    pub(super) fn find(table: TableKind, name: &str) -> Result<Self, Vec<String>> {
        let mut fields = table.fields();
        let mut positions = Vec::new();
        let mut several = false;
        let mut parts = name.split('.').peekable();
        let mut prefix = String::new();
        while let Some(part) = parts.next() {
            let found = fields.iter().position(|field| field.name.eq_ignore_ascii_case(part));
            let Some(position) = found else {
                return Err(names(&prefix, fields));
            };
            positions.push(position);
            prefix = format!("{prefix}{}.", fields[position].name);
            let mut kind = fields[position].kind;
            if let Kind::List(element) = kind {
                several = true;
                kind = *element;
            }
            match (kind, parts.peek()) {
                (Kind::Record(inner), Some(_)) => fields = inner,
                (Kind::Record(inner), None) => return Err(names(&prefix, inner)),
                (_, Some(_)) => return Err(vec![prefix.trim_end_matches('.').to_owned()]),
                (kind, None) => {
                    return Ok(Self {
                        name: prefix.trim_end_matches('.').to_owned(),
                        positions,
                        kind,
                        several,
                    });
                }
            }
        }
        Err(names("", table.fields()))
    }

    /// The names under which a parser may say that it did not understand this field.
    pub(super) fn aliases(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.name.split('.'))
    }

    /// All values of the field in a row, absent ones included.
    fn cells<'a>(&self, table: &'a AnyTable, row: usize) -> Vec<Cell<'a>> {
        let Some((first, inner)) = self.positions.split_first() else {
            return Vec::new();
        };
        let mut found = flatten(table.cell(row, *first));
        for position in inner {
            found = found
                .into_iter()
                .flat_map(|cell| match cell {
                    Cell::Record(mut fields) if *position < fields.len() => flatten(fields.swap_remove(*position).1),
                    _ => vec![Cell::Absent],
                })
                .collect();
        }
        found
    }
}

fn names(prefix: &str, fields: &[FieldSpec]) -> Vec<String> {
    fields.iter().map(|field| format!("{prefix}{}", field.name)).collect()
}

fn flatten(cell: Cell<'_>) -> Vec<Cell<'_>> {
    match cell {
        Cell::List(values) => values,
        other => vec![other],
    }
}

/// How a field relates to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `at least`
    AtLeast,
    /// `at most`
    AtMost,
    /// `below`
    Below,
    /// `above`
    Above,
    /// `contains`: one of several values is this.
    Contains,
    /// `lacks`: none of several values is this.
    Lacks,
    /// `matches`
    Matches,
    /// `does not match`
    MatchesNot,
}

impl Relation {
    fn words(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::AtLeast => "at least",
            Self::AtMost => "at most",
            Self::Below => "below",
            Self::Above => "above",
            Self::Contains => "contains",
            Self::Lacks => "lacks",
            Self::Matches => "matches",
            Self::MatchesNot => "does not match",
        }
    }

    /// The relations that make sense for a field.
    pub(super) fn of(path: &FieldPath) -> &'static [Relation] {
        match (path.several, path.kind) {
            (true, _) => &[Self::Contains, Self::Lacks],
            (false, Kind::Integer | Kind::Float) => &[
                Self::Is,
                Self::IsNot,
                Self::AtLeast,
                Self::AtMost,
                Self::Below,
                Self::Above,
            ],
            (false, Kind::Text) => &[Self::Is, Self::IsNot, Self::Matches, Self::MatchesNot],
            _ => &[Self::Is, Self::IsNot],
        }
    }
}

/// The value that a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number.
    Float(f64),
    /// A text, compared exactly.
    Text(String),
    /// A word of a closed set.
    Word(&'static str),
    /// An address.
    Address(IpAddr),
    /// A prefix.
    Prefix(IpNet),
    /// An interface.
    Interface(InterfaceName),
    /// A regular expression.
    Regex(RegexPattern),
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(&token::name(value)),
            Self::Word(value) => f.write_str(value),
            Self::Address(value) => write!(f, "{value}"),
            Self::Prefix(value) => write!(f, "{value}"),
            Self::Interface(value) => f.write_str(&token::name(value.as_str())),
            Self::Regex(value) => write!(f, "{value}"),
        }
    }
}

/// A field, a relation and a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The field.
    pub field: FieldPath,
    /// The relation.
    pub relation: Relation,
    /// The value.
    pub operand: Operand,
}

impl Condition {
    /// Whether it is true of a row; nothing where the device did not print what is needed.
    pub(super) fn holds(&self, table: &AnyTable, row: usize) -> Option<bool> {
        let cells = self.field.cells(table, row);
        match self.relation {
            Relation::Contains => self.contains(&cells),
            Relation::Lacks => self.contains(&cells).map(|found| !found),
            relation => compare(cells.first()?, relation, &self.operand),
        }
    }

    /// Whether one of the values is the operand. A list that is empty may not have been printed, so it decides
    /// nothing; but a configuration line that stands in no view is printed so.
    fn contains(&self, cells: &[Cell<'_>]) -> Option<bool> {
        if cells.is_empty() && self.field.name != "views" {
            return None;
        }
        contains(cells, &self.operand)
    }

    /// What the row holds in the field, in words.
    pub(super) fn what_is_there(&self, table: &AnyTable, row: usize) -> String {
        let cells = self.field.cells(table, row);
        let shown: Vec<String> = cells
            .iter()
            .filter(|cell| **cell != Cell::Absent)
            .map(cell_text)
            .collect();
        if shown.is_empty() {
            format!("no `{}` printed", self.field.name)
        } else {
            format!("{} {}", self.field.name, shown.join(", "))
        }
    }

    /// As it is written after `has`, where `is` is left out.
    pub(super) fn after_has(&self) -> String {
        match self.relation {
            Relation::Is => format!("{} {}", self.field.name, self.operand),
            Relation::IsNot => format!("{} not {}", self.field.name, self.operand),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field.name, self.relation.words(), self.operand)
    }
}

/// Whether one of the values is the operand.
fn contains(cells: &[Cell<'_>], operand: &Operand) -> Option<bool> {
    let each: Vec<Option<bool>> = cells.iter().map(|cell| compare(cell, Relation::Is, operand)).collect();
    if each.contains(&Some(true)) {
        Some(true)
    } else if each.contains(&None) {
        None
    } else {
        Some(false)
    }
}

fn compare(cell: &Cell<'_>, relation: Relation, operand: &Operand) -> Option<bool> {
    match relation {
        Relation::Is => equal(cell, operand),
        Relation::IsNot => equal(cell, operand).map(|same| !same),
        Relation::AtLeast => order(cell, operand).map(std::cmp::Ordering::is_ge),
        Relation::AtMost => order(cell, operand).map(std::cmp::Ordering::is_le),
        Relation::Below => order(cell, operand).map(std::cmp::Ordering::is_lt),
        Relation::Above => order(cell, operand).map(std::cmp::Ordering::is_gt),
        Relation::Matches | Relation::MatchesNot => match (cell, operand) {
            (Cell::Text(text), Operand::Regex(regex)) => regex
                .matches_shown(text)
                .map(|matches| matches == (relation == Relation::Matches)),
            _ => None,
        },
        Relation::Contains | Relation::Lacks => None,
    }
}

fn equal(cell: &Cell<'_>, operand: &Operand) -> Option<bool> {
    match (cell, operand) {
        (Cell::Bool(have), Operand::Bool(want)) => Some(have == want),
        (Cell::Text(have), Operand::Text(want)) => (have == want || !may_have_been(have, want)).then_some(have == want),
        (Cell::Word(have), Operand::Word(want)) => Some(have == want),
        (Cell::Address(have), Operand::Address(want)) => Some(have == want),
        (Cell::Prefix(have), Operand::Prefix(want)) => Some(have == want),
        (Cell::Interface(have), Operand::Interface(want)) => Some(have.as_ref() == want),
        (Cell::Integer(_) | Cell::Float(_), _) => order(cell, operand).map(std::cmp::Ordering::is_eq),
        _ => None,
    }
}

fn order(cell: &Cell<'_>, operand: &Operand) -> Option<std::cmp::Ordering> {
    match (cell, operand) {
        (Cell::Integer(have), Operand::Integer(want)) => Some(have.cmp(want)),
        (Cell::Integer(have), Operand::Float(want)) => (*have as f64).partial_cmp(want),
        (Cell::Float(have), Operand::Float(want)) => have.partial_cmp(want),
        (Cell::Float(have), Operand::Integer(want)) => have.partial_cmp(&(*want as f64)),
        _ => None,
    }
}

/// A cell in words.
pub(super) fn cell_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Absent => "-".to_owned(),
        Cell::Bool(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Text(value) => value.to_string(),
        Cell::Word(value) => (*value).to_owned(),
        Cell::Address(value) => value.to_string(),
        Cell::Prefix(value) => value.to_string(),
        Cell::Interface(value) => value.to_string(),
        Cell::List(values) => values.iter().map(cell_text).collect::<Vec<_>>().join(", "),
        Cell::Record(fields) => fields
            .iter()
            .filter(|(_, value)| *value != Cell::Absent)
            .map(|(name, value)| format!("{name} {}", cell_text(value)))
            .collect::<Vec<_>>()
            .join(" "),
    }
}
