//! Links that take turns, and one packet that does not.

use std::path::Path;

use crate::program::{capture, decide};
use crate::writer::{BEGIN, Packet, ethernet, forward, pcap, probe};

const ROUND_ROBIN: &str = "packets are balanced round robin over a, b, c and d";

/// 3,000 packets of 5 flows dealt to four links, of which one may stray and some may be lost; the clock of each link is so much
/// faster than that of the one before.
fn written(folder: &Path, stray: Option<u64>, lost: &[u64], clock: i64) {
    let mut links: [Vec<Packet>; 4] = Default::default();
    for dealt in 0..3_000_u64 {
        let at = BEGIN + dealt as i64 * 100_000;
        let turn = dealt % 4;
        let link = if stray == Some(dealt) { (turn + 1) % 4 } else { turn };
        let frame = ethernet(&probe(forward((dealt % 5) as u16), 62, dealt / 5, at));
        if !lost.contains(&dealt) {
            links[link as usize].push((at + link as i64 * clock, frame));
        }
    }
    for (name, packets) in ["a.pcap", "b.pcap", "c.pcap", "d.pcap"].iter().zip(&links) {
        pcap(&folder.join(name), packets);
    }
}

const FILES: [&str; 4] = ["a.pcap", "b.pcap", "c.pcap", "d.pcap"];

#[test]
fn one_packet_out_of_turn_is_named_with_its_place_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, None, &[], 0);
    decide(folder, ROUND_ROBIN, &FILES).is(
        0,
        &["3000 packets take the turns 0 1 2 3 over all packets, weights 1:1:1:1"],
    );
    capture(folder, &[&["balance"], &FILES[..]].concat()).is(0, &["order: RoundRobin"]);
    written(folder, None, &[700, 701, 1_999], 0);
    decide(folder, ROUND_ROBIN, &FILES).is(0, &["missing packets explain 2 turns that were left out"]);
    // Its turn was c's; it is the 501st on d.
    written(folder, Some(2_002), &[700], 0);
    decide(folder, ROUND_ROBIN, &FILES).is(
        1,
        &["10.3.1.2:20002 -> 1.1.1.1:7000 udp number 400 on d instead of c, packet 501 there, 0.200200 s into the capture"],
    );
}

#[test]
fn clocks_apart_hide_no_turns_and_accuse_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    written(folder, None, &[], 200_000_000);
    // The numbers of each flow tell.
    decide(folder, ROUND_ROBIN, &FILES).is(0, &["within their flows, without exception"]);
    written(folder, Some(2_002), &[], 200_000_000);
    decide(folder, ROUND_ROBIN, &FILES).is(3, &["no place among them"]);
    // No further apart than packets wait for each other.
    written(folder, Some(2_002), &[], 5_000_000);
    decide(folder, ROUND_ROBIN, &FILES).is(1, &["on d instead of c"]);
    written(folder, None, &[], 5_000_000);
    decide(folder, ROUND_ROBIN, &FILES).is(0, &["3000 packets take the turns 0 1 2 3 over all packets"]);
    decide(folder, "packets are balanced per packet over a, b, c and d", &FILES).is(0, &["pass"]);
}
