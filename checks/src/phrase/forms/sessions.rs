//! Forms about LDP sessions, BGP peers, OSPF neighbours and interfaces: every one, so many, or those named.

use std::net::IpAddr;

use super::{Built, Form, Problem, Scope};
use crate::phrase::assertion::{
    Assertion, BgpFamily, ErrorDirection, Predicate, RowName, RowsAssertion, Subject, Which,
};
use crate::phrase::matcher::Bindings;

const LDP: &str = "LDP";
const BGP: &str = "BGP";
const OSPF: &str = "OSPF";
const INTERFACES: &str = "Interfaces";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "ldp-every",
        group: LDP,
        scope: Scope::Device,
        syntax: "every LDP session is [not] {ldp-state:state}",
        examples: &["every LDP session is Operational"],
        doc: "Every LDP session of the public network is in this state. Fails where there is none: nothing to check. \
              A session marked as being deleted is inconclusive.",
        build: ldp,
    },
    Form {
        id: "ldp-named",
        group: LDP,
        scope: Scope::Device,
        syntax: "LDP session[s] [with/to] {addresses} is/are [not] {ldp-state:state}",
        examples: &[
            "LDP session 3.3.3.3 is Operational",
            "LDP sessions 3.3.3.3 and 4.4.4.4 are Operational",
        ],
        doc: "The LDP session with each of these LSR IDs is there and is in this state.",
        build: ldp,
    },
    Form {
        id: "ldp-count",
        group: LDP,
        scope: Scope::Device,
        syntax: "{count} LDP session[s] is/are [not] {ldp-state:state}",
        examples: &["2 LDP sessions are Operational", "no LDP session is not Operational"],
        doc: "So many LDP sessions are in this state; others may be in another.",
        build: ldp,
    },
    Form {
        id: "bgp-every",
        group: BGP,
        scope: Scope::Device,
        syntax: "every BGP [(VPNv4|IPv4)] peer [in {vrf}] is [not] {bgp-state:state}",
        examples: &[
            "every BGP peer is Established within 90 s",
            "every BGP VPNv4 peer is Established",
            "every BGP peer in VPNA is Established",
        ],
        doc: "Every peer is in this state: without a family and a VPN instance, every peer of the device in IPv4 unicast, \
              VPNv4 and every instance. Fails where there is none. A peer that is enabled in several families must \
              be in this state in each.",
        build: bgp,
    },
    Form {
        id: "bgp-named",
        group: BGP,
        scope: Scope::Device,
        syntax: "BGP [(VPNv4|IPv4)] peer[s] {addresses} [in {vrf}] is/are [not] {bgp-state:state}",
        examples: &[
            "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 are Established",
            "BGP peer 10.3.1.1 is Established",
            "BGP peer 10.3.1.2 in VPNA is Established",
        ],
        doc: "Each of these peers is there and is in this state. Without a family the peer is one of the IPv4 unicast \
              family, of the public network unless a VPN instance is said.",
        build: bgp,
    },
    Form {
        id: "bgp-count",
        group: BGP,
        scope: Scope::Device,
        syntax: "{count} BGP [(VPNv4|IPv4)] peer[s] [in {vrf}] is/are [not] {bgp-state:state}",
        examples: &["2 BGP VPNv4 peers are Established", "no BGP peer is Idle"],
        doc: "So many peers are in this state. Without a family and a VPN instance, peers of every family and every \
              instance are looked at; one that is enabled in several families counts once, and only when it is in \
              this state in each. `no …` needs that none is in it in any family. A VPN instance of which nothing is \
              printed is inconclusive where the count would pass: it may be misspelt.",
        build: bgp,
    },
    Form {
        id: "bgp-prefixes",
        group: BGP,
        scope: Scope::Device,
        syntax: "BGP [(VPNv4|IPv4)] peer[s] {addresses} [in {vrf}] has/have {count} prefix[es] received",
        examples: &[
            "BGP peer 10.3.1.2 in VPNA has at least 1 prefix received",
            "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 have at least 2 prefixes received",
        ],
        doc: "So many prefixes were received from each of these peers.",
        build: bgp,
    },
    Form {
        id: "ospf-every",
        group: OSPF,
        scope: Scope::Device,
        syntax: "every OSPF neighbor/neighbour [on {interface}] is [not] {ospf-state:state}",
        examples: &["every OSPF neighbor is Full", "every OSPF neighbor on GE0/1/0 is Full"],
        doc: "Every OSPF neighbour of every process is in this state. Fails where there is none.",
        build: ospf,
    },
    Form {
        id: "ospf-named",
        group: OSPF,
        scope: Scope::Device,
        syntax: "OSPF neighbor/neighbour/neighbors/neighbours {addresses} [on {interface}] is/are [not] \
                 {ospf-state:state}",
        examples: &[
            "OSPF neighbor 3.3.3.3 is Full",
            "OSPF neighbors 3.3.3.3 and 4.4.4.4 are Full",
        ],
        doc: "The neighbour with each of these router IDs is there and is in this state, on every interface where it \
              is one.",
        build: ospf,
    },
    Form {
        id: "ospf-count",
        group: OSPF,
        scope: Scope::Device,
        syntax: "{count} OSPF neighbor/neighbour/neighbors/neighbours [on {interface}] is/are [not] \
                 {ospf-state:state}",
        examples: &["2 OSPF neighbors are Full"],
        doc: "So many OSPF neighbours are in this state; others may be in another.",
        build: ospf,
    },
    Form {
        id: "interface-every",
        group: INTERFACES,
        scope: Scope::Device,
        syntax: "every interface is [not] {interface-state:state}",
        examples: &["every interface is Up"],
        doc: "Every interface is in this state, as in `interface … is …`.",
        build: interface,
    },
    Form {
        id: "interface-named",
        group: INTERFACES,
        scope: Scope::Device,
        syntax: "interface[s] {interfaces} is/are [not] {interface-state:state}",
        examples: &[
            "interface GigabitEthernet0/3/0 is Up",
            "interfaces GE0/1/0 and GE0/2/0 are Up",
            "interface GigabitEthernet0/1/0 is Down within 5 s",
        ],
        doc: "`Up`: the link and the protocol on it are both up. `Down`: the link is down, by configuration or not. \
              `AdminDown`: it is switched off by configuration. Fails where there is no such interface.",
        build: interface,
    },
    Form {
        id: "interface-count",
        group: INTERFACES,
        scope: Scope::Device,
        syntax: "{count} interface[s] is/are [not] {interface-state:state}",
        examples: &["at least 3 interfaces are Up", "no interface is AdminDown"],
        doc: "So many interfaces are in this state.",
        build: interface,
    },
    Form {
        id: "interface-errors",
        group: INTERFACES,
        scope: Scope::Device,
        syntax: "{count} interface[s] has/have [(input|output)] errors",
        examples: &["no interface has input errors", "no interface has errors"],
        doc: "So many interfaces have counted errors. An interface without a printed counter makes it inconclusive.",
        build: interface,
    },
    Form {
        id: "interface-no-errors",
        group: INTERFACES,
        scope: Scope::Device,
        syntax: "interface[s] {interfaces} has/have no [(input|output)] errors",
        examples: &["interface GigabitEthernet0/3/0 has no input errors"],
        doc: "None of these interfaces has counted errors.",
        build: interface,
    },
];

/// Every one, those named, or so many.
pub(super) fn which(bindings: &Bindings, names: Option<Vec<RowName>>) -> Which {
    match (names, bound!(bindings, "count", Count)) {
        (Some(names), _) => Which::Named(names),
        (None, Some(count)) if !bindings.has("every") => Which::Number(count),
        _ => Which::Every,
    }
}

pub(super) fn state(bindings: &Bindings) -> Result<Predicate, Problem> {
    Ok(Predicate::State {
        state: required!(bindings, "state", State),
        negated: bindings.has("not"),
    })
}

fn addresses(bindings: &Bindings) -> Option<Vec<RowName>> {
    bound!(bindings, "addresses", Addresses)
        .map(|addresses: Vec<IpAddr>| addresses.into_iter().map(RowName::Address).collect())
}

pub(super) fn rows(subject: Subject, which: Which, bindings: &Bindings, predicate: Predicate) -> Assertion {
    Assertion::Rows(RowsAssertion {
        subject,
        which,
        on: bound!(bindings, "interface", Interface),
        conditions: Vec::new(),
        predicate,
    })
}

fn ldp(bindings: &Bindings) -> Built {
    let which = which(bindings, addresses(bindings));
    Ok(rows(Subject::LdpSessions, which, bindings, state(bindings)?))
}

fn ospf(bindings: &Bindings) -> Built {
    let which = which(bindings, addresses(bindings));
    Ok(rows(Subject::OspfNeighbors, which, bindings, state(bindings)?))
}

fn bgp(bindings: &Bindings) -> Built {
    let vrf = bound!(bindings, "vrf", Vrf);
    let family = if bindings.has("VPNv4") {
        Some(BgpFamily::Vpnv4)
    } else if bindings.has("IPv4") {
        Some(BgpFamily::Ipv4)
    } else {
        None
    };
    if family.is_some() && vrf.as_ref().is_some_and(|vrf| !vrf.is_public()) {
        let message = "a VPN instance has no peers of a family: leave the family out";
        return Err(Problem::at(bindings.span("vrf"), message));
    }
    let named = addresses(bindings);
    let is_named = named.is_some();
    let (family, vrf) = match (family, vrf) {
        // The public network has a family: IPv4 unicast, unless another is said.
        (None, Some(vrf)) if vrf.is_public() => (Some(BgpFamily::Ipv4), None),
        (None, Some(vrf)) => (None, Some(vrf)),
        (None, None) if is_named => (Some(BgpFamily::Ipv4), None),
        (family, _) => (family, None),
    };
    let predicate = if bindings.has("received") {
        Predicate::PrefixesReceived(required!(bindings, "count", Count))
    } else {
        state(bindings)?
    };
    let which = which(bindings, named);
    Ok(rows(Subject::BgpPeers { family, vrf }, which, bindings, predicate))
}

fn interface(bindings: &Bindings) -> Built {
    let names = bound!(bindings, "interfaces", Interfaces)
        .map(|interfaces| interfaces.into_iter().map(RowName::Interface).collect());
    let which = which(bindings, names);
    if !bindings.has("errors") {
        return Ok(rows(Subject::Interfaces, which, bindings, state(bindings)?));
    }
    let direction = if bindings.has("input") {
        ErrorDirection::Input
    } else if bindings.has("output") {
        ErrorDirection::Output
    } else {
        ErrorDirection::Both
    };
    let negated = bindings.has("no");
    let predicate = Predicate::Errors { direction, negated };
    Ok(rows(Subject::Interfaces, which, bindings, predicate))
}
