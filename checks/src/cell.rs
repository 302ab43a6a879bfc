//! One field of one row, and what kinds of fields there are: what phrases and JSON see of every table.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::value::{InterfaceName, Vrf};

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// The device did not print it.
    Absent,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// Free text, compared exactly.
    Text(Cow<'a, str>),
    /// One of a few lower-case words (a state, a protocol), compared without regard to case.
    Word(&'static str),
    /// An IP address.
    Address(IpAddr),
    /// A prefix.
    Prefix(IpNet),
    /// An interface.
    Interface(Cow<'a, InterfaceName>),
    /// Several values.
    List(Vec<Cell<'a>>),
    /// A row within the row.
    Record(Vec<(&'static str, Cell<'a>)>),
}

/// What values a field may hold. Every field may also be absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// Free text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An IP address.
    Address,
    /// A prefix.
    Prefix,
    /// An interface.
    Interface,
    /// Several values of one kind.
    List(&'static Kind),
    /// A row of its own.
    Record(&'static [FieldSpec]),
}

/// A field's name, kind and meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSpec {
    /// Name as in phrases and JSON.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it means, with its unit.
    pub doc: &'static str,
}

/// A field's name as in phrases and JSON: a Rust keyword loses its `r#`.
pub(crate) const fn field_name(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', ..] => identifier.split_at(2).1,
        _ => identifier,
    }
}

/// A type that can be a field of a row.
pub trait Column {
    /// The kind of all its values.
    const KIND: Kind;
    /// This value.
    fn cell(&self) -> Cell<'_>;
}

macro_rules! integer_column {
    ($($type:ty)*) => {$(
        impl Column for $type {
            const KIND: Kind = Kind::Integer;
            fn cell(&self) -> Cell<'_> {
                Cell::Integer(i128::from(*self))
            }
        }
    )*};
}
integer_column!(u8 u16 u32 u64 i32 i64);

impl Column for bool {
    const KIND: Kind = Kind::Bool;
    fn cell(&self) -> Cell<'_> {
        Cell::Bool(*self)
    }
}

impl Column for f64 {
    const KIND: Kind = Kind::Float;
    fn cell(&self) -> Cell<'_> {
        Cell::Float(*self)
    }
}

impl Column for String {
    const KIND: Kind = Kind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self))
    }
}

impl Column for Vrf {
    const KIND: Kind = Kind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self.as_str()))
    }
}

impl Column for IpAddr {
    const KIND: Kind = Kind::Address;
    fn cell(&self) -> Cell<'_> {
        Cell::Address(*self)
    }
}

impl Column for Ipv4Addr {
    const KIND: Kind = Kind::Address;
    fn cell(&self) -> Cell<'_> {
        Cell::Address(IpAddr::V4(*self))
    }
}

impl Column for IpNet {
    const KIND: Kind = Kind::Prefix;
    fn cell(&self) -> Cell<'_> {
        Cell::Prefix(*self)
    }
}

impl Column for InterfaceName {
    const KIND: Kind = Kind::Interface;
    fn cell(&self) -> Cell<'_> {
        Cell::Interface(Cow::Borrowed(self))
    }
}

impl<T: Column> Column for Option<T> {
    const KIND: Kind = T::KIND;
    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Absent, Column::cell)
    }
}

impl<T: Column> Column for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    fn cell(&self) -> Cell<'_> {
        Cell::List(self.iter().map(Column::cell).collect())
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Absent => serializer.serialize_none(),
            Cell::Bool(value) => serializer.serialize_bool(*value),
            Cell::Integer(value) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_u64(value),
                (_, Ok(value)) => serializer.serialize_i64(value),
                _ => serializer.collect_str(value),
            },
            Cell::Float(value) => serializer.serialize_f64(*value),
            Cell::Text(value) => serializer.serialize_str(value),
            Cell::Word(value) => serializer.serialize_str(value),
            Cell::Address(value) => serializer.collect_str(value),
            Cell::Prefix(value) => serializer.collect_str(value),
            Cell::Interface(value) => serializer.serialize_str(value.as_str()),
            Cell::List(values) => serializer.collect_seq(values),
            Cell::Record(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}
