//! The corpus kept for fuzzing, run as plain tests. `UPDATE_CORPUS=1` writes it anew from the builds of these tests.

use std::path::{Path, PathBuf};

use super::frames;
use super::writer::*;

#[path = "../../../fuzz/bodies/container.rs"]
mod container_body;
#[path = "../../../fuzz/bodies/packet.rs"]
mod packet_body;

/// The link types of `fuzz/bodies/packet.rs`, in its order.
const LINK_TYPES: [u16; 17] = [0, 1, 1, 1, 9, 12, 50, 101, 104, 108, 113, 204, 219, 228, 229, 276, 999];

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target)
}

/// Every file of a corpus, after writing it anew where that is asked for.
fn kept(target: &str, anew: impl Fn() -> Vec<(String, Vec<u8>)>) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus(target);
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, octets) in anew() {
            std::fs::write(folder.join(name), octets).unwrap();
        }
    }
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn the_corpus_of_the_container_reader() {
    let anew = || {
        let mut seeds = Vec::new();
        for order in Order::BOTH {
            let packet = frames::udp4(&frames::probe(1, 2));
            for magic in [MICRO, NANO, MODIFIED] {
                let mut file = vec![7];
                file.extend(pcap_header(order, magic, 0, 101));
                file.extend(pcap_record(order, magic, 1, 2, &packet, packet.len() as u32));
                file.extend(pcap_record(order, magic, 1, 1, &packet[..30], packet.len() as u32));
                seeds.push((format!("pcap-{magic:x}-{order:?}").to_lowercase(), file));
            }
            let mut file = vec![100];
            file.extend(section(order));
            file.extend(interface(
                order,
                101,
                0,
                &[option(order, 2, b"eth0"), option(order, 9, &[0x9e])],
            ));
            file.extend(enhanced(
                order,
                0,
                9,
                &packet,
                60,
                &[option(order, 2, &order.u32(1)), option(order, 4, &order.u64(1))],
            ));
            file.extend(obsolete(order, 0, 1, 10, &packet, 60));
            file.extend(simple(order, &packet, packet.len() as u32));
            file.extend(block(order, 4, &[0; 8]));
            file.extend(statistics(order, 0, &[option(order, 5, &order.u64(2))]));
            seeds.push((format!("pcapng-{order:?}").to_lowercase(), file));
        }
        seeds
    };
    let files = kept("container", anew);
    assert!(files.len() >= 8);
    for (path, octets) in files {
        println!("{}", path.display());
        container_body::run(&octets);
    }
}

#[test]
fn the_corpus_of_the_decoder() {
    let anew = || {
        let builds = frames::all().into_iter();
        let seed = |(name, link_type, octets): (&str, u16, Vec<u8>)| {
            let index = LINK_TYPES.iter().position(|each| *each == link_type).unwrap() as u8;
            let name = name.to_lowercase().replace(", ", "-").replace(' ', "-");
            (name, [&[index, 0, 0][..], &octets].concat())
        };
        builds.map(seed).collect()
    };
    let files = kept("packet", anew);
    assert!(files.len() >= 40);
    for (path, octets) in files {
        println!("{}", path.display());
        packet_body::run(&octets);
    }
}
