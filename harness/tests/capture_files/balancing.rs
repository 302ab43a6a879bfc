//! Mistakes of balancing packets and flows over links, each beside the same captures without it.

use std::path::Path;

use crate::program::{Said, capture, decide};
use crate::writer::{BEGIN, Ends, MS, Packet, ethernet, forward, in_parts, ipv4_udp, pcap, probe};

const PER_FLOW: &str = "flows are balanced per flow over a and b";
const PER_PACKET: &str = "packets are balanced per packet over a and b";
const SYMMETRIC: &str = "flows are balanced symmetrically over a and b";
const ROUND_ROBIN: &str = "packets are balanced round robin over a and b";

/// A well mixed hash of some fields.
fn hash(seed: u32, fields: &[u32]) -> usize {
    let mut state = seed ^ 0x9e37_79b9;
    for field in fields {
        state = (state ^ field).wrapping_mul(0x85eb_ca6b);
        state ^= state >> 13;
        state = state.wrapping_mul(0xc2b2_ae35);
        state ^= state >> 16;
    }
    state as usize
}

/// By both addresses and both ports.
fn by_ports(seed: u32, ends: Ends) -> usize {
    let [source, destination] = [ends.source, ends.destination].map(u32::from_be_bytes);
    let (from, to) = ends.ports;
    hash(seed, &[source, destination, u32::from(from), u32::from(to)])
}

/// Writes captures of these links: `link` says where a packet of a flow goes, by its number.
fn written(folder: &Path, names: &[&str], flows: u16, back: bool, ttl: u8, link: impl Fn(Ends, u64) -> Option<usize>) {
    let mut links: Vec<Vec<Packet>> = vec![Vec::new(); names.len()];
    for number in 0..4_u64 {
        for flow in 0..flows {
            let at = BEGIN + number as i64 * 10 * MS + i64::from(flow) * 1_000;
            let ways = [forward(flow), forward(flow).reversed()];
            for ends in ways.iter().take(1 + usize::from(back)) {
                if let Some(link) = link(*ends, number) {
                    links[link].push((at, ethernet(&probe(*ends, ttl, number, at))));
                }
            }
        }
    }
    for (name, packets) in names.iter().zip(&links) {
        pcap(&folder.join(format!("{name}.pcap")), packets);
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn says(folder: &Path, phrase: &str, code: i32, texts: &[&str]) {
    decide(folder, phrase, &["a.pcap", "b.pcap", "--stopped"]).is(code, texts);
}

/// Mistakes 20, 21 and 25: per packet where flows were to keep a link, and the other way round.
#[test]
fn per_packet_and_per_flow_are_never_taken_for_each_other() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a", "b"], 1_200, false, 62, |ends, _| {
        Some(by_ports(1, ends) % 2)
    });
    says(folder, PER_FLOW, 0, &["keep one of 2 links each"]);
    says(folder, PER_PACKET, 1, &["keep one of 2 links each"]);
    written(folder, &["a", "b"], 1_200, false, 62, |ends, number| {
        Some((by_ports(1, ends) + hash(number as u32, &[7, u32::from(ends.ports.0)])) % 2)
    });
    says(
        folder,
        PER_FLOW,
        1,
        &["take another link than the packet of the same flow before"],
    );
    says(folder, PER_PACKET, 0, &["of packets take another link"]);
    // One flow of them strays with one packet.
    written(folder, &["a", "b"], 1_200, false, 62, |ends, number| {
        let stray = ends.ports.0 == 20_700 && number == 3;
        Some((by_ports(1, ends) + usize::from(stray)) % 2)
    });
    says(folder, PER_FLOW, 1, &["1 of 1200 flows use several links"]);
    capture(folder, &["balance", "a.pcap", "b.pcap"]).is(0, &["10.3.1.2:20700 -> 1.1.1.1:7000 udp uses 2 links"]);
}

/// Mistake 22: symmetric at one end only.
#[test]
fn symmetry_at_one_end_only_is_told_from_symmetry() {
    let folder = folder();
    let folder = folder.path();
    let symmetric = |ends: Ends| {
        let (from, to) = ends.ports;
        let [source, destination] = [ends.source, ends.destination].map(u32::from_be_bytes);
        hash(
            3,
            &[source ^ destination, u32::from(from ^ to), u32::from(from.min(to))],
        )
    };
    written(folder, &["a", "b"], 800, true, 62, |ends, _| Some(symmetric(ends) % 2));
    says(
        folder,
        SYMMETRIC,
        0,
        &["both directions of all 800 conversations use one link"],
    );
    written(folder, &["a", "b"], 800, true, 62, |ends, _| {
        let is_back = ends.ports.0 == 7000;
        Some(if is_back { by_ports(9, ends) } else { symmetric(ends) } % 2)
    });
    says(
        folder,
        SYMMETRIC,
        1,
        &[
            "of 800 conversations use another link each way",
            "udp on a and back on b",
        ],
    );
    // Complementary: the same but for the names of the links.
    written(folder, &["a", "b"], 800, true, 62, |ends, _| {
        let is_back = ends.ports.0 == 7000;
        Some((symmetric(ends) + usize::from(is_back)) % 2)
    });
    says(folder, SYMMETRIC, 1, &["after renaming links all agree"]);
}

/// Mistake 23: addresses alone are hashed, and there are two hosts.
#[test]
fn too_few_fields_leave_links_unused() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a", "b"], 1_200, false, 62, |ends, _| {
        Some(by_ports(1, ends) % 2)
    });
    says(folder, PER_FLOW, 0, &["pass"]);
    written(folder, &["a", "b"], 1_200, false, 62, |ends, _| {
        let [source, destination] = [ends.source, ends.destination].map(u32::from_be_bytes);
        Some(hash(1, &[source, destination]) % 2)
    });
    says(folder, PER_FLOW, 1, &["all 1200 flows use one link"]);
    written(folder, &["a", "b"], 8, false, 62, |_, _| Some(1));
    says(folder, PER_FLOW, 3, &["too few"]);
}

/// Mistake 26: shares of links that are not equal.
#[test]
fn links_of_unequal_weight_are_not_balanced() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a", "b"], 1_200, false, 62, |ends, _| {
        Some(usize::from(by_ports(1, ends).is_multiple_of(3)))
    });
    says(folder, PER_FLOW, 1, &["greatest deviation 28.7 %"]);
    // A link of the group that is down.
    written(folder, &["a", "b", "c", "d"], 1_600, false, 62, |ends, _| {
        Some(by_ports(1, ends) % 3)
    });
    let four = "flows are balanced per flow over a, b, c and d";
    let files = ["a.pcap", "b.pcap", "c.pcap", "d.pcap"];
    let said = decide(folder, four, &files);
    assert!(matches!(said.code, 1 | 3), "{said:?}");
    written(folder, &["a", "b", "c", "d"], 2_400, false, 62, |ends, _| {
        Some(by_ports(1, ends) % 4)
    });
    decide(folder, four, &files).is(0, &["pass"]);
}

const STAGES: [&str; 4] = ["--at", "first=a.pcap,b.pcap", "--at", "second=c.pcap,d.pcap"];

fn polarised(folder: &Path, more: &[&str]) -> Said {
    capture(folder, &[&["polarisation"], more, &STAGES[..]].concat())
}

/// Captures of two stages: the second one chooses so among the flows that `reach` it.
fn stages(folder: &Path, flows: u16, second: impl Fn(Ends) -> usize, reach: impl Fn(Ends) -> bool) {
    written(folder, &["a", "b"], flows, false, 62, |ends, _| {
        Some(by_ports(1, ends) % 2)
    });
    written(folder, &["c", "d"], flows, false, 61, |ends, _| {
        reach(ends).then(|| second(ends))
    });
}

/// Mistake 24: both stages have one hash.
#[test]
fn a_second_stage_with_the_same_hash_is_polarised() {
    let folder = folder();
    let folder = folder.path();
    stages(folder, 1_600, |ends| by_ports(2, ends) % 2, |_| true);
    polarised(folder, &[]).is(0, &["pass: the choices do not depend on each other: 1600 flows"]);
    stages(folder, 1_600, |ends| by_ports(1, ends) % 2, |_| true);
    polarised(folder, &[]).is(1, &["fail: polarised", "strength 1.00", "a uses 1 of 2"]);
    // The same hash, a third of the flows apart.
    let nearly = |ends: Ends| by_ports(if by_ports(5, ends).is_multiple_of(3) { 2 } else { 1 }, ends) % 2;
    stages(folder, 1_600, nearly, |_| true);
    polarised(folder, &[]).is(1, &["fail: polarised", "the shares of links differ"]);
    stages(folder, 60, |ends| by_ports(2, ends) % 2, |_| true);
    polarised(folder, &[]).is(3, &["too few to rule out a dependence of 20 %"]);
}

/// Mistake 24 as it is seen at one router of the second stage: only the flows of one branch come there.
#[test]
fn a_branch_of_the_first_stage_that_is_not_spread_is_told() {
    let folder = folder();
    let folder = folder.path();
    let over_a = |ends: Ends| by_ports(1, ends).is_multiple_of(2);
    stages(folder, 2_400, |ends| by_ports(2, ends) % 2, over_a);
    polarised(folder, &[]).is(0, &["pass: all flows came over a, and are spread"]);
    stages(folder, 2_400, |ends| by_ports(1, ends) % 2, over_a);
    polarised(folder, &[]).is(
        1,
        &["flows that came over a take c", "with the same hash, or not at all"],
    );
    stages(folder, 2_400, |_| 1, |_| true);
    polarised(folder, &[]).is(1, &["whichever link of first they came over"]);
    // The branch alone looks unbalanced to the phrase as well.
    stages(folder, 2_400, |ends| by_ports(1, ends) % 2, over_a);
    decide(
        folder,
        "flows are balanced per flow over c and d",
        &["c.pcap", "d.pcap"],
    )
    .is(1, &["use one link"]);
}

#[test]
fn stages_that_are_none_are_refused() {
    let folder = folder();
    let folder = folder.path();
    stages(folder, 1_600, |ends| by_ports(2, ends) % 2, |_| true);
    capture(folder, &["polarisation", "a.pcap", "b.pcap"]).is(2, &["name the stages"]);
    capture(folder, &["polarisation", "--at", "x=a.pcap,b.pcap", "--at", "y=c.pcap"]).is(2, &["`y` has one link"]);
    // In the wrong order.
    let wrong = ["--at", "second=c.pcap,d.pcap", "--at", "first=a.pcap,b.pcap"];
    capture(folder, &[&["polarisation"], &wrong[..]].concat()).is(3, &["name the stages in the order"]);
    // Packets of a flow use both links: nothing to compare.
    written(folder, &["c", "d"], 1_600, false, 61, |ends, number| {
        Some((by_ports(2, ends) + number as usize) % 2)
    });
    polarised(folder, &[]).is(3, &["no flow keeps one link"]);
    // Flows both ways, and no router between the stages.
    written(folder, &["a", "b"], 1_600, true, 62, |ends, _| {
        Some(by_ports(1, ends) % 2)
    });
    written(folder, &["c", "d"], 1_600, true, 62, |ends, _| {
        Some(by_ports(2, ends) % 2)
    });
    polarised(folder, &[]).is(3, &["say --flow FROM->TO"]);
    polarised(folder, &["--flow", "10.3.1.2->1.1.1.1"]).is(0, &["1600 flows"]);
    let json = polarised(folder, &["--flow", "10.3.1.2->1.1.1.1", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    let stage = &json["points"][0];
    assert_eq!(json["version"], 1);
    assert_eq!((&stage["first"], &stage["point"]), (&"first".into(), &"second".into()));
    assert_eq!(stage["verdict"], "pass");
    let cells = stage["table"].as_array().unwrap();
    let flows: u64 = cells.iter().map(|cell| cell["flows"].as_u64().unwrap()).sum();
    assert_eq!((cells.len(), flows), (4, 1_600));
}

/// Mistake 27: the first part of a datagram goes by its ports, those behind it by addresses alone.
#[test]
fn parts_of_one_datagram_on_two_links_are_named() {
    let folder = folder();
    let folder = folder.path();
    let written = |is_apart: bool, numbered: &dyn Fn(u64, u16) -> u16| {
        let mut links: [Vec<Packet>; 2] = Default::default();
        for number in 0..4_u64 {
            for flow in 0..1_200_u16 {
                let ends = forward(flow);
                let at = BEGIN + number as i64 * 500 * MS + i64::from(flow) * 10_000;
                let link = by_ports(1, ends) % 2;
                links[link].push((at, ethernet(&probe(ends, 62, number, at))));
                if flow % 4 > 0 {
                    continue;
                }
                // Something else between the same ends, too long for one packet.
                let long = ipv4_udp(ends, 62, &[flow as u8; 2_400]);
                let [first, behind] = in_parts(long, numbered(number, flow));
                links[link].push((at + 1_000, ethernet(&first)));
                let other = if is_apart { 0 } else { link };
                links[other].push((at + 2_000, ethernet(&behind)));
            }
        }
        for (name, packets) in ["a.pcap", "b.pcap"].iter().zip(&mut links) {
            packets.sort_by_key(|(at, _)| *at);
            pcap(&folder.join(name), packets);
        }
    };
    let in_turn = |number: u64, flow: u16| number as u16 * 1_200 + flow;
    written(false, &in_turn);
    says(
        folder,
        PER_FLOW,
        0,
        &["note: the parts of 1200 datagrams keep one link each"],
    );
    // Numbers that come again later are other datagrams.
    written(false, &|_, flow| flow);
    says(
        folder,
        PER_FLOW,
        0,
        &["note: the parts of 1200 datagrams keep one link each"],
    );
    written(true, &in_turn);
    let apart = "of 1200 datagrams have parts on several links: 10.3.1.2 -> 1.1.1.1 udp, datagram";
    says(folder, PER_FLOW, 1, &[apart, "on a and b"]);
    let said = capture(folder, &["balance", "a.pcap", "b.pcap"]);
    said.is(0, &["fragments: ", apart]);
    let said = capture(folder, &["balance", "a.pcap", "b.pcap", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(json["points"][0]["fragments"]["datagrams"], 1_200, "{said:?}");
}

#[test]
fn one_direction_is_looked_at_alone() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a", "b"], 1_200, true, 62, |ends, _| {
        let is_back = ends.ports.0 == 7000;
        Some(if is_back { 1 } else { by_ports(1, ends) % 2 })
    });
    let files = ["a.pcap", "b.pcap"];
    let of = |flow: &str| capture(folder, &[&["balance", "--flow", flow][..], &files].concat());
    of("10.3.1.2->1.1.1.1").is(
        0,
        &[
            "flows 10.3.1.2/32 -> 1.1.1.1/32 alone: PerFlow",
            "evenness: pass, 1200 on 2 links",
        ],
    );
    of("1.1.1.1->10.3.1.0/24").is(0, &["SingleLink, all 1200 flows use one link"]);
    of("1.1.1.1->10.4.0.0/16").is(3, &["no packets"]);
    decide(folder, "nothing is lost", &["--flow", "1.1.1.1->10.3.1.2", "a.pcap"])
        .is(2, &["the phrase says which flows"]);
}

/// What a person meets who asks for flows that are not there.
#[test]
fn no_flow_is_said_and_is_no_success() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a", "b"], 4, false, 62, |ends, _| Some(by_ports(1, ends) % 2));
    for command in ["flows", "outage"] {
        let said = capture(folder, &[command, "--flow", "10.9.9.9->1.1.1.1", "a.pcap", "b.pcap"]);
        said.is(
            3,
            &["no such flow was captured; there are 10.3.1.2:20000 -> 1.1.1.1:7000 udp"],
        );
    }
    pcap(
        &folder.join("c.pcap"),
        &[(
            BEGIN,
            ethernet(&ipv4_udp(forward(0), 62, b"no probe, but as long as one is")),
        )],
    );
    for command in ["flows", "outage", "anatomy"] {
        capture(folder, &[command, "c.pcap"]).is(3, &["none of 1 packets has a sequence number as our probe has it"]);
    }
    std::fs::write(folder.join("d.pcap"), "words").unwrap();
    for command in ["summary", "flows", "outage", "anatomy", "balance", "events"] {
        capture(folder, &[command, "d.pcap"]).is(3, &["d.pcap: neither pcap nor pcapng"]);
    }
    decide(folder, "nothing is lost", &["d.pcap"]).is(3, &["d.pcap: neither pcap nor pcapng"]);
    capture(folder, &["outage", "a.pcap", "--plot", "none/x.svg"]).is(2, &["there is no folder `none`"]);
    capture(folder, &["outage", "a.pcap", "--rate", "1k"]).is(2, &["packets a second, a whole number from 1 on"]);
}

/// Where a link fails within the capture flows change theirs once, which is no mixed rule.
#[test]
fn flows_that_leave_a_failed_link_do_not_break_the_rule() {
    let folder = folder();
    let folder = folder.path();
    let captured = |link: &dyn Fn(u16, i64) -> usize| {
        let mut links = vec![Vec::new(); 2];
        for number in 0..100_i64 {
            for flow in 0..100_u16 {
                let at = BEGIN + number * 10 * MS + i64::from(flow) * 1_000;
                let octets = ethernet(&probe(forward(flow), 62, number.cast_unsigned(), at));
                links[link(flow, number)].push((at, octets));
            }
        }
        for (name, packets) in ["a", "b"].iter().zip(&links) {
            pcap(&folder.join(format!("{name}.pcap")), packets);
        }
    };
    let failing = |flow: u16, number: i64| if number < 50 { by_ports(1, forward(flow)) % 2 } else { 0 };
    captured(&failing);
    let told = [
        "packets keep one of 2 links each",
        "flows changed their links from 0.49",
        "into the capture, and b carries nothing afterwards",
        "editcap",
    ];
    says(folder, PER_FLOW, 3, &told);
    says(folder, PER_PACKET, 1, &told);
    let said = capture(folder, &["balance", "a.pcap", "b.pcap"]);
    said.is(0, &["PerFlow", "b carries nothing afterwards"]);
    let said = capture(folder, &["balance", "a.pcap", "b.pcap", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    let changed = json["points"][0]["changed"].as_str();
    assert!(
        changed.is_some_and(|changed| changed.contains("b carries nothing")),
        "{said:?}"
    );
    // One flow changes its link at another time as well, or nothing fails.
    captured(&|flow, number| match (flow, number) {
        (7, 20..30) => 1 - failing(7, number),
        _ => failing(flow, number),
    });
    says(folder, PER_FLOW, 1, &["of 100 flows use several links"]);
    captured(&|flow, number| (by_ports(1, forward(flow)) + usize::from(flow == 7 && number > 50)) % 2);
    says(folder, PER_FLOW, 1, &["1 of 100 flows use several links"]);
}

/// One link captured twice, or at both ends, shows every packet on two links, and balances nothing.
#[test]
fn the_same_packets_on_two_links_are_no_balance() {
    let folder = folder();
    let folder = folder.path();
    written(folder, &["a"], 1_200, false, 62, |_, _| Some(0));
    for delay in [0, 5_000, 15 * MS] {
        let packets: Vec<Packet> = (0..4_u64)
            .flat_map(|number| (0..1_200).map(move |flow| (number, flow)))
            .map(|(number, flow)| {
                let at = BEGIN + number as i64 * 10 * MS + i64::from(flow) * 1_000;
                (at + delay, ethernet(&probe(forward(flow), 62, number, at)))
            })
            .collect();
        pcap(&folder.join("b.pcap"), &packets);
        for phrase in [PER_PACKET, PER_FLOW, SYMMETRIC, ROUND_ROBIN] {
            says(folder, phrase, 3, &["captured more than once"]);
        }
    }
}
