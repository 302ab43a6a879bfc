//! How many packets of each flow each link carried.

use std::collections::{BTreeMap, HashMap};

use checks::capture::measure::{FlowId, LaneId};

/// Packets of each flow on each link, while they are counted.
pub(super) struct OnLinks {
    links: usize,
    /// Those of one flow beside one another.
    counts: Vec<u64>,
}

impl OnLinks {
    pub(super) fn new(links: usize) -> Self {
        Self {
            links,
            counts: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn count(&mut self, flow: FlowId, lane: LaneId) {
        let place = flow.0 as usize * self.links + usize::from(lane.0);
        match self.counts.get_mut(place) {
            Some(count) => *count += 1,
            None => self.begin(flow, place),
        }
    }

    #[inline(never)]
    fn begin(&mut self, flow: FlowId, place: usize) {
        self.counts.resize((flow.0 as usize + 1) * self.links, 0);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
    }

    pub(super) fn by_flow(&self) -> HashMap<FlowId, BTreeMap<LaneId, u64>> {
        let flows = (0..).map(FlowId).zip(self.counts.chunks(self.links.max(1)));
        flows
            .map(|(flow, counts)| {
                let lanes = (0..).map(LaneId).zip(counts.iter().copied());
                (flow, lanes.filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>())
            })
            .filter(|(_, lanes)| !lanes.is_empty())
            .collect()
    }
}
