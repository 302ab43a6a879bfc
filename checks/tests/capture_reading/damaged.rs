//! Files that are cut, damaged or made to harm.

use proptest::prelude::*;

use super::writer::*;

const PACKET: &[u8] = &[0x5a; 60];

fn pcap(order: Order, magic: u32) -> Vec<u8> {
    let mut file = pcap_header(order, magic, 0, 1);
    for second in 0..4 {
        file.extend(pcap_record(
            order,
            magic,
            second,
            0,
            &PACKET[..40 + second as usize],
            60,
        ));
    }
    file
}

fn pcapng(order: Order) -> Vec<u8> {
    let mut file = section(order);
    file.extend(interface(
        order,
        1,
        0,
        &[option(order, 2, b"eth0"), option(order, 9, &[9]), option(order, 0, &[])],
    ));
    file.extend(enhanced(
        order,
        0,
        1,
        PACKET,
        60,
        &[option(order, 2, &order.u32(1)), option(order, 4, &order.u64(0))],
    ));
    file.extend(obsolete(order, 0, 0, 2, PACKET, 60));
    file.extend(block(order, 4, &[0; 16]));
    file.extend(enhanced(order, 0, 3, &PACKET[..57], 57, &[]));
    file.extend(statistics(order, 0, &[option(order, 5, &order.u64(0))]));
    file.extend(section(order));
    file.extend(interface(order, 101, 0, &[]));
    file.extend(simple(order, PACKET, 60));
    file
}

fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for order in Order::BOTH {
        files.extend([MICRO, NANO, MODIFIED].map(|magic| pcap(order, magic)));
        files.push(pcapng(order));
    }
    files
}

/// Every prefix gives the packets that are whole in it, and says that it is cut unless it ends between two.
#[test]
fn every_prefix_gives_what_is_whole_in_it() {
    for file in files() {
        let (_, whole) = read(&file);
        for end in 0..file.len() {
            let (reader, records) = read_in_pieces(&file[..end], 1 + end % 50);
            assert_eq!(records, whole[..records.len()], "{end} octets");
            let reached = whole.iter().take_while(|record| {
                let after = whole
                    .get(record.number as usize)
                    .map_or(file.len() as u64, |next| next.offset);
                after <= end as u64
            });
            assert!(records.len() >= reached.count(), "{end} octets");
            let doubts = reader.integrity().packet_doubts;
            let is_between = doubts.is_empty();
            let said = warnings(&reader);
            assert!(
                is_between || said.contains(&"truncated") || said.contains(&"empty"),
                "{end} octets: {said:?}"
            );
            if !is_between && end > 0 {
                let cut = reader
                    .warnings()
                    .kept()
                    .find(|warning| warning.kind.name() == "truncated")
                    .unwrap();
                assert!(cut.offset < end as u64 || end < 12, "{end} octets: {cut}");
            }
            // With one octet less than a whole file something is always missing.
            assert!(end + 1 < file.len() || !is_between);
        }
    }
}

/// In whatever pieces a file comes, the result is the same.
#[test]
fn pieces_do_not_matter() {
    for file in files() {
        let (whole_reader, whole) = read(&file);
        for piece in 1..file.len() {
            let (reader, records) = read_in_pieces(&file, piece);
            assert_eq!(records, whole, "pieces of {piece}");
            assert_eq!(warnings(&reader), warnings(&whole_reader));
        }
    }
}

#[test]
fn a_record_larger_than_any_packet_ends_the_reading() {
    for order in Order::BOTH {
        for magic in [MICRO, NANO, MODIFIED] {
            let mut file = pcap(order, magic);
            let at = file.len() as u64;
            let mut record = pcap_record(order, magic, 9, 0, &[], u32::MAX);
            record[8..12].copy_from_slice(&order.u32(0xffff_fff0));
            file.extend(record);
            file.extend(vec![0; 4096]);
            let (reader, records) = read_in_pieces(&file, 100);
            assert_eq!(records.len(), 4);
            let last = reader.warnings().kept().last().unwrap();
            assert_eq!(
                (last.kind.name(), last.offset, last.packet),
                ("corrupt_record", at, Some(4))
            );
            assert!(reader.has_stopped());
        }
    }
}

#[test]
fn a_block_of_hostile_length_is_never_held() {
    for order in Order::BOTH {
        let mut file = section(order);
        file.extend(interface(order, 1, 0, &[]));
        for block_type in [6u32, 5, 0x0a, 0x77] {
            let mut hostile = file.clone();
            hostile.extend(order.u32(block_type));
            hostile.extend(order.u32(0xffff_fffc));
            hostile.extend([0; 1000]);
            let (reader, records) = read_in_pieces(&hostile, 64);
            assert!(records.is_empty());
            let missing = u64::from(0xffff_fffcu32) - 1008 - 4;
            let truncated = reader.warnings().kept().last().unwrap().to_string();
            assert!(
                truncated.contains(&format!("ends {missing} octets too early")),
                "{truncated}"
            );
        }
        // A large block that is whole is left out, and what follows is read.
        let mut large = file.clone();
        large.extend(block(order, 0x0a, &vec![7; 3 << 20]));
        large.extend(enhanced(order, 0, 3, PACKET, 60, &[]));
        for piece in [1 << 22, 1000, 4096] {
            let (reader, records) = read_in_pieces(&large, piece);
            assert_eq!(records.len(), 1, "{:?}", warnings(&reader));
            assert!(reader.warnings().is_empty());
        }
        let trailer = file.len() + (3 << 20) + 8;
        large[trailer] ^= 1;
        assert_eq!(warnings(&read_in_pieces(&large, 777).0), ["corrupt_block"]);
    }
}

#[test]
fn blocks_that_lie_about_their_packet_are_left_out() {
    for order in Order::BOTH {
        let mut file = section(order);
        file.extend(interface(order, 1, 0, &[]));
        let mut lying = enhanced(order, 0, 1, PACKET, 60, &[]);
        lying[20..24].copy_from_slice(&order.u32(64));
        file.extend(&lying);
        lying[20..24].copy_from_slice(&order.u32(u32::MAX));
        file.extend(&lying);
        file.extend(enhanced(order, 7, 1, PACKET, 60, &[]));
        file.extend(block(order, 6, &[0; 16]));
        file.extend(enhanced(order, 0, 1, PACKET, 60, &[vec![0, 2, 0xff, 0xff]]));
        file.extend(enhanced(order, 0, 2, PACKET, 30, &[]));
        let (reader, records) = read(&file);
        assert_eq!(records.len(), 2);
        assert_eq!(
            warnings(&reader),
            [
                "corrupt_block",
                "unknown_interface",
                "malformed_option",
                "captured_exceeds_original"
            ]
        );
        assert_eq!(reader.warnings().count("corrupt_block"), 3);
        assert!(!reader.integrity().packets_are_sound());
    }
}

#[test]
fn files_that_are_no_captures() {
    let nothing = read(&[]).0;
    assert_eq!(warnings(&nothing), ["empty"]);
    let text = read(b"hello world, this is a text").0;
    assert_eq!(warnings(&text), ["not_a_capture"]);
    let said = &text.integrity().packet_doubts[0];
    assert!(said.contains("begins with 68 65 6c 6c"), "{said}");
    let mut old = pcap(Order::Little, MICRO);
    old[6] = 2;
    assert_eq!(warnings(&read(&old).0), ["corrupt_record"]);
    let mut order = pcapng(Order::Little);
    order[8] = 0;
    assert_eq!(warnings(&read(&order).0), ["corrupt_block"]);
}

proptest! {
    /// No change of a few octets makes the reader panic, hold more than a block, or hand out what is not in the file.
    #[test]
    fn damaged_files_give_no_more_than_they_hold(
        which in 0usize..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        piece in 1usize..300,
    ) {
        let mut file = files().swap_remove(which);
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] ^= octet;
        }
        let (reader, records) = read_in_pieces(&file, piece);
        for record in &records {
            prop_assert!(record.offset < file.len() as u64);
            let end = record.offset as usize + record.captured.len();
            prop_assert!(end <= file.len());
            prop_assert!((record.interface as usize) < reader.interfaces().len());
        }
        let again = read(&file);
        prop_assert_eq!(records, again.1);
        prop_assert_eq!(warnings(&reader), warnings(&again.0));
    }

    #[test]
    fn random_octets_behind_a_header_do_no_harm(
        which in 0usize..8,
        octets in prop::collection::vec(any::<u8>(), 0..2000),
        piece in 1usize..300,
    ) {
        let mut file = files().swap_remove(which);
        file.truncate(28);
        file.extend(octets);
        read_in_pieces(&file, piece);
    }
}
