//! The typed places in a form's syntax and how each is read.

mod conditions;
mod list;
mod single;

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::condition::Condition;
use super::count::Count;
use super::matcher::{Bindings, Furthest};
use super::rd::RouteDistinguisher;
use super::regex_pattern::RegexPattern;
use super::token::Token;
use super::words::ProtocolName;
use crate::table::TableKind;
use crate::value::{InterfaceName, Vrf};

/// A value bound while matching.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A word of the syntax itself.
    Word,
    Count(Count),
    Number(u64),
    Prefix(IpNet),
    Address(IpAddr),
    Addresses(Vec<IpAddr>),
    Vrf(Vrf),
    Interface(InterfaceName),
    Interfaces(Vec<InterfaceName>),
    Name(String),
    Names(Vec<String>),
    Protocol(ProtocolName),
    Rd(RouteDistinguisher),
    Targets(Vec<RouteDistinguisher>),
    Text(String),
    Regex(RegexPattern),
    Time(Duration),
    Percent(f64),
    State(&'static str),
    Table(TableKind),
    Conditions(Vec<Condition>),
}

macro_rules! slots {
    ($( $variant:ident = $name:literal, $doc:literal; )*) => {
        /// A kind of typed place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Slot { $( $variant, )* }

        impl Slot {
            /// Every kind.
            pub const ALL: &'static [Slot] = &[$( Slot::$variant, )*];

            /// The name in a syntax.
            pub fn name(self) -> &'static str {
                match self { $( Slot::$variant => $name, )* }
            }

            /// What may stand there, as errors and the reference say it.
            pub fn doc(self) -> &'static str {
                match self { $( Slot::$variant => $doc, )* }
            }
        }
    };
}

slots! {
    Count = "count", "a count (`two`, `3`, `no`, `at least 2`, `at most 4`, `more than 1`, `fewer than 5`, `between 2 and 4`)";
    Number = "number", "a number";
    Prefix = "prefix", "a prefix (`10.1.1.0/24`, or `1.1.1.1` for `1.1.1.1/32`)";
    Address = "address", "an IP address";
    Addresses = "addresses", "addresses (`2.2.2.2 and 3.3.3.3`)";
    Alternatives = "alternatives", "addresses (`10.1.1.2 or 10.2.1.2`)";
    Vrf = "vrf", "a VPN instance";
    Instance = "instance", "the name of a VPN instance";
    Interface = "interface", "an interface (`GE0/3/0` is `GigabitEthernet0/3/0`)";
    Interfaces = "interfaces", "interfaces (`GE0/1/0 and GE0/2/0`)";
    Name = "name", "a name, in quotation marks where it is a word of this language or holds blanks";
    Names = "names", "names (`pe1_to_ce1 and pe2_to_ce1`)";
    Protocol = "protocol", "a protocol (`static`, `bgp`, `ospf`, `direct`, `ibgp`, …)";
    Rd = "rd", "a route distinguisher (`100:1`, `1.1.1.1:1`)";
    Targets = "targets", "route targets (`111:1 and 222:2`)";
    Line = "line", "a line in quotation marks";
    View = "view", "a view in quotation marks (`\"bgp 100 / ipv4-family vpn-instance VPNA\"`)";
    Regex = "regex", "a regular expression between slashes";
    Time = "time", "a time (`50 ms`, `30 s`, `2 min`)";
    Percent = "percent", "a percentage (`2 %`)";
    Device = "device", "a device of the lab";
    Devices = "devices", "devices of the lab (`PE1, PE2 and PE3`)";
    LdpState = "ldp-state", "a state of an LDP session";
    BgpState = "bgp-state", "a state of a BGP peer";
    OspfState = "ospf-state", "a state of an OSPF neighbor";
    BfdState = "bfd-state", "a state of a BFD session";
    LinkState = "interface-state", "a state of an interface";
    Table = "table", "a table (`bfd session`, `route`, `interface`, …)";
    Conditions = "conditions", "conditions on fields (`interface is GE0/3/0 and multiplier at least 3`)";
    PingConditions = "ping-conditions", "conditions on fields of a ping (`received at least 4`)";
    TracerouteConditions = "traceroute-conditions", "conditions on fields of a traceroute";
    VersionConditions = "version-conditions", "conditions on fields of the version";
}

impl Slot {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|slot| slot.name() == name)
    }
}

/// Every way to read a slot at a token: the value and the token after it.
pub(super) fn read(
    slot: Slot,
    tokens: &[Token],
    at: usize,
    bindings: &Bindings,
    furthest: &mut Furthest,
) -> Vec<(Value, usize)> {
    let table = match slot {
        Slot::PingConditions => Some(TableKind::Ping),
        Slot::TracerouteConditions => Some(TableKind::Traceroute),
        Slot::VersionConditions => Some(TableKind::Version),
        Slot::Conditions => match bindings.value("table") {
            Some(Value::Table(kind)) => Some(*kind),
            _ => None,
        },
        _ => None,
    };
    if let Some(table) = table {
        return conditions::read(table, bindings.has("has"), tokens, at, furthest);
    }
    match slot {
        Slot::Addresses | Slot::Alternatives | Slot::Interfaces | Slot::Names | Slot::Targets | Slot::Devices => {
            list::read(slot, tokens, at, furthest)
        }
        _ => single::read(slot, tokens, at, furthest),
    }
}
