//! How the devices of a lab are emulated, as `emulated` of `lab.yaml` says.

use std::time::Duration;

use emulator::Delays;

use super::keys::EMULATED_KEYS;
use crate::source::reader::Reader;
use crate::source::yaml::{Node, Value};

/// Longest delay: what takes longer would never be seen in a run.
const LONGEST: Duration = Duration::from_secs(3600);

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
        return reader.truth(node, "emulated").unwrap_or(true).then(Emulation::default);
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
        if given > LONGEST || given < Delays::SHORTEST {
            reader.mistyped(node, &format!("1 us to 60 min for `{name}`"));
            continue;
        }
        *delay = given;
    }
}
