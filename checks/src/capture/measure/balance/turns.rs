//! Links that take turns: a word of links that repeats (round robin, weighted or not), and every packet that breaks it.
//!
//! The word is learnt from a stretch of packets that repeats longer than chance allows; from then on each packet has to be on
//! the link whose turn it is. A packet on another one is explained by packets that are known to be missing there and then (their
//! numbers are missing in their flows, or they came late); whatever else breaks the turns is a violation. Nothing is tolerated.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::measure::{FlowId, LaneId, Observation};

/// Packets from which the word is learnt.
const SAMPLE: usize = 1_024;
/// The longest word that is looked for: the sum of the weights.
const LONGEST: usize = 64;
/// Breaks and excuses that are kept; beyond them nothing is concluded.
const KEPT: usize = 20_000;
/// Violations that are listed.
const LISTED: usize = 100;

/// A packet that was not on the link whose turn it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutOfTurn {
    /// Its flow.
    pub flow: FlowId,
    /// Its number in the flow, where it has one.
    pub sequence: Option<u64>,
    /// When it was captured, in nanoseconds.
    pub time: i64,
    /// The link it was on.
    pub link: LaneId,
    /// The link whose turn it was.
    pub expected: LaneId,
}

/// What is known of links that take turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TurnsReport {
    /// The links in the order of their turns.
    pub word: Vec<u16>,
    /// Packets that were compared.
    pub checked: u64,
    /// Breaks that missing and late packets explain.
    pub explained: u64,
    /// Breaks that nothing explains.
    pub violations: u64,
    /// Some of them, in the order of time.
    pub listed: Vec<OutOfTurn>,
    /// Whether more broke than is kept: nothing can be said of what explains it.
    pub overflowed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    /// Between the packet before and this one, on the axis of excuses.
    from: i64,
    at: i64,
    packet: OutOfTurn,
}

/// Packets that are known to be missing somewhere between two instants.
#[derive(Debug, Clone, Copy)]
struct Excuse {
    from: i64,
    to: i64,
    packets: u64,
}

/// A break: so many turns were left out.
#[derive(Debug, Clone, Copy)]
struct Break {
    symbol: Symbol,
    left_out: u64,
}

/// The turns of one stream of packets.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    sample: Vec<Symbol>,
    word: Vec<u16>,
    next: usize,
    last: Option<i64>,
    checked: u64,
    breaks: Vec<Break>,
    broken: u64,
    excuses: Vec<Excuse>,
    has_overflowed: bool,
    has_failed: bool,
    /// Whether links have several turns in a round: which one was left out may show a round later.
    is_ambiguous: bool,
    /// When the round before this one began, and this one.
    rounds: (i64, i64),
}

impl Turns {
    /// The next packet in the order in which packets were sent, as far as that is known. `at` is the instant by which packets
    /// are placed: when it was sent, or when it was captured.
    #[inline]
    pub fn observe(&mut self, at: i64, packet: &Observation) {
        let from = self.last.replace(at).unwrap_or(at);
        if self.has_failed {
            return;
        }
        let link = packet.lane.0;
        if let Some(expected) = self.word.get(self.next)
            && *expected == link
        {
            self.checked += 1;
            self.next += 1;
            if self.next == self.word.len() {
                self.next = 0;
                self.rounds = (self.rounds.1, at);
            }
            return;
        }
        self.otherwise(Symbol {
            from,
            at,
            packet: OutOfTurn {
                flow: packet.flow,
                sequence: packet.sequence,
                time: packet.time,
                link: packet.lane,
                expected: packet.lane,
            },
        });
    }

    /// So many packets are missing between two instants, or one came late.
    pub fn excuse(&mut self, from: i64, to: i64, packets: u64) {
        if self.has_failed {
            return;
        }
        if self.excuses.len() < KEPT {
            self.excuses.push(Excuse { from, to, packets });
        } else {
            self.has_overflowed = true;
        }
    }

    /// A packet that was not expected: of the sample, or one that breaks the turns.
    #[cold]
    fn otherwise(&mut self, symbol: Symbol) {
        if self.word.is_empty() {
            self.sample.push(symbol);
            if self.sample.len() >= SAMPLE {
                self.learn();
            }
        } else {
            self.compare(symbol);
        }
    }

    fn compare(&mut self, mut symbol: Symbol) {
        let length = self.word.len();
        let Some(expected) = self.word.get(self.next).copied() else {
            return;
        };
        self.checked += 1;
        let link = symbol.packet.link.0;
        let turn = (0..length).find(|ahead| self.word.get((self.next + ahead) % length) == Some(&link));
        if turn == Some(0) {
            self.go_on(1, symbol.at);
            return;
        }
        if self.is_ambiguous {
            symbol.from = symbol.from.min(self.rounds.0);
        }
        symbol.packet.expected = LaneId(expected);
        self.broken += 1;
        if self.breaks.len() < KEPT {
            let left_out = turn.unwrap_or(length) as u64;
            self.breaks.push(Break { symbol, left_out });
        } else {
            self.has_overflowed = true;
        }
        // On a link that has no turn nothing is left out; on another one, its turn came early.
        self.go_on(turn.map_or(0, |ahead| ahead + 1), symbol.at);
    }

    fn go_on(&mut self, turns: usize, at: i64) {
        self.next += turns;
        if self.next >= self.word.len() {
            self.next -= self.word.len();
            self.rounds = (self.rounds.1, at);
        }
    }

    /// Learns the word from the sample, and compares the sample with it.
    fn learn(&mut self) {
        let links: Vec<u16> = self.sample.iter().map(|symbol| symbol.packet.link.0).collect();
        let Some(word) = repeated(&links) else {
            self.has_failed = true;
            self.sample = Vec::new();
            return;
        };
        // Where in the word the sample begins: its first packet is on its turn, and the fewest of those behind it break the turns.
        let length = word.len();
        self.next = (0..length)
            .filter(|begin| word.get(*begin) == links.first())
            .min_by_key(|begin| breaks(&word, *begin, links.iter().take(8 * length)))
            .unwrap_or(0);
        let mut turns = word.clone();
        turns.sort_unstable();
        turns.dedup();
        self.is_ambiguous = turns.len() < length;
        self.word = word;
        let begin = self.sample.first().map_or(0, |symbol| symbol.at);
        self.rounds = (begin, begin);
        for symbol in std::mem::take(&mut self.sample) {
            self.compare(symbol);
        }
    }

    /// What was found; `None` where no word repeats.
    pub fn finish(mut self) -> Option<TurnsReport> {
        if self.word.is_empty() && !self.has_failed {
            self.learn();
        }
        if self.word.is_empty() {
            return None;
        }
        let unexplained = unexplained(self.breaks, self.excuses);
        let beyond = self.broken.saturating_sub(KEPT as u64);
        let violations = unexplained.len() as u64 + beyond;
        Some(TurnsReport {
            word: self.word,
            checked: self.checked,
            explained: self.broken - violations,
            violations,
            listed: unexplained.into_iter().take(LISTED).collect(),
            overflowed: self.has_overflowed,
        })
    }
}

/// How often links break the turns of a word from a place on.
fn breaks<'l>(word: &[u16], begin: usize, links: impl Iterator<Item = &'l u16>) -> usize {
    let (mut next, mut broken) = (begin, 0);
    for link in links {
        let turn = (0..word.len()).find(|ahead| word.get((next + ahead) % word.len()) == Some(link));
        broken += usize::from(turn != Some(0));
        next = (next + turn.map_or(0, |ahead| ahead + 1)) % word.len();
    }
    broken
}

/// The word that these links repeat: most often, and in one stretch longer than chance allows (one in a million over all words and
/// places).
fn repeated(links: &[u16]) -> Option<Vec<u16>> {
    let mut used: Vec<u16> = links.to_vec();
    used.sort_unstable();
    used.dedup();
    if used.len() < 2 {
        return None;
    }
    let share = |link: &u16| links.iter().filter(|other| *other == link).count() as f64 / links.len() as f64;
    let alike: f64 = used.iter().map(share).map(|share| share * share).sum();
    let demanded = -(1e-6_f64.ln()) + ((links.len() * LONGEST) as f64).ln();
    let needed = (demanded / -alike.clamp(1e-9, 1.0 - 1e-9).ln()).ceil() as usize;
    let mut best: Option<(usize, &[u16])> = None;
    for length in 2..=LONGEST.min(links.len() / 2) {
        let (mut run, mut longest, mut end, mut matches) = (0, 0, 0, 0);
        for place in length..links.len() {
            let again = links.get(place) == links.get(place - length);
            matches += usize::from(again);
            run = if again { run + 1 } else { 0 };
            if run > longest {
                (longest, end) = (run, place);
            }
        }
        // Of several words the one that is repeated most often; of those of equal merit the shortest.
        if longest < needed.max(length) || best.is_some_and(|(most, _)| matches <= most) {
            continue;
        }
        let word = links.get(end + 1 - length..=end)?;
        // A word of one link alone is no turns at all.
        if word.iter().any(|link| Some(link) != word.first()) {
            best = Some((matches, word));
        }
    }
    best.map(|(_, word)| word.to_vec())
}

/// The breaks that are not explained: each needs as many missing packets as turns were left out, between the packet before it
/// and it. Every missing packet explains one turn; those that end first are taken first.
fn unexplained(mut breaks: Vec<Break>, mut excuses: Vec<Excuse>) -> Vec<OutOfTurn> {
    breaks.sort_by_key(|broken| broken.symbol.at);
    excuses.sort_by_key(|excuse| excuse.from);
    let mut waiting = excuses.into_iter().peekable();
    // By their ends: packets that may be missing now.
    let mut open: BinaryHeap<(Reverse<i64>, u64)> = BinaryHeap::new();
    let mut found = Vec::new();
    for Break { symbol, left_out } in breaks {
        while let Some(excuse) = waiting.next_if(|excuse| excuse.from <= symbol.at) {
            open.push((Reverse(excuse.to), excuse.packets));
        }
        let mut needed = left_out;
        while needed > 0 {
            let Some((Reverse(to), packets)) = open.pop() else {
                break;
            };
            if to < symbol.from {
                continue;
            }
            let taken = packets.min(needed);
            needed -= taken;
            if packets > taken {
                open.push((Reverse(to), packets - taken));
            }
        }
        if needed > 0 {
            found.push(symbol.packet);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(link: u16, number: u64) -> Observation {
        Observation {
            flow: FlowId(1),
            lane: LaneId(link),
            time: number.cast_signed() * 10,
            sequence: Some(number),
            sent: None,
            length: 100,
        }
    }

    fn turns(links: impl IntoIterator<Item = (u16, u64)>) -> Turns {
        let mut turns = Turns::default();
        for (link, number) in links {
            let packet = packet(link, number);
            turns.observe(packet.time, &packet);
        }
        turns
    }

    #[test]
    fn words_are_learnt_and_kept() {
        for word in [vec![0, 1], vec![2, 0, 1, 3], vec![0, 0, 0, 1], vec![0, 1, 0, 2, 0, 1]] {
            let length = word.len() as u64;
            let links = (0..10_000).map(|number| (word[(number % length) as usize], number));
            let found = turns(links).finish().unwrap();
            assert_eq!((found.violations, found.word.len()), (0, word.len()), "{found:?}");
            assert_eq!(found.checked, 10_000);
        }
        assert_eq!(turns((0..10_000).map(|number| (0, number))).finish(), None);
        assert_eq!(
            turns((0..30).map(|number| ((number % 2) as u16, number))).finish(),
            None
        );
    }

    #[test]
    fn one_packet_out_of_turn_is_named() {
        for stray in [3_u64, 100, 5_000, 9_999] {
            let links = (0..10_000).map(|number| {
                let link = (number % 4) as u16;
                (if number == stray { (link + 2) % 4 } else { link }, number)
            });
            let found = turns(links).finish().unwrap();
            assert!((1..=2).contains(&found.violations), "{stray}: {found:?}");
            assert_eq!(found.listed[0].sequence, Some(stray));
            assert_eq!(found.listed[0].expected, LaneId((stray % 4) as u16));
        }
    }

    #[test]
    fn missing_packets_explain_what_they_can_and_no_more() {
        let lost = [50, 51, 700, 8_000];
        let links = || {
            (0..10_000)
                .filter(|number| !lost.contains(number))
                .map(|number| ((number % 4) as u16, number))
        };
        assert_eq!(turns(links()).finish().unwrap().violations, 3);
        let mut excused = turns(links());
        for number in [50, 51, 700, 8_000] {
            excused.excuse((number - 1) * 10, (number + 1) * 10, 1);
        }
        let found = excused.finish().unwrap();
        assert_eq!((found.violations, found.explained), (0, 3), "{found:?}");
        // Elsewhere they explain nothing.
        let mut elsewhere = turns(links());
        elsewhere.excuse(20_000, 30_000, 50);
        assert_eq!(elsewhere.finish().unwrap().violations, 3);
    }
}
