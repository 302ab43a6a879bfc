//! A session over a network whose last link is cut while it lasts.

use std::net::Ipv4Addr;
use std::path::Path;

use super::toy::{LAST, Toy, way};
use super::wireshark::{assert_clean, fields};
use crate::capture::bgp_message::{BgpMessage, IpPrefix, Routes};
use crate::capture::conversation::{Conversation, Event, Party};
use crate::capture::file::{CaptureFile, CaptureFormat, Direction, FileHeader};
use crate::capture::tcp_connection::Side;
use crate::capture::timeline::{Observed, Timeline};
use crate::network::{Vrf, Way};

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const MILLISECOND: u64 = 1_000_000;

fn party(device: usize, address: Ipv4Addr) -> Party {
    Party {
        device,
        vrf: Vrf::Public,
        address,
        ttl: 255,
    }
}

fn write(toy: &Toy, events: &[(u64, Event)], out: Way, path: &Path) {
    let events = events
        .iter()
        .map(|(at, event)| (at * MILLISECOND, event.clone()))
        .collect::<Vec<_>>();
    let (client, server) = (party(0, FIRST), party(3, LAST));
    let conversation = Conversation::new(toy, client, server, 179, 7, events.into_iter());
    let observed = Observed::from([((out, Direction::Out), vec![0]), ((out.back(), Direction::In), vec![0])]);
    let timeline = Timeline::new(vec![Box::new(conversation)], observed, (0, 1_200 * MILLISECOND));
    let header = FileHeader {
        application: "test".into(),
        comment: "emulated".into(),
        interfaces: vec![("point".into(), String::new())],
    };
    let file = std::fs::File::create(path).unwrap();
    let mut file = CaptureFile::begin(file, CaptureFormat::Pcapng, &header).unwrap();
    let mut frame = Vec::new();
    for sighting in timeline {
        sighting.frame(&mut frame);
        file.packet(0, sighting.at, Some(sighting.direction), &frame).unwrap();
    }
    file.end(0, 1_200 * MILLISECOND).unwrap();
}

#[test]
fn sequence_numbers_agree_and_what_is_lost_is_not_acknowledged() {
    let toy = Toy {
        cut: 60 * MILLISECOND,
        heal: 75 * MILLISECOND,
        ..Toy::default()
    };
    let open = |router_id| BgpMessage::Open {
        as_number: 1,
        router_id,
        hold_time: 180,
        unicast: true,
        labelled: false,
        vpnv4: false,
    };
    let routes = (0..900_u32).map(|n| IpPrefix {
        address: Ipv4Addr::from(n << 8),
        length: 24,
    });
    let withdraw = BgpMessage::Withdraw(Routes::Unicast(routes.collect()));
    let said = |side, message: &BgpMessage| Event::Message(side, message.to_bytes());
    let events = [
        (10, Event::Opened),
        (10, said(Side::Client, &open(FIRST))),
        (11, said(Side::Server, &open(LAST))),
        (11, said(Side::Server, &BgpMessage::Keepalive)),
        (12, said(Side::Client, &BgpMessage::Keepalive)),
        (20, said(Side::Client, &withdraw)),
        (20, said(Side::Server, &withdraw)),
        (70, said(Side::Client, &BgpMessage::Keepalive)),
        (80, said(Side::Client, &BgpMessage::Keepalive)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path().join("near.pcapng");
    let far = folder.path().join("far.pcapng");
    write(&toy, &events, way(0, 1), &near);
    write(&toy, &events, way(3, 1), &far);
    for file in [&near, &far] {
        assert_clean(file, "tcp.flags.syn == 1 or frame.time_relative > 0.06");
    }
    // Each way 200 µs, the answer after another 20.
    let names = ["frame.time_epoch", "tcp.flags", "tcp.seq", "tcp.ack"];
    if let Some(rows) = fields(&near, "tcp.seq == 0 or frame.number == 3", &names) {
        let rows: Vec<String> = rows.iter().map(|row| row.join(" ")).collect();
        assert_eq!(
            rows,
            [
                "0.009340000 0x0002 0 0",
                "0.009760000 0x0012 0 1",
                "0.009780000 0x0010 1 1",
            ]
        );
    }
    let names = [
        "tcp.len",
        "frame.time_relative",
        "tcp.analysis.lost_segment",
        "tcp.analysis.retransmission",
        "tcp.analysis.out_of_order",
        "tcp.analysis.duplicate_ack",
    ];
    if let (Some(near), Some(far)) = (fields(&near, "tcp", &names), fields(&far, "tcp", &names)) {
        let has = |rows: &[Vec<String>], is: &dyn Fn(&[String]) -> bool| rows.iter().filter(|row| is(row)).count();
        assert_eq!(
            [has(&near, &|row| row[0] != "0"), has(&far, &|row| row[0] != "0")],
            [13, 12]
        );
        assert_eq!(has(&near, &|row| row[0] == "0"), 15);
        // What is lost is sent again a second later, and taken for what it is.
        assert_eq!(has(&near, &|row| row[0] != "0" && row[1].starts_with("1.")), 1);
        assert_eq!(has(&far, &|row| !row[2].is_empty()), 1);
        assert_eq!(has(&far, &|row| !row[3].is_empty() || !row[4].is_empty()), 1);
        assert_eq!(has(&far, &|row| !row[5].is_empty()), 1);
    }
    let problems = "tcp.analysis.flags and frame.time_relative < 0.06";
    for file in [&near, &far] {
        if let Some(rows) = fields(file, problems, &["frame.number", "_ws.col.Info"]) {
            assert!(rows.is_empty(), "{rows:?}");
        }
    }
    // The last acknowledgment is of everything that was sent.
    if let Some(rows) = fields(&far, "tcp", &["tcp.srcport", "tcp.nxtseq", "tcp.ack"]) {
        let sent = rows
            .iter()
            .filter(|row| row[0] != "179")
            .filter_map(|row| row[1].parse::<u32>().ok());
        assert_eq!(
            sent.max().map(|sent| sent.to_string()),
            rows.last().map(|row| row[2].clone())
        );
    }
    if let Some(rows) = fields(&far, "bgp.type == 2", &["tcp.srcport"]) {
        assert_eq!(rows.len(), 2, "each side's withdrawal is reassembled");
    }
}
