//! Interfaces that a capture file describes.

use crate::capture::{LinkType, Timestamp};

use super::time_scale::TimeScale;

/// One interface of a capture file: the only one of a pcap, one for every description block of a pcapng.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Its name, `eth0` (pcapng only).
    pub name: Option<String>,
    /// Its description (pcapng only).
    pub description: Option<String>,
    /// The section of the file it belongs to, from 0.
    pub section: u32,
    /// Its number within the section.
    pub number_in_section: u32,
    /// What its packets begin with.
    pub link_type: LinkType,
    /// Most octets captured of a packet; 0 for no limit.
    pub snap_length: u32,
    /// Seconds added to every time of this interface (`if_tsoffset`).
    pub time_offset_s: i64,
    /// Packets seen so far.
    pub packets: u64,
    /// Time of its first packet that has one.
    pub first_time: Option<Timestamp>,
    /// The latest time seen.
    pub last_time: Option<Timestamp>,
    /// By how much time went backwards at worst, in nanoseconds; 0 when it never did.
    pub largest_step_back_ns: i64,
    /// Packets lost on the way into the file, as far as it says (`isb_ifdrop`, `isb_osdrop`, `epb_dropcount`).
    pub dropped: Option<u64>,
    pub(super) scale: TimeScale,
    pub(super) drops_in_packets: u64,
    pub(super) drops_in_statistics: Option<u64>,
}

impl Interface {
    pub(super) fn new(link_type: LinkType, snap_length: u32, scale: TimeScale) -> Self {
        Self {
            name: None,
            description: None,
            section: 0,
            number_in_section: 0,
            link_type,
            snap_length,
            time_offset_s: 0,
            packets: 0,
            first_time: None,
            last_time: None,
            largest_step_back_ns: 0,
            dropped: None,
            scale,
            drops_in_packets: 0,
            drops_in_statistics: None,
        }
    }

    /// How finely its clock was read, in nanoseconds, rounded up.
    pub fn resolution_ns(&self) -> i64 {
        self.scale.resolution_ns()
    }

    /// Counts a packet; by how many nanoseconds its time lies before the latest one, where it does.
    #[inline]
    pub(super) fn count(&mut self, time: Option<Timestamp>) -> Option<i64> {
        self.packets += 1;
        let time = time?;
        match self.last_time {
            Some(last) if time < last => {
                let back = last.since(time);
                self.largest_step_back_ns = self.largest_step_back_ns.max(back);
                Some(back)
            }
            Some(_) => {
                self.last_time = Some(time);
                None
            }
            None => {
                self.first_time = Some(time);
                self.last_time = Some(time);
                None
            }
        }
    }

    /// Adds what one packet block says was lost since the packet before.
    pub(super) fn lost_before_packet(&mut self, lost: u64) {
        self.drops_in_packets = self.drops_in_packets.saturating_add(lost);
        self.add_up();
    }

    /// Takes the total that a statistics block gives; the last one of an interface counts.
    pub(super) fn lost_in_total(&mut self, lost: u64) {
        self.drops_in_statistics = Some(lost.max(self.drops_in_statistics.unwrap_or(0)));
        self.add_up();
    }

    /// The two counts may be of the same packets, so that the larger one is what is certain.
    fn add_up(&mut self) {
        self.dropped = Some(self.drops_in_packets.max(self.drops_in_statistics.unwrap_or(0)));
    }
}
