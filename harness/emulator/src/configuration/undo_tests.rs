//! What was typed can be taken back: by `undo`, and by the commands that are listed as changes.

use proptest::prelude::*;

use super::tests::{EXAMPLES, enter, is_port, steps, type_example};
use super::tree::find;
use super::{Configuration, Node, changes, load, print};
use crate::grammar::{self, Effect};

/// Types what `changes` lists; every line must be taken.
fn replayed(from: &Configuration, commands: &str) -> Configuration {
    let mut configuration = from.clone();
    let mut open: Vec<(usize, super::Path)> = Vec::new();
    for raw in commands.lines().filter(|line| !matches!(*line, "#" | "return")) {
        let line = raw.trim_start();
        let depth = raw.len() - line.len();
        open.retain(|(above, _)| *above < depth);
        let path = open.last().map(|(_, path)| path.clone()).unwrap_or_default();
        let matched = grammar::match_in(Configuration::view_at(&path), line);
        let matched = matched.unwrap_or_else(|error| panic!("{line}: {error:?}\n{commands}"));
        let inner = configuration
            .apply(&path, &matched, &is_port)
            .unwrap_or_else(|error| panic!("{line}: {error:?}\n{commands}\nfrom\n{}", print(from)));
        open.push((depth, inner));
    }
    configuration
}

/// Ports are always there.
fn with_ports() -> Configuration {
    load("interface GigabitEthernet0/1/0\ninterface Eth-Trunk7\n", &is_port).0
}

fn typed_on(start: &Configuration, steps: &[(usize, bool)]) -> Configuration {
    let mut configuration = start.clone();
    for &(index, undo) in steps {
        if let Some(&example) = EXAMPLES.get(index) {
            type_example(&mut configuration, example, undo);
        }
    }
    configuration
}

fn lead_there(from: &Configuration, to: &Configuration) {
    let commands = changes(from, to, &is_port);
    let reached = replayed(from, &commands);
    assert!(
        reached == *to,
        "{commands}\nled from\n{}\nto\n{}\nnot\n{}",
        print(from),
        print(&reached),
        print(to)
    );
}

/// A line that only adds to what is there is taken back by its undo alone; but a VPN instance takes what names it along,
/// also what stood there before it.
fn taken_back_by_its_undo(last: &Configuration, index: usize) {
    let Some(&example) = EXAMPLES.get(index) else { return };
    let mut before = last.clone();
    let Some(path) = enter(&mut before, example.0) else {
        return;
    };
    let matched = grammar::match_in(Configuration::view_at(&path), example.1).expect("an example");
    let is_stored =
        grammar::rule(matched.rule).is_some_and(|rule| matches!(rule.effect, Effect::Line | Effect::Block(_)));
    let mut back = before.clone();
    if !is_stored || !type_example(&mut back, example, false) || !holds_all(&back.lines, &before.lines) {
        return;
    }
    if back != before && example.1 != "ip vpn-instance VPNA" && type_example(&mut back, example, true) {
        assert!(back == before, "{example:?}\n{}\nnot\n{}", print(&back), print(&before));
    }
}

/// Whether all lines of a block stand in another.
fn holds_all(all: &[Node], some: &[Node]) -> bool {
    some.iter().all(|line| {
        find(all, &line.key).is_some_and(|other| other.text == line.text && holds_all(&other.children, &line.children))
    })
}

#[test]
fn what_an_undo_takes_with_it_is_not_undone_again() {
    let from = load(
        "ip vpn-instance A\n ipv4-family\n  route-distinguisher 1:1\ninterface GigabitEthernet0/1/0\n \
         ip binding vpn-instance A\n ip address 10.1.1.1 255.255.255.0\nbgp 100\n group rr internal\n \
         peer 3.3.3.3 group rr\n peer 3.3.3.3 description x\n ipv4-family vpn-instance A\n  import-route direct\n\
         ip route-static vpn-instance A 0.0.0.0 0.0.0.0 10.1.1.2\n",
        &is_port,
    );
    assert_eq!(from.1, []);
    let to = load("interface GigabitEthernet0/1/0\nbgp 100\n", &is_port).0;
    let commands = changes(&from.0, &to, &is_port);
    assert_eq!(
        commands,
        "#\nundo ip vpn-instance A\nbgp 100\n undo group rr internal\n#\nreturn\n"
    );
    lead_there(&from.0, &to);
    lead_there(&to, &from.0);
}

#[test]
fn a_block_of_another_head_is_made_anew() {
    let load = |text: &str| load(text, &is_port).0;
    let from = load("ospf 1 router-id 1.1.1.1\n area 0.0.0.0\n  network 1.1.1.1 0.0.0.0\n");
    let to = load("ospf 1 router-id 2.2.2.2\n area 0.0.0.0\n  network 1.1.1.1 0.0.0.0\n");
    lead_there(&from, &to);
    lead_there(&to, &from);
    let from = load("bgp 100\n group g internal\n peer 1.1.1.1 group g\n peer 1.1.1.1 ignore\n");
    let to = load("bgp 100\n peer 1.1.1.1 as-number 100\n peer 1.1.1.1 ignore\n");
    lead_there(&from, &to);
    lead_there(&to, &from);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_commands_that_are_listed_lead_from_one_to_the_other(base in steps(50), there in steps(16)) {
        let from = typed_on(&with_ports(), &base);
        let to = typed_on(&from, &there);
        lead_there(&from, &to);
        lead_there(&to, &from);
        let other = typed_on(&with_ports(), &there);
        lead_there(&from, &other);
    }

    #[test]
    fn the_undos_of_changes_in_reverse_order_restore_the_configuration(base in steps(50), there in steps(16)) {
        let start = typed_on(&with_ports(), &base);
        let mut states = vec![start.clone()];
        for (index, undo) in there {
            let last = states.last().cloned().unwrap_or_default();
            taken_back_by_its_undo(&last, index);
            let next = typed_on(&last, &[(index, undo)]);
            states.push(next);
        }
        let mut now = states.last().cloned().unwrap_or_default();
        for before in states.iter().rev().skip(1) {
            now = replayed(&now, &changes(&now, before, &is_port));
            prop_assert!(now == *before, "{}\nnot\n{}", print(&now), print(before));
        }
        prop_assert_eq!(print(&now), print(&start));
    }
}

/// A configuration with every view in it.
const EVERY_VIEW: &str = "sysname R\nip vpn-instance x\n ipv4-family\n  route-distinguisher 1:9\nbfd\nmpls lsr-id 9.9.9.9\n\
    mpls\nmpls l2vpn\nvsi x\n pwsignal bgp\n pwsignal ldp\nmpls ldp\nmpls ldp remote-peer x\n\
    interface GigabitEthernet0/1/0\ninterface GigabitEthernet0/1/0.1\ninterface LoopBack0\nslot 1\n\
    bgp 100\n peer 10.0.0.1 as-number 100\n peer 10.0.0.9 as-number 100\n group g internal\n ipv4-family unicast\n \
    ipv4-family vpnv4\n ipv4-family vpn-instance x\n  peer 10.0.0.1 as-number 200\n l2vpn-ad-family\n vpls-family\n\
    ospf 1\n area 0.0.0.0\nroute-policy x permit node 10\ntunnel-policy x\n\
    bfd x bind peer-ip 10.0.0.1 interface GigabitEthernet0/1/0 auto\n";

fn paths(lines: &[Node], path: &super::Path, all: &mut Vec<super::Path>) {
    all.push(path.clone());
    for line in lines.iter().filter(|line| line.key.view().is_some()) {
        let mut path = path.clone();
        path.push(line.key.clone());
        paths(&line.children, &path, all);
    }
}

#[test]
fn each_line_of_the_grammar_is_taken_back_by_its_undo() {
    let (start, ignored) = load(EVERY_VIEW, &is_port);
    assert_eq!(ignored, []);
    let mut all = Vec::new();
    paths(&start.lines, &super::Path::new(), &mut all);
    let (mut count, mut kept) = (0, Vec::new());
    for path in &all {
        let view = Configuration::view_at(path);
        for line in grammar::samples::configuration_lines(view) {
            let type_in = |configuration: &mut Configuration, line: &str| {
                let matched = grammar::match_in(view, line).map_err(|error| format!("{line}: {error:?}"))?;
                let taken = configuration.apply(path, &matched, &is_port);
                taken.map(|_| ()).map_err(|error| format!("{line}: {error:?}"))
            };
            let mut typed = start.clone();
            if type_in(&mut typed, &line).is_err() || typed == start {
                continue;
            }
            count += 1;
            let mut back = typed.clone();
            let undo = line
                .strip_prefix("undo ")
                .map_or_else(|| format!("undo {line}"), str::to_owned);
            let outcome = type_in(&mut back, &undo);
            if holds_all(&typed.lines, &start.lines) {
                if outcome.is_err() || back != start {
                    kept.push(format!("{view:?} {line}: {outcome:?}"));
                }
            } else {
                // Another stood in its place.
                let back = replayed(&typed, &changes(&typed, &start, &is_port));
                if back != start {
                    kept.push(format!("{view:?} {line}: is not changed back"));
                }
            }
        }
    }
    assert!(count > 500, "{count}");
    assert!(kept.is_empty(), "{}", kept.join("\n"));
}
