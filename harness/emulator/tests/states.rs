//! Which answers the recording gives: by the committed configurations alone, and never those of another state.

#![allow(clippy::unwrap_used)]

mod lab;

use emulator::{EmulatorError, RunningLab};
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

const NO_STATE: &str = "Error: The recording holds no answer for the present configuration.\r\n";

#[test]
fn a_committed_shutdown_switches_the_state_and_its_undo_switches_back() {
    let lab = serve();
    let (mut ce1, mut pe1, mut pe3) = (client(&lab, "CE1"), client(&lab, "PE1"), client(&lab, "PE3"));
    let routes = "display ip routing-table vpn-instance VPNA";
    let next_hops = |pe3: &mut Client| pe3.ask(&format!("{routes} | include 1.1.1.1/32"), "<PE3>");
    let bfd = |pe1: &mut Client| pe1.ask("dis bfd session all verbose | include State :", "<PE1>");
    let healthy = pe3.ask(routes, "<PE3>");
    assert!(healthy.contains("Destinations : 7        Routes : 8"), "{healthy}");
    assert!(bfd(&mut pe1).contains("State : Up "));

    commit(&mut ce1, "GigabitEthernet0/1/0", "shutdown");
    assert!(next_hops(&mut pe3).contains("3.3.3.3"));
    assert!(pe3.ask(routes, "<PE3>").contains("Destinations : 6        Routes : 6"));
    assert!(bfd(&mut pe1).contains("State : Down "));

    commit(&mut ce1, "GigabitEthernet0/2/0", "shutdown");
    assert_eq!(next_hops(&mut pe3), "");

    commit(&mut ce1, "GigabitEthernet0/1/0", "undo shutdown");
    assert!(next_hops(&mut pe3).contains("2.2.2.2"));
    commit(&mut ce1, "GigabitEthernet0/2/0", "undo shutdown");
    assert_eq!(pe3.ask(routes, "<PE3>"), healthy);
}

#[test]
fn a_pending_change_switches_nothing() {
    let lab = serve();
    let (mut ce1, mut pe1) = (client(&lab, "CE1"), client(&lab, "PE1"));
    ce1.ask("system-view", "[~CE1]");
    ce1.ask("interface gi0/1/0", "[~CE1-GigabitEthernet0/1/0]");
    ce1.ask("shutdown", "[*CE1-GigabitEthernet0/1/0]");
    assert!(pe1.ask("display bfd session all", "<PE1>").contains(" Up "));
}

#[test]
fn a_configuration_of_no_recorded_state_is_answered_by_no_table() {
    let lab = serve();
    let (mut ce1, mut pe1) = (client(&lab, "CE1"), client(&lab, "PE1"));
    for line in ["description x", "ip address 10.1.1.9 24"] {
        commit(&mut ce1, "GigabitEthernet0/1/0", line);
        assert_eq!(pe1.ask("display bfd session all", "<PE1>"), NO_STATE);
        assert_eq!(pe1.ask("ping -vpn-instance VPNA 10.1.1.1", "<PE1>"), NO_STATE);
    }
    // What a device knows by itself it still tells.
    assert!(
        pe1.ask("display interface brief", "<PE1>")
            .contains("GigabitEthernet0/3/0")
    );
    commit(&mut ce1, "GigabitEthernet0/1/0", "undo description");
    assert_eq!(pe1.ask("display bfd session all", "<PE1>"), NO_STATE);
    commit(&mut ce1, "GigabitEthernet0/1/0", "ip address 10.1.1.1 24");
    assert!(pe1.ask("display bfd session all", "<PE1>").contains(" Up "));
}

#[test]
fn a_question_without_a_recorded_answer_is_refused() {
    let lab = serve();
    let mut pe1 = client(&lab, "PE1");
    let refusal = pe1.ask("display mpls lsp", "<PE1>");
    assert_eq!(
        refusal,
        "Error: The recording of the state `normal` holds no answer to `display mpls lsp`.\r\n"
    );
}

#[test]
fn questions_are_recognised_however_they_are_typed() {
    let lab = serve();
    let mut pe1 = client(&lab, "PE1");
    let plain = pe1.ask("ping -vpn-instance VPNA 10.1.1.1", "<PE1>");
    assert!(plain.contains("round-trip min/avg/max = 30/58/130 ms"), "{plain}");
    for typed in [
        "PING -vpn VPNA -c 5 10.1.1.1",
        "ping ip -c 5 -s 56 -vpn-instance VPNA 10.1.1.1",
        "ping  -vpn-instance  VPNA  10.1.1.1 ",
    ] {
        assert_eq!(pe1.ask(typed, "<PE1>"), plain, "{typed}");
    }
    let refused = pe1.ask("ping -c 4 -vpn-instance VPNA 10.1.1.1", "<PE1>");
    assert!(refused.starts_with("Error: "), "{refused}");
    let routes = pe1.ask("display ip routing-table vpn-instance VPNA 1.1.1.1 32", "<PE1>");
    assert_eq!(pe1.ask("dis ip rou vpn VPNA 1.1.1.1 255.255.255.255", "<PE1>"), routes);
}

#[test]
fn every_recorded_answer_can_be_asked_for() {
    let lab = serve();
    let folder = lab::folder().join("recorded/normal");
    let mut asked = 0;
    for device in ["PE1", "PE2", "PE3", "CE1", "CE2"] {
        let mut client = client(&lab, device);
        for entry in std::fs::read_dir(folder.join(device)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let command = name.replace('_', " ").replace("%5F", "_").replace("%2F", "/");
            let answer = client.ask(&command, &format!("<{device}>"));
            assert_eq!(
                answer.replace("\r\n", "\n"),
                std::fs::read_to_string(&path).unwrap(),
                "{device} {command}"
            );
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn the_headers_of_recorded_routing_tables_agree_with_their_rows() {
    for state in ["normal", "ce1-pe1-down", "ce1-pe2-down", "ce1-cut-off"] {
        for device in ["PE1", "PE2", "PE3", "CE1", "CE2"] {
            let Ok(entries) = std::fs::read_dir(lab::folder().join("recorded").join(state).join(device)) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let Some((_, header)) = text.split_once("Destinations : ") else {
                    continue;
                };
                let numbers: Vec<usize> = header
                    .lines()
                    .next()
                    .unwrap()
                    .split_whitespace()
                    .filter_map(|word| word.parse().ok())
                    .collect();
                let verbose = text.lines().filter(|line| line.starts_with("Destination: ")).count();
                let plain = text
                    .lines()
                    .skip_while(|line| !line.starts_with("Destination/Mask"))
                    .skip(1);
                let routes = verbose + plain.filter(|line| !line.is_empty()).count();
                assert_eq!(numbers[1], routes, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_recording_that_does_not_fit_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = lab::spec();
    spec.recording = Some(folder.path().into());
    std::fs::write(folder.path().join("states.yaml"), "states: [{name: normal}]").unwrap();
    let error = RunningLab::start(spec.clone(), lab::options()).unwrap_err().to_string();
    assert!(
        error.contains("PE1.cfg") && error.contains("was recorded under"),
        "{error}"
    );
    std::fs::create_dir(folder.path().join("configurations")).unwrap();
    for device in &spec.devices {
        let file = folder.path().join(format!("configurations/{}.cfg", device.name));
        std::fs::write(file, &device.configuration).unwrap();
    }
    let start = |states: &str| {
        std::fs::write(folder.path().join("states.yaml"), states).unwrap();
        std::fs::create_dir_all(folder.path().join("normal/PE1")).unwrap();
        match RunningLab::start(spec.clone(), lab::options()) {
            Err(error @ EmulatorError::Recording { .. }) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert!(start("states: []").contains("lists no state"));
    assert!(start("states:\n  - name: normal\n    oops: 1\n").contains("oops"));
    assert!(start("states:\n  - name: ../x\n").contains("cannot be the name of a state"));
    assert!(start("states:\n  - name: normal\n  - name: other\n").contains("do not differ"));
    assert!(start("states:\n  - name: normal\n    differences: {PE9: {'': [sysname X]}}\n").contains("PE9"));
    assert!(start("states:\n  - name: normal\n    differences: {PE1: {'': [frobnicate]}}\n").contains("frobnicate"));
    std::fs::write(folder.path().join("normal/PE1/bad%20name.txt"), "x").unwrap();
    assert!(start("states:\n  - name: normal\n").contains("bad%20name"));
}
