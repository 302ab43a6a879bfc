//! `netverdict capture polarisation`: two stages of balancing, one behind the other.

use anyhow::bail;
use checks::Verdict;
use serde_json::json;

use super::Shown;
use super::tables::{Printed, VERSION, row, table};
use crate::study::{PointFiles, PointStudy, Stages, is_between};

/// Refuses what are no two stages.
pub(super) fn is_possible(points: &[PointFiles]) -> anyhow::Result<()> {
    if points.len() < 2 {
        bail!("name the stages in the order in which flows pass them: `--at FIRST=A,B --at SECOND=C,D`");
    }
    if let Some(single) = points.iter().find(|point| point.links.len() < 2) {
        bail!(
            "`{}` has one link: a stage of balancing has two or more, `--at {}=A,B`",
            single.name,
            single.name
        );
    }
    Ok(())
}

/// What every other stage makes of the flows that the first one sent it.
pub(super) fn stages(shown: &Shown<'_>) -> (Printed, Verdict) {
    let Some((first, others)) = shown.study.points.split_first() else {
        let empty = Printed {
            text: String::new(),
            json: json!({"version": VERSION, "points": []}),
        };
        return (empty, Verdict::Inconclusive);
    };
    let mut text = String::new();
    let mut points = Vec::new();
    let mut verdicts = Vec::new();
    for second in others {
        let stages = Stages::of(first, second, |key| {
            shown.flow.is_none_or(|between| is_between(key, between))
        });
        text.push_str(&in_words(first, second, &stages));
        points.push(as_json(first, second, &stages));
        verdicts.push(stages.verdict);
    }
    let printed = Printed {
        text,
        json: json!({"version": VERSION, "points": points}),
    };
    (printed, Verdict::of_all(verdicts))
}

fn in_words(first: &PointStudy, second: &PointStudy, stages: &Stages) -> String {
    let title = format!("flows by link of {} and of {}", first.name, second.name);
    let names = second.links.iter().map(|link| link.name.clone());
    let mut rows = vec![row(std::iter::once(title).chain(names))];
    for (link, counts) in first.links.iter().zip(&stages.table) {
        let counts = counts.iter().map(u64::to_string);
        rows.push(row(std::iter::once(link.name.clone()).chain(counts)));
    }
    let mut text = table(rows);
    let [verdict] = row([format!("{}: {}", stages.verdict, stages.reason)])
        .try_into()
        .unwrap_or_default();
    text.push_str(&verdict);
    text.push('\n');
    if stages.on_several > 0 {
        text.push_str(&format!(
            "  note: {} flows use several links of a stage and are left out\n",
            stages.on_several
        ));
    }
    if stages.backwards > 0 {
        text.push_str(&format!(
            "  note: {} flows go the other way, by their TTLs, and are left out\n",
            stages.backwards
        ));
    }
    text
}

fn as_json(first: &PointStudy, second: &PointStudy, stages: &Stages) -> serde_json::Value {
    let cells = first.links.iter().zip(&stages.table).flat_map(|(one, counts)| {
        let columns = second.links.iter().zip(counts);
        columns.map(|(two, flows)| json!({"first": one.name, "second": two.name, "flows": flows}))
    });
    let dependence = stages.dependence.as_ref().map(|dependence| {
        json!({
            "chi_square": dependence.chi_square, "chance": dependence.chance,
            "strength": dependence.strength, "full": dependence.full,
        })
    });
    json!({
        "first": first.name, "point": second.name, "flows": stages.flows, "on_several_links": stages.on_several,
        "other_way": stages.backwards, "table": cells.collect::<Vec<_>>(), "dependence": dependence,
        "verdict": stages.verdict, "reason": stages.reason,
    })
}
