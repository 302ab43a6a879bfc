//! A served lab that computes its answers: what is committed over SSH changes the tables of the other devices.

#![allow(clippy::unwrap_used)]

mod lab;

use emulator::{AnswersFrom, RunningLab};
use lab::{Client, options, spec};

fn client(lab: &RunningLab, device: &str) -> Client {
    let mut client = Client::login(lab, device);
    client.ask("screen-length 0 temporary", &format!("<{device}>"));
    client
}

#[test]
fn a_committed_change_is_computed_at_once_whether_recorded_or_not() {
    let mut spec = spec();
    spec.answers = AnswersFrom::Computation;
    let lab = RunningLab::start(spec, options()).unwrap();
    let (mut ce1, mut pe3) = (client(&lab, "CE1"), client(&lab, "PE3"));
    let routes = "display ip routing-table vpn-instance VPNA 1.1.1.1 32";
    let healthy = pe3.ask(routes, "<PE3>");
    assert!(healthy.contains("Summary Count : 2"), "{healthy}");

    ce1.ask("system-view", "[~CE1]");
    ce1.ask("undo bfd ce1_to_pe2", "[*CE1]");
    assert_eq!(pe3.ask(routes, "<PE3>"), healthy, "what is pending changes nothing");
    ce1.ask("commit", "[~CE1]");
    let one = pe3.ask(routes, "<PE3>");
    assert!(one.contains("Summary Count : 1") && one.contains("2.2.2.2"), "{one}");

    assert_eq!(
        pe3.ask("display ospf lsdb", "<PE3>"),
        "Error: The emulated lab computes no answer to `display ospf lsdb`.\r\n"
    );
}
