//! The label stacks of a file's flows, packet by packet.

use checks::capture::measure::{FlowId, LabelStacks, LaneId};
use checks::capture::packet::{LabelStack, Labelled};

/// Label stacks by the file's own numbers of flows.
#[derive(Default)]
pub(super) struct FileLabels {
    stacks: LabelStacks,
    /// Packets without labels, of which there are many, are counted here before they are added to the stacks.
    unlabelled: Vec<Option<Unlabelled>>,
}

/// Packets of a flow without labels since the first of them.
#[derive(Clone, Copy)]
struct Unlabelled {
    lane: LaneId,
    packets: u64,
    first: i64,
    last: i64,
}

impl FileLabels {
    /// A packet of a flow, with its labels if it has any.
    #[inline]
    pub(super) fn observe(&mut self, flow: FlowId, lane: LaneId, time: i64, labels: Option<&Labelled>) {
        match (labels, self.unlabelled.get_mut(flow.0 as usize)) {
            (None, Some(Some(counted))) if counted.lane == lane => {
                counted.packets += 1;
                counted.first = counted.first.min(time);
                counted.last = counted.last.max(time);
            }
            _ => self.add(flow, lane, time, labels),
        }
    }

    /// The first packet of a flow without labels tells the stacks at once, which keep the order.
    #[inline(never)]
    fn add(&mut self, flow: FlowId, lane: LaneId, time: i64, labels: Option<&Labelled>) {
        self.stacks.observe(flow, lane, time, labels);
        if labels.is_some() {
            return;
        }
        let place = flow.0 as usize;
        if self.unlabelled.len() <= place {
            self.unlabelled.resize(place + 1, None);
        }
        if let Some(counted @ None) = self.unlabelled.get_mut(place) {
            *counted = Some(Unlabelled {
                lane,
                packets: 0,
                first: time,
                last: time,
            });
        }
    }

    /// A packet of no known flow, below whose labels nothing could be read.
    pub(super) fn unread(&mut self, stack: LabelStack) {
        self.stacks.unread(stack, 1);
    }

    /// The stacks, once the file has been read.
    pub(super) fn finish(mut self) -> LabelStacks {
        for (flow, counted) in (0..).map(FlowId).zip(self.unlabelled) {
            if let Some(counted) = counted.filter(|counted| counted.packets > 0) {
                self.stacks
                    .unlabelled(flow, counted.lane, counted.packets, (counted.first, counted.last));
            }
        }
        self.stacks
    }
}
