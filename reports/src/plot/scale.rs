//! Axes that a person can read: steps of 1, 2 and 5, and one unit for all ticks.

/// The least of 1, 2, 5 times a power of ten that is not below `least`.
pub fn nice_step(least: i64) -> i64 {
    let least = least.max(1);
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            match power.checked_mul(factor) {
                Some(step) if step >= least => return step,
                Some(_) => {}
                None => return i64::MAX,
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return i64::MAX,
        }
    }
}

/// Multiples of a step from `from` to `to`, no more than 40.
pub fn ticks(from: i64, to: i64, step: i64) -> Vec<i64> {
    let step = step.max(1);
    let mut ticks = Vec::new();
    let into = from.rem_euclid(step);
    let first = if into == 0 {
        Some(from)
    } else {
        from.checked_add(step - into)
    };
    let Some(mut at) = first else { return ticks };
    while at <= to && ticks.len() < 40 {
        ticks.push(at);
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    ticks
}

/// The unit in which ticks of this step are whole numbers, and its nanoseconds.
pub fn unit_of(step: i64) -> (&'static str, i64) {
    match step {
        1_000_000_000.. => ("s", 1_000_000_000),
        1_000_000.. => ("ms", 1_000_000),
        1_000.. => ("µs", 1_000),
        _ => ("ns", 1),
    }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}
