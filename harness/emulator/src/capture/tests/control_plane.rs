//! Minutes of the control plane, without and with failures: every packet is decoded without complaint.

use std::collections::BTreeMap;
use std::path::Path;

use super::stage::{MILLISECOND, Stage};
use super::wireshark::{assert_clean, fields};

const SECOND: u64 = 1_000 * MILLISECOND;

fn count(file: &Path, filter: &str) -> Option<usize> {
    Some(fields(file, filter, &["frame.number"])?.len())
}

#[test]
fn a_quiet_minute_and_a_half() {
    let mut stage = Stage::new(|_, text| text);
    stage.advance(95 * SECOND);
    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("core.pcapng");
    std::fs::write(&core, stage.capture(&[("PE1", "GE0/1/0")], (5 * SECOND, 95 * SECOND))).unwrap();
    let access = folder.path().join("access.pcapng");
    std::fs::write(&access, stage.capture(&[("PE3", "GE0/3/0")], (5 * SECOND, 95 * SECOND))).unwrap();
    for file in [&core, &access] {
        // That the neighbour of another AS is on the link is meant.
        assert_clean(file, "ip.ttl == 1 and tcp");
        assert_eq!(count(file, "tcp.analysis.flags").unwrap_or(0), 0);
    }
    let expected = [
        ("ldp.msg.type == 0x0100", 36..=38),
        ("ospf.msg == 1", 17..=19),
        ("bgp.type == 4", 2..=4),
        ("ldp.msg.type == 0x0201", 8..=14),
        // What nothing has changed is told no more.
        ("bgp.type == 2 or ospf.msg == 4 or ldp.msg.type == 0x0400", 0..=0),
    ];
    for (filter, range) in expected {
        if let Some(count) = count(&core, filter) {
            assert!(range.contains(&count), "{filter}: {count}");
        }
    }
    if let Some(rows) = fields(
        &core,
        "ospf.msg == 1",
        &[
            "ospf.srcrouter",
            "ospf.hello.designated_router",
            "ospf.hello.active_neighbor",
            "ip.ttl",
        ],
    ) {
        // The larger router ID is the designated router.
        for row in rows {
            let neighbour = if row[0] == "2.2.2.2" { "4.4.4.4" } else { "2.2.2.2" };
            assert_eq!(row[1..], ["11.11.11.2", neighbour, "1"]);
        }
    }
    if let Some(rows) = fields(&access, "bgp", &["ip.ttl"]) {
        assert!(
            !rows.is_empty() && rows.iter().all(|row| row[0] == "1"),
            "a neighbour of another AS"
        );
    }
}

#[test]
fn a_core_link_fails_and_returns() {
    let mut stage = Stage::new(|_, text| text);
    stage.advance(5 * SECOND);
    let way = stage.way("PE1", "GE0/1/0");
    for way in [way, way.back()] {
        stage.fault(way, |condition| condition.cut = true);
    }
    stage.advance(60 * SECOND);
    // CE1's address on the link to PE1, which PE3 now reaches by PE2.
    stage.send("CE2", "10.3.1.2", "10.1.1.1", 1, 100);
    stage.advance(SECOND);
    stage.traffic[0].schedule.stop = Some(stage.now());
    two_labels(&stage);
    stage.advance(239 * SECOND);
    for way in [way, way.back()] {
        stage.fault(way, |condition| condition.cut = false);
    }
    stage.advance(60 * SECOND);
    let folder = tempfile::tempdir().unwrap();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for port in ["GE0/1/0", "GE0/2/0"] {
        let path = folder.path().join(format!("{}.pcapng", port.replace('/', "-")));
        std::fs::write(&path, stage.capture(&[("PE1", port)], (SECOND, stage.now()))).unwrap();
        assert_clean(
            &path,
            "tcp.flags.syn == 1 or tcp.flags.fin == 1 or tcp.analysis.flags or bgp.type == 3 or (ip.ttl == 1 and tcp)",
        );
        for (name, filter) in [
            ("flooded", "ospf.msg == 4"),
            ("acknowledged", "ospf.msg == 5"),
            ("initialised", "ldp.msg.type == 0x0200"),
            ("mapped", "ldp.msg.type == 0x0400"),
        ] {
            *seen.entry(name).or_default() += count(&path, filter).unwrap_or(1);
        }
    }
    assert!(seen.values().all(|count| *count > 0), "{seen:?}");
}

/// From PE3 to PE2 the label of PE1 stands above that of the instance, and PE2 takes it off.
fn two_labels(stage: &Stage) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.pcapng");
    let window = (stage.now() - SECOND, stage.now());
    std::fs::write(&path, stage.capture(&[("PE2", "GE0/1/0"), ("PE2", "GE0/2/0")], window)).unwrap();
    assert_clean(&path, "");
    let (pe1, pe2) = (Stage::device("PE1"), Stage::device("PE2"));
    let history = stage.history();
    let outer = history.labels().of(pe2, "2.2.2.2".parse().unwrap()).unwrap();
    let epoch = history.epochs(pe1).last().unwrap();
    let inner = epoch.fib.vpns[0].label;
    let names = ["frame.interface_id", "mpls.label", "mpls.bottom", "mpls.ttl", "ip.ttl"];
    if let Some(rows) = fields(&path, "udp.port == 7000", &names) {
        let labelled = format!("{outer},{inner}");
        let stacked = ["0", &labelled, "0,1", "255,255", "63"];
        let popped = ["1", &inner.to_string(), "1", "255", "63"];
        assert_eq!(
            rows.iter().filter(|row| **row == stacked).count(),
            100,
            "{:?}",
            rows.first()
        );
        assert_eq!(
            rows.iter().filter(|row| **row == popped).count(),
            100,
            "{:?}",
            rows.last()
        );
    }
}

#[test]
fn packets_of_sub_interfaces_are_tagged() {
    let tagged = |name: &str, text: String| match name {
        "CE1" => text
            .replace(
                "interface GigabitEthernet0/1/0\n",
                "interface GigabitEthernet0/1/0.100\n vlan-type dot1q 100\n",
            )
            .replace("interface GigabitEthernet0/1/0 ", "interface GigabitEthernet0/1/0.100 "),
        "PE1" => text
            .replace(
                "interface GigabitEthernet0/3/0\n",
                "interface GigabitEthernet0/3/0.7\n vlan-type dot1q 100\n",
            )
            .replace("interface GigabitEthernet0/3/0 ", "interface GigabitEthernet0/3/0.7 "),
        "PE3" => text.replace("  maximum load-balancing 2\n", ""),
        _ => text,
    };
    let mut stage = Stage::new(tagged);
    stage.send("CE2", "10.3.1.2", "1.1.1.1", 2, 100);
    stage.advance(SECOND);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tagged.pcapng");
    std::fs::write(&path, stage.capture(&[("CE1", "GE0/1/0")], (0, SECOND))).unwrap();
    assert_clean(&path, "");
    if let Some(rows) = fields(&path, "bfd or udp.port == 7000", &["vlan.id", "udp.dstport"]) {
        for (port, least) in [("3784", 200), ("7000", 198)] {
            let own = rows.iter().filter(|row| row[1] == port);
            assert!(own.clone().count() >= least, "{port}: {}", own.count());
        }
        assert!(rows.iter().all(|row| row[0] == "100"));
    }
}

/// The same seed gives the same bytes, whatever was captured before, and a window is a part of the whole.
#[test]
fn captures_are_repeatable() {
    let run = || {
        let mut stage = Stage::new(|_, text| text);
        stage.send("CE2", "10.3.1.2", "1.1.1.1", 20, 200);
        stage.advance(SECOND);
        let way = stage.way("PE1", "GE0/3/0");
        stage.fault(way, |condition| condition.loss = 0.3);
        stage.advance(SECOND);
        stage
    };
    let ports = [("PE1", "GE0/3/0"), ("PE1", "GE0/1/0")];
    let (once, again) = (run(), run());
    let _ = again.capture(&ports, (0, SECOND / 2));
    let whole = once.capture(&ports, (0, once.now()));
    assert_eq!(whole, again.capture(&ports, (0, again.now())));
    let blocks = |file: &[u8]| -> Vec<(u64, u32, Vec<u8>)> {
        let mut reader = pcap_file::pcapng::PcapNgReader::new(file).unwrap();
        let mut blocks = Vec::new();
        while let Some(block) = reader.next_block() {
            if let pcap_file::pcapng::Block::EnhancedPacket(packet) = block.unwrap() {
                let at = u64::try_from(packet.timestamp.as_nanos()).unwrap() - super::stage::EPOCH;
                blocks.push((at, packet.interface_id, packet.data.to_vec()));
            }
        }
        blocks
    };
    let window = (SECOND - 3 * MILLISECOND, SECOND + 77 * MILLISECOND);
    let expected: Vec<_> = blocks(&whole)
        .into_iter()
        .filter(|(at, ..)| (window.0..window.1).contains(at))
        .collect();
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!(blocks(&once.capture(&ports, window)), expected);
}
