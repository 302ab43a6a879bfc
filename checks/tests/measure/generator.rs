//! Streams of packets with known truth. Knows nothing of the analyser but the observations it is fed with.

use checks::capture::measure::{FlowId, LaneId, Observation};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Nanoseconds since 1970 at which everything begins.
pub const EPOCH: i64 = 1_795_222_205_000_000_000;
pub const MS: i64 = 1_000_000;
pub const SECOND: i64 = 1_000_000_000;

/// A sender, the path of its packets, and what goes wrong there.
#[derive(Debug, Clone)]
pub struct Stream {
    pub flow: u32,
    pub rate: i64,
    pub packets: u64,
    /// Nanoseconds after `EPOCH`.
    pub start: i64,
    /// Spans after `EPOCH` in which every packet sent is lost. After each, packets take the new path.
    pub outages: Vec<(i64, i64)>,
    /// Chance that a packet is lost besides.
    pub loss: f64,
    pub duplication: f64,
    /// Packets are sent up to so much before or after their time.
    pub sender_jitter: i64,
    /// Packets take up to so much longer.
    pub path_jitter: i64,
    pub old_delay: i64,
    pub new_delay: i64,
    /// Exponential intervals instead of a period.
    pub poisson: bool,
    /// The capture's clock: nanoseconds fast, and parts per million fast.
    pub clock_offset: i64,
    pub clock_drift_ppm: i64,
    pub lanes: (u16, u16),
}

impl Stream {
    pub fn steady(flow: u32, rate: i64, packets: u64) -> Self {
        Self {
            flow,
            rate,
            packets,
            start: 0,
            outages: Vec::new(),
            loss: 0.0,
            duplication: 0.0,
            sender_jitter: 0,
            path_jitter: 0,
            old_delay: MS,
            new_delay: MS,
            poisson: false,
            clock_offset: 0,
            clock_drift_ppm: 0,
            lanes: (0, 1),
        }
    }

    pub fn outage(mut self, from: i64, length: i64) -> Self {
        self.outages.push((from, from + length));
        self
    }

    /// The longest outage.
    pub fn truth(&self) -> i64 {
        self.outages.iter().map(|(from, to)| to - from).max().unwrap_or(0)
    }

    /// What a capture behind the path shows, in the order of arrival.
    pub fn captured(&self, seed: u64) -> Vec<Observation> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut seen = Vec::new();
        let mut clock = self.start;
        for sequence in 0..self.packets {
            let planned = if self.poisson {
                let uniform: f64 = random.random_range(f64::EPSILON..1.0);
                clock += (-uniform.ln() * 1e9 / self.rate as f64) as i64;
                clock
            } else {
                self.start + (i128::from(sequence) * 1_000_000_000 / i128::from(self.rate)) as i64
            };
            let sent = planned + spread(&mut random, -self.sender_jitter, self.sender_jitter);
            let lost = self.outages.iter().any(|(from, to)| (*from..*to).contains(&sent));
            let changed = self.outages.iter().any(|(_, to)| sent >= *to);
            if lost || random.random_bool(self.loss) {
                continue;
            }
            let copies = 1 + u32::from(random.random_bool(self.duplication));
            for _ in 0..copies {
                let delay = if changed { self.new_delay } else { self.old_delay };
                let arrival = sent + delay + spread(&mut random, 0, self.path_jitter);
                seen.push(Observation {
                    flow: FlowId(self.flow),
                    lane: LaneId(if changed { self.lanes.1 } else { self.lanes.0 }),
                    time: EPOCH + arrival + self.clock_offset + arrival / 1_000_000 * self.clock_drift_ppm,
                    sequence: Some(sequence),
                    sent: Some(EPOCH + sent),
                    length: 128,
                });
            }
        }
        seen.sort_by_key(|packet| packet.time);
        seen
    }
}

fn spread(random: &mut StdRng, from: i64, to: i64) -> i64 {
    if from == to {
        from
    } else {
        random.random_range(from..=to)
    }
}

/// Several streams as one capture shows them.
pub fn merged(streams: &[Stream], seed: u64) -> Vec<Observation> {
    let mut all: Vec<Observation> = streams
        .iter()
        .flat_map(|stream| stream.captured(seed ^ (u64::from(stream.flow) << 32)))
        .collect();
    all.sort_by_key(|packet| packet.time);
    all
}

/// The same without send times.
pub fn without_send_times(packets: &[Observation]) -> Vec<Observation> {
    packets
        .iter()
        .map(|packet| Observation { sent: None, ..*packet })
        .collect()
}

/// The same without sequence numbers and send times.
pub fn without_numbers(packets: &[Observation]) -> Vec<Observation> {
    packets
        .iter()
        .map(|packet| Observation {
            sent: None,
            sequence: None,
            ..*packet
        })
        .collect()
}
