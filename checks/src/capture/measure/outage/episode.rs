//! Stretches of a flow that were not received: gaps, and episodes of gaps with no recovery between them.

/// A received packet beside a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) sequence: u64,
    pub(super) time: i64,
    /// Send time; the time of capture where packets carry none.
    pub(super) sent: i64,
}

/// Delays around a gap, relative to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Around {
    /// Spread of the delays of the packets before it.
    pub(super) spread_before: i64,
    /// Spread of the delays of the packets after it.
    pub(super) spread_after: i64,
    /// By how much the first packet after it was later than the quickest of those that followed.
    pub(super) held: i64,
    /// How many packets after it were looked at.
    pub(super) settled: u32,
    /// Delay of the quickest packet after it minus that of the quickest before it.
    pub(super) step: i64,
}

/// Consecutive sequence numbers that are missing between two received packets; none for packets that were held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) before: Edge,
    pub(super) after: Edge,
    /// Arrival number and instant of the first packet with a higher number, by which it was noticed.
    pub(super) noticed: (u64, i64),
    pub(super) around: Around,
    /// A packet of it came late and split it.
    pub(super) refilled: bool,
}

impl Gap {
    pub(super) fn lost(&self) -> u64 {
        self.after
            .sequence
            .saturating_sub(self.before.sequence)
            .saturating_sub(1)
    }

    /// By what gaps are ranked: the longest time it may stand for.
    pub(super) fn weight(&self) -> i64 {
        let sent = self.after.sent - self.before.sent;
        let seen = if self.refilled {
            sent
        } else {
            self.after.time - self.before.time
        };
        sent.max(seen)
    }
}

/// Gaps with too few packets between them for a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Episode {
    /// The longest of its gaps.
    pub(super) longest: Gap,
    pub(super) before: Edge,
    pub(super) after: Edge,
    pub(super) lost: u64,
    pub(super) gaps: u64,
    /// The most by which a packet at the end of one of its gaps was held back.
    pub(super) held: i64,
    /// When the last packet before the next losses was captured, if there were any, whether they are kept or not.
    pub(super) again: Option<i64>,
}

impl Episode {
    pub(super) fn of(gap: Gap) -> Self {
        Self {
            longest: gap,
            before: gap.before,
            after: gap.after,
            lost: gap.lost(),
            gaps: 1,
            held: gap.around.held,
            again: None,
        }
    }

    /// Takes in the next gap.
    pub(super) fn extend(&mut self, gap: Gap) {
        if (gap.lost(), gap.weight()) > (self.longest.lost(), self.longest.weight()) {
            self.longest = gap;
        }
        self.after = gap.after;
        self.lost = self.lost.saturating_add(gap.lost());
        self.gaps += 1;
        self.held = self.held.max(gap.around.held);
    }

    pub(super) fn weight(&self) -> i64 {
        let sent = self.after.sent - self.before.sent;
        sent.max(self.longest.weight()).saturating_add(self.held.max(0))
    }
}

/// So many episodes are kept of a flow: its longest.
pub(super) const EPISODES: usize = 8;

/// The longest episodes, and how many others there were.
#[derive(Debug, Clone, Default)]
pub(super) struct Longest {
    pub(super) kept: Vec<Episode>,
    /// The place of the latest episode with losses, if it is kept.
    latest_loss: Option<usize>,
    /// Episodes with losses, kept or not.
    pub(super) with_losses: u64,
    /// Of all episodes without a loss, kept or not, and of what came late: the longest time for which nothing may have passed.
    pub(super) without_loss: i64,
    /// The most by which a packet was held back, in any episode.
    pub(super) held: i64,
}

impl Longest {
    /// Nothing came for so long, and no packet of it was lost.
    pub(super) fn nothing_for(&mut self, time: i64) {
        self.without_loss = self.without_loss.max(time);
    }

    pub(super) fn offer(&mut self, episode: Episode) {
        if episode.lost > 0 {
            self.with_losses += 1;
            let latest = self.latest_loss.take();
            if let Some(latest) = latest.and_then(|place| self.kept.get_mut(place)) {
                latest.again = Some(episode.before.time);
            }
        } else {
            let sent = episode.after.sent - episode.before.sent;
            self.without_loss = self.without_loss.max(sent.saturating_add(episode.held));
        }
        self.held = self.held.max(episode.held);
        let Some(place) = self.place_for(&episode) else { return };
        if episode.lost > 0 {
            self.latest_loss = Some(place);
        }
        match self.kept.get_mut(place) {
            Some(kept) => *kept = episode,
            None => self.kept.push(episode),
        }
    }

    /// Where an episode is to be kept, if it is.
    fn place_for(&self, episode: &Episode) -> Option<usize> {
        if self.kept.len() < EPISODES {
            return Some(self.kept.len());
        }
        // Losses are never crowded out by packets that merely came late.
        let rank = |episode: &Episode| (episode.lost > 0, episode.weight());
        let ranks = self.kept.iter().map(rank).enumerate();
        let (place, least) = ranks.min_by_key(|(_, rank)| *rank)?;
        (rank(episode) > least).then_some(place)
    }
}
