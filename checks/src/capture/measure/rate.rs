//! The rate-derived method (RFC 6412): packets in bins against a threshold of the offered load.

use super::{Measured, Method};

/// Why rates cannot be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Bins shorter than the time between packets look empty without an outage.
    #[error("a bin of {bin} ns is not longer than the {period} ns between packets")]
    BinTooShort {
        /// Nanoseconds of a bin.
        bin: i64,
        /// Nanoseconds between packets.
        period: i64,
    },
    /// The threshold is no percentage, or lies within the quantisation of a bin.
    #[error("a threshold of {percent} % of {expected} packets in a bin cannot be told from a full bin")]
    Threshold {
        /// The threshold.
        percent: u8,
        /// Packets in a full bin.
        expected: i64,
    },
}

/// A stretch of bins below the threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOutage {
    /// The first bin below.
    pub first: usize,
    /// Bins below.
    pub bins: usize,
    /// How long it was: at the receiver, so the difference of path delays is part of it.
    pub length: Measured,
}

/// Outages of a steady stream by its packets in bins of `bin` nanoseconds. `period` is the time between its packets;
/// `percent` the threshold (95 is usual). The first and the last bin may be cut by the window and do not count.
pub fn by_rate(counts: &[u32], bin: i64, period: i64, percent: u8) -> Result<Vec<RateOutage>, RateError> {
    if bin <= period || period <= 0 {
        return Err(RateError::BinTooShort { bin, period });
    }
    let expected = bin / period;
    // A bin of a full stream has one packet less at times.
    let threshold = (expected * i64::from(percent.min(100)) / 100).min(expected - 1);
    if percent == 0 || percent > 100 || threshold < 1 {
        return Err(RateError::Threshold { percent, expected });
    }
    let mut found = Vec::new();
    let mut begun: Option<usize> = None;
    let inner = counts.len().saturating_sub(1);
    for (index, count) in counts.iter().enumerate().take(inner).skip(1) {
        let low = i64::from(*count) < threshold;
        match (low, begun) {
            (true, None) => begun = Some(index),
            (false, Some(first)) => {
                found.push(rate_outage(
                    first,
                    index - first,
                    bin,
                    period,
                    expected - threshold,
                    false,
                ));
                begun = None;
            }
            _ => {}
        }
    }
    if let Some(first) = begun {
        found.push(rate_outage(
            first,
            inner - first,
            bin,
            period,
            expected - threshold,
            true,
        ));
    }
    Ok(found)
}

fn rate_outage(first: usize, bins: usize, bin: i64, period: i64, unnoticed: i64, open: bool) -> RateOutage {
    let count = i64::try_from(bins).unwrap_or(i64::MAX);
    let span = count.saturating_mul(bin);
    // A bin at either end may hold part of the outage without falling below the threshold; a low one may be low by just
    // more than is not noticed.
    let edge = (unnoticed + 2).saturating_mul(period);
    let least_in_low = (unnoticed - 1).max(0) * period;
    let lower = if bins == 1 {
        least_in_low
    } else {
        span.saturating_sub(bin.saturating_mul(2)).max(0)
    };
    let mut length = Measured::duration(
        span,
        lower,
        span.saturating_add(edge.saturating_mul(2)),
        Method::Rate,
        bin,
    )
    .note("at the receiver: a difference of path delays is part of it");
    if open {
        length = length.open_ended("the rate had not recovered when the window ended");
    }
    RateOutage { first, bins, length }
}
