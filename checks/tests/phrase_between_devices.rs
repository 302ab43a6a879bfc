//! Phrases under `lab`, each passing, failing and not to be told.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Parsed;
use checks::Verdict::{self, Fail, Inconclusive, Pass};
use checks::phrase::{Observation, Platform, Scope, decide, parse};
use checks::rows::{BfdSession, BfdState};
use phrase_tables::{bfd, config, instance, instances, refused, session};

fn expect_lab(text: &str, answers: &[(&str, &Parsed)], verdict: Verdict, actual: &str) {
    let phrase = parse(text, Scope::Lab).unwrap_or_else(|error| panic!("{}", error.render(text)));
    let commands: Vec<String> = answers
        .iter()
        .map(|(device, _)| {
            let mut questions = phrase.questions(Platform::HuaweiVrp, device).unwrap();
            questions.remove(0).command
        })
        .collect();
    let observations: Vec<Observation<'_>> = answers
        .iter()
        .zip(&commands)
        .map(|((device, answer), command)| Observation {
            device,
            command,
            evidence: "",
            answer: Ok(answer),
        })
        .collect();
    let outcome = decide(&phrase.assertion, &observations);
    assert_eq!(outcome.verdict, verdict, "{text}: {}", outcome.actual);
    assert!(outcome.actual.contains(actual), "{text}: {}", outcome.actual);
}

fn vpna(rd: &str, targets: &[&str]) -> Parsed {
    instances(vec![instance("VPNA", Some(rd), targets, targets)])
}

#[test]
fn rds_differ() {
    let text = "RDs of PE1, PE2 and PE3 differ for VPNA";
    let (one, two, three) = (vpna("100:1", &[]), vpna("100:2", &[]), vpna("100:3", &[]));
    let all = [("PE1", &one), ("PE2", &two), ("PE3", &three)];
    expect_lab(text, &all, Pass, "PE1 100:1, PE2 100:2, PE3 100:3");
    expect_lab(text, &[("PE1", &one), ("PE2", &two), ("PE3", &one)], Fail, "PE3 100:1");
    let none = instances(vec![]);
    expect_lab(
        text,
        &[("PE1", &one), ("PE2", &two), ("PE3", &none)],
        Fail,
        "PE3: no VPN instance VPNA",
    );
    expect_lab(text, &[("PE1", &one), ("PE2", &two)], Inconclusive, "from PE3");
    let no_rd = instances(vec![instance("VPNA", None, &[], &[])]);
    expect_lab(
        text,
        &[("PE1", &one), ("PE2", &two), ("PE3", &no_rd)],
        Inconclusive,
        "PE3",
    );
    let refused = refused(instances(vec![]));
    expect_lab(
        text,
        &[("PE1", &one), ("PE2", &two), ("PE3", &refused)],
        Inconclusive,
        "was refused",
    );
}

#[test]
fn route_targets_agree() {
    let text = "route targets of PE1 and PE2 agree for VPNA";
    let same = vpna("100:1", &["111:1"]);
    expect_lab(
        text,
        &[("PE1", &same), ("PE2", &same)],
        Pass,
        "PE1 imports 111:1 and exports 111:1",
    );
    let other = vpna("100:1", &["222:1"]);
    expect_lab(text, &[("PE1", &same), ("PE2", &other)], Fail, "PE2 imports 222:1");
    let silent = instances(vec![instance("VPNA", Some("100:1"), &[], &["111:1"])]);
    expect_lab(text, &[("PE1", &silent), ("PE2", &silent)], Fail, "imports nothing");
    let crossed = instances(vec![instance("VPNA", Some("100:1"), &["1:1"], &["2:2"])]);
    expect_lab(text, &[("PE1", &crossed), ("PE2", &crossed)], Fail, "");
    let strange = vpna("100:1", &["strange"]);
    expect_lab(
        text,
        &[("PE1", &same), ("PE2", &strange)],
        Inconclusive,
        "not understood",
    );
}

#[test]
fn static_labels_agree() {
    let text = "static VPN labels of MASG1 and MASG2 agree for VPNA";
    let with = |label: &str| {
        config(&format!(
            "ip vpn-instance VPNA\n ipv4-family\n  apply-label per-instance static {label}\n"
        ))
    };
    let (one, other) = (with("1025"), with("1026"));
    expect_lab(
        text,
        &[("MASG1", &one), ("MASG2", &one)],
        Pass,
        "MASG1 1025, MASG2 1025",
    );
    expect_lab(text, &[("MASG1", &one), ("MASG2", &other)], Fail, "MASG2 1026");
    let dynamic = config("ip vpn-instance VPNA\n ipv4-family\n  apply-label per-instance\n");
    expect_lab(
        text,
        &[("MASG1", &one), ("MASG2", &dynamic)],
        Fail,
        "MASG2 has no static label for VPNA",
    );
    let absent = config("sysname MASG2\n");
    expect_lab(
        text,
        &[("MASG1", &one), ("MASG2", &absent)],
        Fail,
        "MASG2 has no VPN instance VPNA",
    );
    // The same label for another instance delivers into the wrong VPN.
    let shared = config(
        "ip vpn-instance VPNA\n ipv4-family\n  apply-label per-instance static 1025\nip vpn-instance VPNB\n ipv4-family\n  apply-label per-instance static 1025\n",
    );
    expect_lab(
        text,
        &[("MASG1", &one), ("MASG2", &shared)],
        Fail,
        "MASG2 uses 1025 for ip vpn-instance VPNB too",
    );
    let odd = with("1025 x");
    expect_lab(
        text,
        &[("MASG1", &one), ("MASG2", &odd)],
        Inconclusive,
        "not understood",
    );
}

fn end(name: &str, local: Option<u32>, remote: Option<u32>, addresses: (&str, &str)) -> BfdSession {
    BfdSession {
        local_discriminator: local,
        remote_discriminator: remote,
        local_address: addresses.0.parse().ok(),
        peer_address: addresses.1.parse().ok(),
        ..session(name, "GE0/1/0", BfdState::Up)
    }
}

#[test]
fn bfd_pairs() {
    let text = "BFD a on PE1 and b on CE1 are a pair";
    let pe1 = bfd(vec![end("a", Some(1), Some(2), ("10.1.1.2", "10.1.1.1"))]);
    let ce1 = bfd(vec![end("b", Some(2), Some(1), ("10.1.1.1", "10.1.1.2"))]);
    expect_lab(
        text,
        &[("PE1", &pe1), ("CE1", &ce1)],
        Pass,
        "a on PE1: discriminators 1 to 2",
    );
    // Discriminators swapped at one end.
    let swapped = bfd(vec![end("b", Some(1), Some(2), ("10.1.1.1", "10.1.1.2"))]);
    expect_lab(text, &[("PE1", &pe1), ("CE1", &swapped)], Fail, "discriminators 1 to 2");
    // The same discriminators by chance, on another link.
    let elsewhere = bfd(vec![end("b", Some(2), Some(1), ("10.2.1.1", "10.2.1.2"))]);
    expect_lab(text, &[("PE1", &pe1), ("CE1", &elsewhere)], Fail, "10.2.1.1");
    // One address is printed on one side only, which still shows that they face each other.
    let half = bfd(vec![end("b", Some(2), Some(1), ("", "10.1.1.2"))]);
    expect_lab(text, &[("PE1", &pe1), ("CE1", &half)], Pass, "not printed");
    let nameless = bfd(vec![end("b", Some(2), None, ("10.1.1.1", "10.1.1.2"))]);
    expect_lab(
        text,
        &[("PE1", &pe1), ("CE1", &nameless)],
        Inconclusive,
        "2 to not printed",
    );
    let unaddressed = bfd(vec![end("b", Some(2), Some(1), ("", ""))]);
    let bare = bfd(vec![end("a", Some(1), Some(2), ("", ""))]);
    expect_lab(text, &[("PE1", &bare), ("CE1", &unaddressed)], Inconclusive, "");
    expect_lab(
        text,
        &[("PE1", &pe1), ("CE1", &bfd(vec![]))],
        Fail,
        "CE1 has no BFD session b",
    );
}
