//! Dialogues without a terminal: the worked example typed from an empty lab, views, commit, questions, conflicts.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;

use super::{Question, Session, Then};
use crate::lab::Lab;
use crate::spec::{Clock, DeviceSpec, Endpoint, LabSpec, LinkSpec, Misbehaviour};

fn port(device: &str, interface: &str) -> Endpoint {
    Endpoint {
        device: device.into(),
        interface: interface.into(),
    }
}

/// The topology of the worked example; configurations by device name.
pub fn lab(configuration: impl Fn(&str) -> String) -> Arc<Lab> {
    let devices = ["PE1", "PE2", "PE3", "CE1", "CE2"].map(|name| DeviceSpec {
        name: name.into(),
        configuration: configuration(name),
        ..DeviceSpec::default()
    });
    let links = [
        ("PE1", "GE0/1/0", "PE3", "GE0/1/0"),
        ("PE1", "GE0/2/0", "PE2", "GE0/2/0"),
        ("PE2", "GE0/1/0", "PE3", "GE0/2/0"),
        ("PE1", "GE0/3/0", "CE1", "GE0/1/0"),
        ("PE2", "GE0/3/0", "CE1", "GE0/2/0"),
        ("PE3", "GE0/3/0", "CE2", "GE0/1/0"),
    ]
    .map(|(a, a_port, b, b_port)| LinkSpec {
        a: port(a, a_port),
        b: port(b, b_port),
    });
    let spec = LabSpec {
        name: "example".into(),
        devices: devices.into(),
        links: links.into(),
        clock: Clock::Stepped,
        ..LabSpec::default()
    };
    Arc::new(Lab::new(&spec).expect("a lab"))
}

pub fn configuration_file(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../inventories/bfd-static-vpn");
    std::fs::read_to_string(format!("{folder}/{}.cfg", name.to_lowercase())).expect("a configuration file")
}

fn example() -> Arc<Lab> {
    lab(configuration_file)
}

pub fn session(lab: &Arc<Lab>, device: usize) -> Session {
    Session::new(Arc::clone(lab), device, "admin".into())
}

/// Types lines none of which may be refused.
fn type_all(session: &mut Session, lines: &[&str]) {
    for line in lines {
        let reply = session.execute(line);
        assert!(!reply.refused, "{line}: {}", reply.text);
    }
}

#[rstest]
#[case(0, include_str!("fixtures/pe1.txt"))]
#[case(1, include_str!("fixtures/pe2.txt"))]
#[case(2, include_str!("fixtures/pe3.txt"))]
#[case(3, include_str!("fixtures/ce1.txt"))]
#[case(4, include_str!("fixtures/ce2.txt"))]
fn the_typed_example_shows_its_prompts_and_ends_in_its_configuration_file(#[case] device: usize, #[case] steps: &str) {
    let empty = lab(|_| String::new());
    let mut user = session(&empty, device);
    for (number, step) in steps.lines().enumerate() {
        let (prompt, command) = step.split_once(' ').expect("prompt and command");
        assert_eq!(user.prompt(), prompt, "before line {}: {command}", number + 1);
        let reply = user.execute(command);
        assert!(!reply.refused, "line {}: {command}: {}", number + 1, reply.text);
        assert!(
            command == "system-view" || reply.text.is_empty(),
            "{command} printed {}",
            reply.text
        );
    }
    let typed = empty.snapshot();
    let loaded = example().snapshot();
    assert_eq!(typed[device], loaded[device]);
}

#[rstest]
#[case("PE1", 0)]
#[case("PE2", 1)]
#[case("PE3", 2)]
#[case("CE1", 3)]
#[case("CE2", 4)]
fn the_configuration_files_are_understood_and_printed_as_they_stand(#[case] name: &str, #[case] device: usize) {
    let lab = example();
    assert!(
        lab.devices[device].ignored.is_empty(),
        "{:?}",
        lab.devices[device].ignored
    );
    assert_eq!(
        crate::configuration::print(&lab.snapshot()[device]),
        configuration_file(name)
    );
}

#[test]
fn lines_that_are_not_understood_are_listed_with_all_below_them() {
    let lab = lab(|name| {
        match name {
        "PE1" => "#\nsysname PE1\n#\naaa\n local-user x\n#\ninterface GigabitEthernet0/1/0\n frobnicate\n shutdown\n#\nreturn\n".into(),
        _ => String::new(),
    }
    });
    let ignored: Vec<(usize, &str)> = lab.devices[0]
        .ignored
        .iter()
        .map(|line| (line.line, line.text.as_str()))
        .collect();
    assert_eq!(ignored, [(4, "aaa"), (5, " local-user x"), (8, " frobnicate")]);
    assert!(crate::configuration::print(&lab.snapshot()[0]).contains(" shutdown\n"));
}

#[test]
fn candidates_are_private_until_committed_and_discarded_when_the_session_ends() {
    let lab = example();
    let before = lab.snapshot();
    let mut user = session(&lab, 3);
    type_all(&mut user, &["system-view", "interface gi0/1/0", "shutdown"]);
    assert_eq!(user.prompt(), "[*CE1-GigabitEthernet0/1/0]");
    assert_eq!(lab.snapshot(), before);
    drop(user);
    assert_eq!(lab.snapshot(), before);
    let mut user = session(&lab, 3);
    type_all(&mut user, &["system-view", "interface gi0/1/0", "shutdown", "commit"]);
    assert_eq!(user.prompt(), "[~CE1-GigabitEthernet0/1/0]");
    assert_ne!(lab.snapshot(), before);
    type_all(&mut user, &["undo shutdown", "commit"]);
    assert_eq!(lab.snapshot(), before);
}

#[rstest]
#[case("y", true, "<CE1>")]
#[case("Yes", true, "<CE1>")]
#[case("n", false, "<CE1>")]
#[case("C", false, "[*CE1]")]
fn leaving_with_pending_changes_asks(#[case] answer: &str, #[case] committed: bool, #[case] prompt: &str) {
    let lab = example();
    let before = lab.snapshot();
    let mut user = session(&lab, 3);
    type_all(&mut user, &["system-view", "load-balance flow all"]);
    assert_eq!(user.execute("quit").then, Then::Ask(Question::CommitBeforeLeaving));
    assert_eq!(
        user.answer(Question::CommitBeforeLeaving, "maybe").then,
        Then::Ask(Question::CommitBeforeLeaving)
    );
    assert_eq!(user.answer(Question::CommitBeforeLeaving, answer).then, Then::Prompt);
    assert_eq!(lab.snapshot() != before, committed);
    assert_eq!(user.prompt(), prompt);
}

#[test]
fn two_users_merge_where_they_can_and_conflict_where_they_cannot() {
    let lab = example();
    let (mut one, mut two, mut three) = (session(&lab, 3), session(&lab, 3), session(&lab, 3));
    type_all(&mut one, &["system-view", "interface gi0/1/0", "description one"]);
    type_all(&mut two, &["system-view", "interface gi0/1/0", "description two"]);
    type_all(&mut three, &["system-view", "interface gi0/2/0", "shutdown"]);
    type_all(&mut one, &["commit"]);
    let refused = two.execute("commit");
    assert!(
        refused.refused && refused.text.contains("Failed to generate committed config"),
        "{}",
        refused.text
    );
    type_all(&mut three, &["commit"]);
    let text = crate::configuration::print(&lab.snapshot()[3]);
    assert!(
        text.contains(" description one\n") && !text.contains(" description two\n"),
        "{text}"
    );
    assert!(text.contains("interface GigabitEthernet0/2/0\n shutdown\n"), "{text}");
    type_all(
        &mut two,
        &["clear configuration candidate", "description two", "commit"],
    );
    assert!(crate::configuration::print(&lab.snapshot()[3]).contains(" description two\n"));
}

#[test]
fn one_stage_configuration_takes_effect_line_by_line() {
    let lab = example();
    let mut user = session(&lab, 3);
    type_all(&mut user, &["system-view immediately"]);
    assert_eq!(user.prompt(), "[CE1]");
    type_all(&mut user, &["interface gi0/1/0", "shutdown"]);
    assert!(crate::configuration::print(&lab.snapshot()[3]).contains("interface GigabitEthernet0/1/0\n shutdown\n"));
    assert_eq!(user.execute("return").then, Then::Prompt);
    assert_eq!(user.prompt(), "<CE1>");
}

#[test]
fn the_name_changes_at_commit() {
    let lab = example();
    let mut user = session(&lab, 0);
    type_all(&mut user, &["system-view", "sysname NEW"]);
    assert_eq!(user.prompt(), "[*PE1]");
    type_all(&mut user, &["commit"]);
    assert_eq!(user.prompt(), "[~NEW]");
}

#[test]
fn carets_stand_under_the_mistake() {
    let lab = example();
    let mut user = session(&lab, 0);
    assert_eq!(
        user.execute("display foo").text,
        format!(
            "{}^\nError: Unrecognized command found at '^' position.\n",
            " ".repeat(13)
        )
    );
    type_all(&mut user, &["system-view"]);
    assert_eq!(
        user.execute("interface gi 0/9/0").text,
        format!("{}^\nError: Wrong parameter found at '^' position.\n", " ".repeat(19))
    );
    assert_eq!(
        user.execute("ip address 1.1.1.1 24").text,
        format!(
            "{}^\nError: Unrecognized command found at '^' position.\n",
            " ".repeat(9)
        )
    );
    assert_eq!(
        user.execute("i").text,
        format!("{}^\nError: Ambiguous command found at '^' position.\n", " ".repeat(6))
    );
}

#[test]
fn a_system_command_works_in_any_view_and_leaves_it() {
    let lab = example();
    let mut user = session(&lab, 0);
    type_all(&mut user, &["system-view", "bgp 100", "interface gi0/1/0"]);
    assert_eq!(user.prompt(), "[~PE1-GigabitEthernet0/1/0]");
    type_all(&mut user, &["int lo1", "run display version", "display this"]);
    assert_eq!(user.prompt(), "[~PE1-LoopBack1]");
}

#[test]
fn an_interface_is_down_when_the_other_end_is_shut_down() {
    let lab = example();
    let (mut ce1, mut pe1) = (session(&lab, 3), session(&lab, 0));
    let row = |user: &mut Session| user.execute("display interface brief | include 0/3/0").text;
    assert!(row(&mut pe1).contains(" up    up "), "{}", row(&mut pe1));
    type_all(&mut ce1, &["system-view", "interface gi0/1/0", "shutdown", "commit"]);
    assert!(
        row(&mut pe1).contains(" up    up "),
        "the port has not missed its signal yet"
    );
    lab.timed().unwrap().settle(Duration::from_secs(60));
    assert!(row(&mut pe1).contains(" down  down "), "{}", row(&mut pe1));
    assert!(
        ce1.execute("display interface brief | include 0/1/0")
            .text
            .contains(" *down down ")
    );
    assert!(
        pe1.execute("display ip interface brief | include DOWN in Physical")
            .text
            .contains("is 1")
    );
}

#[test]
fn binding_to_a_vpn_instance_removes_the_address() {
    let lab = example();
    let mut user = session(&lab, 0);
    type_all(
        &mut user,
        &["system-view", "interface gi0/2/0", "ip binding vpn-instance VPNA"],
    );
    assert!(
        !user
            .execute("display configuration candidate merge")
            .text
            .contains("33.33.33.1")
    );
    assert!(user.execute("ip binding vpn-instance NONE").refused);
}

#[test]
fn display_this_shows_what_took_effect_and_candidate_what_is_pending() {
    let lab = example();
    let mut user = session(&lab, 0);
    type_all(
        &mut user,
        &[
            "system-view",
            "bgp 100",
            "ipv4-family vpn-instance VPNA",
            "undo import-route static",
            "maximum load-balancing 2",
        ],
    );
    assert_eq!(
        user.execute("display this").text,
        " #\n ipv4-family vpn-instance VPNA\n  import-route direct\n  import-route static\n#\nreturn\n"
    );
    assert_eq!(
        user.execute("display configuration candidate").text,
        "#\nbgp 100\n ipv4-family vpn-instance VPNA\n  undo import-route static\n  maximum load-balancing 2\n#\nreturn\n"
    );
    type_all(&mut user, &["clear configuration candidate"]);
    assert_eq!(user.prompt(), "[~PE1-bgp-VPNA]");
}

#[test]
fn forced_paging_cannot_be_switched_off() {
    let spec = LabSpec {
        devices: vec![DeviceSpec {
            name: "R".into(),
            misbehaviour: Misbehaviour {
                forced_paging: true,
                ..Misbehaviour::default()
            },
            ..DeviceSpec::default()
        }],
        ..LabSpec::default()
    };
    let lab = Arc::new(Lab::new(&spec).expect("a lab"));
    let mut user = session(&lab, 0);
    assert!(user.execute("screen-length 0 temporary").refused);
    assert_eq!(user.screen_length, 24);
}

#[test]
fn parts_of_the_configuration_are_printed_or_refused() {
    let lab = example();
    let mut user = session(&lab, 4);
    assert!(
        user.execute("display current-configuration configuration bgp")
            .text
            .contains("\nbgp 65410\n")
    );
    assert_eq!(
        user.execute("display current-configuration configuration ospf").text,
        ""
    );
    assert!(
        user.execute("display current-configuration configuration nonsense")
            .refused
    );
    assert!(
        user.execute("display current-configuration interface LoopBack9")
            .refused
    );
    let interfaces = user.execute("display current-configuration interface").text;
    assert!(
        interfaces.contains("interface GigabitEthernet0/1/0\n") && !interfaces.contains("bgp"),
        "{interfaces}"
    );
}

#[test]
fn a_peer_must_exist_before_anything_is_said_of_it() {
    let lab = example();
    let mut user = session(&lab, 0);
    type_all(&mut user, &["system-view", "bgp 100"]);
    for line in [
        "peer 9.9.9.9 enable",
        "undo peer 9.9.9.9 enable",
        "peer 9.9.9.9 bfd enable",
    ] {
        assert!(user.execute(line).refused, "{line}");
        assert_eq!(user.prompt(), "[~PE1-bgp]");
    }
    type_all(&mut user, &["ipv4-family vpnv4"]);
    assert!(user.execute("peer 9.9.9.9 enable").refused);
    type_all(
        &mut user,
        &[
            "quit",
            "peer 9.9.9.9 as-number 100",
            "peer 9.9.9.9 bfd enable",
            "undo peer 9.9.9.9",
        ],
    );
    assert_eq!(user.prompt(), "[~PE1-bgp]");
}

#[test]
fn the_caret_stands_under_the_mistake_with_and_without_a_prompt() {
    let lab = example();
    let mut user = session(&lab, 0);
    let caret = |text: &str| text.find('^');
    assert_eq!(caret(&user.execute("display versoin").text), Some(5 + 8));
    assert_eq!(caret(&user.help("display bgq")), Some(5 + 8));
    user.has_terminal = false;
    assert_eq!(caret(&user.execute("display nonsense").text), Some(8));
}

#[test]
fn commits_are_listed_and_rolled_back_to() {
    let lab = example();
    let start = crate::configuration::print(&lab.snapshot()[3]);
    let mut user = session(&lab, 3);
    type_all(
        &mut user,
        &[
            "system-view",
            "interface gi0/1/0",
            "description one",
            "commit label first",
        ],
    );
    type_all(
        &mut user,
        &["description two", "undo shutdown", "commit description the  second one"],
    );
    let list = user.execute("display configuration commit list").text;
    let rows: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert_eq!(rows.len(), 3, "{list}");
    assert!(
        rows[0].starts_with("1    1000000003  -  ") && rows[0].contains(" admin "),
        "{list}"
    );
    assert!(rows[1].starts_with("2    1000000002  first "), "{list}");
    let verbose = user.execute("display configuration commit list verbose 1").text;
    assert!(
        verbose.contains("CommitId: 1000000003") && verbose.contains("Description: the  second one\n"),
        "{verbose}"
    );
    assert!(!verbose.contains("1000000002"));
    assert_eq!(
        user.execute("display configuration commit changes at commit-id 1000000003")
            .text,
        "Building configuration\n# CommitId: 1000000003\n  #\n  interface GigabitEthernet0/1/0\n-  description one\n+  description two\n"
    );
    assert_eq!(
        user.execute("display configuration rollback changes to label first")
            .text,
        "Building configuration\n  #\n  interface GigabitEthernet0/1/0\n-  description two\n+  description one\n"
    );
    // A label is given once; what changes nothing is no commit.
    type_all(&mut user, &["description three"]);
    assert!(user.execute("commit label first").refused);
    assert!(
        user.execute("rollback configuration last 1").refused,
        "changes are pending"
    );
    type_all(&mut user, &["clear configuration candidate", "commit", "return"]);
    assert_eq!(
        user.execute("rollback configuration to commit-id 1000000002").then,
        Then::Ask(Question::RollBack)
    );
    assert_eq!(user.answer(Question::RollBack, "n").then, Then::Prompt);
    assert!(crate::configuration::print(&lab.snapshot()[3]).contains("description two"));
    user.execute("rollback configuration to commit-id 1000000002");
    user.answer(Question::RollBack, "y");
    assert!(crate::configuration::print(&lab.snapshot()[3]).contains("description one"));
    user.execute("rollback configuration last 3");
    user.answer(Question::RollBack, "y");
    assert_eq!(crate::configuration::print(&lab.snapshot()[3]), start);
    for line in [
        "rollback configuration to commit-id 1999999999",
        "rollback configuration last 50",
    ] {
        assert!(user.execute(line).refused, "{line}");
    }
}

#[test]
fn what_is_reset_is_done_or_refused() {
    let lab = example();
    let mut user = session(&lab, 3);
    assert_eq!(
        user.execute("reset saved-configuration").then,
        Then::Ask(Question::EraseSaved)
    );
    user.answer(Question::EraseSaved, "y");
    assert!(!user.execute("display saved-configuration").text.contains("sysname"));
    assert!(!user.execute("reset counters interface").refused);
    for line in ["reset bgp all", "reset ospf process", "refresh bgp all import"] {
        let reply = user.execute(line);
        assert!(reply.refused && !reply.text.contains('^'), "{line}: {}", reply.text);
    }
    assert!(
        user.execute("display history-command")
            .text
            .ends_with("  refresh bgp all import\n  display history-command\n")
    );
    assert!(
        user.execute("display startup")
            .text
            .contains("Next startup saved-configuration file:")
    );
}

#[rstest]
#[case("display ip routing-table 1", "  X.X.X.X\n")]
#[case("display interface g", "  GigabitEthernet\n")]
#[case("display bfd session discriminator 1", "  INTEGER<1-4294967295>\n")]
#[case("display version ", "  |\n  <cr>\n")]
#[case("display version | ", "  begin\n  count\n  exclude\n  include\n  no-more\n")]
#[case("display version | in", "  include\n")]
#[case("display version | include ", "  TEXT<1-255>  regular expression\n")]
#[case("ping -c ", "  INTEGER<1-4294967295>\n")]
#[case("sys", "  system-view\n")]
fn help_tells_what_may_follow(#[case] line: &str, #[case] expected: &str) {
    assert_eq!(session(&example(), 0).help(line), expected);
}

#[rstest]
#[case("display version x", "Too many parameters", 21)]
#[case("display ip routing-table 1x", "Wrong parameter", 30)]
#[case("display xyz", "Unrecognized command", 13)]
fn help_places_the_mistake(#[case] line: &str, #[case] message: &str, #[case] column: usize) {
    let text = session(&example(), 0).help(line);
    assert!(text.contains(message), "{text}");
    assert_eq!(text.find('^'), Some(column), "{text}");
}

#[rstest]
#[case("ping -c 1 4.4.4.4", "1 packet(s) received")]
#[case("ping -h 1 -c 2 -vpn-instance VPNA 10.3.1.2", "100.00% packet loss")]
#[case("ping -h 2 -c 2 -vpn-instance VPNA 10.3.1.2", "0.00% packet loss")]
#[case("ping -f -s 1472 -c 1 4.4.4.4", "bytes=1472")]
#[case("ping -q -c 3 4.4.4.4", "break\n\n  --- 4.4.4.4")]
#[case("ping -a 2.2.2.2 -c 1 4.4.4.4", "1 packet(s) received")]
fn ping_takes_its_options(#[case] line: &str, #[case] expected: &str) {
    let lab = example();
    let reply = session(&lab, 0).execute(line);
    assert!(!reply.refused && reply.text.contains(expected), "{}", reply.text);
}

#[rstest]
#[case("ping -a 9.9.9.9 4.4.4.4", "source address")]
#[case("ping -a 10.1.1.2 4.4.4.4", "source address")]
#[case("ping -c 0 4.4.4.4", "Wrong parameter")]
#[case("ping -s 9601 4.4.4.4", "Wrong parameter")]
#[case("ping -c 20000 4.4.4.4", "at most")]
#[case("ping -f -s 1473 4.4.4.4", "computes no answer")]
#[case("ping -vpn-instance NO 4.4.4.4", "does not exist")]
#[case("ping 4.4.4.4 extra", "Too many")]
#[case("tracert -f 5 -m 3 4.4.4.4", "TTL")]
#[case("tracert -a 9.9.9.9 4.4.4.4", "source address")]
#[case("tracert -q 65535 4.4.4.4", "at most")]
fn what_ping_and_tracert_cannot_do_is_refused(#[case] line: &str, #[case] expected: &str) {
    let lab = example();
    let reply = session(&lab, 0).execute(line);
    assert!(reply.refused && reply.text.contains(expected), "{}", reply.text);
}
