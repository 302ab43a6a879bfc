//! Flows of several VPNs that have the same addresses and ports, and are one to whoever looks at these.

use checks::capture::measure::outage::OutageReport;
use checks::capture::measure::{Finding, FindingKind, LabelStacks, Spoils};
use checks::capture::observe::SequenceSource;

use super::FlowSeen;

/// Whether flows came with the labels of two VPNs at the same time, and nothing says that one sender sent them. Numbers that do
/// not repeat do: such a flow is balanced per packet, over routers that gave the VPN a label each.
pub(super) fn of_several_networks(
    flows: &[FlowSeen],
    outages: &OutageReport,
    labels: &LabelStacks,
    sequence: SequenceSource,
) -> Option<Finding> {
    let mut mixed = outages
        .flows
        .iter()
        .filter(|flow| sequence == SequenceSource::None || flow.duplicates > 0)
        .filter_map(|flow| Some((flow.flow, labels.of(flow.flow)?.services_at_once()?)));
    let (flow, (one, other)) = mixed.next()?;
    let key = flows.get(flow.0 as usize).map(|seen| seen.key)?;
    let text = format!(
        "{} flows had two service labels at the same time, {key} {one} and {other}: they may be flows of two VPNs with the same \
         addresses, or of one that is balanced per packet over routers with a label each{}",
        1 + mixed.count(),
        if sequence == SequenceSource::None {
            ", which sequence numbers would tell"
        } else {
            ", but numbers repeat"
        }
    );
    Some(Finding::of_all(FindingKind::MixedNetworks, Spoils::Both, text))
}
