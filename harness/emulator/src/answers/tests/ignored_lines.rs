//! Lines of a start configuration that the command line does not know: answers are computed without them only where
//! they can have no part.

use rstest::rstest;

use super::lab::{Computed, DEVICES, LINKS, folder};

/// The worked example, in which PE1's start configuration has lines more, in front of those that contain a text.
fn started_with(lines: &str, before: &str) -> Computed {
    Computed::of(&DEVICES, &LINKS, |name| {
        let text = std::fs::read_to_string(folder().join(format!("{}.cfg", name.to_lowercase()))).unwrap();
        if name == "PE1" {
            assert!(text.contains(before), "{before}");
            text.replacen(before, &format!("{lines}\n{before}"), 1)
        } else {
            text
        }
    })
}

#[rstest]
#[case::black_hole("ip route-static vpn-instance NOWHERE 10.9.0.0 16 frobnicate", "bgp 100")]
#[case::of_an_interface(" frobnicate", " ip address ")]
#[case::of_bgp(" frobnicate 7", " ipv4-family vpnv4")]
#[case::under_a_view(" frobnicate\n  description x", " ip address ")]
#[case::unknown_protocol("isis 1\n network-entity 49.0001.0000.0000.0001.00", "#\nbgp 100")]
#[case::acl("acl number 3000\n description mine\n rule deny ip", "#\nbgp 100")]
#[case::unknown_interface("interface Frobnicate0/0/0\n description lldp", "#\nbgp 100")]
#[case::nothing_is_known_of_it("frobnicate", "#\nbgp 100")]
#[case::taken_away("undo frobnicate", "#\nbgp 100")]
#[case::begins_like_a_known_one("aaaa", "#\nbgp 100")]
#[case::management_ends_at_a_hash("aaa\n#\n ip address 10.9.9.9 24", "#\nbgp 100")]
fn what_could_change_the_network_makes_answers_refused(#[case] lines: &str, #[case] before: &str) {
    let lab = started_with(lines, before);
    let number = lab.lab.devices[0].ignored.iter().find(|line| line.matters).unwrap();
    for (device, command) in [
        ("PE1", "display ip routing-table"),
        ("CE2", "display ip routing-table"),
        ("PE3", "display bgp vpnv4 all peer"),
        ("CE1", "ping 10.1.1.1"),
    ] {
        let error = lab.try_ask(device, command).unwrap_err().to_string();
        let place = format!("line {} of the start configuration of PE1", number.line);
        assert!(error.contains(&place), "{command}: {error}");
        assert!(error.contains(number.text.trim()), "{command}: {error}");
    }
}

#[rstest]
#[case(
    "aaa\n local-user x password irreversible-cipher y\n authentication-scheme default\n domain default\n  accounting-scheme z",
    "#\nbgp 100"
)]
#[case(
    "snmp-agent\nsnmp-agent sys-info version v3\nundo telnet server enable",
    "#\nbgp 100"
)]
#[case(
    "user-interface vty 0 4\n authentication-mode aaa\n protocol inbound ssh",
    "#\nbgp 100"
)]
#[case(
    "ntp-service unicast-server 192.0.2.1\nclock timezone X add 01:00:00\ninterface NULL0",
    "#\nbgp 100"
)]
#[case(" lldp enable\n undo portswitch", " ip address ")]
fn lines_of_management_are_ignored_and_listed(#[case] lines: &str, #[case] before: &str) {
    let (lab, without) = (started_with(lines, before), Computed::start());
    let ignored = &lab.lab.devices[0].ignored;
    let known = usize::from(lines.contains("interface NULL0") && ignored.len() < lines.lines().count());
    assert_eq!(ignored.len() + known, lines.lines().count(), "{ignored:?}");
    for device in DEVICES {
        let command = "display ip routing-table";
        assert_eq!(lab.ask(device, command), without.ask(device, command));
    }
}

#[test]
fn what_stands_behind_return_counts() {
    let lab = started_with("return", "#\nbgp 100");
    let ignored = &lab.lab.devices[0].ignored;
    assert!(ignored.iter().any(|line| line.text == "bgp 100"), "{ignored:?}");
    assert!(lab.try_ask("CE2", "display ip routing-table").is_err());
}

#[test]
fn a_line_that_was_ignored_counts_whatever_is_committed_later() {
    let lab = started_with(" frobnicate", " ip address ");
    lab.commit("CE1", &["interface LoopBack9"]);
    assert!(lab.try_ask("CE1", "display ip routing-table").is_err());
}
