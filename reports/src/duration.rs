//! Durations as a person reads them.

use chrono::TimeDelta;

/// `85 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`; a negative one (a clock that was set back) as `0 ms`.
pub fn words(duration: TimeDelta) -> String {
    let ms = duration.num_milliseconds().max(0);
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=59 => format!("{}.{} s", seconds, ms % 1000 / 100),
        60..=3599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Milliseconds with as many digits as mean something: `22.5 ms`, `804 ms`, `60.2 s`.
pub fn milliseconds(ms: f64) -> String {
    if !ms.is_finite() {
        "unknown".to_owned()
    } else if ms.abs() < 100.0 {
        format!("{ms:.1} ms")
    } else if ms.abs() < 10_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown: Vec<_> = [-5, 0, 85, 1000, 4_260, 59_999, 60_000, 185_000, 3_600_000, 7_830_000]
            .map(|ms| words(TimeDelta::milliseconds(ms)))
            .to_vec();
        let expected = [
            "0 ms",
            "0 ms",
            "85 ms",
            "1.0 s",
            "4.2 s",
            "59.9 s",
            "1 min 00 s",
            "3 min 05 s",
            "1 h 00 min",
            "2 h 10 min",
        ];
        assert_eq!(shown, expected);
        let shown = [22.54, 131.0, 9_999.4, 60_240.0, f64::NAN].map(milliseconds);
        assert_eq!(shown, ["22.5 ms", "131 ms", "9999 ms", "60.2 s", "unknown"]);
    }
}
