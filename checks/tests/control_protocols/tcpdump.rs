//! The same file read by tcpdump.

use std::io::Write;
use std::process::{Command, Stdio};

use checks::capture::event::Carried;
use checks::capture::protocol::bfd::Control;
use checks::capture::protocol::bgp::{BgpFraming, Destination, Message, Negotiated};

use crate::differential::{each, messages};
use crate::samples;

#[test]
fn tcpdump_sees_the_same_bfd_and_the_same_vpn_routes() {
    let capture = samples::all(1_460);
    let spawned = Command::new("tcpdump")
        .args(["-r", "-", "-nvv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        println!("NOT RUN: comparison with tcpdump (tcpdump is not installed)");
        return;
    };
    let mut input = child.stdin.take().expect("piped");
    let bytes = capture.clone();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().expect("tcpdump runs");
    writer.join().expect("writes").expect("tcpdump reads");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut expected = Vec::new();
    messages::<BgpFraming>(&capture, 179, |bytes| {
        let Ok(Message::Update(update)) = Message::decode(bytes, &Negotiated::default()) else {
            return;
        };
        let reach = update.reach.iter().filter(|reach| reach.family.safi == 128);
        for route in reach.flat_map(|reach| reach.routes.read()) {
            let (Some(distinguisher), Destination::Prefix(prefix), [label]) =
                (route.distinguisher, route.destination, &route.labels[..])
            else {
                panic!("{route:?}")
            };
            expected.push(format!(
                "RD: {distinguisher} (= 0.0.0.1), {prefix}, label:{label} (bottom)"
            ));
        }
    });
    assert_eq!(expected.len(), 2);
    each(&capture, |packet| {
        if let Carried::Udp {
            destination_port: 3784,
            payload,
            ..
        } = packet.carried
        {
            let control = Control::decode(payload).expect("a control packet");
            expected.push(format!(
                "Detection Timer Multiplier: {} ({} ms Detection time)",
                control.detect_multiplier,
                u32::from(control.detect_multiplier) * control.desired_min_tx / 1_000
            ));
            expected.push(format!("My Discriminator: {:#010x}", control.my_discriminator));
            expected.push(format!(
                "Required min Rx Interval: {:6} ms",
                control.required_min_rx / 1_000
            ));
        }
    });
    for line in expected {
        assert!(text.contains(&line), "tcpdump does not say {line:?}");
    }
}
