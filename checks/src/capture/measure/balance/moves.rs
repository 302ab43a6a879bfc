//! Flows that take another link while a link falls out of use or comes into use: the network changed, not the rule.

use crate::capture::measure::Observation;
use crate::capture::measure::anatomy::FlowPath;

/// A flow with more changes of its link keeps none.
const MOST_MOVES: usize = 4;
/// So many stretches of a flow tell that it has more.
pub(super) const STRETCHES: usize = MOST_MOVES + 2;
/// Flows leave a link no longer than this before its last packet: one side may send on until it notices, and hosts or
/// routers that noticed later come last. Nanoseconds.
const REACH: i64 = 10_000_000_000;
/// A link is out of use when it carries nothing for so long at least, in nanoseconds,
const SILENCE: i64 = 100_000_000;
/// and for so many times the mean interval between its packets.
const INTERVALS: i64 = 20;

/// A change of a flow's link.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: u16,
    to: u16,
    /// Of the last packet on the one link, and of the first on the other. Nanoseconds.
    left: i64,
    came: i64,
}

/// The changes of a flow's link, of many the first.
fn moves(path: &FlowPath) -> impl Iterator<Item = Move> {
    let each = path.segments().windows(2).filter_map(|two| match two {
        [left, came] => Some(Move {
            from: left.lane.0,
            to: came.lane.0,
            left: left.last,
            came: came.first,
        }),
        _ => None,
    });
    each.take(MOST_MOVES)
}

fn is_restless(path: &FlowPath) -> bool {
    path.segments().len() > MOST_MOVES + 1
}

/// When a link carried packets.
#[derive(Debug, Clone, Copy)]
struct Use {
    first: i64,
    last: i64,
    packets: i64,
}

/// When the links carried packets.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    links: Vec<Option<Use>>,
}

/// A change of the network that flows followed: what is balanced is so before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkChange {
    /// Links that carried nothing afterwards.
    pub left: Vec<u16>,
    /// Links that carried nothing before.
    pub taken: Vec<u16>,
    /// From the last packet on a link that a flow left to the first on one that a flow took; nanoseconds since 1970.
    pub from: i64,
    /// Its end.
    pub until: i64,
}

impl Uses {
    pub(super) fn add(&mut self, packet: &Observation) {
        let link = usize::from(packet.lane.0);
        if self.links.len() <= link {
            self.links.resize(link + 1, None);
        }
        let Some(used) = self.links.get_mut(link) else { return };
        match used {
            Some(used) => {
                used.first = used.first.min(packet.time);
                used.last = used.last.max(packet.time);
                used.packets += 1;
            }
            None => {
                *used = Some(Use {
                    first: packet.time,
                    last: packet.time,
                    packets: 1,
                });
            }
        }
    }

    /// When links fell out of use or came into use and flows changed their links with them, in the order of time.
    pub(super) fn changes<'m>(&self, flows: impl Iterator<Item = &'m FlowPath>) -> Vec<LinkChange> {
        let used = || self.links.iter().flatten();
        let (Some(begin), Some(end)) = (used().map(|used| used.first).min(), used().map(|used| used.last).max()) else {
            return Vec::new();
        };
        let (restless, settled): (Vec<&FlowPath>, Vec<&FlowPath>) = flows.partition(|path| is_restless(path));
        let moves: Vec<Move> = settled.into_iter().flat_map(moves).collect();
        let uses_it = |link: u16| move |moved: &Move| moved.from == link || moved.to == link;
        let mut changes = Vec::new();
        for (link, used) in (0..).zip(&self.links) {
            let Some(used) = used else { continue };
            if restless
                .iter()
                .copied()
                .flat_map(self::moves)
                .any(|moved| uses_it(link)(&moved))
            {
                continue;
            }
            let quiet = INTERVALS
                .saturating_mul((used.last - used.first) / used.packets)
                .max(SILENCE);
            // Who goes back to a link that fails, or away from one that has just come, follows no change of the network.
            if end - used.last > quiet {
                let away = |moved: &Move| moved.from == link && moved.left >= used.last.saturating_sub(REACH);
                let is_against = |from: i64, _: i64| move |moved: &Move| moved.to == link && moved.came >= from;
                changes.extend(change(&moves, away, is_against).map(|(from, until)| LinkChange {
                    left: vec![link],
                    taken: Vec::new(),
                    from,
                    until,
                }));
            }
            if used.first - begin > quiet {
                let there = |moved: &Move| moved.to == link && moved.came <= used.first.saturating_add(REACH);
                let is_against = |_: i64, until: i64| move |moved: &Move| moved.from == link && moved.left <= until;
                changes.extend(change(&moves, there, is_against).map(|(from, until)| LinkChange {
                    left: Vec::new(),
                    taken: vec![link],
                    from,
                    until,
                }));
            }
        }
        // Others that change their links at the same time follow the same change.
        for change in &mut changes {
            let within = |moved: &Move| moved.left <= change.until && moved.came >= change.from;
            if let Some((from, until)) = spanned(&moves, within) {
                (change.from, change.until) = (from.min(change.from), until.max(change.until));
            }
        }
        joined(changes)
    }
}

/// From the first to the last of some moves, if none is against it.
fn change<A: Fn(&Move) -> bool>(
    moves: &[Move],
    meant: impl Fn(&Move) -> bool,
    is_against: impl Fn(i64, i64) -> A,
) -> Option<(i64, i64)> {
    let (from, until) = spanned(moves, meant)?;
    let is_against = is_against(from, until);
    (!moves.iter().any(is_against)).then_some((from, until))
}

/// From the first to the last of some moves.
fn spanned(moves: &[Move], meant: impl Fn(&Move) -> bool) -> Option<(i64, i64)> {
    let meant = || moves.iter().filter(|moved| meant(moved));
    let from = meant().map(|moved| moved.left).min()?;
    Some((from, meant().map(|moved| moved.came).max()?))
}

/// Those that overlap are one.
fn joined(mut changes: Vec<LinkChange>) -> Vec<LinkChange> {
    changes.sort_by_key(|change| change.from);
    let mut joined: Vec<LinkChange> = Vec::new();
    for change in changes {
        match joined.last_mut().filter(|last| change.from <= last.until) {
            Some(last) => {
                last.until = last.until.max(change.until);
                last.left.extend(change.left);
                last.taken.extend(change.taken);
            }
            None => joined.push(change),
        }
    }
    joined
}
