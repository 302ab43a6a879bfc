//! Interruptions by rate: packets in bins against what the flow sends, counted in a second pass over the files of a point.

use std::collections::HashMap;

use checks::capture::measure::outage::{FlowOutages, OutageEnd, Period};
use checks::capture::measure::{FlowId, LaneId, Measured, Observation, by_rate};
use ipnet::IpNet;

use super::source::{Kept, Measure, Met};
use super::{PointStudy, Study};
use crate::capture::CaptureError;

/// Fewer packets in a bin than this share of those that are sent, in percent, are too few.
const THRESHOLD: u8 = 95;
/// Fewer bins tell nothing.
const FEWEST_BINS: usize = 3;
/// Bins of all flows together.
const MOST_BINS: usize = 20_000_000;

/// An interruption by rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LowRate {
    /// When the first bin with too few packets began, nanoseconds since 1970.
    pub from: i64,
    /// How long there were too few.
    pub length: Measured,
}

/// Interruptions by rate, or why the rate tells nothing.
pub type ByRate = Result<Vec<LowRate>, String>;

/// Interruptions by rate at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// The length of a bin, nanoseconds (RFC 6412: packet sampling interval).
    pub bin: i64,
    /// Of each flow, in the order of their numbers.
    pub flows: Vec<(FlowId, ByRate)>,
    /// Of all flows together, while all of them are sent.
    pub all: ByRate,
}

/// Packets of a flow, or of all, in bins.
struct Bins {
    from: i64,
    bin: i64,
    counts: Vec<u32>,
}

impl Bins {
    fn between(from: i64, to: i64, bin: i64) -> Self {
        let bins = to.saturating_sub(from).max(0) / bin;
        Self {
            from,
            bin,
            counts: vec![0; usize::try_from(bins).unwrap_or(0)],
        }
    }

    fn of(from: i64, to: i64, bin: i64) -> Option<usize> {
        usize::try_from(to.saturating_sub(from).max(0) / bin).ok()
    }

    fn add(&mut self, time: i64) {
        let place = usize::try_from(time.saturating_sub(self.from).div_euclid(self.bin));
        if let Some(count) = place.ok().and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        }
    }

    /// Where packets come with this period.
    fn low(&self, period: i64) -> ByRate {
        // The first and the last do not count.
        if self.counts.len() < FEWEST_BINS {
            return Err(format!("{} bins are too few: make them shorter", self.counts.len()));
        }
        let found = by_rate(&self.counts, self.bin, period, THRESHOLD).map_err(|error| error.to_string())?;
        let low = found.into_iter().map(|outage| LowRate {
            from: self
                .from
                .saturating_add(self.bin.saturating_mul(i64::try_from(outage.first).unwrap_or(i64::MAX))),
            length: outage.length,
        });
        Ok(low.collect())
    }
}

impl Study {
    /// Interruptions of the flows that arrive at a point by their rates, with packets in bins of so many nanoseconds: of flows
    /// from one network to another, where not all are meant.
    ///
    /// # Errors
    /// A file that cannot be opened or read again.
    pub fn rates(&self, point: &PointStudy, only: Option<(IpNet, IpNet)>, bin: i64) -> Result<Rates, CaptureError> {
        let bin = bin.max(1);
        let outages = point.outages_of(only);
        let until = |flow: &FlowOutages| {
            let gone = flow.outages.iter().any(|outage| outage.end == OutageEnd::NeverCameBack);
            let end = point.outages.window.filter(|_| gone).map(|window| window.to);
            end.unwrap_or(flow.last)
        };
        let spans: Vec<(FlowId, i64, i64)> = outages
            .flows
            .iter()
            .map(|flow| (flow.flow, flow.first, until(flow)))
            .collect();
        let begin = spans.iter().map(|(_, from, _)| *from).max().unwrap_or(0);
        let end = spans.iter().map(|(_, _, to)| *to).min().unwrap_or(0);
        let bins = spans
            .iter()
            .map(|(_, from, to)| Bins::of(*from, *to, bin))
            .chain([Bins::of(begin, end, bin)]);
        let total = bins
            .map(|bins| bins.unwrap_or(usize::MAX))
            .fold(0, usize::saturating_add);
        if total > MOST_BINS {
            let why = format!("{total} bins are more than the {MOST_BINS} that are counted: make them longer");
            return Ok(Rates {
                bin,
                flows: spans.iter().map(|(flow, ..)| (*flow, Err(why.clone()))).collect(),
                all: Err(why),
            });
        }
        let mut counting = Counting {
            point,
            local: HashMap::new(),
            flows: spans
                .iter()
                .map(|(flow, from, to)| (*flow, Bins::between(*from, *to, bin)))
                .collect(),
            all: Bins::between(begin, end, bin),
        };
        self.read_again(point, &mut counting)?;
        let of_flow = |flow: &FlowOutages| {
            let period = flow.period.ok_or("its rate is not known")?;
            let bins = counting.flows.get(&flow.flow).ok_or("it was not counted")?;
            bins.low(period.nanoseconds())
        };
        Ok(Rates {
            bin,
            flows: outages.flows.iter().map(|flow| (flow.flow, of_flow(flow))).collect(),
            all: together(&outages.flows)
                .and_then(|period| counting.all.low(period))
                .map(of_several),
        })
    }
}

/// Where some of several flows are interrupted, a bin at either end may hold much of that and miss few packets.
fn of_several(mut low: Vec<LowRate>) -> Vec<LowRate> {
    for LowRate { length, .. } in &mut low {
        let bins = length.resolution.saturating_mul(2);
        length.upper = length.upper.map(|upper| upper.saturating_add(bins));
        length
            .notes
            .push("as long as too few packets of all flows together arrive".to_owned());
    }
    low
}

/// The time between the packets of all flows together, in nanoseconds.
fn together(flows: &[FlowOutages]) -> Result<i64, String> {
    let periods: Option<Vec<Period>> = flows.iter().map(|flow| flow.period).collect();
    let rate: f64 = periods
        .ok_or("the rate of a flow is not known")?
        .iter()
        .map(|period| period.rate())
        .sum();
    if rate > 0.0 {
        Ok((1e9 / rate).ceil() as i64)
    } else {
        Err("no flow was measured".to_owned())
    }
}

/// Counts packets of flows in bins.
struct Counting<'p> {
    point: &'p PointStudy,
    /// The point's numbers of flows by those of each file.
    local: HashMap<(usize, FlowId), FlowId>,
    flows: HashMap<FlowId, Bins>,
    all: Bins,
}

impl Measure for Counting<'_> {
    fn flow(&mut self, source: usize, _lane: LaneId, flow: FlowId, met: &Met) {
        if let Some(number) = self.point.number_of(&met.key) {
            self.local.insert((source, flow), number);
        }
    }

    fn observation(&mut self, source: usize, observation: Observation) {
        let number = self.local.get(&(source, observation.flow));
        if let Some(bins) = number.and_then(|number| self.flows.get_mut(number)) {
            bins.add(observation.time);
            self.all.add(observation.time);
        }
    }

    fn control(&mut self, _source: usize, _lane: LaneId, _time: i64, _kept: &Kept<'_>) {}

    fn unrelated(&mut self, _lane: LaneId, _time: i64) {}
}
