//! Decides assertions about a ping.

use super::probe::{answered_about, has};
use super::{Decided, Decision, Doubt, Observation, and};
use crate::phrase::assertion::{PingAssertion, PingTest};
use crate::phrase::timing::duration;
use crate::rows::PingResult;

/// How far the printed loss may be from the counted one: devices print two decimals or none.
const ROUNDING_PCT: f64 = 1.0;

pub(super) fn decide(
    assertion: &PingAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let (answer, row) = answered_about::<PingResult>(assertion.target, |row| row.target, observations, warnings)?;
    let lines = answer.whole();
    if let PingTest::Has(conditions) = &assertion.test {
        return Ok(has(conditions, &answer));
    }
    let (Some(sent), Some(received)) = (row.sent, row.received) else {
        return Err(Doubt::new("the statistics of the ping are missing", lines));
    };
    if sent == 0 || received > sent {
        let actual = format!("{received} of {sent} requests answered, which proves nothing");
        return Err(Doubt::new(actual, lines));
    }
    let loss = f64::from(sent - received) * 100.0 / f64::from(sent);
    let agrees = |printed: f64| (printed - loss).abs() <= ROUNDING_PCT;
    if let Some(printed) = row.loss_pct.filter(|printed| !agrees(*printed)) {
        let actual = format!("{received} of {sent} requests answered, and {printed} % loss printed");
        return Err(Doubt::new(actual, lines));
    }
    let mut actual = format!("{received} of {sent} requests answered ({loss:.2} % lost)");
    let truth = match &assertion.test {
        PingTest::LosesEverything => Some(received == 0),
        PingTest::Loses { at_most, average_below } => {
            let mut truth = Some(loss <= *at_most);
            if let Some(below) = average_below {
                let average = match row.rtt_avg_ms.filter(|average| average.is_finite()) {
                    Some(average) => {
                        actual = format!("{actual}, mean round trip {average} ms");
                        Some(average < below.as_secs_f64() * 1000.0)
                    }
                    None => {
                        actual = format!(
                            "{actual}, no mean round trip printed (below {} asked for)",
                            duration(*below)
                        );
                        None
                    }
                };
                truth = and(truth, average);
            }
            truth
        }
        PingTest::Has(_) => None,
    };
    Ok(Decision::of(truth, actual, lines))
}
