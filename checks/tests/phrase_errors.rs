//! What is said of a phrase that cannot be understood: the caret, the expectation, the nearest word.

#![allow(clippy::unwrap_used)] // a test may panic

use checks::phrase::{Scope, parse};

/// The errors of these phrases as they are shown.
fn shown(scope: Scope, phrases: &[&str]) -> String {
    phrases
        .iter()
        .map(|text| match parse(text, scope) {
            Ok(phrase) => format!("UNDERSTOOD {text} AS {phrase}\n"),
            Err(error) => error.render(text),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Compares with the file of the test's name.
fn compare(name: &str, shown: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn misspelt_words() {
    compare(
        "phrase_errors_misspelt_words",
        &shown(
            Scope::Device,
            &[
                "rout 1.1.1.1/32 in VPNA is static",
                "two next hopps for 1.1.1.1 in VPNA",
                "every LDP session is Operatoinal",
                "every LDP sesion is Operational",
                "BFD pe1_to_ce1 is Dwon within 1 s",
                "BFD pe1_to_ce1 si Down",
                "BFD pe1_to_ce1 is Down withn 1 s",
                "BGP VPNv4 peers 3.3.3.3 and 4.4.4.4 are Establshed",
                "every OSPF neigbor is Full",
                "ping 10.1.1.1 in VPNA looses nothing",
                "every bfd session has tx_interval at most 10",
                "no interface where opr_state is up has mtu below 1500",
                "route 1.1.1.1/32 is statik",
            ],
        ),
    );
}

#[test]
fn wrong_values() {
    compare(
        "phrase_errors_wrong_values",
        &shown(
            Scope::Device,
            &[
                "no route for 10.1.1.1/24 in VPNA",
                "two next hops for 1.1.1.1/33",
                "two next hops for 1.1.1",
                "next hops for 1.1.1.1 are 2.2.2.2 and 3.3.3",
                "next hops for 1.1.1.1 are 2.2.2.2 and 2.2.2.2",
                "two next hops for 1.1.1.1, 3.3.3.3",
                "traffic to 1.1.1.1 uses route 2.2.2.0/24",
                "BFD a is Established",
                "VPN instance VPNA has RD 100",
                "VPN instance VPNA has RD 100:1:x",
                "VPN instance default has RD 100:1",
                "BGP VPNv4 peer 3.3.3.3 in VPNA is Established",
                "ping 10.1.1.1 loses at most 100 %",
                "traceroute 10.1.1.1 hop 0 is 1.1.1.1",
                "BFD a is Up within 0 s",
                "BFD a is Up within 30",
                "BFD a is Up within 30 parsecs",
                "BFD a is Up within 1 s within 2 s",
                "BFD a is Up for 48 h",
                "two next hops for 1.1.1.1 in \"VPNA | include x\"",
                "between 4 and 2 BFD sessions are Up",
            ],
        ),
    );
}

#[test]
fn fields_and_relations() {
    compare(
        "phrase_errors_fields_and_relations",
        &shown(
            Scope::Device,
            &[
                "every bfd session has name at most 10",
                "every bfd session has multiplier matches /3/",
                "every bfd session has multiplier at most many",
                "every bfd session has state Established",
                "every bfd session has clients OSPF",
                "every route has next_hops contains 1.1.1.1",
                "every route has next_hops.adress contains 1.1.1.1",
                "every bfd session has name.first x",
                "count of route where vrf is not VPNA is 3",
                "count of route where vrf is A and vrf is B is 3",
                "count of routes is 3",
                "no route has vrf VPNA",
                "no ldp session where vrf matches /V/",
                "no ospf neighbor in VPNA where state is down",
                "no bgp peer where afi is ipv6 has state idle",
                "no bgp peer has safi evpn",
                "every bfd sesion has state up",
                "every ping has sent 5",
                "every interface in VPNA has mtu 1500 and",
                "every configuration line in VPNA has text x",
            ],
        ),
    );
}

#[test]
fn texts_and_expressions() {
    compare(
        "phrase_errors_texts_and_expressions",
        &shown(
            Scope::Device,
            &[
                "config has maximum load-balancing 2",
                "config has \"maximum load-balancing 2",
                "config has \"\"",
                "config has \"x\" under \"bgp 100 /  / x\"",
                "config matches /(a/",
                "config matches /a",
                "config matches //",
                r"config matches /é (\w{1000}){1000}/",
                "config has \u{201c}x\u{201d}",
                "config has \"x\"under \"y\"",
            ],
        ),
    );
}

#[test]
fn unfinished_misplaced_and_not_yet() {
    compare(
        "phrase_errors_unfinished_misplaced_and_not_yet",
        &shown(
            Scope::Device,
            &[
                "",
                "   ",
                "two",
                "BFD",
                "next hops for 1.1.1.1 are",
                "every LDP session is Operational and",
                "every LDP session is Operational please",
                "next hops for 1.1.1.1 are ${PE1.lsr_id}",
                "RDs of PE1 and PE2 differ for VPNA",
                "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms",
                "no flow is interrupted for more than 50 ms",
                "VSI v1 is Up",
                "every PW of VSI v1 is Up",
                "detection took at most 30 ms",
            ],
        ),
    );
    compare(
        "phrase_errors_unfinished_misplaced_and_not_yet_in_lab",
        &shown(
            Scope::Lab,
            &[
                "BFD is Down",
                "RDs of PE1 differ for VPNA",
                "RDs of PE1 and PE1 differ for VPNA",
                "BFD a on PE1 and b on PE1 are a pair",
                "flow labels of PE1 and PE2 agree for VSI v1",
                "route targets of PE1 and PE2 agre for VPNA",
            ],
        ),
    );
}
