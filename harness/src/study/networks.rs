//! Flows of several networks that have the same addresses and ports, and are one to whoever looks at these.

use checks::capture::measure::outage::OutageReport;
use checks::capture::measure::{Finding, FindingKind, FlowId, LabelStacks, Presence, Spoils};
use checks::capture::observe::SequenceSource;
use checks::capture::packet::Service;

use super::FlowSeen;

/// So many short flows that were of two services most of their time are no chance: when paths change, packets on the old one
/// may come after some on the new one.
const SHORT_FLOWS: usize = 20;

/// Whether flows came with the labels of two VPNs, or in two tunnels, at the same time, and nothing says that one sender sent
/// them. Numbers that do not repeat do: such a flow is balanced per packet, over routers that gave the VPN a label each.
pub(super) fn of_several_networks(
    flows: &[FlowSeen],
    outages: &OutageReport,
    labels: &LabelStacks,
    sequence: SequenceSource,
) -> Option<Finding> {
    let of_two = |are: fn(&Presence, &Presence) -> bool| -> Vec<(FlowId, (Service, Service))> {
        outages
            .flows
            .iter()
            .filter(|flow| sequence == SequenceSource::None || flow.duplicates > 0)
            .filter_map(|flow| Some((flow.flow, labels.of(flow.flow)?.services_that(are)?)))
            .collect()
    };
    let short = of_two(Presence::is_mostly_with);
    let mixed = match short.len() {
        SHORT_FLOWS.. => short,
        _ => of_two(Presence::is_together_with),
    };
    let (flow, (one, other)) = mixed.first()?;
    let key = flows.get(flow.0 as usize).map(|seen| seen.key)?;
    let text = format!(
        "{} flows had two service labels or tunnels at the same time, {key} {one} and {other}: they may be flows of two VPNs \
         with the same addresses, or of one that is balanced per packet over routers with a label each{}",
        mixed.len(),
        if sequence == SequenceSource::None {
            ", which sequence numbers would tell"
        } else {
            ", but numbers repeat"
        }
    );
    Some(Finding::of_all(FindingKind::MixedNetworks, Spoils::Both, text))
}
