//! Traffic as it is written: flows that are sent while a case runs.

use super::keys::{FLOW_KEYS, LARGEST_PACKET, MOST_FLOWS, MOST_PACKETS, SMALLEST_PACKET};
use crate::source::Written;
use crate::source::reader::Reader;
use crate::source::yaml::{Node, Value};

/// Flows of one kind: the same ends, ports counted up.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Its name.
    pub name: Written,
    /// Device that sends it.
    pub from: Written,
    /// Source address, where it is not left to the device.
    pub source: Option<Written>,
    /// Destination address.
    pub to: Written,
    /// VPN instance of the sending device.
    pub vrf: Option<Written>,
    /// How many flows.
    pub flows: u32,
    /// Packets a second of each flow.
    pub rate: u32,
    /// Octets of each packet, from the IP header on.
    pub size: u16,
}

/// Flows where nothing is said.
const FLOWS: u32 = 1;
/// Packets a second where nothing is said: 50 ms are told apart to 2 %.
const RATE: u32 = 1000;
/// Octets of a packet where nothing is said.
const SIZE: u16 = 128;

/// Reads `traffic`.
pub(super) fn traffic_of(reader: &mut Reader<'_>, node: &Node) -> Vec<Traffic> {
    let entries = reader.entries(node, "traffic by its name").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        reader.mistake(node.range.clone(), "`traffic` sends nothing");
    }
    entries
        .iter()
        .filter_map(|entry| traffic(reader, reader.key(entry), &entry.value))
        .collect()
}

fn traffic(reader: &mut Reader<'_>, name: Written, node: &Node) -> Option<Traffic> {
    let fields = reader.fields(node, "traffic", FLOW_KEYS, &[])?;
    let from = reader
        .required(&fields, "from", "the traffic")
        .and_then(|node| reader.text(node, "the device that sends it"));
    let to = reader
        .required(&fields, "to", "the traffic")
        .and_then(|node| reader.text(node, "its destination"));
    let mut number = |key: &str, bounds, default| match fields.get(key) {
        Some(node) => reader.integer(node, key, bounds),
        None => Some(default),
    };
    let flows = number("flows", 1..=MOST_FLOWS, u64::from(FLOWS));
    let rate = number("rate", 1..=MOST_PACKETS, u64::from(RATE));
    let size = number("size", SMALLEST_PACKET..=LARGEST_PACKET, u64::from(SIZE));
    let mut text = |key: &str, what: &str| match fields.get(key) {
        Some(node) => reader.text(node, what).map(Some),
        None => Some(None),
    };
    let source = text("source", "a source address");
    let vrf = text("in", "a VPN instance");
    Some(Traffic {
        name,
        from: from?,
        source: source?,
        to: to?,
        vrf: vrf?,
        flows: u32::try_from(flows?).ok()?,
        rate: u32::try_from(rate?).ok()?,
        size: u16::try_from(size?).ok()?,
    })
}
