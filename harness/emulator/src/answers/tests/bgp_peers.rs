//! What a peer is told and what came from it; sessions that are reset.

use std::time::Duration;

use super::lab::{Computed, rows};
use crate::network::{Peers, Says, Vrf};

/// The lines of a BGP table that hold a prefix, words apart by one blank.
fn lines(text: &str, prefix: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.contains(prefix));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_a_peer_is_told_is_what_it_has_received() {
    let lab = Computed::start();
    let told = lab.ask(
        "PE3",
        "display bgp vpnv4 vpn-instance VPNA routing-table peer 10.3.1.2 advertised-routes",
    );
    assert_eq!(lines(&told, "1.1.1.1/32"), ["*>i 1.1.1.1/32 10.3.1.1 0 0 100?"]);
    let received = lab.ask("CE2", "display bgp routing-table peer 10.3.1.1 received-routes");
    assert_eq!(lines(&received, "1.1.1.1/32"), ["*> 1.1.1.1/32 10.3.1.1 0 0 100?"]);
    assert!(
        told.contains("Total Number of Routes: 4") && received.contains("Total Number of Routes: 4"),
        "{told}{received}"
    );
    let told = lab.ask(
        "PE1",
        "display bgp vpnv4 all routing-table peer 4.4.4.4 advertised-routes",
    );
    assert_eq!(lines(&told, "1.1.1.1/32"), ["*> 1.1.1.1/32 2.2.2.2 0 100 0 ?"]);
    let received = lab.ask(
        "PE3",
        "display bgp vpnv4 all routing-table peer 2.2.2.2 received-routes",
    );
    assert_eq!(lines(&received, "1.1.1.1/32").len(), 1, "{received}");
    assert!(received.contains("Route Distinguisher: 100:1") && !received.contains("Route Distinguisher: 100:3"));
    for (device, command) in [
        ("PE1", "display bgp routing-table peer 9.9.9.9 advertised-routes"),
        (
            "PE1",
            "display bgp vpnv4 vpn-instance NONE routing-table peer 4.4.4.4 received-routes",
        ),
        ("CE1", "display bgp routing-table peer 4.4.4.4 received-routes"),
    ] {
        assert!(lab.try_ask(device, command).is_err(), "{command}");
    }
}

#[test]
fn a_session_that_is_reset_comes_up_again() {
    let lab = Computed::start();
    let before = lab.everything();
    let reset = |device, peers: &Peers| lab.lab.timed().unwrap().now().reset_bgp(device, peers);
    assert!(!reset(0, &Peers::OfAs(7)) && !reset(0, &Peers::One(Vrf::Public, "9.9.9.9".parse().unwrap())));
    assert!(reset(2, &Peers::Of(Vrf::Instance("VPNA".into()))));
    lab.pass(Duration::from_millis(50));
    assert!(!lab.ask("CE2", "display bgp peer").contains("Established"));
    assert!(
        !rows(&lab.ask("CE2", "display ip routing-table"))
            .iter()
            .any(|row| row.contains("EBGP"))
    );
    assert!(lab.ask("PE3", "display bgp peer").contains("Established"));
    assert!(lab.settles());
    assert_eq!(lab.everything(), before);
    assert!(reset(0, &Peers::All) && reset(2, &Peers::OfVpnv4));
    assert!(lab.settles());
    assert_eq!(lab.everything(), before);
    let simulation = lab.lab.timed().unwrap().now();
    let mut messages = simulation.history().messages();
    assert!(messages.any(|message| message.says == Says::BgpNotification { code: 6, subcode: 4 }));
}
