//! How the devices of a lab are emulated, as `emulated` of `lab.yaml` says.

use std::time::Duration;

use emulator::Delays;

use super::keys::EMULATED_KEYS;
use crate::source::reader::Reader;
use crate::source::yaml::{Node, Value};

/// Longest delay: what takes longer would never be seen in a run.
const LONGEST: Duration = Duration::from_secs(3600);
/// Longest `commit`: a command is not waited for much longer.
const LONGEST_COMMIT: Duration = Duration::from_secs(30);

/// Intervals at which something is sent again and again: a capture holds each time.
const INTERVALS: [&str; 5] = [
    "ospf_hello",
    "ldp_hello",
    "ldp_keepalive_hold",
    "bgp_keepalive",
    "bfd_slow",
];

/// Shortest of the intervals.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// Intervals of sending, each with the time without what is sent after which the other end is taken for gone.
const SILENCES: [(&str, &str); 3] = [
    ("ospf_hello", "ospf_dead"),
    ("ldp_hello", "ldp_hello_hold"),
    ("bgp_keepalive", "bgp_hold"),
];

/// How the network of an emulated lab behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emulation {
    /// Seed of everything that chance decides.
    pub seed: u64,
    /// How long things take.
    pub delays: Delays,
}

impl Emulation {
    /// What is not as usual, in words: `seed 7`, `link 5ms`.
    pub fn in_words(&self) -> Vec<String> {
        let (mut these, mut usual) = (self.delays.clone(), Delays::default());
        let delays = these.named().into_iter().zip(usual.named());
        let unusual = delays
            .filter(|((_, this), (_, usual))| this != usual)
            .map(|((name, this), _)| format!("{name} {this:?}"));
        let seed = (self.seed != 0).then(|| format!("seed {}", self.seed));
        seed.into_iter().chain(unusual).collect()
    }
}

/// Reads `emulated`: whether the lab is, and how. A wrong one is told once and counts as emulated, so that not every
/// device lacks an address as well.
pub(super) fn emulated(reader: &mut Reader<'_>, node: &Node) -> Option<Emulation> {
    if !matches!(node.value, Value::Map(_)) {
        let truth = reader.truth(node, "emulated");
        if truth.is_none()
            && let Some(mistake) = reader.mistakes.list.last_mut()
        {
            mistake
                .help
                .push("or say how: `emulated: {seed: 7, delays: {link: 50 us}}`".into());
        }
        return truth.unwrap_or(true).then(Emulation::default);
    }
    let mut emulation = Emulation::default();
    let Some(fields) = reader.fields(node, "`emulated`", EMULATED_KEYS, &[]) else {
        return Some(emulation);
    };
    if let Some(seed) = fields
        .get("seed")
        .and_then(|node| reader.integer(node, "seed", 0..=u64::MAX))
    {
        emulation.seed = seed;
    }
    if let Some(node) = fields.get("delays") {
        delays(reader, node, &mut emulation.delays);
    }
    Some(emulation)
}

fn delays(reader: &mut Reader<'_>, node: &Node, delays: &mut Delays) {
    let names = Delays::default().named().map(|(name, _)| name);
    let Some(fields) = reader.fields(node, "`delays`", &names, &[]) else {
        return;
    };
    for (name, delay) in delays.named() {
        let Some(node) = fields.get(name) else { continue };
        let Some(given) = reader.duration(node, name) else {
            continue;
        };
        let shortest = if INTERVALS.contains(&name) {
            SHORTEST_INTERVAL
        } else {
            Delays::SHORTEST
        };
        let (longest, at_most) = match name {
            "commit" => (LONGEST_COMMIT, "at most 30 s: every change waits for it"),
            _ => (LONGEST, "at most 60 min"),
        };
        if given > longest || given < shortest {
            let (length, which) = if given > longest {
                ("long", at_most.to_owned())
            } else {
                ("short", format!("at least {shortest:?}"))
            };
            reader
                .mistake(node.range.clone(), format!("{given:?} is too {length} for `{name}`"))
                .label = Some(format!("expected {which}"));
            continue;
        }
        *delay = given;
    }
    let times = delays.named();
    let time = |wanted: &str| times.iter().find(|(name, _)| *name == wanted).map(|(_, delay)| **delay);
    for (interval, silence) in SILENCES {
        let (Some(every), Some(patience)) = (time(interval), time(silence)) else {
            continue;
        };
        if every < patience {
            continue;
        }
        // The one that is written is wrong, or the later of them.
        let Some(node) = fields.get(silence).or_else(|| fields.get(interval)) else {
            continue;
        };
        let mistake = reader.mistake(
            node.range.clone(),
            format!("`{silence}` is {patience:?} where `{interval}` is {every:?}: the other end would always be taken for gone"),
        );
        mistake.label = Some(format!("expected `{silence}` to be longer than `{interval}`"));
    }
}
