//! A failover of the worked example: the files say what the history says, instant by instant.

use std::collections::BTreeSet;

use super::stage::{EPOCH, MILLISECOND, Probe, Stage, at, probes};
use super::wireshark::{assert_clean, fields};
use crate::network::{BfdState, Says, Via, Vrf};

/// Forwarding by a device and propagation over a link.
const STEP: u64 = 10_000 + 50_000;
const FLOWS: u32 = 8;
const SECOND: u64 = 1_000 * MILLISECOND;

/// Traffic from CE2 to CE1 for some time, at an odd instant.
fn under_way(edit: impl Fn(&str, String) -> String) -> Stage {
    let mut stage = Stage::new(edit);
    stage.advance(500 * MILLISECOND);
    stage.send("CE2", "10.3.1.2", "1.1.1.1", FLOWS, 1_000);
    stage.advance(703 * MILLISECOND + 700_001);
    stage
}

fn cut_both_ways(stage: &mut Stage) -> u64 {
    let way = stage.way("PE1", "GE0/3/0");
    for way in [way, way.back()] {
        stage.fault(way, |condition| condition.cut = true);
    }
    stage.now()
}

fn slower(name: &str, text: String) -> String {
    let timers = " min-tx-interval 100\n min-rx-interval 100\n#";
    let lines: Vec<&str> = text.lines().collect();
    let mut edited = String::new();
    let mut in_bfd = false;
    for line in lines {
        if in_bfd && line == "#" {
            edited.push_str(timers);
            edited.push('\n');
            in_bfd = false;
            continue;
        }
        in_bfd |= line.starts_with("bfd ") && line.contains(" bind ");
        edited.push_str(line);
        edited.push('\n');
    }
    assert!(name == "CE2" || name == "PE3" || edited.contains(timers), "{name}");
    edited
}

/// The longest time that a flow was not received, and by how many packets its numbers jump there.
fn worst_gap(received: &[Probe]) -> (u64, u64) {
    let mut worst = (0, 0);
    for flow in 0..FLOWS {
        let own: Vec<&Probe> = received.iter().filter(|probe| probe.flow == flow).collect();
        for pair in own.windows(2) {
            worst = worst.max((pair[1].at - pair[0].at, pair[1].sequence.wrapping_sub(pair[0].sequence)));
        }
    }
    worst
}

#[test]
fn a_cut_is_seen_as_the_history_tells_it() {
    let mut stage = under_way(|_, text| text);
    let cut = cut_both_ways(&mut stage);
    stage.advance(600 * MILLISECOND);
    let history = stage.history();

    // What must be seen, from the history alone.
    let pe1 = Stage::device("PE1");
    let detected = history
        .bfd_transitions()
        .find(|transition| transition.device == pe1 && transition.at > crate::network::Moment::from_nanos(cut))
        .unwrap();
    assert_eq!((detected.before, detected.after), (BfdState::Up, BfdState::Down));
    let detected_at = at(detected.at);
    assert!(
        (20 * MILLISECOND..=31 * MILLISECOND).contains(&(detected_at - cut)),
        "{}",
        detected_at - cut
    );
    let turned = history
        .epochs(pe1)
        .find(|epoch| {
            let rib = epoch.fib.ribs.get(&Vrf::Instance("VPNA".into()));
            let routes = rib.and_then(|rib| rib.iter().find(|(prefix, _)| prefix.to_string() == "1.1.1.1/32"));
            let by_ce1 = routes.is_some_and(|(_, routes)| routes.iter().any(|r| matches!(r.via, Via::Gateway(..))));
            at(epoch.since) > cut && !by_ce1
        })
        .map(|epoch| at(epoch.since))
        .unwrap();
    let withdrawn = history
        .messages()
        .find(|message| {
            message.from == pe1
                && matches!(&message.says, Says::BgpUpdate { withdrawn, .. }
                    if withdrawn.iter().any(|(prefix, _)| prefix.to_string() == "1.1.1.1/32"))
        })
        .map(|message| at(message.sent))
        .unwrap();
    assert!(cut < detected_at && detected_at < turned && detected_at < withdrawn);

    let ports = [
        ("PE1", "GE0/3/0"),
        ("PE2", "GE0/3/0"),
        ("PE1", "GE0/1/0"),
        ("PE1", "GE0/2/0"),
    ];
    let window = (SECOND, stage.now());
    let file = stage.capture(&ports, window);
    let all = probes(&file);
    let at_point = |point: u32| -> Vec<Probe> { all.iter().filter(|probe| probe.point == point).copied().collect() };
    let to_ce1: BTreeSet<u32> = at_point(0)
        .iter()
        .filter(|probe| probe.at < cut)
        .map(|probe| probe.flow)
        .collect();
    assert!(
        !to_ce1.is_empty() && to_ce1.len() < FLOWS as usize,
        "flows are spread: {to_ce1:?}"
    );

    // CE1 is behind two ways: the last packet before the cut by the old one, the first after by the new one.
    let at_ce1 = stage.capture(&[("CE1", "GE0/1/0"), ("CE1", "GE0/2/0")], window);
    let received = probes(&at_ce1);
    let old: Vec<&Probe> = received.iter().filter(|probe| probe.point == 0).collect();
    let schedule = stage.traffic[0].schedule;
    let turns: Vec<_> = schedule
        .turns(0, stage.now())
        .filter(|turn| to_ce1.contains(&turn.flow))
        .collect();
    // A packet is at PE1 two links after it was sent.
    let last_old = turns.iter().rev().find(|turn| turn.at + 2 * STEP < cut).unwrap();
    let seen = old.last().unwrap();
    assert_eq!((seen.flow, seen.sequence), (last_old.flow, last_old.sequence));
    assert_eq!((seen.sent, seen.at), (last_old.at, last_old.at + 3 * STEP));
    let first_new = turns.iter().find(|turn| turn.at + 2 * STEP >= turned).unwrap();
    let new = received
        .iter()
        .find(|probe| probe.point == 1 && probe.at > cut && to_ce1.contains(&probe.flow))
        .unwrap();
    assert_eq!((new.flow, new.sequence), (first_new.flow, first_new.sequence));
    // By PE1 and PE2: one link more.
    assert_eq!(new.at, first_new.at + 4 * STEP);
    // PE1 sends towards CE1 as long as its table says so, though nothing arrives.
    assert!(at_point(0).iter().any(|probe| probe.at > cut));
    assert!(at_point(0).iter().all(|probe| probe.at < turned + STEP));

    // All that is missing was on its way to CE1 between the cut and the turn; the others lose nothing.
    let missing = |flow: u32| {
        let got: BTreeSet<u64> = received.iter().filter(|p| p.flow == flow).map(|p| p.sequence).collect();
        let first = *got.first().unwrap();
        (first..*got.last().unwrap()).filter(|n| !got.contains(n)).count()
    };
    for flow in 0..FLOWS {
        let lost = turns.iter().filter(|turn| turn.flow == flow);
        let lost = lost
            .filter(|turn| (cut..turned).contains(&(turn.at + 2 * STEP)))
            .count();
        assert_eq!(missing(flow), lost, "flow {flow}");
        assert_eq!(lost > 0, to_ce1.contains(&flow));
    }
    let (gap, _) = worst_gap(&received);
    assert!((20 * MILLISECOND..50 * MILLISECOND).contains(&gap), "{gap}");

    // The same with other eyes.
    let folder = tempfile::tempdir().unwrap();
    let pe1_side = folder.path().join("pe1.pcapng");
    std::fs::write(&pe1_side, stage.capture(&[("PE1", "GE0/3/0")], window)).unwrap();
    let core = folder.path().join("core.pcapng");
    std::fs::write(&core, stage.capture(&[("PE1", "GE0/1/0")], window)).unwrap();
    for file in [&pe1_side, &core] {
        assert_clean(file, "tcp.flags.syn == 1");
    }
    let time = |instant: u64| format!("{}.{:09}", (EPOCH + instant) / SECOND, (EPOCH + instant) % SECOND);
    if let Some(rows) = fields(&pe1_side, "bfd.sta == 1", &["frame.time_epoch", "ip.src", "bfd.diag"]) {
        let first = rows.iter().find(|row| row[1] == "10.1.1.2").unwrap();
        assert!(first[0] >= time(detected_at) && first[2] == "0x01", "{first:?}");
    }
    let names = ["frame.time_epoch", "bgp.mp_unreach_nlri_ipv4_prefix", "bgp.rd"];
    if let Some(rows) = fields(&core, "bgp.mp_unreach_nlri_ipv4_prefix && ip.src == 2.2.2.2", &names) {
        // Forwarding takes its time before the port.
        assert_eq!(rows[0][0], time(withdrawn + 10_000));
        assert!(rows[0][1].split(',').any(|prefix| prefix == "1.1.1.1"), "{rows:?}");
        assert!(rows[0][2].split(',').all(|rd| rd == "100:1"), "{rows:?}");
    }
    if let Some(rows) = fields(&core, "udp.port == 7000", &["mpls.label", "mpls.ttl", "ip.ttl"]) {
        // PE3 is the last hop but one: only the instance's label is left.
        let kinds: BTreeSet<&Vec<String>> = rows.iter().collect();
        assert!(
            rows.len() > 300 && kinds.iter().all(|row| !row[0].contains(',') && !row[0].is_empty()),
            "{kinds:?}"
        );
    }
}

#[test]
fn slower_detection_is_a_longer_outage() {
    let mut stage = under_way(slower);
    let cut = cut_both_ways(&mut stage);
    stage.advance(600 * MILLISECOND);
    let received = probes(&stage.capture(&[("CE1", "GE0/1/0"), ("CE1", "GE0/2/0")], (SECOND, stage.now())));
    let (gap, numbers) = worst_gap(&received);
    assert!((200 * MILLISECOND..330 * MILLISECOND).contains(&gap), "{gap}");
    assert!(numbers > 200 && received.iter().any(|probe| probe.at > cut + 500 * MILLISECOND));
}

#[test]
fn a_cut_of_the_link_that_is_not_used_loses_nothing() {
    // All flows by PE1.
    let mut stage = under_way(|name, text| match name {
        "PE3" => text.replace("  maximum load-balancing 2\n", ""),
        _ => text,
    });
    let way = stage.way("PE2", "GE0/3/0");
    for way in [way, way.back()] {
        stage.fault(way, |condition| condition.cut = true);
    }
    stage.advance(600 * MILLISECOND);
    let received = probes(&stage.capture(&[("CE1", "GE0/1/0")], (SECOND, stage.now())));
    assert_eq!(worst_gap(&received), (MILLISECOND, 1));
    assert_eq!(
        received.len() as u64,
        stage.traffic[0]
            .schedule
            .count(SECOND - 3 * STEP, stage.now() - 3 * STEP)
    );
}

#[test]
fn a_cut_of_one_direction_is_heard_at_one_end_and_told_to_the_other() {
    let mut stage = under_way(|_, text| text);
    // CE1 hears nothing any more, PE1 does.
    let way = stage.way("PE1", "GE0/3/0");
    stage.fault(way, |condition| condition.loss = 1.0);
    let cut = stage.now();
    stage.advance(600 * MILLISECOND);
    let file = stage.capture(&[("PE1", "GE0/3/0"), ("CE1", "GE0/1/0")], (SECOND, stage.now()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oneway.pcapng");
    std::fs::write(&path, &file).unwrap();
    assert_clean(&path, "");
    let time = |instant: u64| format!("{}.{:09}", (EPOCH + instant) / SECOND, (EPOCH + instant) % SECOND);
    let names = [
        "frame.interface_id",
        "ip.src",
        "bfd.sta",
        "bfd.diag",
        "frame.time_epoch",
    ];
    if let Some(rows) = fields(&path, "bfd", &names) {
        let late: Vec<_> = rows.iter().filter(|row| row[4] > time(cut + MILLISECOND)).collect();
        // Nothing of PE1's arrives at CE1, and CE1 is the first to say that it is down, PE1 follows.
        assert!(late.iter().all(|row| !(row[0] == "1" && row[1] == "10.1.1.2")));
        let down = late.iter().find(|row| row[2] == "0x01" && row[0] == "0").unwrap();
        assert_eq!((down[1].as_str(), down[3].as_str()), ("10.1.1.1", "0x01"));
        let answer = late
            .iter()
            .find(|row| row[2] == "0x01" && row[1] == "10.1.1.2")
            .unwrap();
        assert_eq!((answer[3].as_str(), answer[4] >= down[4]), ("0x03", true));
    }
    let received = probes(&stage.capture(&[("CE1", "GE0/1/0"), ("CE1", "GE0/2/0")], (SECOND, stage.now())));
    let (gap, _) = worst_gap(&received);
    assert!((20 * MILLISECOND..50 * MILLISECOND).contains(&gap), "{gap}");
}

#[test]
fn silent_loss_loses_its_share() {
    let mut stage = under_way(|name, text| match name {
        "PE3" => text.replace("  maximum load-balancing 2\n", ""),
        _ => text,
    });
    let way = stage.way("PE3", "GE0/1/0");
    stage.fault(way, |condition| condition.loss = 0.1);
    let from = stage.now() + MILLISECOND;
    stage.advance(SECOND);
    let window = (from, stage.now());
    let file = stage.capture(&[("PE3", "GE0/1/0"), ("PE1", "GE0/1/0")], window);
    let all = probes(&file);
    let sent = all.iter().filter(|probe| probe.point == 0).count();
    let arrived = all.iter().filter(|probe| probe.point == 1).count();
    // 8,000 packets: standard deviation 27.
    let lost = sent - arrived;
    assert!((690..910).contains(&lost), "{lost} of {sent}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loss.pcapng");
    std::fs::write(&path, &file).unwrap();
    assert_clean(&path, "tcp");
}
