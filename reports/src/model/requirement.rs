//! Requirements, and what the cases found of each.

use checks::outcome::Verdict;

use super::report::{Case, Requirement, Suite};

/// Requirements in the order in which the suites name them; the cases that name none come last.
pub fn table(suites: &[Suite], void: bool) -> Vec<Requirement> {
    let mut names: Vec<Option<&str>> = Vec::new();
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    for case in cases() {
        let name = case.requirement.as_deref();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // A stable sort: only the nameless one moves.
    names.sort_by_key(Option::is_none);
    names
        .into_iter()
        .map(|name| {
            let of_it: Vec<&Case> = cases().filter(|case| case.requirement.as_deref() == name).collect();
            row(name, &of_it, void)
        })
        .collect()
}

fn row(name: Option<&str>, cases: &[&Case], void: bool) -> Requirement {
    let found = Verdict::of_all(cases.iter().map(|case| case.verdict));
    let not_run = cases.iter().filter(|case| case.verdict == Verdict::Skipped).count();
    let (verdict, note) = match found {
        Verdict::Pass if void => (
            Verdict::Inconclusive,
            Some("the record of this run is not sound".to_owned()),
        ),
        // Part of a requirement is not the requirement.
        Verdict::Pass if not_run > 0 => {
            let note = format!("{not_run} of its {} cases not run", cases.len());
            (Verdict::Inconclusive, Some(note))
        }
        verdict => (verdict, None),
    };
    Requirement {
        requirement: name.map(str::to_owned),
        verdict,
        cases: cases.iter().map(|case| case.at).collect(),
        note,
    }
}
