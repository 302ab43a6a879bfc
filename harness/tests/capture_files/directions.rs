//! Two routers that send to each other over the same links: what each of them balances is judged by itself.

use std::path::Path;

use crate::program::{Said, capture, decide};
use crate::writer::{BEGIN, Bfd, Ends, MS, Packet, between, bfd, non_ip, pcap, probe};

const PER_FLOW: &str = "flows are balanced per flow over a and b";
const FLOWS: u16 = 400;

/// A flow: its ends, the stations that send and take its packets on each link, and the links of its packets one after the
/// other, over and over.
struct Sent {
    ends: Ends,
    stations: fn(usize) -> (u8, u8),
    links: Vec<usize>,
}

/// Routers with one address each on all links.
fn there(_: usize) -> (u8, u8) {
    (1, 2)
}

fn back(_: usize) -> (u8, u8) {
    (2, 1)
}

/// Routers with another address on each link.
fn there_by_link(link: usize) -> (u8, u8) {
    (10 + link as u8, 20 + link as u8)
}

fn back_by_link(link: usize) -> (u8, u8) {
    (20 + link as u8, 10 + link as u8)
}

/// A flow whose hosts send no other.
fn alone(net: (u8, u8), host: u16, links: &[usize], stations: fn(usize) -> (u8, u8)) -> Sent {
    let [high, low] = host.to_be_bytes();
    Sent {
        ends: Ends {
            source: [10, net.0, high, low],
            destination: [10, net.1, high, low],
            ports: (5_000, 5_000),
        },
        stations,
        links: links.to_vec(),
    }
}

/// Flow `port` from the left host to the right one, or back.
fn pair(port: u16, is_back: bool, links: &[usize], stations: fn(usize) -> (u8, u8)) -> Sent {
    let ends = Ends {
        source: [10, 1, 0, 1],
        destination: [10, 2, 0, 1],
        ports: (port, 7_000),
    };
    Sent {
        ends: if is_back { ends.reversed() } else { ends },
        stations,
        links: links.to_vec(),
    }
}

/// Ten packets of each flow in turn, on links `a`, `b`, `c` and `d`.
fn written(folder: &Path, flows: &[Sent], packets: u64) {
    let mut links: [Vec<Packet>; 4] = Default::default();
    for number in 0..packets {
        for (turn, sent) in flows.iter().enumerate() {
            let at = BEGIN + number as i64 * 10 * MS + turn as i64 * 1_000;
            let link = sent.links[number as usize % sent.links.len()];
            let frame = between((sent.stations)(link), &probe(sent.ends, 62, number, at));
            links[link].push((at, frame));
        }
    }
    for (name, packets) in FILES.iter().zip(&links) {
        pcap(&folder.join(name), packets);
    }
}

const FILES: [&str; 4] = ["a.pcap", "b.pcap", "c.pcap", "d.pcap"];

fn decided(flows: &[Sent], phrase: &str, links: usize) -> Said {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), flows, 10);
    decide(folder.path(), phrase, &FILES[..links])
}

fn half(flow: u16) -> usize {
    usize::from(flow % 2)
}

#[test]
fn stations_tell_the_direction_of_hosts_that_never_answer() {
    // Together they are even: one half of the flows goes there on a, the other goes back on b.
    let opposite: Vec<Sent> = (0..FLOWS)
        .map(|host| match half(host) {
            0 => alone((1, 2), host, &[0], there),
            _ => alone((2, 1), host, &[1], back),
        })
        .collect();
    let texts = ["10.1.0.0 -> 10.2.0.0 and flows that way: all 200 flows use one link"];
    decided(&opposite, PER_FLOW, 2).is(1, &texts);
    let both_even: Vec<Sent> = (0..2 * FLOWS)
        .map(|host| match host / FLOWS {
            0 => alone((1, 2), host, &[half(host)], there),
            _ => alone((2, 1), host, &[half(host)], back),
        })
        .collect();
    decided(&both_even, PER_FLOW, 2).is(0, &["and flows that way"]);
    let one_way: Vec<Sent> = (0..FLOWS)
        .map(|host| alone((1, 2), host, &[half(host)], there))
        .collect();
    decided(&one_way, PER_FLOW, 2).is(0, &["pass"]);
}

#[test]
fn links_that_nothing_joins_leave_directions_open() {
    // Hosts of both sides have addresses of both nets, and each link has stations of its own.
    let crossed: Vec<Sent> = (0..FLOWS)
        .map(|host| match (half(host), half(host / 2)) {
            (0, 0) => alone((1, 2), host, &[0], there_by_link),
            (0, _) => alone((2, 1), host, &[0], there_by_link),
            (_, 0) => alone((1, 2), host, &[1], back_by_link),
            (_, _) => alone((2, 1), host, &[1], back_by_link),
        })
        .collect();
    decided(&crossed, PER_FLOW, 2).is(3, &["no flows join them: capture each direction by itself"]);
    // One answer joins both links.
    let mut joined = crossed;
    joined.push(Sent {
        ends: joined[1].ends.reversed(),
        stations: there_by_link,
        links: vec![0],
    });
    joined.push(Sent {
        ends: Ends {
            ports: (9, 9),
            ..joined[0].ends.reversed()
        },
        stations: back_by_link,
        links: vec![1],
    });
    decided(&joined, PER_FLOW, 2).is(1, &["and flows that way: all 201 flows use one link"]);
}

#[test]
fn nets_stand_for_sides_and_it_is_said() {
    let assumed = "by their addresses, hosts of 10.1.0.0/16 and 10.2.0.0/16 are taken for those of one side each";
    let opposite: Vec<Sent> = (0..FLOWS)
        .map(|host| match half(host) {
            0 => alone((1, 2), host, &[0], there_by_link),
            _ => alone((2, 1), host, &[1], back_by_link),
        })
        .collect();
    // 1 and 2 differ in two bits: the halves end before the second.
    let assumed = assumed
        .replace("10.1.0.0/16", "10.0.0.0/15")
        .replace("10.2.0.0/16", "10.2.0.0/15");
    decided(&opposite, PER_FLOW, 2).is(1, &[&assumed]);
    let one_way: Vec<Sent> = (0..FLOWS)
        .map(|host| alone((1, 2), host, &[half(host)], there_by_link))
        .collect();
    decided(&one_way, PER_FLOW, 2).is(0, &[&assumed]);
}

#[test]
fn stations_that_are_no_routers_of_a_side_are_not_believed() {
    // Whatever goes there or back, the frames have the same stations.
    let flows: Vec<Sent> = (0..2 * FLOWS)
        .map(|port| pair(1_000 + port, port >= FLOWS, &[half(port)], there))
        .collect();
    decided(&flows, PER_FLOW, 2).is(
        0,
        &["10.1.0.1 -> 10.2.0.1 and flows that way", "10.2.0.1 -> 10.1.0.1 and"],
    );
    let opposite: Vec<Sent> = (0..2 * FLOWS)
        .map(|port| pair(1_000 + port, port >= FLOWS, &[usize::from(port >= FLOWS)], there))
        .collect();
    decided(&opposite, PER_FLOW, 2).is(1, &["all 400 flows use one link"]);
}

#[test]
fn packets_are_balanced_per_packet_by_each_router_itself() {
    let phrase = "packets are balanced per packet over a, b, c and d";
    let all: Vec<usize> = vec![0, 1, 2, 3, 1, 3, 0, 2];
    let even: Vec<Sent> = (0..FLOWS)
        .map(|port| {
            pair(
                1_000 + port,
                port >= FLOWS / 2,
                &all,
                [there, back][usize::from(port >= FLOWS / 2)],
            )
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &even, 200);
    decide(folder.path(), phrase, &FILES).is(0, &["and flows that way"]);
    // One router uses two links and the other two others; together all four are even.
    let parted: Vec<Sent> = (0..FLOWS)
        .map(|port| {
            if port < FLOWS / 2 {
                pair(1_000 + port, false, &[0, 1], there)
            } else {
                pair(1_000 + port, true, &[2, 3], back)
            }
        })
        .collect();
    written(folder.path(), &parted, 200);
    decide(folder.path(), phrase, &FILES).is(1, &["nothing on"]);
}

#[test]
fn links_take_turns_for_each_router() {
    let phrase = "packets are balanced round robin over a, b, c and d";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let both = |there_on: &[usize], back_on: &[usize]| {
        [
            pair(1_000, false, there_on, there_by_link),
            pair(1_000, true, back_on, back_by_link),
        ]
    };
    written(folder, &both(&[0, 1, 2, 3], &[3, 1, 0, 2]), 1_000);
    decide(folder, phrase, &FILES).is(
        0,
        &["10.1.0.1 -> 10.2.0.1 and flows that way: 1000 packets take the turns"],
    );
    capture(folder, &[&["balance"], &FILES[..]].concat())
        .is(0, &["10.2.0.1 -> 10.1.0.1 and flows that way: PerPacket"]);
    // A question on a and its answer on b, a question on c and its answer on d: all four take turns, and neither router uses
    // them all.
    written(folder, &both(&[0, 2], &[1, 3]), 1_000);
    decide(folder, phrase, &FILES).is(1, &["and flows that way"]);
}

#[test]
fn frames_that_are_not_ip_have_directions_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let of = |station: u16, other: u16, link: usize| (link, non_ip(station, other));
    let server = 9_000;
    let write = |flows: &[(usize, Vec<u8>)]| {
        let mut links: [Vec<Packet>; 2] = Default::default();
        for number in 0..10 {
            for (turn, (link, frame)) in flows.iter().enumerate() {
                links[*link].push((BEGIN + number * 10 * MS + turn as i64 * 1_000, frame.clone()));
            }
        }
        for (name, packets) in FILES.iter().zip(&links) {
            pcap(&folder.join(name), packets);
        }
    };
    let arguments = ["--sequence", "none", "a.pcap", "b.pcap"];
    let spread: Vec<_> = (0..FLOWS).map(|host| of(host, server, half(host))).collect();
    write(&spread);
    decide(folder, PER_FLOW, &arguments).is(0, &["400 flows"]);
    let opposite: Vec<_> = (0..2 * FLOWS)
        .map(|host| {
            if host < FLOWS {
                of(host, server, 0)
            } else {
                of(server, host - FLOWS, 1)
            }
        })
        .collect();
    write(&opposite);
    decide(folder, PER_FLOW, &arguments).is(1, &["all 400 flows use one link"]);
    let unjoined: Vec<_> = (0..FLOWS).map(|host| of(2 * host, 2 * host + 1, half(host))).collect();
    write(&unjoined);
    decide(folder, PER_FLOW, &arguments).is(3, &["no flows join them"]);
}

#[test]
fn the_control_plane_is_no_traffic_whatever_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut links: [Vec<Packet>; 2] = Default::default();
    for number in 0..10 {
        for port in 0..FLOWS {
            let flow = pair(1_000 + port, false, &[half(port)], there);
            let frame = between((1, 2), &probe(flow.ends, 62, number, BEGIN));
            links[half(port)].push((BEGIN + number as i64 * 10 * MS, frame));
        }
        for own in [1, 2] {
            let frame = between((own, 3 - own), &bfd(own, Bfd::UP));
            links[0].push((BEGIN + number as i64 * 10 * MS, frame));
        }
    }
    for (name, packets) in FILES.iter().zip(&links) {
        pcap(&folder.join(name), packets);
    }
    for place in ["probe", "none", "8:4"] {
        let arguments = ["--sequence", place, "a.pcap", "b.pcap"];
        let said = capture(folder, &[&["flows"], &arguments[..]].concat());
        assert!(!said.text.contains("10.1.1.1"), "{place}: {}", said.text);
        decide(folder, PER_FLOW, &arguments).is(0, &["400 on 2 links"]);
        capture(folder, &[&["events"], &arguments[..]].concat()).is(0, &["BFD single hop session heard: Up"]);
    }
}

#[test]
fn a_port_alone_makes_no_control_plane() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Source ports from 3,500 on: LSP ping, BFD and its echoes are among them.
    let flows: Vec<Sent> = (0..3_000)
        .map(|port| pair(3_500 + port, false, &[half(port)], there))
        .collect();
    written(folder, &flows, 2);
    let arguments = ["--sequence", "none", "a.pcap", "b.pcap"];
    decide(folder, PER_FLOW, &arguments).is(0, &["3000 on 2 links"]);
}

#[test]
fn hosts_of_one_subnet_are_not_parted_by_their_addresses() {
    let of = |source: u8, destination: u8, port: u16, link: usize| Sent {
        ends: Ends {
            source: [10, 0, 0, source],
            destination: [10, 0, 0, destination],
            ports: (port, 7_000),
        },
        stations: there_by_link,
        links: vec![link],
    };
    let flows: Vec<Sent> = (0..FLOWS)
        .flat_map(|port| [of(1, 5, port, 0), of(2, 6, port, 1)])
        .collect();
    decided(&flows, PER_FLOW, 2).is(3, &["no flows join them"]);
}
