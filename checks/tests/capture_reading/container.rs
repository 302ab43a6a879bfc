//! Whole files of every variant.

use checks::capture::container::{Format, WarningKind};
use checks::capture::{Direction, LinkType};

use super::writer::*;

const PACKET: &[u8] = b"0123456789abcdef0123456789abcdef012";

#[test]
fn every_pcap_magic_in_both_orders() {
    for order in Order::BOTH {
        for (magic, nanoseconds) in [(MICRO, 123_456_000), (NANO, 123_456), (MODIFIED, 123_456_000)] {
            let mut file = pcap_header(order, magic, 65_535, 1);
            file.extend(pcap_record(order, magic, 1_700_000_000, 123_456, PACKET, 35));
            file.extend(pcap_record(order, magic, 4_294_967_295, 999_999, &PACKET[..20], 20));
            for piece in [file.len(), 1, 7, 24, 40] {
                let (reader, records) = read_in_pieces(&file, piece);
                assert!(
                    reader.warnings().is_empty(),
                    "{order:?} {magic:x}: {:?}",
                    warnings(&reader)
                );
                assert_eq!(reader.format(), Format::Pcap);
                assert_eq!(records.len(), 2, "{order:?} {magic:x} in pieces of {piece}");
                let first = &records[0];
                assert_eq!(
                    first.time,
                    Some(1_700_000_000_000_000_000 + nanoseconds),
                    "{order:?} {magic:x}"
                );
                assert_eq!(
                    (first.number, first.offset, first.link_type),
                    (1, 24, LinkType::ETHERNET)
                );
                assert_eq!(first.captured, PACKET);
                // The year 2106 is not 1970.
                assert!(records[1].time.unwrap() > 4_294_967_295_000_000_000);
                let resolution = if magic == NANO { 1 } else { 1_000 };
                assert_eq!(reader.interfaces()[0].resolution_ns(), resolution);
                assert!(reader.integrity().packets_are_sound() && reader.integrity().times_are_sound());
            }
        }
    }
}

#[test]
fn other_crates_write_what_we_read() {
    use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
    use pcap_file::{DataLink, Endianness, TsResolution};
    for endianness in [Endianness::Big, Endianness::Little] {
        for ts_resolution in [TsResolution::MicroSecond, TsResolution::NanoSecond] {
            let header = PcapHeader {
                endianness,
                ts_resolution,
                datalink: DataLink::MPLS,
                ..PcapHeader::default()
            };
            let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
            for index in 0..5u64 {
                let time = std::time::Duration::new(1_000 + index, 5_000);
                writer.write_packet(&PcapPacket::new(time, 90, PACKET)).unwrap();
            }
            let (reader, records) = read_in_pieces(&writer.into_writer(), 13);
            assert_eq!(warnings(&reader), ["snapped"]);
            assert_eq!(reader.warnings().count("snapped"), 5);
            assert_eq!(records[4].time, Some(1_004_000_005_000));
            assert_eq!((records[4].original_length, records[4].link_type), (90, LinkType::MPLS));
        }
    }
}

#[test]
fn sections_of_both_orders_with_several_interfaces() {
    let mut file = Vec::new();
    for order in [Order::Little, Order::Big, Order::Little] {
        file.extend(section(order));
        let name = [option(order, 2, b"eth0"), option(order, 3, b"uplink")];
        file.extend(interface(order, 1, 0, &name));
        let finer = [
            option(order, 9, &[9]),
            option(order, 14, &order.u64(100)),
            option(order, 0, &[]),
        ];
        file.extend(interface(order, 276, 0, &finer));
        let binary = [option(order, 9, &[0x9e])];
        file.extend(interface(order, 101, 0, &binary));
        file.extend(enhanced(
            order,
            1,
            5_000_000_001,
            PACKET,
            35,
            &[option(order, 2, &order.u32(1))],
        ));
        file.extend(enhanced(
            order,
            0,
            7,
            PACKET,
            40,
            &[option(order, 2, &order.u32(2)), option(order, 0, &[])],
        ));
        file.extend(enhanced(
            order,
            2,
            3 << 29,
            &PACKET[..33],
            33,
            &[option(order, 1, b"a comment")],
        ));
    }
    for piece in [file.len(), 1, 3, 28, 100] {
        let (reader, records) = read_in_pieces(&file, piece);
        assert_eq!(reader.format(), Format::Pcapng);
        assert_eq!(warnings(&reader), ["snapped"], "in pieces of {piece}");
        assert_eq!(records.len(), 9);
        for (index, group) in records.chunks(3).enumerate() {
            let base = 3 * index as u32;
            assert_eq!(group[0].time, Some(105_000_000_001), "section {index}");
            assert_eq!(
                (group[0].interface, group[0].direction),
                (base + 1, Some(Direction::Inbound))
            );
            assert_eq!(group[1].time, Some(7_000));
            assert_eq!(
                (group[1].interface, group[1].direction),
                (base, Some(Direction::Outbound))
            );
            assert_eq!(group[2].time, Some(1_500_000_000));
            assert_eq!((group[2].link_type, group[2].captured.len()), (LinkType::RAW, 33));
        }
        let interfaces = reader.interfaces();
        assert_eq!(interfaces.len(), 9);
        let fifth = &interfaces[4];
        assert_eq!(
            (fifth.section, fifth.number_in_section, fifth.time_offset_s),
            (1, 1, 100)
        );
        assert_eq!(fifth.link_type, LinkType::LINUX_COOKED_V2);
        assert_eq!(interfaces[3].name.as_deref(), Some("eth0"));
        assert_eq!(interfaces[3].description.as_deref(), Some("uplink"));
        assert_eq!(fifth.resolution_ns(), 1);
    }
}

#[test]
fn obsolete_and_simple_packets_and_blocks_that_say_nothing() {
    for order in Order::BOTH {
        let mut file = section(order);
        file.extend(interface(order, 1, 20, &[]));
        for silent in [4, 7, 8, 9, 0x0a, 0x0bad, 0x4000_0bad] {
            file.extend(block(order, silent, &[0xab; 32]));
        }
        file.extend(obsolete(order, 0, 0xffff, 1_000_000, &PACKET[..20], 35));
        file.extend(simple(order, &PACKET[..20], 35));
        file.extend(simple(order, &PACKET[..18], 18));
        file.extend(block(order, 0x1234_5678, &[1; 8]));
        let (reader, records) = read(&file);
        assert_eq!(warnings(&reader), ["snapped", "time_missing", "unknown_block"]);
        assert_eq!(records.len(), 3);
        assert_eq!((records[0].time, records[0].captured.len()), (Some(1_000_000_000), 20));
        assert_eq!((records[1].time, records[1].captured.len()), (None, 20));
        assert_eq!((records[2].captured.len(), records[2].original_length), (18, 18));
        assert!(reader.integrity().packets_are_sound());
        assert!(!reader.integrity().times_are_sound());
        assert_eq!(reader.integrity().dropped, None);
    }
}

#[test]
fn drops_are_added_up_and_put_everything_in_doubt() {
    for order in Order::BOTH {
        let mut file = section(order);
        file.extend(interface(order, 1, 0, &[]));
        file.extend(interface(order, 1, 0, &[]));
        file.extend(enhanced(order, 0, 1, PACKET, 35, &[option(order, 4, &order.u64(3))]));
        file.extend(obsolete(order, 0, 2, 2, PACKET, 35));
        let zero = [option(order, 5, &order.u64(0)), option(order, 7, &order.u64(0))];
        file.extend(statistics(order, 1, &zero));
        let (reader, _) = read(&file);
        assert_eq!(reader.interfaces()[0].dropped, Some(5));
        assert_eq!(reader.interfaces()[1].dropped, Some(0));
        assert_eq!(reader.integrity().dropped, Some(5));
        assert_eq!(warnings(&reader), ["dropped"]);
        // The totals at the end: of the interface and of the system.
        file.extend(statistics(
            order,
            1,
            &[option(order, 5, &order.u64(4)), option(order, 7, &order.u64(6))],
        ));
        let (reader, _) = read(&file);
        assert_eq!(reader.interfaces()[1].dropped, Some(10));
        assert_eq!(reader.integrity().dropped, Some(15));
        assert!(!reader.integrity().packets_are_sound());
    }
}

#[test]
fn times_that_go_back_or_cannot_be() {
    let order = Order::Little;
    let mut file = pcap_header(order, MICRO, 0, 1);
    file.extend(pcap_record(order, MICRO, 10, 500, PACKET, 35));
    file.extend(pcap_record(order, MICRO, 9, 999_999, PACKET, 35));
    file.extend(pcap_record(order, MICRO, 11, 1_000_000, PACKET, 35));
    file.extend(pcap_record(order, MICRO, 10, 400, PACKET, 35));
    let (reader, records) = read(&file);
    assert_eq!(warnings(&reader), ["time_backwards", "time_out_of_range"]);
    let kept: Vec<_> = reader.warnings().kept().collect();
    assert_eq!(kept[0].kind, WarningKind::TimeBackwards { nanoseconds: 501_000 });
    assert_eq!((kept[0].packet, kept[0].offset), (Some(2), 24 + 51));
    assert_eq!(
        kept[0].to_string(),
        "time goes back by 0.501000 ms (octet 75, packet 2)"
    );
    assert_eq!(reader.interfaces()[0].largest_step_back_ns, 501_000);
    assert_eq!(records[2].time, None);
    assert!(reader.integrity().packets_are_sound() && !reader.integrity().times_are_sound());
    // Interfaces have clocks of their own.
    let mut file = section(order);
    file.extend(interface(order, 1, 0, &[]));
    file.extend(interface(order, 1, 0, &[]));
    file.extend(enhanced(order, 0, 10, PACKET, 35, &[]));
    file.extend(enhanced(order, 1, 5, PACKET, 35, &[]));
    file.extend(enhanced(order, 0, 11, PACKET, 35, &[]));
    assert!(read(&file).0.warnings().is_empty());
}

/// A capture with one packet, `kind` being the magic number of a pcap, or none for pcapng.
fn capture_of(order: Order, kind: Option<u32>, link_type: u16) -> Vec<u8> {
    let Some(magic) = kind else {
        let mut file = section(order);
        file.extend(interface(order, link_type, 0, &[]));
        file.extend(enhanced(order, 0, 10_000_000, PACKET, 35, &[]));
        return file;
    };
    let mut file = pcap_header(order, magic, 0, u32::from(link_type));
    file.extend(pcap_record(order, magic, 10, 0, PACKET, 35));
    file
}

#[test]
fn captures_after_one_another_in_one_file() {
    let kinds = [Some(MICRO), Some(NANO), Some(MODIFIED), None];
    let kinds = kinds.map(|kind| Order::BOTH.map(|order| (order, kind)));
    for (first, first_kind) in kinds.into_iter().flatten() {
        for (second, second_kind) in kinds.into_iter().flatten() {
            let mut file = capture_of(first, first_kind, 1);
            file.extend(capture_of(second, second_kind, 101));
            // Several sections are what a pcapng may have.
            let expected = match (first_kind, second_kind) {
                (None, None) => vec![],
                _ => vec!["concatenated"],
            };
            for piece in [file.len(), 1, 16, 17, 24] {
                let (reader, records) = read_in_pieces(&file, piece);
                let what = format!("{first_kind:x?} {second_kind:x?} in pieces of {piece}");
                assert_eq!(warnings(&reader), expected, "{what}");
                let link_types: Vec<_> = records.iter().map(|record| record.link_type).collect();
                assert_eq!(link_types, [LinkType::ETHERNET, LinkType::RAW], "{what}");
                assert_eq!(records[1].interface, 1, "{what}");
                assert_eq!(records[1].time, Some(10_000_000_000), "{what}");
            }
        }
    }
}

#[test]
fn what_cannot_be_decoded_is_said_once_with_its_place() {
    let mut file = pcap_header(Order::Little, MICRO, 0, 147);
    for second in 0..9 {
        file.extend(pcap_record(Order::Little, MICRO, second, 0, PACKET, 35));
    }
    let (reader, records) = read(&file);
    assert_eq!(records.len(), 9);
    assert_eq!(reader.warnings().count("unknown_link_type"), 9);
    assert_eq!(reader.warnings().kept().count(), 5);
    assert!(reader.integrity().packet_doubts[0].contains("link type 147 cannot be decoded (octet 24, packet 1)"));
    assert!(reader.integrity().packet_doubts[0].ends_with("and 8 more of this kind"));
}
