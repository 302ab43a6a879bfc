//! Ages and counters: as old as the lab what was there from the beginning, else as old as the change.

use std::time::Duration;

use super::lab::Computed;
use crate::fault::Fault;

fn line(text: &str, holds: &str) -> String {
    let found = text.lines().find(|line| line.contains(holds));
    found
        .unwrap_or_else(|| panic!("no `{holds}` in {text}"))
        .trim()
        .to_owned()
}

fn words(text: &str, holds: &str) -> Vec<String> {
    line(text, holds).split_whitespace().map(str::to_owned).collect()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn fault(lab: &Computed, fault: Fault) {
    lab.fault("CE1", "GE0/1/0", fault);
}

#[test]
fn what_was_there_from_the_beginning_is_as_old_as_the_lab() {
    let lab = Computed::start();
    lab.pass(seconds(3 * 3600 + 5 * 60 + 25));
    let route = lab.ask("PE1", "display ip routing-table 3.3.3.3 32 verbose");
    assert!(route.contains("Age: 03h05m25s"), "{route}");
    let peers = lab.ask("PE1", "display bgp vpnv4 all peer");
    let peer = words(&peers, "3.3.3.3");
    assert_eq!(peer[6], "03:05:25", "{peers}");
    // OPEN, its answer and an UPDATE at least, then about one KEEPALIVE every 52 seconds.
    let (received, sent): (u64, u64) = (peer[3].parse().unwrap(), peer[4].parse().unwrap());
    assert!((200..230).contains(&received) && (200..230).contains(&sent), "{peers}");
    let ldp = lab.ask("PE1", "display mpls ldp session");
    let session = words(&ldp, "3.3.3.3:0");
    assert_eq!(session[4], "0000:03:05", "{ldp}");
    let (sent, received) = session[5].split_once('/').unwrap();
    assert!((740..800).contains(&sent.parse().unwrap()), "{ldp}");
    assert!((740..800).contains(&received.parse().unwrap()), "{ldp}");
    let ospf = lab.ask("PE1", "display ospf peer");
    assert!(ospf.contains("Neighbor is up for 03h05m25s\n"), "{ospf}");
    assert!(ospf.contains("Neighbor Up Time : 2026-01-01 00:00:00\n"), "{ospf}");
    let due: u64 = words(&ospf, "Dead timer")[4].parse().unwrap();
    assert!((30..=40).contains(&due), "{ospf}");
    let instance = lab.ask("PE1", "display ip vpn-instance verbose");
    assert!(
        instance
            .contains("  Create date : 2026/01/01 00:00:00\n  Up time : 0 days, 03 hours, 05 minutes and 25 seconds\n"),
        "{instance}"
    );
    let interface = lab.ask("PE1", "display interface GigabitEthernet0/3/0");
    assert_eq!(
        line(&interface, "Last physical up time"),
        "Last physical up time   : 2026-01-01 00:00:00"
    );
    assert_eq!(
        line(&interface, "Last physical down time"),
        "Last physical down time : -"
    );
    assert_eq!(
        line(&interface, "Current system time"),
        "Current system time: 2026-01-01 03:05:25"
    );
    let path = lab.ask("PE3", "display bgp vpnv4 vpn-instance VPNA routing-table 1.1.1.1");
    assert!(path.contains(" Route Duration: 0d03h05m25s\n"), "{path}");
}

#[test]
fn what_changed_is_as_old_as_the_change() {
    let lab = Computed::start();
    lab.pass(seconds(100));
    fault(&lab, Fault::Cut);
    lab.pass(seconds(60));
    // PE1 has the route of PE2 instead of its own; PE2 keeps its own.
    let route = lab.ask("PE1", "display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose");
    assert!(
        route.contains("Protocol: IBGP") && route.contains("Age: 00h00m59s"),
        "{route}"
    );
    let kept = lab.ask("PE2", "display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose");
    assert!(
        kept.contains("Protocol: Static") && kept.contains("Age: 00h02m40s"),
        "{kept}"
    );
    let bfd = lab.ask("PE1", "display bfd session all verbose");
    assert!(
        line(&bfd, "Last Local Diagnostic").ends_with(": Control Detection Time Expired"),
        "{bfd}"
    );
    let statistics = lab.ask("PE1", "display bfd statistics session session-name pe1_to_ce1");
    assert!(line(&statistics, "Down Count").ends_with(": 1"), "{statistics}");
    assert!(
        line(&statistics, "Last Down Time").ends_with(": 2026-01-01 00:01:40"),
        "{statistics}"
    );
    assert!(
        line(&statistics, "Time From Last DOWN").ends_with(": 000D:00H:00M:59S"),
        "{statistics}"
    );
    let interface = lab.ask("PE1", "display interface GigabitEthernet0/3/0");
    assert_eq!(
        line(&interface, "Last physical down time"),
        "Last physical down time : 2026-01-01 00:01:40"
    );
    let updates = |lab: &Computed| {
        let verbose = lab.ask("PE3", "display bgp vpnv4 all peer 2.2.2.2 verbose");
        let (_, received) = verbose.split_once("Received: ").unwrap();
        let count: u64 = words(received, "Update messages").last().unwrap().parse().unwrap();
        count
    };
    let before = updates(&lab);
    fault(&lab, Fault::Mend);
    lab.pass(seconds(60));
    assert!(updates(&lab) > before, "PE1 tells of its route again");
    let route = lab.ask("PE1", "display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose");
    let own = route
        .split("Destination:")
        .find(|block| block.contains("Protocol: Static"))
        .unwrap();
    assert!(own.contains("Age: 00h00m5"), "{route}");
    let path = lab.ask("PE3", "display bgp vpnv4 vpn-instance VPNA routing-table 1.1.1.1");
    assert!(
        path.contains("Duration: 0d00h00m5") && path.contains("Duration: 0d00h03m40s"),
        "{path}"
    );
    // The last diagnostic is remembered when the session is up again.
    let bfd = lab.ask("PE1", "display bfd session all verbose");
    assert!(
        bfd.contains("State : Up") && bfd.contains("Control Detection Time Expired"),
        "{bfd}"
    );
}

#[test]
fn a_session_that_comes_up_again_counts_anew() {
    let lab = Computed::start();
    lab.pass(seconds(7200));
    lab.commit(
        "PE3",
        &["bgp 100 / ipv4-family vpn-instance VPNA / peer 10.3.1.2 ignore"],
    );
    lab.pass(seconds(30));
    let peer = "display bgp vpnv4 vpn-instance VPNA peer";
    let down = words(&lab.ask("PE3", peer), "10.3.1.2 ");
    assert_eq!(down[3..5], ["0", "0"], "{down:?}");
    assert!(down[6].starts_with("00:00:") && down[7] == "Idle(Admin)", "{down:?}");
    lab.commit(
        "PE3",
        &["bgp 100 / ipv4-family vpn-instance VPNA / undo peer 10.3.1.2 ignore"],
    );
    lab.pass(seconds(10));
    let verbose = lab.ask("PE3", &format!("{peer} 10.3.1.2 verbose"));
    assert!(
        verbose.contains("Peer Up count: 2\n") && verbose.contains("Up for 00h00m"),
        "{verbose}"
    );
    let far = words(&lab.ask("CE2", "display bgp peer"), "10.3.1.1 ");
    let near = words(&lab.ask("PE3", peer), "10.3.1.2 ");
    assert_eq!(
        (&far[3], &far[4]),
        (&near[4], &near[3]),
        "what one sends the other receives"
    );
    assert_eq!(near[7], "Established");
    let total: u64 = near[3].parse().unwrap();
    assert!((3..6).contains(&total), "{near:?}");
}

#[test]
fn a_new_instance_and_a_new_peer_are_as_old_as_their_lines() {
    let lab = Computed::start();
    lab.pass(seconds(3600));
    lab.commit(
        "PE1",
        &[
            "ip vpn-instance NEW / ipv4-family / route-distinguisher 100:9",
            "bgp 100 / peer 9.9.9.9 as-number 100",
        ],
    );
    lab.pass(seconds(5));
    let instance = lab.ask("PE1", "display ip vpn-instance verbose NEW");
    assert!(instance.contains("Create date : 2026/01/01 01:00:00"), "{instance}");
    assert!(
        instance.contains("Up time : 0 days, 00 hours, 00 minutes and 00 seconds"),
        "{instance}"
    );
    let peer = words(&lab.ask("PE1", "display bgp peer"), "9.9.9.9 ");
    assert!(peer[6].starts_with("00:00:"), "{peer:?}");
}
