//! Which flow used which link how often, packet by packet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use super::mode::{self, BalanceReport, FlowLinks};
use super::moves::{LinkChange, STRETCHES, Uses};
use super::settings::BalanceSettings;
use super::turns::Turns;
use crate::capture::measure::anatomy::FlowPath;
use crate::capture::measure::plot::FlowLinkMatrix;
use crate::capture::measure::{FlowId, FlowSink, LaneId, Observation};

/// Flows whose turns are followed one by one.
const FOLLOWED: usize = 16;
/// Exclusions beyond this many are joined with the last.
const PERIODS: usize = 9;

/// So many packets wait until those are there that were sent before them.
const WAITING: usize = 1_024;

/// The way of flows that are left out.
const NO_WAY: usize = usize::MAX;

/// One flow within one undisturbed period.
#[derive(Debug, Clone, Default)]
pub(super) struct FlowTally {
    /// Packets and octets by link.
    pub(super) links: Vec<(u16, u64, u64)>,
    pub(super) packets: u64,
    pub(super) changes: u64,
    /// When the first and the last packet came.
    pub(super) seen: (i64, i64),
    way: usize,
    last: Option<u16>,
    path: FlowPath,
    /// Of the packet with the highest number so far, or of the last one where there are no numbers: its link, its number, and
    /// its place in time.
    highest: Option<(u16, Option<u64>, i64)>,
    /// The number and the place in time of the first one.
    first: Option<(u64, i64)>,
    /// Where this flow's turns are kept, if they are.
    turns: Option<usize>,
}

/// Flows within one undisturbed period, and the order of their packets.
#[derive(Debug, Clone, Default)]
pub(super) struct PeriodTally {
    pub(super) flows: FxHashMap<FlowId, FlowTally>,
    pub(super) order: Order,
}

/// The order in which packets went that one router sends, as far as is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// Packets whose numbers followed one another within their flow, from link to link.
    pub(super) within_flows: Transitions,
    /// The turns of all packets.
    pub(super) turns: Turns,
    /// The turns of the first flows that use several links.
    pub(super) flow_turns: Vec<Turns>,
    /// Packets that came after one that was sent later, by send times or by the numbers of their flow, and too long to be
    /// put in their place.
    pub(super) late: u64,
    /// Packets that came after one on the same link that was sent later. A link keeps the order of a router, so that the send
    /// times may not tell it.
    pub(super) crossed: u64,
    /// Packets without a number in their flow.
    pub(super) unnumbered: u64,
    latest_sent: Option<i64>,
    /// The place in time of the last packet, each of which has one of its own.
    latest: Option<i64>,
    /// So far, at most, a place is ahead of the time that a clock tells.
    ahead: i64,
    /// The latest send time on each link.
    latest_on: Vec<i64>,
    /// Packets in the order of their send times that others may yet precede: they come over another link, and are later there.
    waiting: VecDeque<(i64, Observation)>,
}

/// All flows within one undisturbed period, while they are counted.
#[derive(Debug, Clone, Default)]
struct Counting {
    flows: FxHashMap<FlowId, FlowTally>,
    /// By way.
    orders: Vec<Order>,
}

/// How often a packet on one link was followed by one on another.
#[derive(Debug, Clone, Default)]
pub(super) struct Transitions {
    pub(super) counts: FxHashMap<(u16, u16), u64>,
    /// The pair met last and how often since it was counted: packets mostly follow one another as those before did.
    recent: ((u16, u16), u64),
}

impl Transitions {
    fn add(&mut self, from: u16, to: u16) {
        if self.recent.0 != (from, to) {
            self.settle();
            self.recent.0 = (from, to);
        }
        self.recent.1 += 1;
    }

    /// Adds what was met last to the counts, which are then complete.
    fn settle(&mut self) {
        let (pair, count) = (self.recent.0, std::mem::take(&mut self.recent.1));
        if count > 0 {
            *self.counts.entry(pair).or_default() += count;
        }
    }

    fn merge(&mut self, mut other: Self) {
        other.settle();
        for (pair, count) in other.counts {
            *self.counts.entry(pair).or_default() += count;
        }
    }
}

/// Packets by flow and link.
#[derive(Debug, Clone)]
pub struct BalanceTally {
    settings: BalanceSettings,
    periods: Vec<Counting>,
    /// The ways of flows by their numbers; of others it is the first.
    ways: Vec<usize>,
    uses: Uses,
    beyond: u64,
    left_out: u64,
}

impl FlowSink for BalanceTally {
    fn observe(&mut self, observation: &Observation) {
        if observation.lane.0 >= self.settings.links {
            self.beyond += 1;
            return;
        }
        let way = self.ways.get(observation.flow.0 as usize).copied().unwrap_or_default();
        if way == NO_WAY {
            self.left_out += 1;
            return;
        }
        self.uses.add(observation);
        let mut period = 0;
        for (from, to) in &self.settings.excluded {
            if observation.time >= *from && observation.time <= *to {
                return;
            }
            period += usize::from(observation.time > *to);
        }
        let period = period.min(PERIODS - 1);
        while self.periods.len() <= period {
            self.periods.push(Counting::default());
        }
        if let Some(period) = self.periods.get_mut(period) {
            period.add(observation, way);
        }
    }

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}

impl BalanceTally {
    /// Nothing seen yet.
    pub fn new(settings: BalanceSettings) -> Self {
        Self {
            settings,
            periods: Vec::new(),
            ways: Vec::new(),
            uses: Uses::default(),
            beyond: 0,
            left_out: 0,
        }
    }

    /// The order of the packets of so many ways is followed.
    pub const WAYS: usize = 8;

    /// Says that a flow is not one that is balanced: its packets are left out.
    pub fn leave_out(&mut self, flow: FlowId) {
        self.goes(flow, NO_WAY);
    }

    /// Says before its first packet which way a flow goes: flows of the same way are sent by the same router, as far as is
    /// known then. Links take turns for each router by itself.
    pub fn goes(&mut self, flow: FlowId, way: usize) {
        let place = flow.0 as usize;
        if self.ways.len() <= place {
            self.ways.resize(place + 1, 0);
        }
        if let Some(known) = self.ways.get_mut(place) {
            *known = way;
        }
    }

    /// Packets by flow and link, of the first `at_most` flows.
    pub fn matrix(&self, at_most: usize) -> FlowLinkMatrix {
        let mut flows: BTreeMap<FlowId, FlowLinks> = BTreeMap::new();
        for (id, flow) in self.periods.iter().flat_map(|period| &period.flows) {
            mode::add_links(&mut flows, *id, flow);
        }
        FlowLinkMatrix {
            version: 1,
            links: self.settings.links,
            all_flows: flows.len() as u64,
            flows: flows.into_values().take(at_most).collect(),
        }
    }

    /// Classifies what was seen of all flows.
    pub fn report(&self) -> BalanceReport {
        self.report_of(&self.settings, |_| true)
    }

    /// When links fell out of use or came into use, and flows changed their links with them: what they did then says nothing of
    /// the rule. Found where nothing is excluded.
    pub fn link_changes(&self) -> Vec<LinkChange> {
        let [period] = self.periods.as_slice() else {
            return Vec::new();
        };
        self.uses.changes(period.flows.values().map(|flow| &flow.path))
    }

    /// Packets that no report counts, in words.
    pub fn uncounted(&self) -> Vec<String> {
        let counts = [
            (self.left_out, "packets to groups or of ARP are left out"),
            (self.beyond, "packets were on none of the links"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        some.map(|(count, what)| format!("{count} {what}")).collect()
    }

    /// Classifies what was seen of flows that one router sends, at error levels of their own.
    pub fn report_of(&self, settings: &BalanceSettings, wanted: impl Fn(FlowId) -> bool) -> BalanceReport {
        let periods: Vec<PeriodTally> = self.periods.iter().map(|period| period.of(&wanted)).collect();
        mode::report(settings, &periods)
    }
}

/// So many packets at the end of a flow may be missing; of a flow that ends earlier they were not sent.
const MISSING_AT_AN_END: u64 = 3;

impl PeriodTally {
    /// Packets that are missing before the first and behind the last of a flow, as far as the numbers of all flows tell.
    fn excuse_ends(&mut self) {
        let numbers = |flow: &FlowTally| {
            Some((
                flow.first?,
                flow.highest.and_then(|(_, number, at)| Some((number?, at)))?,
            ))
        };
        let last = self
            .flows
            .values()
            .filter_map(numbers)
            .map(|(_, (number, _))| number)
            .max();
        for ((number, from), (highest, to)) in self.flows.values().filter_map(numbers) {
            let interval = to.saturating_sub(from) / i64::try_from((highest - number).max(1)).unwrap_or(i64::MAX);
            let near = interval.saturating_mul(2 * (MISSING_AT_AN_END.cast_signed() + 1));
            if (1..=MISSING_AT_AN_END).contains(&number) {
                self.order.turns.excuse(from.saturating_sub(near), from, number);
            }
            let missing = last.map_or(0, |last| last - highest);
            if (1..=MISSING_AT_AN_END).contains(&missing) {
                self.order.turns.excuse(to, to.saturating_add(near), missing);
            }
        }
    }
}

impl Counting {
    /// The flows that are wanted. Their order is known as far as no others were followed along with them.
    fn of(&self, wanted: impl Fn(FlowId) -> bool) -> PeriodTally {
        let mut flows: FxHashMap<FlowId, FlowTally> = FxHashMap::default();
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (id, flow) in &self.flows {
            if wanted(*id) {
                own.insert(flow.way);
                flows.insert(*id, flow.clone());
            } else {
                others.insert(flow.way);
            }
        }
        let mut order = Order::default();
        if own.is_disjoint(&others) && own.iter().all(|way| *way < BalanceTally::WAYS) {
            for followed in own.iter().filter_map(|way| self.orders.get(*way)) {
                let mut followed = followed.clone();
                for (_, packet) in std::mem::take(&mut followed.waiting) {
                    if let Some(flow) = flows.get_mut(&packet.flow) {
                        followed.add(&packet, flow);
                    }
                }
                order.join(followed);
            }
        }
        if own.len() > 1 {
            order.turns = Turns::default();
        }
        let mut period = PeriodTally { flows, order };
        period.excuse_ends();
        period.order.within_flows.settle();
        period
    }

    fn add(&mut self, packet: &Observation, way: usize) {
        let flow = self.flows.entry(packet.flow).or_insert_with(|| FlowTally {
            way,
            seen: (packet.time, packet.time),
            ..FlowTally::default()
        });
        if self.orders.len() <= flow.way && flow.way < BalanceTally::WAYS {
            self.orders.resize_with(flow.way + 1, Order::default);
        }
        flow.count(packet);
        let Some(order) = self.orders.get_mut(flow.way) else {
            return;
        };
        if let Some(next) = order.next(packet)
            && let Some(flow) = self.flows.get_mut(&next.flow)
        {
            order.add(&next, flow);
        }
    }
}

impl FlowTally {
    /// The link that it used most often.
    pub(super) fn mostly_on(&self) -> Option<u16> {
        let most = self
            .links
            .iter()
            .max_by_key(|(link, packets, _)| (*packets, u16::MAX - link));
        most.map(|(link, _, _)| *link)
    }

    fn count(&mut self, packet: &Observation) {
        let link = packet.lane.0;
        self.packets += 1;
        self.seen = (self.seen.0.min(packet.time), self.seen.1.max(packet.time));
        match self.links.iter_mut().find(|(used, _, _)| *used == link) {
            Some((_, packets, octets)) => {
                *packets += 1;
                *octets = octets.saturating_add(u64::from(packet.length));
            }
            None => self.links.push((link, 1, u64::from(packet.length))),
        }
        let last = self.last.replace(link);
        self.path.observe(packet, STRETCHES);
        self.changes += u64::from(last.is_some_and(|last| last != link));
    }
}

impl Order {
    /// Takes a packet in the order of the capture, and gives one back in that of send times, where there are some.
    fn next(&mut self, packet: &Observation) -> Option<Observation> {
        let Some(sent) = packet.sent else {
            return Some(*packet);
        };
        let link = usize::from(packet.lane.0);
        if self.latest_on.len() <= link {
            self.latest_on.resize(link + 1, i64::MIN);
        }
        if let Some(latest) = self.latest_on.get_mut(link) {
            self.crossed += u64::from(sent < *latest);
            *latest = sent.max(*latest);
        }
        let behind = self.waiting.iter().rev().take_while(|(other, _)| *other > sent).count();
        self.waiting.insert(self.waiting.len() - behind, (sent, *packet));
        if self.waiting.len() > WAITING {
            self.waiting.pop_front().map(|(_, packet)| packet)
        } else {
            None
        }
    }

    /// The next packet of a flow, which has been counted there.
    fn add(&mut self, packet: &Observation, flow: &mut FlowTally) {
        let link = packet.lane.0;
        let mut at = packet.sent.unwrap_or(packet.time);
        let mut in_order = true;
        if let Some(sent) = packet.sent {
            in_order = self.latest_sent.is_none_or(|latest| sent >= latest);
            if in_order {
                self.latest_sent = Some(sent);
            } else {
                self.late += 1;
                self.turns.excuse(sent, sent.saturating_add(self.ahead), 1);
            }
        }
        if in_order {
            // A clock may be coarse or stand still.
            let place = self.latest.map_or(at, |latest| at.max(latest.saturating_add(1)));
            self.latest = Some(place);
            self.ahead = self.ahead.max(place.saturating_sub(at));
            at = place;
        }
        if flow.changes > 0 && flow.turns.is_none() && self.flow_turns.len() < FOLLOWED {
            flow.turns = Some(self.flow_turns.len());
            self.flow_turns.push(Turns::default());
        }
        self.unnumbered += u64::from(packet.sequence.is_none());
        let mut missing = 0;
        if let (Some((_, Some(highest), _)), Some(this)) = (flow.highest, packet.sequence) {
            if this <= highest {
                // Late, or a second time.
                self.late += u64::from(in_order && this < highest);
                return;
            }
            missing = this - highest - 1;
        }
        if flow.first.is_none() {
            flow.first = packet.sequence.map(|sequence| (sequence, at));
        }
        let turns = flow.turns.and_then(|turns| self.flow_turns.get_mut(turns));
        if let Some((last, _, from)) = flow.highest.replace((link, packet.sequence, at)) {
            if missing == 0 {
                self.within_flows.add(last, link);
            } else {
                self.turns.excuse(from, at, missing);
            }
            if let Some(turns) = turns {
                if missing > 0 {
                    turns.excuse(from, at, missing);
                }
                turns.observe(at, packet);
            }
        }
        if in_order {
            self.turns.observe(at, packet);
        }
    }

    /// Takes in the order of other flows; how the packets of both were mixed is not known.
    fn join(&mut self, other: Self) {
        self.within_flows.merge(other.within_flows);
        self.turns = other.turns;
        self.flow_turns.extend(other.flow_turns);
        self.late += other.late;
        self.crossed += other.crossed;
        self.unnumbered += other.unnumbered;
    }
}
