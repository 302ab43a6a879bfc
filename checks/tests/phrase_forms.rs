//! Every form's examples, the phrases of the language's description, and what they print and ask.

#![allow(clippy::unwrap_used)] // a test may panic

use checks::phrase::{Platform, Scope, explain, forms, parse, reference_markdown};
use rstest::rstest;

#[test]
fn every_example_is_of_its_form_and_reads_back() {
    for form in forms() {
        for example in form.examples {
            let phrase = parse(example, form.scope).unwrap_or_else(|error| panic!("{}", error.render(example)));
            let explained = explain(example, form.scope).unwrap();
            assert_eq!(explained.form, form.id, "{example}");
            let canonical = phrase.to_string();
            assert_eq!(
                parse(&canonical, form.scope).as_ref(),
                Ok(&phrase),
                "{example} -> {canonical}"
            );
            let device = phrase.devices().first().map_or("PE1", |device| device).to_owned();
            let questions = phrase.questions(Platform::HuaweiVrp, &device).unwrap();
            // Captures show it; no device is asked.
            assert_eq!(questions.is_empty(), form.scope == Scope::Capture, "{example}");
        }
    }
}

#[rstest]
#[case(
    "two next hops for 1.1.1.1",
    "2 next hops for 1.1.1.1/32",
    "display ip routing-table"
)]
#[case(
    "2 next hops for 1.1.1.1/32 in VPNA",
    "2 next hops for 1.1.1.1/32 in VPNA",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "AT LEAST 2 NEXT HOPS FOR 1.1.1.1 IN VPNA",
    "at least 2 next hops for 1.1.1.1/32 in VPNA",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "one next hop for 1.1.1.1 in VPNA, 3.3.3.3, within 5 s",
    "1 next hop for 1.1.1.1/32 in VPNA, 3.3.3.3 within 5 s",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "next hops for 1.1.1.1 in VPNA are 2.2.2.2 and 3.3.3.3",
    "next hops for 1.1.1.1/32 in VPNA are 2.2.2.2 and 3.3.3.3",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "route 1.1.1.1/32 in VPNA is static with preference 60 via 10.1.1.1 on GE 0/3/0",
    "route 1.1.1.1/32 in VPNA is static with preference 60 via 10.1.1.1 on GigabitEthernet0/3/0",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "no route for 1.1.1.1/32 in VPNA via 10.1.1.1 within 2 s",
    "no route for 1.1.1.1/32 via 10.1.1.1 in VPNA within 2 s",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "traffic to 1.1.1.1 in VPNA uses route 1.1.1.1/32",
    "traffic to 1.1.1.1 in VPNA uses route 1.1.1.1/32",
    "display ip routing-table vpn-instance VPNA"
)]
#[case("at least one OSPF route", "at least 1 ospf route", "display ip routing-table")]
#[case(
    "14 destinations and 15 routes",
    "14 destinations and 15 routes",
    "display ip routing-table"
)]
#[case(
    "every LDP session is Operational",
    "every LDP session is Operational",
    "display mpls ldp session"
)]
#[case(
    "LDP session 3.3.3.3 is operational",
    "LDP session 3.3.3.3 is Operational",
    "display mpls ldp session"
)]
#[case(
    "2 LDP sessions are Operational",
    "2 LDP sessions are Operational",
    "display mpls ldp session"
)]
#[case(
    "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 are Established",
    "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 are Established",
    "display bgp vpnv4 all peer"
)]
#[case(
    "every BGP peer is Established within 90 s",
    "every BGP peer is Established within 90 s",
    "display bgp peer; display bgp vpnv4 all peer"
)]
#[case(
    "BGP peer 10.3.1.2 in VPNA has at least 1 prefix received",
    "BGP peer 10.3.1.2 in VPNA has at least 1 prefix received",
    "display bgp vpnv4 all peer"
)]
#[case(
    "BGP peer 10.3.1.1 is Established",
    "BGP IPv4 peer 10.3.1.1 is Established",
    "display bgp peer"
)]
#[case("every OSPF neighbour is Full", "every OSPF neighbor is Full", "display ospf peer")]
#[case("BFD pe1_to_ce1 is Up", "BFD pe1_to_ce1 is Up", "display bfd session all verbose")]
#[case("BFD is Down", "BFD is Down", "display bfd session all verbose")]
#[case(
    "BFD Down after shutdown",
    "BFD is Down after shutdown",
    "display bfd session all verbose"
)]
#[case(
    "BFD pe1_to_ce1 is not up",
    "BFD pe1_to_ce1 is not Up",
    "display bfd session all verbose"
)]
#[case(
    "BFD pe1_to_ce1 detects in at most 30 ms",
    "BFD pe1_to_ce1 detects in at most 30 ms",
    "display bfd session all verbose"
)]
#[case(
    "every BFD session on GigabitEthernet0/3/0 is Up for 10 s",
    "every BFD session on GigabitEthernet0/3/0 is Up for 10 s",
    "display bfd session all verbose"
)]
#[case(
    "VPN instance VPNA has RD 100:1",
    "VPN instance VPNA has RD 100:1",
    "display ip vpn-instance verbose"
)]
#[case(
    "VPN instance VPNA imports 111:1 and exports 111:1",
    "VPN instance VPNA imports 111:1 and exports 111:1",
    "display ip vpn-instance verbose"
)]
#[case(
    "interface GigabitEthernet0/3/0 is Up",
    "interface GigabitEthernet0/3/0 is Up",
    "display interface brief"
)]
#[case(
    "no interface has input errors",
    "no interface has input errors",
    "display interface brief"
)]
#[case(
    "ping 10.1.1.1 in VPNA loses nothing",
    "ping 10.1.1.1 in VPNA loses nothing",
    "ping -vpn-instance VPNA 10.1.1.1"
)]
#[case(
    "ping 10.1.1.1 in VPNA loses at most 2 % and averages below 100 ms",
    "ping 10.1.1.1 in VPNA loses at most 2 % and averages below 100 ms",
    "ping -vpn-instance VPNA 10.1.1.1"
)]
#[case(
    "traceroute 10.3.1.2 hop 1 is 10.1.1.2 or 10.2.1.2",
    "traceroute 10.3.1.2 hop 1 is 10.1.1.2 or 10.2.1.2",
    "tracert 10.3.1.2"
)]
#[case(
    "traceroute 10.3.1.2 hop 1 shows 10.1.1.2 and 10.2.1.2",
    "traceroute 10.3.1.2 hop 1 shows 10.1.1.2 and 10.2.1.2",
    "tracert 10.3.1.2"
)]
#[case(
    "traceroute 10.3.1.2 reaches in 3 hops",
    "traceroute 10.3.1.2 reaches in 3 hops",
    "tracert 10.3.1.2"
)]
#[case(
    r#"config has "maximum load-balancing 2" under "bgp 100 / ipv4-family vpn-instance VPNA""#,
    r#"config has "maximum load-balancing 2" under "bgp 100 / ipv4-family vpn-instance VPNA""#,
    "display current-configuration"
)]
#[case(
    r#"config lacks "peer 3.3.3.3 ignore""#,
    r#"config lacks "peer 3.3.3.3 ignore""#,
    "display current-configuration"
)]
#[case(
    r#"config matches /^ apply-label per-instance static \d+$/ under "ip vpn-instance VPNA""#,
    r#"config matches /^ apply-label per-instance static \d+$/ under "ip vpn-instance VPNA""#,
    "display current-configuration"
)]
#[case(
    "every bfd session where interface is GigabitEthernet0/3/0 has tx_interval_ms at most 10",
    "every bfd session where interface is GigabitEthernet0/3/0 has tx_interval_ms at most 10",
    "display bfd session all verbose"
)]
#[case(
    "count of route where protocol is bgp and vrf is VPNA is 3",
    "3 routes where protocol is bgp and vrf is VPNA",
    "display ip routing-table vpn-instance VPNA"
)]
#[case(
    "no interface where oper_state is up has mtu below 1500",
    "no interface where oper_state is up has mtu below 1500",
    "display interface brief"
)]
#[case(
    "BFD pe1_to_ce1 is Up within 30 s and for 10 s",
    "BFD pe1_to_ce1 is Up within 30 s and for 10 s",
    "display bfd session all verbose"
)]
#[case(
    "no route where next_hops.backup contains true and vrf is VPNA",
    "no route where next_hops.backup contains true and vrf is VPNA",
    "display ip routing-table vpn-instance VPNA verbose"
)]
#[case(
    "every ldp session in VPNA has role active",
    "every ldp session where vrf is VPNA has role active",
    "display mpls ldp session vpn-instance VPNA"
)]
#[case(
    "every interface where vrf is VPNA has oper_state up",
    "every interface where vrf is VPNA has oper_state up",
    "display ip interface brief"
)]
fn phrases_of_the_language(#[case] text: &str, #[case] canonical: &str, #[case] commands: &str) {
    let phrase = parse(text, Scope::Device).unwrap_or_else(|error| panic!("{}", error.render(text)));
    assert_eq!(phrase.to_string(), canonical);
    let asked: Vec<String> = phrase
        .questions(Platform::HuaweiVrp, "PE1")
        .unwrap()
        .into_iter()
        .map(|question| question.command)
        .collect();
    assert_eq!(asked.join("; "), commands);
}

#[rstest]
#[case("RDs of PE1 and PE2 differ for VPNA")]
#[case("route targets of PE1, PE2 and PE3 agree for VPNA")]
#[case("static VPN labels of MASG1 and MASG2 agree for VPNA")]
#[case("BFD pe1_to_ce1 on PE1 and ce1_to_pe1 on CE1 are a pair")]
fn phrases_between_devices(#[case] text: &str) {
    let phrase = parse(text, Scope::Lab).unwrap_or_else(|error| panic!("{}", error.render(text)));
    assert_eq!(phrase.to_string(), text);
    for device in phrase.devices() {
        assert_eq!(phrase.questions(Platform::HuaweiVrp, device).unwrap().len(), 1);
    }
    assert!(phrase.questions(Platform::HuaweiVrp, "elsewhere").unwrap().is_empty());
}

#[rstest]
#[case("two next hops for 2001:db8::1")]
#[case("ping 2001:db8::1 loses nothing")]
#[case("traceroute 2001:db8::1 reaches")]
fn what_cannot_be_asked_is_said(#[case] text: &str) {
    let phrase = parse(text, Scope::Device).unwrap();
    assert!(phrase.questions(Platform::HuaweiVrp, "PE1").is_err());
}

#[test]
fn the_reference_page_is_the_generated_one() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/phrases.md");
    let generated = reference_markdown();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == generated,
        "docs/phrases.md is not what the table of forms says; run this test with UPDATE_REFERENCE=1"
    );
}

#[rstest]
#[case(
    "traffic 10.3.1.2/32 -> 1.1.1.1 is interrupted for less than 0.05 s",
    "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms"
)]
#[case(
    "Traffic between 10.3.1.0/24 and 1.1.1.1 is interrupted for at most 50ms",
    "traffic between 10.3.1.0/24 and 1.1.1.1 is interrupted for at most 50 ms"
)]
#[case("no flow is interrupted for at least 1 s", "no flow is interrupted for at least 1 s")]
#[case(
    "nothing is lost from 10.3.1.2 to 1.1.1.1",
    "nothing is lost from 10.3.1.2 to 1.1.1.1"
)]
#[case(
    "packets are balanced per packet over a, b and \"c d\"",
    "packets are balanced per packet over a, b and \"c d\""
)]
#[case(
    "reordering between 10.1.1.0/24 and 10.2.1.0/24 is at most 0.5%",
    "reordering between 10.1.1.0/24 and 10.2.1.0/24 is at most 0.5 %"
)]
#[case(
    "vpn label stays 1025 through the failover",
    "VPN label stays 1025 through the failover"
)]
fn phrases_about_captures_have_one_canonical_form(#[case] text: &str, #[case] canonical: &str) {
    let phrase = parse(text, Scope::Capture).unwrap_or_else(|error| panic!("{}", error.render(text)));
    assert_eq!(phrase.to_string(), canonical);
    // Under `lab` it is about all points of observation.
    assert_eq!(parse(text, Scope::Lab), Ok(phrase));
}

#[rstest]
#[case("no flow is interrupted for less than 50 ms")]
#[case("every flow is interrupted for more than 50 ms")]
#[case("traffic 10.3.1.2 -> 2001:db8::1 is interrupted for less than 50 ms")]
#[case("traffic between 10.3.1.2 and 10.3.1.2 is interrupted for less than 50 ms")]
#[case("traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 0 ms")]
#[case("traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms within 2 s")]
#[case("nothing is lost for 10 s")]
#[case("flows are balanced per flow over ce1-pe1")]
#[case("flows are balanced per packet over a and b")]
#[case("flows are balanced per flow over a and a")]
#[case("VPN label stays 3 through the failover")]
#[case("VPN label stays 1048576 through the failover")]
#[case("reordering is below 101 %")]
fn what_makes_no_sense_of_captures_is_refused(#[case] text: &str) {
    assert!(parse(text, Scope::Capture).is_err(), "{text}");
}
