//! Through random failures: what ports see of every packet is what the packet's own walk through the history says.

use proptest::prelude::*;

use super::stage::{MILLISECOND, Probe, Stage, probes};
use crate::network::{Moment, Packet, Vrf, Way};

const PORTS: [(&str, &str); 12] = [
    ("PE1", "GE0/1/0"),
    ("PE3", "GE0/1/0"),
    ("PE2", "GE0/1/0"),
    ("PE3", "GE0/2/0"),
    ("PE1", "GE0/2/0"),
    ("PE2", "GE0/2/0"),
    ("CE1", "GE0/1/0"),
    ("PE1", "GE0/3/0"),
    ("CE1", "GE0/2/0"),
    ("PE2", "GE0/3/0"),
    ("CE2", "GE0/1/0"),
    ("PE3", "GE0/3/0"),
];

/// What all ports see of the probes, one walk a packet.
fn expected(stage: &Stage) -> Vec<Probe> {
    let mut seen = Vec::new();
    let point = |way: Way| {
        PORTS
            .iter()
            .position(|(device, port)| stage.way(device, port) == way)
            .unwrap() as u32
    };
    for traffic in &stage.traffic {
        for turn in traffic.schedule.turns(0, stage.now()) {
            let flow = traffic.first_flow + turn.flow;
            let packet = Packet {
                source: traffic.source,
                destination: traffic.destination,
                protocol: 17,
                ports: (traffic.source_port + turn.flow as u16, traffic.destination_port),
                ttl: 64,
                number: turn.sequence,
            };
            let chance = u64::from(flow) << 40 ^ turn.sequence;
            let at = Moment::from_nanos(turn.at);
            let walk = stage.history().walk(traffic.device, &Vrf::Public, packet, at, chance);
            for hop in walk.hops {
                let ends = [(Some(hop.sent), hop.way), (hop.arrived, hop.way.back())];
                for (at, way) in ends {
                    let Some(at) = at.filter(|at| at.nanos() < stage.now()) else {
                        continue;
                    };
                    seen.push(Probe {
                        at: at.nanos(),
                        point: point(way),
                        flow,
                        sequence: turn.sequence,
                        sent: turn.at,
                    });
                }
            }
        }
    }
    seen.sort_unstable();
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_packet_goes_its_own_way(
        faults in prop::collection::vec((0..12_usize, 0..4_u8, 1..40 * MILLISECOND), 1..6),
        per_packet: bool,
    ) {
        let mut stage = Stage::new(|name, text| match name {
            "PE3" if per_packet => text.replace("#\nreturn", "#\nload-balance packet all\n#\nreturn"),
            _ => text,
        });
        stage.send("CE2", "10.3.1.2", "1.1.1.1", 5, 2_000);
        stage.send("CE1", "1.1.1.1", "10.3.1.2", 3, 1_000);
        for (port, kind, after) in faults {
            let way = stage.way(PORTS[port].0, PORTS[port].1);
            stage.fault(way, |condition| match kind {
                0 => condition.cut = !condition.cut,
                1 => condition.loss = 1.0 - condition.loss,
                2 => condition.loss = 0.3,
                _ => condition.delay *= 40,
            });
            stage.advance(after);
        }
        stage.advance(40 * MILLISECOND);
        let file = stage.capture(&PORTS, (0, stage.now()));
        let captured = probes(&file);
        prop_assert!(captured.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let mut sorted = captured;
        sorted.sort_unstable();
        prop_assert_eq!(sorted, expected(&stage));
    }
}
