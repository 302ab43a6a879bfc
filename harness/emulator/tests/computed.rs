//! A served lab: what is committed over SSH changes the tables of the other devices, and nothing else does.

#![allow(clippy::unwrap_used)]

mod lab;

use std::time::{Duration, Instant};

use emulator::RunningLab;
use lab::{Client, serve};

fn client(lab: &RunningLab, device: &str) -> Client {
    let mut client = Client::login(lab, device);
    client.ask("screen-length 0 temporary", &format!("<{device}>"));
    client
}

fn commit(ce1: &mut Client, interface: &str, line: &str) {
    ce1.ask("system-view", "[~CE1]");
    let prompt = |mark: char| format!("[{mark}CE1-{interface}]");
    ce1.ask(&format!("interface {interface}"), &prompt('~'));
    ce1.ask(line, &prompt('*'));
    ce1.ask("commit", &prompt('~'));
    ce1.ask("return", "<CE1>");
}

/// Asks until the answer is as wanted: a network needs time to converge.
fn eventually(client: &mut Client, device: &str, command: &str, wanted: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = client.ask(command, &format!("<{device}>"));
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < until, "{device} {command}: {answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn any_committed_change_is_computed() {
    let lab = serve();
    let (mut ce1, mut pe3) = (client(&lab, "CE1"), client(&lab, "PE3"));
    let routes = "display ip routing-table vpn-instance VPNA 1.1.1.1 32";
    let healthy = pe3.ask(routes, "<PE3>");
    assert!(healthy.contains("Summary Count : 2"), "{healthy}");

    ce1.ask("system-view", "[~CE1]");
    ce1.ask("undo bfd ce1_to_pe2", "[*CE1]");
    assert_eq!(pe3.ask(routes, "<PE3>"), healthy, "what is pending changes nothing");
    ce1.ask("commit", "[~CE1]");
    let one = eventually(&mut pe3, "PE3", routes, |text| text.contains("Summary Count : 1"));
    assert!(one.contains("2.2.2.2"), "{one}");
}

#[test]
fn a_committed_shutdown_fails_the_link_and_its_undo_heals_it() {
    let lab = serve();
    let (mut ce1, mut pe1, mut pe3) = (client(&lab, "CE1"), client(&lab, "PE1"), client(&lab, "PE3"));
    let routes = "display ip routing-table vpn-instance VPNA";
    let to_ce1 = "display ip routing-table vpn-instance VPNA | include 1.1.1.1/32";
    let healthy = pe3.ask(routes, "<PE3>");
    assert!(healthy.contains("Destinations : 7        Routes : 8"), "{healthy}");

    commit(&mut ce1, "GigabitEthernet0/1/0", "shutdown");
    eventually(&mut pe3, "PE3", to_ce1, |text| text.contains("3.3.3.3"));
    eventually(&mut pe3, "PE3", routes, |text| {
        text.contains("Destinations : 6        Routes : 6")
    });
    let bfd = "dis bfd session all verbose | include State :";
    eventually(&mut pe1, "PE1", bfd, |text| text.contains("State : Down "));

    commit(&mut ce1, "GigabitEthernet0/2/0", "shutdown");
    eventually(&mut pe3, "PE3", to_ce1, str::is_empty);

    commit(&mut ce1, "GigabitEthernet0/1/0", "undo shutdown");
    eventually(&mut pe3, "PE3", to_ce1, |text| text.contains("2.2.2.2"));
    commit(&mut ce1, "GigabitEthernet0/2/0", "undo shutdown");
    eventually(&mut pe3, "PE3", routes, |text| text == healthy);
}

#[test]
fn a_pending_change_changes_no_table() {
    let lab = serve();
    let (mut ce1, mut pe1) = (client(&lab, "CE1"), client(&lab, "PE1"));
    ce1.ask("system-view", "[~CE1]");
    ce1.ask("interface gi0/1/0", "[~CE1-GigabitEthernet0/1/0]");
    ce1.ask("shutdown", "[*CE1-GigabitEthernet0/1/0]");
    assert!(pe1.ask("display bfd session all", "<PE1>").contains(" Up "));
}

#[test]
fn questions_are_recognised_however_they_are_typed() {
    let lab = serve();
    let mut pe1 = client(&lab, "PE1");
    for typed in [
        "PING -vpn VPNA -c 5 10.1.1.1",
        "ping ip -c 5 -s 56 -vpn-instance VPNA 10.1.1.1",
        "ping  -vpn-instance  VPNA  10.1.1.1 ",
    ] {
        let answer = pe1.ask(typed, "<PE1>");
        assert!(answer.contains("5 packet(s) received"), "{typed}: {answer}");
    }
    let routes = pe1.ask("display ip routing-table vpn-instance VPNA 1.1.1.1 32", "<PE1>");
    assert!(routes.contains("10.1.1.1"), "{routes}");
    assert_eq!(pe1.ask("dis ip rou vpn VPNA 1.1.1.1 255.255.255.255", "<PE1>"), routes);
}
