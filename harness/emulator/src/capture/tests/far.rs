//! What sessions between routers that are no neighbours look like in the middle: LDP with other addresses, targeted
//! hellos, BFD over several hops.

use std::time::Duration;

use super::wireshark::{assert_clean, fields};
use crate::answers::tests::lab::Computed;
use crate::answers::tests::ldp_sessions::row;
use crate::capture::{CaptureFormat, CapturePoint, CaptureRequest};
use crate::fault::Direction;
use crate::network::Moment;

/// What passes a port in the last so many seconds, in a file.
fn capture(lab: &Computed, device: &str, interface: &str, seconds: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let now = lab.lab.timed().unwrap().now().now();
    let request = CaptureRequest {
        points: vec![CapturePoint {
            device: device.into(),
            interface: interface.into(),
            direction: Direction::Both,
        }],
        from: Moment::from_nanos(now.nanos().saturating_sub(seconds * 1_000_000_000)),
        to: now,
        format: CaptureFormat::Pcapng,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("far.pcapng");
    lab.lab.capture_to(&request, &path).unwrap();
    (folder, path)
}

#[test]
fn targeted_sessions_and_bfd_over_several_hops_pass_in_the_middle() {
    let lab = row();
    for (device, peer) in [("R1", 4), ("R4", 1)] {
        let own = if peer == 4 { 1 } else { 4 };
        lab.commit(
            device,
            &[
                &format!("mpls ldp remote-peer far / remote-ip {peer}.{peer}.{peer}.{peer}"),
                "bfd",
                &format!("bfd far bind peer-ip {peer}.{peer}.{peer}.{peer} source-ip {own}.{own}.{own}.{own}"),
                &format!("bfd far / discriminator local {own}"),
                &format!("bfd far / discriminator remote {peer}"),
            ],
        );
    }
    lab.pass(Duration::from_secs(100));
    let (_folder, path) = capture(&lab, "R2", "GE0/2/0", 60);
    assert_clean(&path, "ldp.gtsm_not_supported_basic_discovery");
    let names = [
        "ip.src",
        "ip.dst",
        "ip.ttl",
        "ldp.msg.tlv.hello.hold",
        "ldp.msg.tlv.hello.targeted",
    ];
    if let Some(rows) = fields(&path, "ldp and udp and ip.dst != 224.0.0.2", &names) {
        assert!((6..=10).contains(&rows.len()), "{rows:#?}");
        for row in rows {
            let ends = (row[0].as_str(), row[1].as_str());
            assert!(
                ends == ("1.1.1.1", "4.4.4.4") && row[2] == "254" || ends == ("4.4.4.4", "1.1.1.1"),
                "{row:?}"
            );
            assert_eq!((row[3].as_str(), !row[4].is_empty()), ("45", true), "{row:?}");
        }
    }
    if let Some(rows) = fields(
        &path,
        "ldp and udp and ip.dst == 224.0.0.2",
        &["ldp.msg.tlv.hello.hold"],
    ) {
        assert!(
            (22..=28).contains(&rows.len()) && rows.iter().all(|row| row[0] == "15"),
            "{rows:?}"
        );
    }
    if let Some(rows) = fields(&path, "bfd", &["ip.src", "udp.dstport", "ip.ttl", "bfd.sta"]) {
        // Every 7.5 to 10 ms from each end.
        assert!((12_000..=16_000).contains(&rows.len()), "{}", rows.len());
        assert!(
            rows.iter()
                .all(|row| row[1] == "4784" && (row[2] == "254" || row[2] == "253")),
            "{:?}",
            rows[0]
        );
    }
}

#[test]
fn the_transport_addresses_and_hold_times_are_those_that_are_configured() {
    let lab = row();
    lab.commit("R1", &["interface GE0/3/0 / ospf cost 9"]);
    lab.commit(
        "R1",
        &[
            "interface GE0/2/0 / mpls ldp transport-address LoopBack9",
            "interface GE0/2/0 / mpls ldp timer hello-hold 9",
            "interface GE0/2/0 / mpls ldp timer keepalive-hold 30",
        ],
    );
    lab.pass(Duration::from_secs(60));
    let (_folder, path) = capture(&lab, "R1", "GE0/2/0", 70);
    assert_clean(&path, "tcp.flags.fin == 1 or tcp.flags.syn == 1");
    let hello = ["ldp.msg.tlv.hello.hold", "ldp.msg.tlv.ipv4.taddr", "ldp.hdr.ldpid.lsr"];
    if let Some(rows) = fields(&path, "ldp and udp and ip.src == 10.0.1.1", &hello) {
        let last = rows.last().unwrap();
        assert_eq!(last[..], ["9", "10.9.9.1", "1.1.1.1"].map(str::to_owned), "{rows:?}");
        assert!(rows.len() > 15, "every three seconds: {}", rows.len());
    }
    let initialization = [
        "ip.src",
        "ldp.msg.tlv.sess.ka",
        "ldp.hdr.ldpid.lsr",
        "ldp.msg.tlv.sess.rxlsr",
    ];
    if let Some(rows) = fields(&path, "ldp.msg.type == 0x200 and ip.addr == 10.9.9.1", &initialization) {
        let expected = [
            ["10.9.9.1", "30", "1.1.1.1", "2.2.2.2"],
            ["2.2.2.2", "45", "2.2.2.2", "1.1.1.1"],
        ];
        for row in expected {
            assert!(rows.contains(&row.map(str::to_owned).to_vec()), "{row:?} of {rows:?}");
        }
    }
}
