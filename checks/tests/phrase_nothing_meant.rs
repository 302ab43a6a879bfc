//! That nothing bad was found proves nothing where nothing was looked at: names that are nowhere in an answer, and
//! values that are hidden in it.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Verdict::{self, Fail, Inconclusive, Pass};
use checks::rows::{BfdState, BgpState, LinkState, SubsequentFamily};
use checks::table::Parsed;
use phrase_tables::{bfd, bgp, config, decided, expect, instance, instances, interfaces, peer, session};

fn vpna() -> Parsed {
    bgp(vec![
        peer("default", SubsequentFamily::Vpn, "3.3.3.3", BgpState::Established, None),
        peer(
            "VPNA",
            SubsequentFamily::Unicast,
            "10.3.1.2",
            BgpState::Established,
            None,
        ),
    ])
}

#[rstest::rstest]
#[case("no BGP peer in VPNA is Idle", Pass)]
#[case("no BGP peer in TYPO is Idle", Inconclusive)]
#[case("no BGP peer in vpna is Idle", Inconclusive)]
#[case("at most 2 BGP peers in TYPO are Established", Inconclusive)]
#[case("two BGP peers in TYPO are Established", Fail)]
fn a_vpn_instance_that_is_nowhere_in_the_answer_may_be_misspelt(#[case] text: &str, #[case] verdict: Verdict) {
    assert_eq!(decided(text, &[&vpna()]).verdict, verdict, "{text}");
}

#[test]
fn conditions_that_pick_no_row_leave_nothing_to_check() {
    let one = interfaces(&[("GE0/1/0", LinkState::Up, LinkState::Up, Some(0))]);
    let typo = "no interface where name is GE9/9/9 has in_errors above 0";
    expect(typo, &[&one], Inconclusive, "nothing to check");
    expect(
        "no interface where name is GE0/1/0 has in_errors above 0",
        &[&one],
        Pass,
        "",
    );
    // Here the row itself is not to be there.
    let sessions = bfd(vec![session("a", "GE0/3/0", BfdState::Up)]);
    expect("no bfd session where name is b", &[&sessions], Pass, "");
}

#[rstest::rstest]
#[case("lacks \"password cipher Admin@123\"", Inconclusive)]
#[case("has \"password cipher Admin@123\"", Inconclusive)]
#[case("lacks \"password simple Admin@123\"", Pass)]
#[case("does not match /Admin@123/", Inconclusive)]
#[case("does not match /cipher \\S{8,}$/", Inconclusive)]
#[case("matches /cipher \\S{8,}$/", Inconclusive)]
#[case("matches /cipher .redacted/", Inconclusive)]
#[case("matches /password cipher \\S/", Pass)]
#[case("does not match /password cipher/", Fail)]
#[case("does not match /^peer 3\\.3\\.3\\.3 ignore$/", Pass)]
#[case("lacks \"SHUTDOWN\"", Inconclusive)]
#[case("lacks \"shut\"", Pass)]
fn hidden_secrets_and_another_case_keep_a_line_from_being_absent(#[case] test: &str, #[case] verdict: Verdict) {
    let kept = config("aaa\n password cipher [redacted]\ninterface GigabitEthernet0/1/0\n shutdown\n");
    assert_eq!(decided(&format!("config {test}"), &[&kept]).verdict, verdict, "{test}");
}

#[test]
fn a_name_that_is_hidden_may_be_the_one_asked_about() {
    let kept = instances(vec![instance("[redacted]", Some("100:1"), &[], &[])]);
    let text = "no vpn instance where name is VPNA";
    assert_eq!(decided(text, &[&kept]).verdict, Inconclusive);
    let text = "no vpn instance where name matches /VPNA/";
    assert_eq!(decided(text, &[&kept]).verdict, Inconclusive);
}
