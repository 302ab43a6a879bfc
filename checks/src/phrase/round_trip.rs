//! Generated phrases of every form: what is understood is printed in the canonical form and reads back as the same.

use proptest::prelude::*;
use proptest::sample::select;

use super::forms::compiled;
use super::pattern::Node;
use super::slot::Slot;
use super::{Scope, parse};

/// Texts that a slot accepts.
fn values(slot: Slot) -> &'static [&'static str] {
    match slot {
        Slot::Count => &[
            "no",
            "two",
            "7",
            "at least 2",
            "At Most 3",
            "more than 1",
            "fewer than 9",
            "exactly 4",
            "between 2 and 5",
        ],
        Slot::Number => &["1", "60", "three"],
        Slot::Prefix => &["1.1.1.1", "10.1.1.0/24", "0.0.0.0/0", "2001:db8::/32"],
        Slot::Address => &["1.1.1.1", "2001:db8::1"],
        Slot::Addresses => &["2.2.2.2", "2.2.2.2 and 3.3.3.3", "1.1.1.1, 2.2.2.2, and 3.3.3.3"],
        Slot::Alternatives => &["2.2.2.2", "2.2.2.2 or 3.3.3.3"],
        Slot::Vrf => &["VPNA", "\"in\"", "default", "_public_"],
        Slot::Instance => &["VPNA", "\"vpn\\\\x\"", "\"for\""],
        Slot::Interface => &[
            "GE0/3/0",
            "GigabitEthernet 0/3/0",
            "Eth-Trunk 1",
            "loopback1",
            "\"sr policy\"",
        ],
        Slot::Interfaces => &["GE0/1/0", "GE 0/1/0 and GE0/2/0"],
        Slot::Name | Slot::Device => &["pe1_to_ce1", "\"session\"", "up", "7", "\"a b, \\\"c\\\"\"", "PE1"],
        Slot::Names => &["pe1_to_ce1", "up and \"is\"", "a, b and c"],
        Slot::Protocol => &["static", "Direct", "ibgp", "O_ASE", "isis-l1"],
        Slot::Rd => &["100:1", "1.1.1.1:1", "1.0:5"],
        Slot::Targets => &["111:1", "111:1 and 222:1", "1.1.1.1:1, 2:2 and 3:3"],
        Slot::Line => &[
            "\"maximum  load-balancing 2\"",
            "\"a \\\"quoted\\\" \\\\ b\"",
            "\"interface GE0/1/0\"",
        ],
        Slot::View => &["\"bgp 100 / ipv4-family vpn-instance VPNA\"", "\"interface ge 0/3/0\""],
        Slot::Regex => &["/^a\\/b \\d+$/", "/x/"],
        Slot::Time => &["50 ms", "30s", "1.5 s", "2 min", "0.5 ms"],
        Slot::Percent => &["2 %", "0.1%", "0 percent"],
        Slot::Devices => &["PE1 and PE2", "PE1, PE2 and \"PE 3\""],
        Slot::LdpState => &["Operational", "openrec"],
        Slot::BgpState => &["Established", "Idle(Admin)", "no neg"],
        Slot::OspfState => &["Full", "2-Way", "ExStart"],
        Slot::BfdState => &["Up", "AdminDown", "admin down"],
        Slot::LinkState => &["Up", "DOWN", "admin_down"],
        Slot::Table => &[
            "bfd session",
            "routes",
            "OSPF neighbours",
            "vpn instance",
            "configuration lines",
        ],
        Slot::Conditions => &[
            "vrf is VPNA",
            "state is Up and multiplier at least 3",
            "state up",
            "interface is GE 0/3/0",
            "text matches /x y/",
            "name \"at\"",
            "next_hops.address contains 1.1.1.1",
        ],
        Slot::PingConditions => &[
            "received at least 4",
            "rtt_avg_ms below 12.5 ms and sent 5",
            "replies.timeout contains true",
        ],
        Slot::TracerouteConditions => &["reached true", "hops.probes.address contains 1.1.1.1"],
        Slot::VersionConditions => &["os_version matches /^8/", "model \"NE40E X8\"", "uptime_s above 60 s"],
    }
}

fn node(node: &Node) -> BoxedStrategy<String> {
    match node {
        Node::Word(words) => select(words.clone())
            .prop_flat_map(|word| prop_oneof![Just(word.clone()), Just(word.to_uppercase())])
            .boxed(),
        Node::Slot(slot, _) => select(values(*slot)).prop_map(str::to_owned).boxed(),
        Node::Optional(inner) => prop_oneof![sequence(inner), Just(String::new())].boxed(),
        Node::Choice(choices) => proptest::strategy::Union::new(choices.iter().map(|choice| sequence(choice))).boxed(),
        Node::Never(why) => panic!("{why}"),
    }
}

fn sequence(nodes: &[Node]) -> BoxedStrategy<String> {
    nodes
        .iter()
        .map(node)
        .collect::<Vec<_>>()
        .prop_map(|parts| parts.join(" "))
        .boxed()
}

fn timing() -> impl Strategy<Value = String> {
    select(
        &[
            "",
            "within 30 s",
            ", for 1500 ms",
            "within 1 min and for 10 s after shutdown",
            "after \"the change\" within 50 ms",
        ][..],
    )
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_form_reads_back_as_the_same_phrase(
        (scope, text) in select(compiled()).prop_flat_map(|(form, nodes)| {
            (Just(form.scope), sequence(&nodes), timing()).prop_map(|(scope, text, timing)| (scope, format!("{text} {timing}")))
        })
    ) {
        // Not every combination makes sense (a field that the table does not have), but none may be ambiguous.
        match parse(&text, scope) {
            Err(error) => prop_assert!(!error.message.contains("several meanings"), "{text}: {error}"),
            Ok(phrase) => {
                let canonical = phrase.to_string();
                let again = parse(&canonical, scope);
                prop_assert_eq!(again.as_ref(), Ok(&phrase), "{} -> {}", text, canonical);
                prop_assert_eq!(again.map(|again| again.to_string()), Ok(canonical));
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}", scope in select(&[Scope::Device, Scope::Lab, Scope::Capture][..])) {
        if let Err(error) = parse(&text, scope) {
            let _ = error.render(&text);
            prop_assert!(error.span.end <= text.len() && text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
        }
    }

    #[test]
    fn no_scramble_of_words_makes_the_parser_panic(
        words in proptest::collection::vec(select(WORDS), 0..14),
        scope in select(&[Scope::Device, Scope::Lab][..]),
    ) {
        let text = words.join(" ");
        match parse(&text, scope) {
            Ok(phrase) => prop_assert_eq!(parse(&phrase.to_string(), scope), Ok(phrase)),
            Err(error) => {
                let _ = error.render(&text);
                prop_assert!(error.span.end <= text.len(), "{text}");
            }
        }
    }
}

const WORDS: &[&str] = &[
    "two",
    "no",
    "every",
    "next",
    "hops",
    "for",
    "1.1.1.1",
    "10.1.1.1/24",
    "in",
    "VPNA",
    "are",
    "is",
    "not",
    "and",
    "or",
    ",",
    "within",
    "30",
    "s",
    "BFD",
    "session",
    "Up",
    "route",
    "routes",
    "via",
    "on",
    "GigabitEthernet",
    "0/3/0",
    "has",
    "where",
    "protocol",
    "bgp",
    "count",
    "of",
    "at",
    "least",
    "most",
    "3",
    "config",
    "lacks",
    "\"x\"",
    "/x(/",
    "under",
    "ping",
    "loses",
    "nothing",
    "traceroute",
    "hop",
    "interface",
    "errors",
    "vrf",
    "after",
    "%",
    "between",
    "LDP",
    "peer",
    "state",
    "mtu",
    "below",
    "1500",
    "matches",
    "contains",
    "version",
    "destinations",
    "\"",
    "/",
];

/// Every form is reached by generated phrases at least once.
#[test]
fn every_form_is_reached() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for (form, nodes) in compiled() {
        let strategy = sequence(nodes);
        let understood = (0..500).any(|_| {
            strategy
                .new_tree(&mut runner)
                .is_ok_and(|tree| parse(&tree.current(), form.scope).is_ok())
        });
        assert!(understood, "{}", form.id);
    }
}
