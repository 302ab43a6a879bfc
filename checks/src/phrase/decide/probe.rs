//! What the assertions about a ping and about a traceroute have in common: one answer, about one target.

use std::net::IpAddr;

use super::evidence::{Answer, Reads, answers};
use super::wording::clean;
use super::{Decision, Doubt, Observation, all};
use crate::phrase::condition::Condition;
use crate::table::TypedRow;

/// The one answer about this target, and its row.
pub(super) fn answered_about<'a, T: TypedRow>(
    target: IpAddr,
    target_of: impl Fn(&T) -> Option<IpAddr>,
    observations: &'a [Observation<'a>],
    warnings: &mut Vec<String>,
) -> Result<(Answer<'a>, &'a T), Doubt> {
    let reads = Reads {
        selectors: &["*"],
        fields: &[],
    };
    let answers = answers(observations, None, T::KIND, 1, &reads, warnings)?;
    let kind = T::KIND;
    let (answer, row) = match answers.as_slice() {
        [answer] => match answer.typed::<T>()?.as_slice() {
            [(row, _)] => (*answer, *row),
            _ => {
                return Err(Doubt::new(
                    format!("the answer is not one {}", kind.name()),
                    answer.whole(),
                ));
            }
        },
        _ => {
            return Err(Doubt::new(
                format!("several {} were answered, not one", kind.plural()),
                Vec::new(),
            ));
        }
    };
    let reason = match target_of(row) {
        Some(there) if there == target => return Ok((answer, row)),
        Some(there) => format!("the answer is about {there}"),
        None => "the answer does not say its target".to_owned(),
    };
    Err(Doubt::new(reason, answer.whole()))
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
