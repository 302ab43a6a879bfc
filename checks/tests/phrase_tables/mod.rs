//! Tables to decide phrases on, written by hand so that no parser stands between a test and its rows.
#![allow(dead_code)]

use checks::phrase::{Observation, Phrase, Platform, Scope, decide, parse};
use checks::rows::{
    AddressFamily, BfdSession, BfdState, BgpPeer, BgpState, ConfigLine, Hop, Interface, LdpSession, LdpState,
    LinkState, NextHop, OspfNeighbor, OspfState, PingResult, Probe, Protocol, Route, RouteTable, SubsequentFamily,
    TracerouteResult, VpnInstance,
};
use checks::table::{AnyTable, Integrity, LineSpan, Parsed, Rows, Severity, Unexplained};
use checks::value::{InterfaceName, Vrf};
use checks::{Outcome, Verdict};

/// A phrase about a device.
pub fn phrase(text: &str) -> Phrase {
    parse(text, Scope::Device).unwrap_or_else(|error| panic!("{}", error.render(text)))
}

/// Decides a phrase about PE1 on the answers to its questions, in their order.
pub fn decided(text: &str, answers: &[&Parsed]) -> Outcome {
    let phrase = phrase(text);
    let questions = phrase.questions(Platform::HuaweiVrp, "PE1").unwrap();
    assert_eq!(questions.len(), answers.len(), "{text} asks {questions:?}");
    let observations: Vec<Observation<'_>> = questions
        .iter()
        .zip(answers)
        .map(|(question, answer)| {
            assert_eq!(question.table, answer.table.kind(), "{text}");
            question.answered("evidence/1.txt", Ok(answer))
        })
        .collect();
    decide(&phrase.assertion, &observations)
}

/// Decides and compares the verdict; a failed assertion shows what was said.
pub fn expect(text: &str, answers: &[&Parsed], verdict: Verdict, actual: &str) {
    let outcome = decided(text, answers);
    assert_eq!(outcome.verdict, verdict, "{text}: {}", outcome.actual);
    assert!(
        outcome.actual.contains(actual),
        "{text}: {actual:?} is not in {:?}",
        outcome.actual
    );
}

/// Rows one line each, from line 10 on.
fn rows<T>(rows: Vec<T>) -> Rows<T> {
    let mut table = Rows::default();
    for (line, row) in (10..).zip(rows) {
        table.push(row, LineSpan::line(line));
    }
    table
}

/// One next hop: `3.3.3.3 GE0/2/0 RD`; a trailing `backup` makes it one.
pub fn hop(text: &str) -> NextHop {
    let words: Vec<&str> = text.split(' ').collect();
    NextHop {
        address: words[0].parse().ok(),
        interface: words.get(1).map(|name| InterfaceName::new(name)),
        active: true,
        installed: words.get(2).is_some_and(|flags| flags.contains('D')),
        recursive: words.get(2).is_some_and(|flags| flags.contains('R')),
        backup: words.get(3) == Some(&"backup"),
        raw_flags: words.get(2).map(|flags| (*flags).to_owned()),
        ..NextHop::default()
    }
}

/// An active route: `1.1.1.1/32 static 60 0` with its next hops.
pub fn route(vrf: &str, text: &str, hops: &[&str]) -> Route {
    let words: Vec<&str> = text.split(' ').collect();
    let (protocol, detail) = match words[1] {
        "static" => (Protocol::Static, None),
        "direct" => (Protocol::Connected, None),
        "ospf" => (Protocol::Ospf, None),
        "ibgp" => (Protocol::Bgp, Some("ibgp")),
        "ebgp" => (Protocol::Bgp, Some("ebgp")),
        _ => (Protocol::Unknown, None),
    };
    let next_hops: Vec<NextHop> = hops.iter().map(|text| hop(text)).collect();
    Route {
        vrf: Vrf::named(vrf),
        prefix: words[0].parse().ok(),
        protocol,
        protocol_detail: detail.map(str::to_owned),
        preference: words.get(2).and_then(|word| word.parse().ok()),
        metric: words.get(3).and_then(|word| word.parse().ok()),
        active: true,
        installed: next_hops.iter().all(|hop| hop.installed),
        next_hops,
        ..Route::default()
    }
}

/// A routing table, a line each next hop, from line 10 on.
pub fn routes(routes: Vec<Route>) -> Parsed {
    let mut table = RouteTable::default();
    let mut line = 10;
    for route in routes {
        let last = line + u32::try_from(route.next_hops.len().max(1)).unwrap() - 1;
        table.push(route, LineSpan::new(line, last));
        line = last + 1;
    }
    Parsed::complete(AnyTable::Routes(table))
}

/// PE3's routing table of VPNA in the worked example.
pub fn pe3() -> Parsed {
    routes(vec![
        route(
            "VPNA",
            "1.1.1.1/32 ibgp 255 0",
            &["3.3.3.3 GE0/2/0 RD", "2.2.2.2 GE0/1/0 RD"],
        ),
        route("VPNA", "10.1.1.0/24 ibgp 255 0", &["2.2.2.2 GE0/1/0 RD"]),
        route("VPNA", "10.2.1.0/24 ibgp 255 0", &["3.3.3.3 GE0/2/0 RD"]),
        route("VPNA", "10.3.1.0/24 direct 0 0", &["10.3.1.1 GE0/3/0 D"]),
        route("VPNA", "10.3.1.1/32 direct 0 0", &["127.0.0.1 GE0/3/0 D"]),
        route("VPNA", "10.3.1.255/32 direct 0 0", &["127.0.0.1 GE0/3/0 D"]),
        route("VPNA", "255.255.255.255/32 direct 0 0", &["127.0.0.1 InLoopBack0 D"]),
    ])
}

/// LDP sessions: `3.3.3.3 operational`.
pub fn ldp(sessions: &[(&str, LdpState)]) -> Parsed {
    let sessions = sessions
        .iter()
        .map(|(peer, state)| LdpSession {
            peer_lsr_id: peer.parse().ok(),
            state: *state,
            ..LdpSession::default()
        })
        .collect();
    Parsed::complete(AnyTable::LdpSessions(rows(sessions)))
}

/// A BGP peer.
pub fn peer(vrf: &str, safi: SubsequentFamily, peer: &str, state: BgpState, prefixes: Option<u64>) -> BgpPeer {
    BgpPeer {
        vrf: Vrf::named(vrf),
        afi: AddressFamily::Ipv4,
        safi,
        peer: peer.parse().ok(),
        state,
        prefixes_received: prefixes,
        ..BgpPeer::default()
    }
}

/// BGP peers.
pub fn bgp(peers: Vec<BgpPeer>) -> Parsed {
    Parsed::complete(AnyTable::BgpPeers(rows(peers)))
}

/// A BFD session on an interface.
pub fn session(name: &str, interface: &str, state: BfdState) -> BfdSession {
    BfdSession {
        name: Some(name.to_owned()),
        interface: Some(InterfaceName::new(interface)),
        state,
        ..BfdSession::default()
    }
}

/// BFD sessions.
pub fn bfd(sessions: Vec<BfdSession>) -> Parsed {
    Parsed::complete(AnyTable::BfdSessions(rows(sessions)))
}

/// OSPF neighbours: router ID, interface, state.
pub fn ospf(neighbors: &[(&str, &str, OspfState)]) -> Parsed {
    let neighbors = neighbors
        .iter()
        .map(|(router_id, interface, state)| OspfNeighbor {
            router_id: router_id.parse().ok(),
            interface: Some(InterfaceName::new(interface)),
            state: *state,
            ..OspfNeighbor::default()
        })
        .collect();
    Parsed::complete(AnyTable::OspfNeighbors(rows(neighbors)))
}

/// Interfaces: name, link, protocol, input errors.
pub fn interfaces(interfaces: &[(&str, LinkState, LinkState, Option<u64>)]) -> Parsed {
    let interfaces = interfaces
        .iter()
        .map(|(name, link, protocol, errors)| Interface {
            name: InterfaceName::new(name),
            admin_state: if *link == LinkState::AdminDown {
                LinkState::AdminDown
            } else {
                LinkState::Up
            },
            oper_state: *link,
            protocol_state: *protocol,
            in_errors: *errors,
            out_errors: Some(0),
            mtu: (*name == "GE0/1/0").then_some(1400),
            ..Interface::default()
        })
        .collect();
    Parsed::complete(AnyTable::Interfaces(rows(interfaces)))
}

/// The IPv4 family of a VPN instance.
pub fn instance(name: &str, rd: Option<&str>, imports: &[&str], exports: &[&str]) -> VpnInstance {
    VpnInstance {
        name: name.to_owned(),
        afi: AddressFamily::Ipv4,
        rd: rd.map(str::to_owned),
        import_rts: imports.iter().map(|text| (*text).to_owned()).collect(),
        export_rts: exports.iter().map(|text| (*text).to_owned()).collect(),
        ..VpnInstance::default()
    }
}

/// VPN instances.
pub fn instances(instances: Vec<VpnInstance>) -> Parsed {
    Parsed::complete(AnyTable::VpnInstances(rows(instances)))
}

/// A ping of 10.1.1.1.
pub fn ping(sent: u32, received: u32, average: Option<f64>) -> Parsed {
    let result = PingResult {
        target: "10.1.1.1".parse().ok(),
        sent: Some(sent),
        received: Some(received),
        loss_pct: (sent > 0 && received <= sent).then(|| f64::from(sent - received) * 100.0 / f64::from(sent)),
        rtt_avg_ms: average,
        ..PingResult::default()
    };
    Parsed::complete(AnyTable::Ping(rows(vec![result])))
}

/// A traceroute to 10.3.1.2, a hop each word list; `*` is a lost probe.
pub fn trace(reached: bool, hops: &[&str]) -> Parsed {
    let hops = (1..)
        .zip(hops)
        .map(|(ttl, probes)| Hop {
            ttl: Some(ttl),
            probes: probes
                .split(' ')
                .map(|word| Probe {
                    address: word.parse().ok(),
                    timeout: word == "*",
                    ..Probe::default()
                })
                .collect(),
            ..Hop::default()
        })
        .collect();
    let result = TracerouteResult {
        target: "10.3.1.2".parse().ok(),
        reached,
        hops,
        ..TracerouteResult::default()
    };
    Parsed::complete(AnyTable::Traceroute(rows(vec![result])))
}

/// A configuration as printed: one blank a level.
pub fn config(text: &str) -> Parsed {
    let mut lines: Vec<ConfigLine> = Vec::new();
    let mut views: Vec<String> = Vec::new();
    let printed: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    for (index, line) in printed.iter().enumerate() {
        let indent = |line: &str| line.len() - line.trim_start().len();
        views.truncate(indent(line));
        let opens_view = printed.get(index + 1).is_some_and(|next| indent(next) > indent(line));
        lines.push(ConfigLine {
            text: line.trim().to_owned(),
            views: views.clone(),
            opens_view,
        });
        views.push(line.trim().to_owned());
    }
    Parsed::complete(AnyTable::Configuration(rows(lines)))
}

/// The same answer with a line that no rule explains, or a value of a field.
pub fn with_unexplained(mut parsed: Parsed, line: u32, field: Option<&str>) -> Parsed {
    parsed.unexplained.push(Unexplained {
        line,
        text: "something else".to_owned(),
        field: field.map(str::to_owned),
    });
    parsed
}

/// The same answer with a disagreement.
pub fn with_integrity(mut parsed: Parsed, severity: Severity) -> Parsed {
    parsed.integrity.push(Integrity {
        severity,
        line: 3,
        message: "the header says 15 routes, there are 8".to_owned(),
    });
    parsed
}

/// The same table in an answer that was refused.
pub fn refused(mut parsed: Parsed) -> Parsed {
    parsed.rejected = Some("Error: Unrecognized command found at '^' position.".to_owned());
    parsed
}
