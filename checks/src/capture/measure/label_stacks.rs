//! The label stacks of each flow: which, from when to when, on which link, in bounded memory.

use super::{FlowId, LaneId, Presence};
use crate::capture::packet::{LabelStack, Labelled, Service};

/// As many different stacks are kept of a flow.
const KEPT: usize = 32;
/// As many services of a flow are followed.
const SERVICES: usize = 4;
/// As many stacks are kept below which nothing could be read.
const UNREAD: usize = 64;

/// A stack that packets of a flow had on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackUse {
    /// The labels; none where the packets had none.
    pub stack: LabelStack,
    /// The link.
    pub lane: LaneId,
    /// Whether the packets were frames of a pseudowire.
    pub pseudowire: bool,
    /// Whether a control word stood below the labels.
    pub control_word: bool,
    /// The least and the greatest TTL of the last label.
    pub bottom_ttl: (u8, u8),
    /// Packets.
    pub packets: u64,
    /// When the first was captured, nanoseconds.
    pub first: i64,
    /// When the last was captured, nanoseconds.
    pub last: i64,
}

impl StackUse {
    fn is_alike(&self, other: &Self) -> bool {
        self.stack == other.stack
            && self.lane == other.lane
            && self.pseudowire == other.pseudowire
            && self.control_word == other.control_word
    }

    fn take(&mut self, other: &Self) {
        self.packets = self.packets.saturating_add(other.packets);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.bottom_ttl.0 = self.bottom_ttl.0.min(other.bottom_ttl.0);
        self.bottom_ttl.1 = self.bottom_ttl.1.max(other.bottom_ttl.1);
    }
}

/// The stacks of one flow, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowStacks {
    /// Those kept, at most 32; packets without labels are among them.
    pub uses: Vec<StackUse>,
    /// Packets with stacks for which there was no room.
    pub beyond: u64,
    /// When packets were of which service, of the first few.
    services: Vec<(Service, Presence)>,
}

impl FlowStacks {
    fn add(&mut self, used: &StackUse) {
        if let Some(known) = self.uses.iter_mut().rev().find(|known| known.is_alike(used)) {
            known.take(used);
        } else if self.uses.len() < KEPT {
            self.uses.push(*used);
        } else {
            self.beyond = self.beyond.saturating_add(used.packets);
        }
    }

    fn serve(&mut self, service: Service, time: i64) {
        let full = self.services.len() >= SERVICES;
        match self.services.iter_mut().find(|(known, _)| *known == service) {
            Some((_, presence)) => presence.see(time),
            None if !full => self.services.push((service, Presence::at(time))),
            None => {}
        }
    }

    fn take(&mut self, other: &Self) {
        for used in &other.uses {
            self.add(used);
        }
        self.beyond = self.beyond.saturating_add(other.beyond);
        for (service, presence) in &other.services {
            let full = self.services.len() >= SERVICES;
            match self.services.iter_mut().find(|(known, _)| known == service) {
                Some((_, known)) => known.join(presence),
                None if !full => self.services.push((*service, presence.clone())),
                None => {}
            }
        }
    }

    /// Two services between which this is true of the times of their packets, where there are two.
    pub fn services_that(&self, are: impl Fn(&Presence, &Presence) -> bool) -> Option<(Service, Service)> {
        let others = self.services.iter().enumerate();
        let mut pairs = others.flat_map(|(place, one)| self.services.iter().skip(place + 1).map(move |two| (one, two)));
        let (one, two) = pairs.find(|(one, two)| are(&one.1, &two.1))?;
        Some((one.0, two.0))
    }

    /// Whether any packet had labels.
    pub fn is_labelled(&self) -> bool {
        self.beyond > 0 || self.uses.iter().any(|used| !used.stack.labels().is_empty())
    }
}

/// Label stacks by flow.
#[derive(Debug, Clone, Default)]
pub struct LabelStacks {
    flows: Vec<FlowStacks>,
    unread: Vec<(LabelStack, u64)>,
    unread_beyond: u64,
}

impl LabelStacks {
    /// A packet of a flow, with its labels if it had any.
    pub fn observe(&mut self, flow: FlowId, lane: LaneId, time: i64, labels: Option<&Labelled>) {
        let entry = self.entry(flow);
        if let Some(service) = labels.and_then(Labelled::service) {
            entry.serve(service, time);
        }
        entry.add(&StackUse {
            stack: labels.map(|labels| labels.stack).unwrap_or_default(),
            lane,
            pseudowire: labels.is_some_and(|labels| labels.pseudowire),
            control_word: labels.is_some_and(|labels| labels.control_word),
            bottom_ttl: labels.map_or((0, 0), |labels| (labels.bottom_ttl, labels.bottom_ttl)),
            packets: 1,
            first: time,
            last: time,
        });
    }

    /// So many packets of a flow without labels, captured from the first of these instants to the second.
    pub fn unlabelled(&mut self, flow: FlowId, lane: LaneId, packets: u64, (first, last): (i64, i64)) {
        self.entry(flow).add(&StackUse {
            stack: LabelStack::default(),
            lane,
            pseudowire: false,
            control_word: false,
            bottom_ttl: (0, 0),
            packets,
            first,
            last,
        });
    }

    /// A packet of no known flow, below whose labels nothing could be read.
    pub fn unread(&mut self, stack: LabelStack, packets: u64) {
        let full = self.unread.len() >= UNREAD;
        match self.unread.iter_mut().find(|(known, _)| *known == stack) {
            Some((_, count)) => *count = count.saturating_add(packets),
            None if !full => self.unread.push((stack, packets)),
            None => self.unread_beyond = self.unread_beyond.saturating_add(packets),
        }
    }

    /// Takes in what another file shows, its flows by the numbers that they have here.
    pub fn take(&mut self, other: &LabelStacks, number: impl Fn(FlowId) -> Option<FlowId>) {
        for (local, stacks) in other.flows.iter().enumerate() {
            let Some(flow) = u32::try_from(local).ok().and_then(|local| number(FlowId(local))) else {
                continue;
            };
            self.entry(flow).take(stacks);
        }
        for (stack, packets) in &other.unread {
            self.unread(*stack, *packets);
        }
        self.unread_beyond = self.unread_beyond.saturating_add(other.unread_beyond);
    }

    /// The stacks of a flow.
    pub fn of(&self, flow: FlowId) -> Option<&FlowStacks> {
        self.flows.get(flow.0 as usize)
    }

    /// Flows that had labels.
    pub fn labelled(&self) -> impl Iterator<Item = (FlowId, &FlowStacks)> {
        let numbered = self.flows.iter().enumerate();
        numbered
            .filter(|(_, stacks)| stacks.is_labelled())
            .filter_map(|(number, stacks)| Some((FlowId(u32::try_from(number).ok()?), stacks)))
    }

    /// Stacks below which nothing could be read, with their packets.
    pub fn unread_stacks(&self) -> &[(LabelStack, u64)] {
        &self.unread
    }

    /// Packets below whose labels nothing could be read.
    pub fn unread_packets(&self) -> u64 {
        self.unread.iter().map(|(_, packets)| *packets).sum::<u64>() + self.unread_beyond
    }

    fn entry(&mut self, flow: FlowId) -> &mut FlowStacks {
        let place = flow.0 as usize;
        if self.flows.len() <= place {
            self.flows.resize_with(place + 1, FlowStacks::default);
        }
        // The line above made room.
        &mut self.flows[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(stack: &[u32]) -> Labelled {
        Labelled {
            stack: LabelStack::of(stack.iter().copied()),
            tunnel: None,
            bottom_ttl: 1,
            pseudowire: false,
            control_word: false,
            unread: false,
        }
    }

    #[test]
    fn stacks_have_their_times_and_are_no_more_than_there_is_room_for() {
        let mut stacks = LabelStacks::default();
        for number in 0..100 {
            let stack = labels(&[3000 + number, 1025]);
            stacks.observe(FlowId(2), LaneId(0), i64::from(number), Some(&stack));
            stacks.observe(FlowId(2), LaneId(0), i64::from(number), Some(&labels(&[3000, 1025])));
        }
        stacks.observe(FlowId(1), LaneId(0), 7, None);
        let flow = stacks.of(FlowId(2)).unwrap();
        assert_eq!(flow.uses.len(), KEPT);
        assert_eq!(flow.beyond, 100 - KEPT as u64);
        assert_eq!(
            (flow.uses[0].packets, flow.uses[0].first, flow.uses[0].last),
            (101, 0, 99)
        );
        assert_eq!(stacks.labelled().map(|(flow, _)| flow).collect::<Vec<_>>(), [FlowId(2)]);
        let mut all = LabelStacks::default();
        all.take(&stacks, |flow| (flow.0 == 2).then_some(FlowId(0)));
        assert_eq!(all.of(FlowId(0)), stacks.of(FlowId(2)));
    }
}
