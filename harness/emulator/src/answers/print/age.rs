//! Ages as tables print them; each command has a way of its own.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Days, hours, minutes and seconds.
fn parts(age: Duration) -> (u64, u64, u64, u64) {
    let seconds = age.as_secs();
    (
        seconds / DAY,
        seconds % DAY / HOUR,
        seconds % HOUR / MINUTE,
        seconds % MINUTE,
    )
}

/// `02h35m58s`, with the days before it where there are any: `1d02h35m58s`.
pub fn with_letters(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    let days = if days == 0 { String::new() } else { format!("{days}d") };
    format!("{days}{hours:02}h{minutes:02}m{seconds:02}s")
}

/// `0d02h35m58s`.
pub fn with_days(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    format!("{days}d{hours:02}h{minutes:02}m{seconds:02}s")
}

/// `129h17m51s`: the hours are not made days.
pub fn in_hours(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    format!("{:02}h{minutes:02}m{seconds:02}s", days * 24 + hours)
}

/// `02:35:58` within the first hundred hours, then `0626h43m`, then `1234d05h`.
pub fn in_column(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    match days * 24 + hours {
        hours @ ..100 => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        hours @ ..10_000 => format!("{hours:04}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

/// `0000:02:35`: days, hours and minutes.
pub fn to_the_minute(age: Duration) -> String {
    let (days, hours, minutes, _) = parts(age);
    format!("{days:04}:{hours:02}:{minutes:02}")
}

/// `0 days, 02 hours, 35 minutes and 58 seconds`.
pub fn in_words(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    format!("{days} days, {hours:02} hours, {minutes:02} minutes and {seconds:02} seconds")
}

/// `001D:02H:35M:58S`.
pub fn with_capitals(age: Duration) -> String {
    let (days, hours, minutes, seconds) = parts(age);
    format!("{days:03}D:{hours:02}H:{minutes:02}M:{seconds:02}S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_its_way_of_telling_an_age() {
        let age = |days: u64, seconds: u64| Duration::from_secs(days * DAY + seconds);
        let short = age(0, 2 * HOUR + 35 * MINUTE + 58);
        let long = age(26, 2 * HOUR + 43 * MINUTE + 7);
        assert_eq!(
            (with_letters(short), with_letters(long)),
            ("02h35m58s".into(), "26d02h43m07s".into())
        );
        assert_eq!(
            (with_days(short), with_days(long)),
            ("0d02h35m58s".into(), "26d02h43m07s".into())
        );
        assert_eq!(
            (in_hours(short), in_hours(long)),
            ("02h35m58s".into(), "626h43m07s".into())
        );
        assert_eq!(
            (in_column(short), in_column(long)),
            ("02:35:58".into(), "0626h43m".into())
        );
        assert_eq!(in_column(age(4, 3 * HOUR + 59)), "99:00:59");
        assert_eq!(in_column(age(1234, 5 * HOUR)), "1234d05h");
        assert_eq!(
            (to_the_minute(short), to_the_minute(long)),
            ("0000:02:35".into(), "0026:02:43".into())
        );
        assert_eq!(in_words(short), "0 days, 02 hours, 35 minutes and 58 seconds");
        assert_eq!(with_capitals(long), "026D:02H:43M:07S");
        assert_eq!(in_column(Duration::ZERO), "00:00:00");
    }
}
