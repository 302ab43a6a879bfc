//! Phrases about LDP, BGP, OSPF, BFD and interfaces, each passing, failing and not to be told.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Parsed;
use checks::Verdict::{self, Fail, Inconclusive, Pass};
use checks::rows::{BfdSession, BfdState, BgpState, LdpSession, LdpState, LinkState, OspfState, SubsequentFamily};
use checks::table::{AnyTable, LineSpan, Rows};
use phrase_tables::{bfd, bgp, decided, expect, interfaces, ldp, ospf, peer, session, with_unexplained};
use rstest::rstest;

fn two_ldp() -> Parsed {
    ldp(&[("3.3.3.3", LdpState::Operational), ("4.4.4.4", LdpState::OpenSent)])
}

#[rstest]
#[case("every LDP session is Operational", Fail, "1 of 2 LDP sessions: 4.4.4.4 is OpenSent")]
#[case("LDP session 3.3.3.3 is Operational", Pass, "3.3.3.3 is Operational")]
#[case("LDP session 3.3.3.3 is not Operational", Fail, "3.3.3.3 is Operational")]
#[case("LDP session 4.4.4.4 is not Operational", Pass, "4.4.4.4 is OpenSent")]
#[case("LDP sessions 3.3.3.3 and 4.4.4.4 are Operational", Fail, "4.4.4.4 is OpenSent")]
#[case(
    "LDP session 5.5.5.5 is Operational",
    Fail,
    "no LDP session 5.5.5.5; there are: 3.3.3.3 is Operational"
)]
#[case("LDP session 5.5.5.5 is not Operational", Fail, "no LDP session 5.5.5.5")]
#[case(
    "2 LDP sessions are Operational",
    Fail,
    "1 such LDP session: 3.3.3.3 is Operational; others: 4.4.4.4 is OpenSent"
)]
#[case("1 LDP session is Operational", Pass, "")]
#[case("no LDP session is Initialized", Pass, "no such LDP session")]
fn ldp_sessions(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(text, &[&two_ldp()], verdict, actual);
}

#[rstest]
#[case("every LDP session is Operational", Fail, "nothing to check: no LDP session")]
#[case("no LDP session is Operational", Pass, "")]
#[case("LDP session 3.3.3.3 is not Operational", Fail, "there are no LDP sessions at all")]
fn nothing_there(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(text, &[&ldp(&[])], verdict, actual);
}

#[rstest]
#[case("every LDP session is Operational")]
#[case("LDP session 3.3.3.3 is Operational")]
#[case("2 LDP sessions are Operational")]
#[case("no LDP session is not Operational")]
fn a_state_that_is_not_known_decides_nothing(#[case] text: &str) {
    let table = ldp(&[("3.3.3.3", LdpState::Unknown), ("4.4.4.4", LdpState::Operational)]);
    expect(text, &[&table], Inconclusive, "3.3.3.3");
}

#[test]
fn a_session_being_deleted_is_not_to_be_relied_on() {
    let mut rows = Rows::default();
    rows.push(
        LdpSession {
            peer_lsr_id: "3.3.3.3".parse().ok(),
            state: LdpState::Operational,
            being_deleted: true,
            ..LdpSession::default()
        },
        LineSpan::line(9),
    );
    let table = Parsed::complete(AnyTable::LdpSessions(rows));
    expect(
        "every LDP session is Operational",
        &[&table],
        Inconclusive,
        "being deleted",
    );
}

fn ipv4() -> Parsed {
    let unicast = SubsequentFamily::Unicast;
    bgp(vec![
        peer("default", unicast, "3.3.3.3", BgpState::Established, Some(0)),
        peer("default", unicast, "4.4.4.4", BgpState::Established, Some(0)),
    ])
}

fn vpn() -> Parsed {
    let vpn = SubsequentFamily::Vpn;
    bgp(vec![
        peer("default", vpn, "3.3.3.3", BgpState::Established, Some(2)),
        peer("default", vpn, "4.4.4.4", BgpState::NoNeg, Some(0)),
        peer("VPNA", SubsequentFamily::Unicast, "10.3.1.2", BgpState::Idle, Some(1)),
    ])
}

#[rstest]
#[case(
    "every BGP peer is Established",
    Fail,
    "2 of 5 BGP peers: 4.4.4.4 (VPNv4) is No_neg, 10.3.1.2 in VPNA is Idle"
)]
// 3.3.3.3 is Established in both of its families, 4.4.4.4 in one of two.
#[case("1 BGP peer is Established", Pass, "")]
#[case("at least 1 BGP peer is Established", Pass, "")]
#[case("at least 2 BGP peers are Established", Fail, "")]
#[case("no BGP peer is Idle", Fail, "10.3.1.2 in VPNA is Idle")]
#[case("no BGP peer is Active", Pass, "")]
fn every_bgp_peer_of_the_device(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(text, &[&ipv4(), &vpn()], verdict, actual);
}

#[rstest]
#[case("BGP VPNv4 peer 3.3.3.3 is Established", Pass, "3.3.3.3 (VPNv4) is Established")]
#[case(
    "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 are Established",
    Fail,
    "4.4.4.4 (VPNv4) is No_neg"
)]
#[case("every BGP VPNv4 peer is Established", Fail, "1 of 2 BGP VPNv4 peers")]
#[case("1 BGP VPNv4 peer is Established", Pass, "")]
#[case("every BGP peer in VPNA is Established", Fail, "10.3.1.2 in VPNA is Idle")]
#[case(
    "every BGP peer in VPNB is Established",
    Fail,
    "nothing to check: no BGP peer among 3 rows"
)]
#[case(
    "BGP peer 10.3.1.2 in VPNA has at least 1 prefix received",
    Pass,
    "has 1 prefix received"
)]
#[case(
    "BGP VPNv4 peer 4.4.4.4 has at least 1 prefix received",
    Fail,
    "has no prefix received"
)]
#[case("BGP peer 3.3.3.3 in VPNA is Established", Fail, "no BGP peer 3.3.3.3")]
#[case("BGP VPNv4 peer 10.3.1.2 is Idle", Fail, "no BGP VPNv4 peer 10.3.1.2; there are:")]
fn bgp_peers_of_a_family_or_instance(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(text, &[&vpn()], verdict, actual);
}

#[test]
fn without_a_printed_number_of_prefixes_nothing_is_decided() {
    let table = bgp(vec![peer(
        "VPNA",
        SubsequentFamily::Unicast,
        "10.3.1.2",
        BgpState::Established,
        None,
    )]);
    let text = "BGP peer 10.3.1.2 in VPNA has at least 1 prefix received";
    expect(text, &[&table], Inconclusive, "prints no number");
    let unknown = bgp(vec![peer(
        "default",
        SubsequentFamily::Unknown,
        "3.3.3.3",
        BgpState::Established,
        None,
    )]);
    expect(
        "BGP VPNv4 peer 3.3.3.3 is Established",
        &[&unknown],
        Inconclusive,
        "cannot be told",
    );
}

#[test]
fn both_tables_of_bgp_peers_are_needed() {
    let phrase = phrase_tables::phrase("every BGP peer is Established");
    let table = ipv4();
    let one = [checks::phrase::Observation {
        device: "PE1",
        command: "display bgp peer",
        evidence: "",
        answer: Ok(&table),
    }];
    let outcome = checks::phrase::decide(&phrase.assertion, &one);
    assert_eq!(outcome.verdict, Inconclusive, "{}", outcome.actual);
}

#[rstest]
#[case(
    "every OSPF neighbor is Full",
    Fail,
    "1 of 3 OSPF neighbors: 3.3.3.3 on GigabitEthernet0/2/0 is ExStart"
)]
#[case("every OSPF neighbor on GE0/1/0 is Full", Pass, "2 OSPF neighbors")]
#[case("every OSPF neighbor on GE0/9/0 is Full", Fail, "nothing to check")]
#[case("OSPF neighbor 4.4.4.4 is Full", Pass, "")]
#[case("OSPF neighbor 3.3.3.3 is Full", Fail, "3.3.3.3 on GigabitEthernet0/2/0 is ExStart")]
#[case("2 OSPF neighbors are Full", Pass, "")]
#[case("3 OSPF neighbors are Full", Fail, "")]
fn ospf_neighbors(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    let table = ospf(&[
        ("3.3.3.3", "GE0/1/0", OspfState::Full),
        ("4.4.4.4", "GE0/1/0", OspfState::Full),
        ("3.3.3.3", "GE0/2/0", OspfState::ExStart),
    ]);
    expect(text, &[&table], verdict, actual);
}

fn ce1() -> Parsed {
    bfd(vec![
        session("ce1_to_pe1", "GE0/1/0", BfdState::Down),
        session("ce1_to_pe2", "GE0/2/0", BfdState::Up),
    ])
}

#[rstest]
#[case("BFD ce1_to_pe1 is Down", Pass, "ce1_to_pe1 is Down")]
#[case("BFD ce1_to_pe1 is AdminDown", Fail, "ce1_to_pe1 is Down")]
#[case("BFD ce1_to_pe2 is Down", Fail, "ce1_to_pe2 is Up")]
#[case(
    "BFD CE1_TO_PE1 is Down",
    Fail,
    "no BFD session CE1_TO_PE1; there are: ce1_to_pe1 is Down, ce1_to_pe2 is Up"
)]
#[case(
    "BFD is Down",
    Inconclusive,
    "there are 2 BFD sessions, name one: ce1_to_pe1, ce1_to_pe2"
)]
#[case("every BFD session is Up", Fail, "1 of 2 BFD sessions: ce1_to_pe1 is Down")]
#[case("every BFD session on GE0/2/0 is Up", Pass, "1 BFD session: ce1_to_pe2 is Up")]
#[case("every BFD session on GE0/1/0 is Up", Fail, "1 of 1 BFD session")]
#[case(
    "every BFD session on GE0/3/0 is Up",
    Fail,
    "nothing to check: no BFD session among 2 rows: ce1_to_pe1, ce1_to_pe2"
)]
#[case("1 BFD session is Up", Pass, "")]
#[case("2 BFD sessions are Up", Fail, "")]
#[case(
    "every bfd session has tx_interval_ms at most 10",
    Inconclusive,
    "no `tx_interval_ms` printed"
)]
#[case("every bfd session where interface is GE0/2/0 has state up", Pass, "")]
#[case("no bfd session has state not up", Fail, "ce1_to_pe1 has state down")]
#[case("at least 2 bfd sessions", Pass, "2 BFD sessions")]
fn bfd_sessions(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    let outcome = decided(text, &[&ce1()]);
    assert_eq!(outcome.verdict, verdict, "{text}: {}", outcome.actual);
    assert!(
        outcome.actual.to_lowercase().contains(&actual.to_lowercase()),
        "{}",
        outcome.actual
    );
}

#[test]
fn the_only_session_of_a_device() {
    expect("BFD is Down", &[&bfd(vec![])], Fail, "no BFD session");
    let one = bfd(vec![session("a", "GE0/1/0", BfdState::Down)]);
    expect("BFD is Down", &[&one], Pass, "a is Down");
    expect("BFD is Up", &[&one], Fail, "a is Down");
    let unknown = bfd(vec![session("a", "GE0/1/0", BfdState::Unknown)]);
    expect("BFD is Down", &[&unknown], Inconclusive, "no state");
    expect("BFD is not Up", &[&unknown], Inconclusive, "no state");
}

#[test]
fn a_session_whose_interface_is_not_printed_may_be_one_of_those_meant() {
    let nowhere = BfdSession {
        interface: None,
        ..session("b", "x", BfdState::Down)
    };
    let table = bfd(vec![session("a", "GE0/1/0", BfdState::Up), nowhere.clone()]);
    expect(
        "every BFD session on GE0/1/0 is Up",
        &[&table],
        Inconclusive,
        "b is Down",
    );
    expect("2 BFD sessions on GE0/1/0 are Up", &[&table], Fail, "");
    expect("no BFD session on GE0/1/0 is Down", &[&table], Inconclusive, "");
    let up = BfdSession {
        state: BfdState::Up,
        ..nowhere
    };
    let table = bfd(vec![session("a", "GE0/1/0", BfdState::Up), up.clone()]);
    expect("every BFD session on GE0/1/0 is Up", &[&table], Pass, "");
    expect(
        "every BFD session on GE0/1/0 is Up",
        &[&bfd(vec![up])],
        Inconclusive,
        "",
    );
}

fn timers(state: BfdState, change: impl FnOnce(&mut BfdSession)) -> Parsed {
    let mut row = BfdSession {
        multiplier: Some(3),
        min_rx_interval_ms: Some(10),
        min_tx_interval_ms: Some(10),
        ..session("a", "GE0/1/0", state)
    };
    change(&mut row);
    bfd(vec![row])
}

#[test]
fn detection_times() {
    let text = "BFD a detects in at most 30 ms";
    let printed = timers(BfdState::Up, |row| row.detect_time_ms = Some(30));
    expect(text, &[&printed], Pass, "detects in 30 ms, as printed");
    let slow = timers(BfdState::Up, |row| row.detect_time_ms = Some(31));
    expect(text, &[&slow], Fail, "31 ms");
    // The other end may have negotiated longer intervals than are configured here.
    let negotiated = timers(BfdState::Up, |row| row.actual_rx_interval_ms = Some(1000));
    expect(text, &[&negotiated], Fail, "3 × 1 s = 3 s");
    let configured = timers(BfdState::Up, |_| {});
    expect(text, &[&configured], Inconclusive, "prints no negotiated interval");
    let too_slow = timers(BfdState::Up, |row| row.min_tx_interval_ms = Some(100));
    expect(text, &[&too_slow], Fail, "3 × 100 ms = 300 ms as configured");
    let down = timers(BfdState::Down, |row| row.actual_rx_interval_ms = Some(10));
    expect(text, &[&down], Inconclusive, "the session is Down");
    let down_and_slow = timers(BfdState::Down, |row| row.min_rx_interval_ms = Some(1000));
    expect(text, &[&down_and_slow], Fail, "3 s as configured");
    let nothing = timers(BfdState::Up, |row| row.multiplier = None);
    expect(text, &[&nothing], Inconclusive, "neither");
    expect("BFD b detects in at most 30 ms", &[&printed], Fail, "no BFD session b");
    expect("BFD detects in at most 30 ms", &[&printed], Pass, "");
    expect("BFD detects in at most 30 ms", &[&ce1()], Inconclusive, "name one");
    let misread = with_unexplained(printed, 10, Some("actual_rx_interval_ms"));
    expect(text, &[&misread], Inconclusive, "line 10");
}

#[rstest]
#[case("interface GE0/1/0 is Up", Pass, "GigabitEthernet0/1/0 is Up")]
#[case("interface GE0/2/0 is Up", Fail, "is Up, its protocol Down")]
#[case("interface GE0/2/0 is not Up", Pass, "")]
#[case("interface GE0/2/0 is Down", Fail, "")]
#[case("interface GE0/3/0 is Down", Pass, "is AdminDown, its protocol Down")]
#[case("interface GE0/3/0 is AdminDown", Pass, "")]
#[case("interface GE0/2/0 is AdminDown", Fail, "")]
#[case("interface GE0/4/0 is Up", Fail, "no interface GigabitEthernet0/4/0")]
#[case("interfaces GE0/1/0 and GE0/2/0 are Up", Fail, "")]
#[case("every interface is Up", Fail, "2 of 3 interfaces")]
#[case("1 interface is Up", Pass, "")]
#[case(
    "no interface has input errors",
    Fail,
    "1 such interface: GigabitEthernet0/2/0 has 7 input errors"
)]
#[case("no interface has output errors", Pass, "")]
#[case("interface GE0/1/0 has no input errors", Pass, "has 0 input errors")]
#[case("interface GE0/2/0 has no input errors", Fail, "has 7 input errors")]
#[case("interface GE0/3/0 has no input errors", Inconclusive, "no counter")]
#[case("interface GE0/2/0 has no errors", Fail, "")]
#[case(
    "no interface where oper_state is up has mtu below 1500",
    Fail,
    "GigabitEthernet0/1/0 has mtu 1400"
)]
#[case(
    "no interface where name is GE0/2/0 has mtu below 1500",
    Inconclusive,
    "no `mtu` printed"
)]
#[case("no interface where name is GE0/1/0 has mtu below 1400", Pass, "")]
fn interface_phrases(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    let table = interfaces(&[
        ("GE0/1/0", LinkState::Up, LinkState::Up, Some(0)),
        ("GE0/2/0", LinkState::Up, LinkState::Down, Some(7)),
        ("GE0/3/0", LinkState::AdminDown, LinkState::Down, None),
    ]);
    expect(text, &[&table], verdict, actual);
}

#[test]
fn a_counter_that_is_not_printed_keeps_no_errors_from_passing() {
    let table = interfaces(&[("GE0/1/0", LinkState::Up, LinkState::Up, None)]);
    expect(
        "no interface has input errors",
        &[&table],
        Inconclusive,
        "cannot be told",
    );
    expect("no interface has input errors", &[&interfaces(&[])], Pass, "");
    let unknown = interfaces(&[("GE0/1/0", LinkState::Up, LinkState::Unknown, Some(0))]);
    expect(
        "interface GE0/1/0 is Up",
        &[&unknown],
        Inconclusive,
        "its protocol not printed",
    );
    expect("interface GE0/1/0 is not Up", &[&unknown], Inconclusive, "");
}
