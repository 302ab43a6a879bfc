//! When a failure was, as a person says it.

use anyhow::bail;
use checks::capture::measure::Instant;
use checks::capture::measure::outage::Silence;
use chrono::{DateTime, SecondsFormat};

/// An instant on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// In nanoseconds since 1970.
    At(Instant),
    /// In nanoseconds since the first packet.
    Since(Instant),
}

impl Event {
    /// By the clock of a capture, within which it has to lie.
    pub(super) fn within(self, window: Option<Silence>) -> anyhow::Result<Instant> {
        let Some(window) = window else {
            bail!("`--event`: nothing was captured");
        };
        let instant = match self {
            Self::At(instant) => instant,
            Self::Since(Instant { lower, upper }) => {
                Instant::between(window.from.saturating_add(lower), window.from.saturating_add(upper))
            }
        };
        if instant.upper < window.from || instant.lower > window.to {
            bail!(
                "`--event`: the capture is from {} to {}, and the stated instant is not within",
                in_words(window.from),
                in_words(window.to)
            );
        }
        Ok(instant)
    }
}

fn in_words(time: i64) -> String {
    DateTime::from_timestamp_nanos(time).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// `2026-11-21T17:30:00.25Z`, `1795222207.520306807` or `+2.5`; two of a kind with `..` between are bounds.
pub(super) fn event(text: &str) -> Result<Event, String> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (instant(from.trim())?, instant(to.trim())?) {
        (Event::At(from), Event::At(to)) if from.lower <= to.lower => {
            Ok(Event::At(Instant::between(from.lower, to.lower)))
        }
        (Event::Since(from), Event::Since(to)) if from.lower <= to.lower => {
            Ok(Event::Since(Instant::between(from.lower, to.lower)))
        }
        (Event::At(_), Event::At(_)) | (Event::Since(_), Event::Since(_)) => Err(format!("`{to}` is before `{from}`")),
        _ => Err(format!("`{from}` and `{to}` are counted from different instants")),
    }
}

fn instant(text: &str) -> Result<Event, String> {
    if let Some(seconds) = text.strip_prefix('+') {
        return Ok(Event::Since(Instant::exact(nanoseconds(
            seconds.trim_end_matches('s').trim(),
        )?)));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        let time = time
            .timestamp_nanos_opt()
            .ok_or_else(|| format!("`{text}` is not within 292 years of 1970"))?;
        return Ok(Event::At(Instant::exact(time)));
    }
    Ok(Event::At(Instant::exact(nanoseconds(text)?)))
}

/// Seconds with up to nine decimals.
fn nanoseconds(text: &str) -> Result<i64, String> {
    let expected = || {
        format!(
            "`{text}` is no instant: expected seconds since 1970 as `1795222207.5203`, `2026-11-21T17:30:00.25Z`, or `+2.5` for seconds \
             since the first packet"
        )
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 9 {
        return Err(expected());
    }
    let seconds: i64 = whole.parse().map_err(|_| expected())?;
    let part: i64 = format!("{part:0<9}").parse().map_err(|_| expected())?;
    let time = seconds
        .checked_mul(1_000_000_000)
        .and_then(|time| time.checked_add(part));
    time.ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_as_people_and_tools_write_them() {
        let at = |lower, upper| Ok(Event::At(Instant::between(lower, upper)));
        assert_eq!(
            event("1795222207.520306807"),
            at(1_795_222_207_520_306_807, 1_795_222_207_520_306_807)
        );
        assert_eq!(
            event("1795222207.5..1795222208"),
            at(1_795_222_207_500_000_000, 1_795_222_208_000_000_000)
        );
        assert_eq!(event("1970-01-01T01:00:00.25+01:00"), at(250_000_000, 250_000_000));
        assert_eq!(event("+2.5"), Ok(Event::Since(Instant::exact(2_500_000_000))));
        assert_eq!(
            event("+2.5s..+3s"),
            Ok(Event::Since(Instant::between(2_500_000_000, 3_000_000_000)))
        );
        let window = Some(Silence {
            from: 7,
            to: 3_000_000_000,
        });
        let within = |text: &str| event(text).ok()?.within(window).ok();
        assert_eq!(within("+2"), Some(Instant::exact(2_000_000_007)));
        assert_eq!(within("2..4"), Some(Instant::between(2_000_000_000, 4_000_000_000)));
        for text in ["+3", "0", "4", "+9223372036"] {
            assert_eq!(within(text), None, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "..",
            "now",
            "-1",
            "1.2.3",
            "1.",
            ".5",
            "1.0000000001",
            "99999999999999999999",
            "9999999999999",
            "+",
            "1..",
            "2..1",
            "+1..2",
            "1795222207..2026-11-21",
            "2026-11-21 17:30",
            "0x10",
        ] {
            assert!(event(text).is_err(), "{text}");
        }
    }
}
