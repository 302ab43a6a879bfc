//! All flows of a point: observed one by one, in shards if need be, and measured at the end.

use super::activity::Activity;
use super::flow::FlowTracker;
use super::flow_report::Start;
use super::period::Period;
use super::report::{FlowOutages, OutageReport};
use super::settings::{EndOfTraffic, OutageSettings};
use super::steady::Steady;
use super::{Silence, flow_report};
use crate::capture::measure::{
    Finding, FindingKind, FlowId, FlowSink, LaneId, Measured, Method, Nanoseconds, Observation, Spoils, Unit,
};

const ABSENT: u32 = u32::MAX;
/// Traffic that shows so much later than anything else is told to have begun then. Nanoseconds.
const BEGUN_LATER: i64 = 10_000_000;

/// The flows of one shard. Shards of disjoint flows are merged by [`Flows::merge`].
#[derive(Debug, Clone, Default)]
pub struct Flows {
    settings: OutageSettings,
    index: Vec<u32>,
    flows: Vec<(FlowId, FlowTracker)>,
    /// What takes ordinary packets in place of each of them.
    steady: Vec<Steady>,
    untracked: u64,
}

impl Flows {
    /// No flows yet.
    pub fn new(settings: OutageSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// A packet of a flow.
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    pub fn observe(&mut self, observation: &Observation) {
        let place = observation.flow.0 as usize;
        let index = self.index.get(place).copied().unwrap_or(ABSENT) as usize;
        let taken = self
            .steady
            .get_mut(index)
            .is_some_and(|steady| steady.take(observation));
        if !taken {
            self.look(&observation.bounded(), index, place);
        }
    }

    /// Looks at a packet that is not merely the next one.
    #[inline(never)]
    fn look(&mut self, packet: &Observation, index: usize, place: usize) {
        match self.flows.get_mut(index).zip(self.steady.get_mut(index)) {
            Some(((_, flow), steady)) => {
                if steady.fits(packet) && flow.turn_over(steady) {
                    steady.add(packet);
                    return;
                }
                flow.resume(steady);
                flow.observe(packet);
                *steady = flow.steady();
            }
            None => self.begin(packet, place),
        }
    }

    #[cold]
    fn begin(&mut self, packet: &Observation, place: usize) {
        // Flow numbers are dense; one that is far beyond the number of flows allowed is not worth the index.
        if self.flows.len() >= self.settings.flows_at_most || place >= self.settings.flows_at_most.saturating_mul(4) {
            self.untracked += 1;
            return;
        }
        if self.index.len() <= place {
            self.index.resize(place + 1, ABSENT);
        }
        let space = self
            .settings
            .expected(packet.flow)
            .sequence
            .unwrap_or(self.settings.sequence);
        if let Some(slot) = self.index.get_mut(place) {
            *slot = u32::try_from(self.flows.len()).unwrap_or(ABSENT);
            self.flows.push((
                packet.flow,
                FlowTracker::begin(
                    packet,
                    space,
                    self.settings.recovery_run.max(1),
                    self.settings.noticeable_distance,
                    self.settings.forwarding_delay_threshold.unwrap_or(i64::MAX),
                ),
            ));
            self.steady.push(Steady::NOT);
        }
    }

    /// Takes in the flows of another shard, of which this one has none.
    pub fn merge(&mut self, mut other: Flows) {
        other.resume();
        self.untracked += other.untracked;
        for (id, flow) in other.flows {
            let place = id.0 as usize;
            if self.index.len() <= place {
                self.index.resize(place + 1, ABSENT);
            }
            if let Some(slot) = self.index.get_mut(place) {
                *slot = u32::try_from(self.flows.len()).unwrap_or(ABSENT);
            }
            self.flows.push((id, flow));
            self.steady.push(Steady::NOT);
        }
    }

    /// Brings all flows up to date.
    fn resume(&mut self) {
        for ((_, flow), steady) in self.flows.iter_mut().zip(&mut self.steady) {
            flow.resume(steady);
            *steady = Steady::NOT;
        }
    }

    /// Flows seen so far.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether no flow was seen.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}

/// Outages of the flows of one point.
#[derive(Debug, Clone, Default)]
pub struct OutageTracker {
    flows: Flows,
    activity: Activity,
    findings: Vec<Finding>,
}

impl FlowSink for OutageTracker {
    #[allow(clippy::inline_always, reason = "once a packet, in the loop over packets")]
    #[inline(always)]
    fn observe(&mut self, observation: &Observation) {
        self.activity
            .record(observation.lane, observation.bounded_time(), false);
        self.flows.observe(observation);
    }

    #[inline]
    fn unrelated(&mut self, lane: LaneId, time: i64) {
        self.activity.record(lane, time, true);
    }
}

impl OutageTracker {
    /// Nothing observed yet.
    pub fn new(settings: OutageSettings) -> Self {
        Self {
            flows: Flows::new(settings),
            ..Self::default()
        }
    }

    /// From shards that were filled apart: the flows, merged, and everything that was captured in its order.
    pub fn from_parts(flows: Flows, activity: Activity) -> Self {
        Self {
            flows,
            activity,
            findings: Vec::new(),
        }
    }

    /// Adds what reading the capture showed: drops, truncation, damage.
    pub fn add_finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// What was captured at all.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Measures.
    pub fn finish(self) -> OutageReport {
        let Self {
            mut flows,
            mut activity,
            mut findings,
        } = self;
        flows.resume();
        flows.flows.sort_by_key(|(id, _)| *id);
        let settings = flows.settings;
        if let Some(until) = settings.captured_until {
            activity.ran_until(until);
        }
        for (_, flow) in &mut flows.flows {
            flow.close_all();
        }
        let end = end_of_traffic(&settings, &activity, &flows.flows);
        let stopped = match settings.end {
            EndOfTraffic::Together => ended_last(&flows.flows, end),
            _ => Vec::new(),
        };
        let begun = flows.flows.iter().map(|(_, flow)| flow.first.time).min();
        let start = Start {
            capture: activity.window().map_or(i64::MIN, |(from, _)| from),
            traffic: begun.unwrap_or(i64::MIN),
        };
        let mut measured: Vec<FlowOutages> = flows
            .flows
            .iter()
            .map(|(id, flow)| {
                let end = if stopped_earlier(flow, end, &stopped) {
                    flow.last.time
                } else {
                    end
                };
                flow_report::of_flow(*id, flow, &settings, start, end)
            })
            .collect();
        point_findings(&settings, &activity, &measured, flows.untracked, &mut findings);
        findings.extend(earliest_stop(&flows.flows, end, &stopped));
        findings.extend(common_step(&flows.flows));
        suspect_stalls(&settings, &activity, &mut measured);
        let window = activity.window().map(|(from, to)| Silence { from, to });
        summarise(window, measured, findings)
    }
}

/// When the traffic, or at least its capture, ended.
fn end_of_traffic(settings: &OutageSettings, activity: &Activity, flows: &[(FlowId, FlowTracker)]) -> i64 {
    let captured = activity.window().map_or(i64::MAX, |(_, to)| to);
    match settings.end {
        EndOfTraffic::At(instant) => instant.min(captured),
        EndOfTraffic::Together => flows
            .iter()
            .map(|(_, flow)| flow.last.time)
            .max()
            .map_or(captured, |last| last.min(captured)),
        EndOfTraffic::Unknown | EndOfTraffic::Packets(_) => captured,
    }
}

/// How flows ended that ended last: with which number, sent how often.
fn ended_last(flows: &[(FlowId, FlowTracker)], end: i64) -> Vec<(u64, i64)> {
    let mut ends: Vec<(u64, i64)> = flows
        .iter()
        .filter(|(_, flow)| flow.numbered && flow.period > 0 && ended_with(flow, end))
        .map(|(_, flow)| (flow.last.sequence, flow.period))
        .collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Whether no more than two packets of a flow can be missing before this instant.
fn ended_with(flow: &FlowTracker, end: i64) -> bool {
    end.saturating_sub(flow.last.time) <= flow.period.saturating_mul(2).saturating_add(1_000_000)
}

/// Whether a flow that ended earlier than others ended with the very number with which one of them ended that is sent as
/// often: two senders of as many packets, started one after the other.
fn stopped_earlier(flow: &FlowTracker, end: i64, stopped: &[(u64, i64)]) -> bool {
    let as_often = |period: i64| period.saturating_sub(flow.period).saturating_abs() <= period / 100;
    flow.numbered
        && !ended_with(flow, end)
        && stopped
            .iter()
            .any(|(sequence, period)| *sequence == flow.last.sequence && as_often(*period))
}

fn earliest_stop(flows: &[(FlowId, FlowTracker)], end: i64, stopped: &[(u64, i64)]) -> Option<Finding> {
    let earlier = flows.iter().filter(|(_, flow)| stopped_earlier(flow, end, stopped));
    let earliest = earlier.clone().map(|(_, flow)| flow.last.time).min()?;
    Some(Finding::of_all(
        FindingKind::NeverCameBack,
        Spoils::Nothing,
        format!(
            "{} flows ended up to {} before the others, with the same last number: they are taken to have been stopped as \
             well",
            earlier.count(),
            Nanoseconds(end.saturating_sub(earliest))
        ),
    ))
}

fn point_findings(
    settings: &OutageSettings,
    activity: &Activity,
    measured: &[FlowOutages],
    untracked: u64,
    findings: &mut Vec<Finding>,
) {
    if activity.backwards() > 1_000_000 {
        findings.push(Finding::of_all(
            FindingKind::ClockStep,
            Spoils::Nothing,
            format!(
                "time stamps of the capture went backwards by up to {}",
                Nanoseconds(activity.backwards())
            ),
        ));
    }
    if untracked > 0 {
        findings.push(Finding::of_all(
            FindingKind::TooManyEvents,
            Spoils::Both,
            format!(
                "more than {} flows: {untracked} packets of others were not measured",
                settings.flows_at_most
            ),
        ));
    }
    let unseen = settings
        .flows
        .iter()
        .filter(|(_, expected)| expected.last_sequence.is_some())
        .filter(|(id, _)| measured.binary_search_by_key(id, |flow| &flow.flow).is_err())
        .count() as u64;
    let missing = settings
        .flows_expected
        .map_or(0, |expected| expected.saturating_sub(measured.len() as u64))
        .max(unseen);
    if missing > 0 {
        findings.push(Finding::of_all(
            FindingKind::NeverSeen,
            Spoils::Pass,
            format!("of {missing} flows no packet was seen"),
        ));
    }
    findings.extend(begun_within(activity, measured));
    if let (EndOfTraffic::Together, Some(last)) = (settings.end, measured.iter().map(|flow| flow.last).max()) {
        let silent = activity.window().map_or(0, |(_, to)| to.saturating_sub(last));
        findings.push(Finding::of_all(
            FindingKind::NeverCameBack,
            Spoils::Nothing,
            format!(
                "flows that end together are taken to have been stopped, {} before the end of the capture",
                Nanoseconds(silent)
            ),
        ));
    }
}

/// One-way delays of all flows that step at one instant, by the same and without a loss: a clock was set, or all paths
/// changed.
fn common_step(flows: &[(FlowId, FlowTracker)]) -> Option<Finding> {
    let mut common: Option<(i64, i64)> = None;
    for (_, flow) in flows {
        let step = flow
            .longest
            .kept
            .iter()
            .map(|episode| &episode.longest)
            .filter(|gap| gap.lost() == 0 && gap.around.step / 2 > gap.around.held.max(500_000))
            .map(|gap| (gap.after.time, gap.around.step))
            .find(|(time, step)| {
                common.is_none_or(|(at, by)| {
                    time.saturating_sub(at).saturating_abs() < 1_000_000_000
                        && step.saturating_sub(by).saturating_abs() <= by / 10
                })
            })?;
        common = Some(step);
    }
    let (_, by) = common?;
    (flows.len() > 1).then(|| {
        Finding::of_all(
            FindingKind::ClockStep,
            Spoils::Nothing,
            format!(
                "the one-way delay of every flow rose by about {} at once and without a loss: a clock was set, or every \
                 path changed",
                Nanoseconds(by)
            ),
        )
    })
}

/// Marks flows whose outage falls into a silence of the whole capture in which other packets were to be expected.
fn suspect_stalls(settings: &OutageSettings, activity: &Activity, measured: &mut [FlowOutages]) {
    let Some((from, to)) = activity.window() else { return };
    let window = i128::from(to.saturating_sub(from)).max(1);
    let group_packets: rustc_hash::FxHashMap<u32, u64> =
        measured
            .iter()
            .fold(rustc_hash::FxHashMap::default(), |mut groups, flow| {
                *groups.entry(settings.expected(flow.flow).group).or_default() +=
                    flow.received.saturating_add(flow.duplicates);
                groups
            });
    for flow in measured {
        let own = group_packets
            .get(&settings.expected(flow.flow).group)
            .copied()
            .unwrap_or(0);
        let witnesses = i128::from(activity.packets().saturating_sub(own));
        let silent = flow.outages.iter().find_map(|outage| {
            let (from, to) = (outage.last_before?, outage.first_after?);
            let expected = witnesses * i128::from(to - from) / window;
            (expected >= 10 && activity.silent_during(from, to)).then_some((to - from, expected))
        });
        if let Some((span, expected)) = silent {
            flow.findings.push(Finding::of_flow(
                flow.flow,
                FindingKind::CaptureStall,
                Spoils::Fail,
                format!(
                    "nothing at all was captured for {}, although about {expected} packets of other traffic were to be \
                     expected: the capture may have stalled",
                    Nanoseconds(span)
                ),
            ));
        }
    }
}

impl OutageReport {
    /// The outages of some flows, with their sums; what concerns all flows stays.
    #[must_use]
    pub fn of_flows(&self, wanted: impl Fn(&FlowOutages) -> bool) -> Self {
        let flows = self.flows.iter().filter(|flow| wanted(flow)).cloned().collect();
        summarise(self.window, flows, self.findings.clone())
    }
}

fn summarise(window: Option<Silence>, flows: Vec<FlowOutages>, findings: Vec<Finding>) -> OutageReport {
    let mut estimates: Vec<i64> = flows
        .iter()
        .filter(|flow| !flow.outages.is_empty())
        .filter_map(|flow| flow.interruption.estimate)
        .collect();
    estimates.sort_unstable();
    let affected = flows.iter().filter(|flow| !flow.outages.is_empty()).count() as u64;
    let spread = match (estimates.first(), estimates.get(estimates.len() / 2), estimates.last()) {
        (Some(least), Some(median), Some(greatest)) => Some([*least, *median, *greatest]),
        _ => None,
    };
    OutageReport {
        version: OutageReport::VERSION,
        window,
        affected,
        interruption: flow_report::longest_of(&flows),
        spread,
        lost: total(flows.iter().map(|flow| flow.lost.unwrap_or(0))),
        received: total(flows.iter().map(|flow| flow.received)),
        loss_derived: loss_derived(&flows),
        flows,
        findings,
    }
}

/// That the traffic is taken to have begun within the capture, where neither its numbers nor its send times tell.
fn begun_within(activity: &Activity, measured: &[FlowOutages]) -> Option<Finding> {
    let first = measured.iter().min_by_key(|flow| flow.first)?;
    let silent = first.first.saturating_sub(activity.window()?.0);
    let period = first.period.map_or(0, Period::nanoseconds);
    let is_untold = first.delay_variation.is_none() && silent > period.saturating_mul(2).max(BEGUN_LATER);
    is_untold.then(|| {
        Finding::of_all(
            FindingKind::BegunLater,
            Spoils::Nothing,
            format!(
                "the first packet of a flow came {} after the capture began: the traffic is taken to have begun then",
                Nanoseconds(silent)
            ),
        )
    })
}

/// Lost packets of all flows over the offered load of all flows.
fn loss_derived(flows: &[FlowOutages]) -> Measured {
    let known: Vec<_> = flows.iter().filter_map(|flow| flow.period.zip(flow.lost)).collect();
    if known.is_empty() || known.len() < flows.len() {
        return Measured::unknown(
            Unit::Nanoseconds,
            Method::LossDerived,
            "losses and rates are not known of every flow",
        );
    }
    let rate: f64 = known.iter().map(|(period, _)| period.rate()).sum();
    let lost = total(known.iter().map(|(_, lost)| *lost));
    let affected = flows.iter().filter(|flow| flow.lost.unwrap_or(0) > 0).count() as f64;
    let nanoseconds = |packets: f64| (packets.max(0.0) / rate * 1e9) as i64;
    let lost = lost as f64;
    Measured::duration(
        nanoseconds(lost),
        nanoseconds(lost - affected).saturating_sub(1),
        nanoseconds(lost + flows.len() as f64).saturating_add(1),
        Method::LossDerived,
        nanoseconds(1.0),
    )
    .note("the mean over all flows, those that lost nothing included: it hides the slowest")
}

fn total(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
