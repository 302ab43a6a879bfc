//! What a parser makes of a command's output: typed rows, each with its lines, and an account of every other line.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, FieldSpec};
use crate::rows::{
    BfdSession, BgpPeer, DeviceVersion, Interface, LdpSession, OspfNeighbor, PingResult, TracerouteResult, VpnInstance,
};
use crate::rows::{ConfigLine, RouteTable};

/// A row's fields by position.
pub trait Record {
    /// Names, kinds and meanings, in the order of `field_at`.
    const FIELDS: &'static [FieldSpec];
    /// The field at a position of `FIELDS`.
    fn field_at(&self, field: usize) -> Cell<'_>;
}

/// Lines of the output, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LineSpan {
    /// First line.
    pub first: u32,
    /// Last line.
    pub last: u32,
}

impl LineSpan {
    /// One line.
    pub fn line(line: u32) -> Self {
        Self {
            first: line,
            last: line,
        }
    }

    /// Lines `first` to `last`.
    pub fn new(first: u32, last: u32) -> Self {
        Self { first, last }
    }
}

/// A table as phrases and JSON see it.
pub trait Table {
    /// Singular name as in phrases: `bfd session`.
    fn name(&self) -> &'static str;
    /// Names, kinds and meanings of the fields.
    fn fields(&self) -> &'static [FieldSpec];
    /// Number of rows.
    fn len(&self) -> usize;
    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A field of a row, both by position.
    fn cell(&self, row: usize, field: usize) -> Cell<'_>;
    /// The lines of a row.
    fn span(&self, row: usize) -> LineSpan;
    /// The position of a field.
    fn field(&self, name: &str) -> Option<usize> {
        self.fields().iter().position(|field| field.name == name)
    }
}

/// Rows of one type, each with its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    rows: Vec<T>,
    spans: Vec<LineSpan>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            spans: Vec::new(),
        }
    }
}

impl<T> Rows<T> {
    /// Adds a row that was read from these lines.
    pub fn push(&mut self, row: T, span: LineSpan) {
        self.rows.push(row);
        self.spans.push(span);
    }

    /// The row added last and its lines, for parsers that go on filling it.
    pub fn last_mut(&mut self) -> Option<(&mut T, &mut LineSpan)> {
        self.rows.last_mut().zip(self.spans.last_mut())
    }

    /// The rows with their lines.
    pub fn iter(&self) -> impl Iterator<Item = (&T, LineSpan)> {
        self.rows.iter().zip(self.spans.iter().copied())
    }

    /// The rows alone.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The lines of a row.
    pub fn span(&self, row: usize) -> LineSpan {
        self.spans[row]
    }
}

macro_rules! tables {
    ($( $(#[doc = $doc:literal])* $variant:ident($type:ty) = $name:literal, $plural:literal; )*) => {
        /// Which table an output is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TableKind {
            /// Routes of one or more routing tables.
            Routes,
            $( $(#[doc = $doc])* $variant, )*
        }

        impl TableKind {
            /// Every kind.
            pub const ALL: &'static [TableKind] = &[TableKind::Routes, $(TableKind::$variant),*];

            /// Singular name as in phrases.
            pub fn name(self) -> &'static str {
                match self {
                    TableKind::Routes => "route",
                    $( TableKind::$variant => $name, )*
                }
            }

            /// Plural name as in phrases.
            pub fn plural(self) -> &'static str {
                match self {
                    TableKind::Routes => "routes",
                    $( TableKind::$variant => $plural, )*
                }
            }

            /// Names, kinds and meanings of the fields of its rows.
            pub fn fields(self) -> &'static [FieldSpec] {
                match self {
                    TableKind::Routes => RouteTable::FIELDS,
                    $( TableKind::$variant => <$type as Record>::FIELDS, )*
                }
            }
        }

        /// Any table.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)]
        pub enum AnyTable {
            Routes(RouteTable),
            $( $variant(Rows<$type>), )*
        }

        impl AnyTable {
            /// Which table it is.
            pub fn kind(&self) -> TableKind {
                match self {
                    AnyTable::Routes(_) => TableKind::Routes,
                    $( AnyTable::$variant(_) => TableKind::$variant, )*
                }
            }
        }

        impl Table for AnyTable {
            fn name(&self) -> &'static str {
                self.kind().name()
            }
            fn fields(&self) -> &'static [FieldSpec] {
                self.kind().fields()
            }
            fn len(&self) -> usize {
                match self {
                    AnyTable::Routes(table) => table.len(),
                    $( AnyTable::$variant(rows) => rows.rows.len(), )*
                }
            }
            fn cell(&self, row: usize, field: usize) -> Cell<'_> {
                match self {
                    AnyTable::Routes(table) => table.cell(row, field),
                    $( AnyTable::$variant(rows) => rows.rows[row].field_at(field), )*
                }
            }
            fn span(&self, row: usize) -> LineSpan {
                match self {
                    AnyTable::Routes(table) => table.span(row),
                    $( AnyTable::$variant(rows) => rows.span(row), )*
                }
            }
        }

        $(
            impl TypedRow for $type {
                const KIND: TableKind = TableKind::$variant;
                fn rows_of(table: &AnyTable) -> Option<&Rows<Self>> {
                    match table {
                        AnyTable::$variant(rows) => Some(rows),
                        _ => None,
                    }
                }
            }
        )*
    };
}

/// A row type that has a table of its own: what a typed question to a device asks for.
pub trait TypedRow: Record + Sized {
    /// Its table.
    const KIND: TableKind;
    /// The rows, when the table is of this type.
    fn rows_of(table: &AnyTable) -> Option<&Rows<Self>>;
}

tables! {
    /// LDP sessions.
    LdpSessions(LdpSession) = "ldp session", "ldp sessions";
    /// BGP peers.
    BgpPeers(BgpPeer) = "bgp peer", "bgp peers";
    /// BFD sessions.
    BfdSessions(BfdSession) = "bfd session", "bfd sessions";
    /// VPN instances, one row an address family.
    VpnInstances(VpnInstance) = "vpn instance", "vpn instances";
    /// OSPF neighbours.
    OspfNeighbors(OspfNeighbor) = "ospf neighbor", "ospf neighbors";
    /// Interfaces.
    Interfaces(Interface) = "interface", "interfaces";
    /// One ping.
    Ping(PingResult) = "ping", "pings";
    /// One traceroute.
    Traceroute(TracerouteResult) = "traceroute", "traceroutes";
    /// Lines of the configuration, each with the views that it stands in.
    Configuration(ConfigLine) = "configuration line", "configuration lines";
    /// The device's software version.
    Version(DeviceVersion) = "version", "versions";
}

/// A line, or a part of one, that no rule explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unexplained {
    /// Line number, counted from 1.
    pub line: u32,
    /// The line as the device printed it.
    pub text: String,
    /// When only one known field's value is not understood: that field. The row is there, the field is absent, and
    /// decisions on other fields are unaffected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
}

/// How much a disagreement matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a line in the report; decisions stand.
    Warning,
    /// Rows may be missing or false: decisions on this table are inconclusive.
    Error,
}

/// Something in which the output disagrees with itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Integrity {
    /// How much it matters.
    pub severity: Severity,
    /// The line that says so, counted from 1; 0 where a line is missing.
    pub line: u32,
    /// What disagrees, with both figures.
    pub message: String,
}

/// Everything that was read out of one command's output.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The rows.
    pub table: AnyTable,
    /// Lines that no rule explains, in order.
    pub unexplained: Vec<Unexplained>,
    /// Disagreements with the device's own counts and the like, in order.
    pub integrity: Vec<Integrity>,
    /// The device's words where it refused the command (`Error: Unrecognized command found at '^' position.`).
    pub rejected: Option<String>,
}

impl Parsed {
    /// A table without doubts.
    pub fn complete(table: AnyTable) -> Self {
        Self {
            table,
            unexplained: Vec::new(),
            integrity: Vec::new(),
            rejected: None,
        }
    }

    /// Whether every line is explained, every count agrees and the command was accepted.
    pub fn is_complete(&self) -> bool {
        self.unexplained.is_empty() && self.integrity.is_empty() && self.rejected.is_none()
    }
}

struct RowsJson<'a>(&'a AnyTable);
struct RowJson<'a>(&'a AnyTable, usize);

impl Serialize for RowsJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.len()))?;
        for row in 0..self.0.len() {
            rows.serialize_element(&RowJson(self.0, row))?;
        }
        rows.end()
    }
}

impl Serialize for RowJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let Self(table, row) = *self;
        let fields = table.fields();
        let mut map = serializer.serialize_map(Some(fields.len() + 1))?;
        for (index, field) in fields.iter().enumerate() {
            map.serialize_entry(field.name, &table.cell(row, index))?;
        }
        map.serialize_entry("lines", &table.span(row))?;
        map.end()
    }
}

/// `{table, rows, unexplained, integrity}`, written row by row: a million rows need no tree in memory.
impl Serialize for Parsed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parsed = serializer.serialize_struct("Parsed", 5)?;
        parsed.serialize_field("table", self.table.name())?;
        parsed.serialize_field("rows", &RowsJson(&self.table))?;
        parsed.serialize_field("unexplained", &self.unexplained)?;
        parsed.serialize_field("integrity", &self.integrity)?;
        match &self.rejected {
            Some(words) => parsed.serialize_field("rejected", words)?,
            None => parsed.skip_field("rejected")?,
        }
        parsed.end()
    }
}
