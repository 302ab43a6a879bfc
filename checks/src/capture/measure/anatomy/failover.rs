//! Which interruptions belong to one failure: those of several flows at one time.

use std::cmp::Reverse;

use super::maxima::Maxima;
use crate::capture::measure::outage::{FlowOutages, Outage, OutageEnd, OutageReport, Period};

/// Flows that a failure hits at once may show it as far apart as two of their packets, and by this much: paths differ in
/// length. Nanoseconds.
pub(super) const PATHS_DIFFER: i64 = 1_000_000;
/// An interruption that begins later than the longest belongs to it if it is at least this part of it, and beside it one that
/// is as long is no loss by chance.
const CONSIDERABLE: i64 = 4;

/// The interruptions that one failure brought, at most one of each flow.
#[derive(Debug, Clone)]
pub struct Failover<'r> {
    /// The flows, in the order of their numbers, each with its longest interruption.
    pub outages: Vec<(&'r FlowOutages, &'r Outage)>,
    /// The longest of them.
    pub longest: &'r Outage,
}

impl Failover<'_> {
    /// When the last packet before it was captured, nanoseconds.
    pub fn begins(&self) -> i64 {
        let begins = self.outages.iter().filter_map(|(_, outage)| outage.begins());
        begins.min().unwrap_or(i64::MIN)
    }

    /// When the first packet after it was captured of the flow that came back last, nanoseconds.
    pub fn ends(&self) -> i64 {
        let ends = self.outages.iter().filter_map(|(_, outage)| outage.ends());
        ends.max().unwrap_or(i64::MAX)
    }

    /// Whether it is long enough beside the longest to be meant as well, and no loss by chance.
    pub fn is_comparable_to(&self, longest: &Self) -> bool {
        length(self.longest) >= length(longest.longest) / CONSIDERABLE
    }

    /// Whether no flow came back: that may be the end of the traffic as well.
    pub fn is_open_ended(&self) -> bool {
        let mut ends = self.outages.iter().map(|(_, outage)| outage.end);
        ends.all(|end| end == OutageEnd::NeverCameBack)
    }
}

fn length(outage: &Outage) -> i64 {
    outage.interruption.estimate.unwrap_or(0).max(0)
}

/// Sorts the interruptions of a point by failure, the longest first.
///
/// Flows whose interruptions begin together were hit by one failure. One that begins later, within another, belongs to
/// it as well unless it is so short that it may be a loss by chance.
pub fn failovers(report: &OutageReport) -> Vec<Failover<'_>> {
    let mut all: Vec<Interruption<'_>> = report
        .flows
        .iter()
        .flat_map(|flow| flow.outages.iter().map(move |outage| (flow, outage)))
        .filter_map(|(flow, outage)| Interruption::of(flow, outage))
        .collect();
    all.sort_by_key(|interruption| {
        let measured = &interruption.outage.interruption;
        (
            Reverse(measured.estimate),
            Reverse(measured.lower),
            interruption.begins,
            interruption.flow.flow,
        )
    });
    let mut open = Open::of(&all);
    let mut found = Vec::new();
    for (rank, longest) in all.iter().enumerate() {
        let mut members = open.brought_with(rank);
        // The longest comes first: of each flow that one stays.
        members.sort_by_key(|rank| (all.get(*rank).map(|member| member.flow.flow), *rank));
        let mut members: Vec<(&FlowOutages, &Outage)> = members
            .into_iter()
            .filter_map(|rank| all.get(rank))
            .map(|member| (member.flow, member.outage))
            .collect();
        members.dedup_by_key(|(flow, _)| flow.flow);
        if !members.is_empty() {
            found.push(Failover {
                outages: members,
                longest: longest.outage,
            });
        }
    }
    found
}

/// An outage with losses, and what tells which others are of the same failure.
struct Interruption<'r> {
    flow: &'r FlowOutages,
    outage: &'r Outage,
    begins: i64,
    /// Another that begins no farther away was brought by the same failure.
    together: i64,
    length: i64,
}

impl<'r> Interruption<'r> {
    fn of(flow: &'r FlowOutages, outage: &'r Outage) -> Option<Self> {
        let period = flow.period.map_or(0, Period::nanoseconds);
        Some(Self {
            flow,
            outage,
            begins: outage.last_before.filter(|_| outage.lost != Some(0))?,
            together: period.saturating_mul(2).saturating_add(PATHS_DIFFER),
            length: length(outage),
        })
    }

    fn ends(&self) -> i64 {
        self.outage.ends().unwrap_or(i64::MAX)
    }

    fn is_for_good(&self) -> bool {
        self.outage.end == OutageEnd::NeverCameBack
    }
}

/// The interruptions of which it is not known yet which failure brought them, each at its place in the order in which they
/// begin.
struct Open<'a, 'r> {
    /// By rank: the longest first.
    all: &'a [Interruption<'r>],
    /// The rank at each place, and the place of each rank.
    ranks: Vec<usize>,
    places: Vec<usize>,
    /// Until when, and from when on, another that begins was brought by the same failure: of each that is open. The second is
    /// negated.
    together_until: Maxima,
    together_from: Maxima,
    /// When those end that are long enough to belong to a longer one that they overlap.
    considerable: Maxima,
    /// How many of the longest have been looked at for that.
    considered: usize,
    /// When those end that did not come back.
    for_good: Maxima,
}

impl<'a, 'r> Open<'a, 'r> {
    fn of(all: &'a [Interruption<'r>]) -> Self {
        let mut ranks: Vec<usize> = (0..all.len()).collect();
        ranks.sort_by_key(|rank| all.get(*rank).map(|one| one.begins));
        let mut places = vec![0; all.len()];
        let mut open = Self {
            all,
            together_until: Maxima::without_values(all.len()),
            together_from: Maxima::without_values(all.len()),
            considerable: Maxima::without_values(all.len()),
            considered: 0,
            for_good: Maxima::without_values(all.len()),
            ranks: Vec::new(),
            places: Vec::new(),
        };
        for (place, rank) in ranks.iter().enumerate() {
            let Some((one, own)) = all.get(*rank).zip(places.get_mut(*rank)) else {
                continue;
            };
            *own = place;
            open.together_until.set(place, one.begins.saturating_add(one.together));
            open.together_from.set(place, one.together.saturating_sub(one.begins));
            if one.is_for_good() {
                open.for_good.set(place, one.ends());
            }
        }
        (open.ranks, open.places) = (ranks, places);
        open
    }

    /// Takes out those that were brought by the failure that brought this one, itself among them; none where it is taken
    /// out already. They have to be asked for in the order of rank.
    fn brought_with(&mut self, rank: usize) -> Vec<usize> {
        let (Some(longest), Some(place)) = (self.all.get(rank), self.places.get(rank).copied()) else {
            return Vec::new();
        };
        self.consider(longest.length);
        if !self.is_open(place) {
            return Vec::new();
        }
        let mut taken = Vec::new();
        let begins = longest.begins;
        let begun_before = |at: i64| {
            self.ranks
                .partition_point(|rank| self.all.get(*rank).is_some_and(|one| one.begins < at))
        };
        let after_all = self.all.len();
        let near = (
            begun_before(begins.saturating_sub(longest.together)),
            begun_before(begins.saturating_add(longest.together).saturating_add(1)),
        );
        let until_its_end = begun_before(longest.ends());
        let for_good = if longest.is_for_good() { 0 } else { until_its_end };
        let after_it = begins.saturating_add(1);
        self.take(
            |open| open.together_until.first_reaching(near.0, near.1, i64::MIN),
            &mut taken,
        );
        self.take(|open| open.together_until.first_reaching(0, place, begins), &mut taken);
        self.take(
            |open| {
                open.together_from
                    .first_reaching(place, after_all, begins.saturating_neg())
            },
            &mut taken,
        );
        self.take(|open| open.for_good.first_reaching(0, for_good, after_it), &mut taken);
        self.take(
            |open| open.considerable.first_reaching(0, until_its_end, after_it),
            &mut taken,
        );
        taken
    }

    /// Lets those be found that are a considerable part of one of this length.
    fn consider(&mut self, length: i64) {
        while let Some((one, place)) = self.all.get(self.considered).zip(self.places.get(self.considered))
            && one.length >= length / CONSIDERABLE
        {
            if !one.outage.may_be_by_chance() && self.is_open(*place) {
                self.considerable.set(*place, one.ends());
            }
            self.considered += 1;
        }
    }

    fn is_open(&self, place: usize) -> bool {
        self.together_until.first_reaching(place, place + 1, i64::MIN).is_some()
    }

    /// Takes out all that are found.
    fn take(&mut self, find: impl Fn(&Self) -> Option<usize>, taken: &mut Vec<usize>) {
        while let Some(place) = find(self) {
            taken.extend(self.ranks.get(place));
            for values in [
                &mut self.together_until,
                &mut self.together_from,
                &mut self.considerable,
                &mut self.for_good,
            ] {
                values.remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests;
