//! Why there is no flow to be told of.

use super::PointStudy;

/// Flows that are named.
const NAMED: usize = 6;

/// Why none of these points has a flow that was asked for: none was measured at all, or only others were.
pub fn nothing_seen(points: &[&PointStudy]) -> String {
    let flows = points.iter().flat_map(|point| &point.flows);
    let mut all: Vec<String> = flows.map(|flow| flow.key.to_string()).collect();
    all.sort_unstable();
    all.dedup();
    if !all.is_empty() {
        let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = if all.len() > NAMED { ", …" } else { "" };
        return format!("no such flow was captured; there are {named}{more}");
    }
    let files = || points.iter().flat_map(|point| &point.files);
    let doubt = files().find_map(|file| {
        let doubt = file.integrity.packet_doubts.first()?;
        Some(format!("{}: {doubt}", file.name()))
    });
    let packets: u64 = files().map(|file| file.packets).sum();
    let why = match (packets, doubt) {
        (_, Some(doubt)) => doubt,
        (0, None) => "no packet at all".to_owned(),
        (packets, None) => format!(
            "none of {packets} packets has a sequence number as our probe has it, in UDP behind `SEQ1`, or where --sequence says"
        ),
    };
    format!("no packet of a measured flow was captured: {why}")
}
