//! Decides assertions about a ping.

use super::evidence::{Answer, Reads, answers};
use super::wording::clean;
use super::{Decided, Decision, Doubt, Observation, all, and};
use crate::phrase::assertion::{PingAssertion, PingTest};
use crate::phrase::condition::Condition;
use crate::phrase::timing::duration;
use crate::rows::PingResult;
use crate::table::TableKind;

/// How far the printed loss may be from the counted one: devices print two decimals or none.
const ROUNDING_PCT: f64 = 1.0;

pub(super) fn decide(
    assertion: &PingAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let reads = Reads {
        selectors: &["*"],
        fields: &[],
    };
    let answers = answers(observations, None, TableKind::Ping, 1, &reads, warnings)?;
    let (answer, row) = match answers.as_slice() {
        [answer] => match answer.typed::<PingResult>()?.as_slice() {
            [(row, _)] => (*answer, *row),
            _ => return Err(Doubt::new("the answer is not one ping", answer.whole())),
        },
        _ => return Err(Doubt::new("several pings were answered, not one", Vec::new())),
    };
    let lines = answer.whole();
    match row.target {
        Some(target) if target == assertion.target => {}
        Some(target) => {
            return Err(Doubt::new(format!("the answer is about {target}"), lines));
        }
        None => return Err(Doubt::new("the answer does not say its target", lines)),
    }
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

/// Whether all conditions are true of the one row of an answer.
pub(super) fn has(conditions: &[Condition], answer: &Answer<'_>) -> Decision {
    let table = &answer.parsed.table;
    let truth = all(conditions.iter().map(|condition| condition.holds(table, 0)));
    let there: Vec<String> = conditions
        .iter()
        .map(|condition| clean(&condition.what_is_there(table, 0)))
        .collect();
    Decision::of(truth, there.join(", "), answer.whole())
}
