//! Sequence numbers and their wrapping.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a flow numbers its packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SequenceSpace {
    /// Width in bits, 8 to 64. Numbers wrap at 2^bits.
    pub bits: u8,
    /// Whether the sender is known to begin with zero, so that a higher first number means earlier losses.
    pub from_zero: bool,
}

impl SequenceSpace {
    /// The probe's: 64 bits, from zero.
    pub const PROBE: Self = Self {
        bits: 64,
        from_zero: true,
    };
    /// RTP's (RFC 3550 section 5.1): 16 bits, beginning anywhere.
    pub const RTP: Self = Self {
        bits: 16,
        from_zero: false,
    };

    /// A declared field of so many octets, beginning anywhere. Widths outside 1 to 8 octets are taken as the nearest.
    pub fn octets(octets: u8) -> Self {
        Self {
            bits: octets.clamp(1, 8) * 8,
            from_zero: false,
        }
    }

    fn cycle(self) -> Option<u64> {
        1_u64.checked_shl(u32::from(self.bits.clamp(8, 64)))
    }

    /// The first number of a flow, extended: one cycle up, so that packets that were sent before it have room below.
    pub(super) fn first(self, raw: u64) -> u64 {
        match self.cycle() {
            Some(cycle) if !self.from_zero => raw % cycle + cycle,
            Some(cycle) => raw % cycle,
            None => raw,
        }
    }

    /// The extended number nearest to `expected`. Where the silence before the packet lasted for more than a quarter of
    /// a cycle, `expected` has to come from the elapsed time.
    pub(super) fn extend(self, raw: u64, expected: u64) -> u64 {
        let Some(cycle) = self.cycle() else { return raw };
        let ahead = (raw % cycle).wrapping_sub(expected % cycle) % cycle;
        if ahead <= cycle / 2 {
            expected.saturating_add(ahead)
        } else {
            expected.saturating_sub(cycle - ahead)
        }
    }

    /// After how many packets without one the elapsed time has to tell how often numbers wrapped.
    pub(super) fn quarter(self) -> u64 {
        self.cycle().map_or(u64::MAX, |cycle| cycle / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_wrap() {
        let rtp = SequenceSpace::RTP;
        let first = rtp.first(65_534);
        assert_eq!(rtp.extend(65_535, first + 1), first + 1);
        assert_eq!(rtp.extend(0, first + 2), first + 2);
        assert_eq!(rtp.extend(3, first + 3), first + 5);
        assert_eq!(rtp.extend(65_533, first + 1), first - 1);
        // Three and a half cycles later, where time says so.
        let expected = first + 65_536 * 3 + 32_768;
        let raw = (expected + 100) % 65_536;
        assert_eq!(rtp.extend(raw, expected), expected + 100);
    }

    #[test]
    fn sixty_four_bits_do_not() {
        assert_eq!(SequenceSpace::PROBE.extend(7, 1_000), 7);
        assert_eq!(SequenceSpace::PROBE.first(0), 0);
        assert_eq!(SequenceSpace::octets(4).bits, 32);
    }
}
