//! Values as VRP prints them: marks for "nothing", numbers, times.

use std::str::FromStr;

use super::lines::{Account, Line};

/// The value, unless it is one of the marks that stand for none: `-`, `--`, `--.--.--.--`, `-/-`, or nothing at all.
pub(super) fn present(value: &str) -> Option<&str> {
    let value = value.trim();
    let none = value.bytes().all(|byte| b"-./".contains(&byte));
    (!none).then_some(value)
}

/// Reads the value of a field; a mark for "nothing" is absent, anything else that does not read is reported.
pub(super) fn read<T: FromStr>(account: &mut Account, line: Line<'_>, field: &'static str, value: &str) -> Option<T> {
    let value = present(value)?;
    let read = value.parse().ok();
    if read.is_none() {
        account.unexplained_field(line, field);
    }
    read
}

/// Seconds of `1 week, 2 days, 3 hours, 4 minutes`: at least one part, nothing but parts.
pub(super) fn worded_duration_s(text: &str) -> Option<u64> {
    let mut total: Option<u64> = None;
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let (number, unit) = (words.next()?.parse::<u64>().ok()?, words.next()?.to_ascii_lowercase());
        if words.next().is_some() {
            return None;
        }
        let seconds = match unit.trim_end_matches("(s)").trim_end_matches('s') {
            "year" => 365 * 86_400,
            "week" => 7 * 86_400,
            "day" => 86_400,
            "hour" => 3600,
            "minute" => 60,
            "second" => 1,
            _ => return None,
        };
        total = Some(total.unwrap_or(0).checked_add(number.checked_mul(seconds)?)?);
    }
    total
}

/// Seconds of `00:00:05`, `1h15m4s`, `129h17m51s`, `00h04m14s` or `2d03h`.
pub(super) fn clock_duration_s(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.contains(':') {
        let parts: Vec<u64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [hours, minutes, seconds] = parts[..] else {
            return None;
        };
        return (minutes < 60 && seconds < 60)
            .then_some(())
            .and_then(|()| hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds));
    }
    let (mut total, mut number) = (0_u64, None::<u64>);
    for byte in text.bytes() {
        if byte.is_ascii_digit() {
            let digit = u64::from(byte - b'0');
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            continue;
        }
        let unit = match byte.to_ascii_lowercase() {
            b'w' => 7 * 86_400,
            b'd' => 86_400,
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && !text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_for_nothing_are_absent() {
        for mark in ["", "  ", "-", "--", "--.--.--.--", "-/-"] {
            assert_eq!(present(mark), None, "{mark:?}");
        }
        assert_eq!(present(" 0 "), Some("0"));
        assert_eq!(present("-5"), Some("-5"));
    }

    #[test]
    fn durations_are_read_whole_or_not_at_all() {
        assert_eq!(worded_duration_s("331 days, 11 hours, 16 minutes"), Some(28_638_960));
        assert_eq!(worded_duration_s("0 week, 0 day, 0 hour, 3 minutes"), Some(180));
        for wrong in [
            "",
            "3",
            "3 fortnights",
            "3 days ago",
            "x days",
            "99999999999999999 weeks",
        ] {
            assert_eq!(worded_duration_s(wrong), None, "{wrong:?}");
        }
        assert_eq!(clock_duration_s("00:00:05"), Some(5));
        assert_eq!(clock_duration_s("1h15m4s"), Some(4504));
        assert_eq!(clock_duration_s("129h17m51s"), Some(465_471));
        for wrong in ["", "5", "1h5", "h", "1:2", "00:61:00", "1x", "99999999999999999999h"] {
            assert_eq!(clock_duration_s(wrong), None, "{wrong:?}");
        }
    }
}
