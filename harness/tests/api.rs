//! The Rust API on the lab of the worked example, one lab for all cases: what a test of one's own looks like.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::LazyLock;

use checks::Verdict;
use checks::rows::{BfdSession, BfdState, LdpSession};
use harness::api::{ApiError, Lab, run_suite_on};
use harness::run::RunOptions;
use rstest::rstest;

static LAB: LazyLock<Lab> =
    LazyLock::new(|| Lab::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("../inventories/bfd-static-vpn")).unwrap());

#[rstest]
#[case("PE1", "every OSPF neighbor is Full")]
#[case("PE1", "route ${PE2.lsr_id}/32 is ospf")]
#[case("PE3", "two next hops for 1.1.1.1 in VPNA")]
#[case(
    "PE3",
    "next hops for 1.1.1.1 in VPNA are ${PE1.lsr_id} and ${PE2.lsr_id} within 5 s"
)]
#[case("CE1", "2 BFD sessions are Up")]
#[case("lab", "RDs of PE1, PE2 and PE3 differ for VPNA")]
fn the_lab_is_as_it_must_be(#[case] device: &str, #[case] phrase: &str) {
    LAB.assert_phrase(device, phrase);
}

#[rstest]
#[case("PE1")]
#[case("PE2")]
#[case("PE3")]
fn every_pe_has_an_ldp_session_with_both_others(#[case] pe: &str) {
    let sessions = LAB
        .device(pe)
        .unwrap()
        .table::<LdpSession>("display mpls ldp session")
        .unwrap();
    assert_eq!(sessions.rows().len(), 2);
}

#[test]
fn tables_are_typed() {
    let sessions = LAB
        .device("CE1")
        .unwrap()
        .table::<BfdSession>("display bfd session all verbose")
        .unwrap();
    assert!(sessions.rows().iter().all(|session| session.state == BfdState::Up));
    let wrong = LAB
        .device("CE1")
        .unwrap()
        .table::<LdpSession>("display bfd session all");
    assert!(matches!(wrong, Err(ApiError::OtherTable { .. })), "{wrong:?}");
    assert!(LAB.device("CE1").unwrap().routes("display ip routing-table").is_ok());
}

#[test]
fn what_is_not_true_is_told_with_what_is_there() {
    let decision = LAB.expect("PE3", "one next hop for 1.1.1.1 in VPNA").unwrap();
    assert_eq!(decision.verdict(), Verdict::Fail);
    assert!(decision.outcome.actual.contains("3.3.3.3"), "{decision:?}");
    let refused = LAB.device("PE1").unwrap().table::<LdpSession>("display nonsense");
    assert!(matches!(refused, Err(ApiError::Rejected { .. })), "{refused:?}");
    assert!(LAB.device("PE9").is_err());
    assert!(LAB.expect("PE1", "two next hopps for 1.1.1.1").is_err());
    let after = LAB.expect("PE1", "BFD is Up within 1 s after shutdown").unwrap();
    assert_eq!(after.verdict(), Verdict::Inconclusive);
}

#[test]
#[should_panic(expected = "PE3: 1 next hop for 1.1.1.1/32 in VPNA: fail")]
fn an_assertion_that_fails_panics() {
    LAB.assert_phrase("PE3", "one next hop for 1.1.1.1 in VPNA");
}

#[test]
fn a_suite_runs_without_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("s.yaml");
    let text = "suite: s\ncases:\n  - name: c\n    expect:\n      PE1:\n        - every BFD session is Up\n";
    std::fs::write(&suite, text).unwrap();
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inventories/bfd-static-vpn");
    let options = RunOptions {
        bundle: None,
        ..RunOptions::default()
    };
    let result = run_suite_on(&suite, Some(&lab), options, &mut |_| {}).unwrap();
    assert_eq!((result.verdict, result.exit_code), (Verdict::Pass, 0));
}
