//! Durations as people write them.

use std::fmt;

/// A duration in nanoseconds, printed exactly and without needless digits: `95.03 ms`, `1.5 s`, `12 µs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanoseconds(pub i64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (unit, name) = match magnitude {
            0 => return f.write_str("0 ms"),
            1..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000_u64, "s"),
        };
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", magnitude / unit)?;
        let rest = magnitude % unit;
        if rest > 0 {
            let width = unit.ilog10() as usize;
            let digits = format!("{rest:0width$}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        write!(f, " {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::Nanoseconds;

    #[test]
    fn exact_and_short() {
        for (value, text) in [
            (0, "0 ms"),
            (95_030_000, "95.03 ms"),
            (50_000_000, "50 ms"),
            (-1_500_000_000, "-1.5 s"),
            (333_333, "333.333 µs"),
            (7, "7 ns"),
            (i64::MIN, "-9223372036.854775808 s"),
        ] {
            assert_eq!(Nanoseconds(value).to_string(), text);
        }
    }
}
