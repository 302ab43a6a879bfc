//! Which cases a run selects.

use super::{Choice, PlannedSuite};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A case and what it can be chosen by.
pub(super) struct Candidate<'a> {
    pub name: &'a str,
    pub tags: Vec<&'a str>,
}

/// For each candidate whether it is chosen. A name or tag that chooses nothing is a mistake.
pub(super) fn choose(candidates: &[Candidate<'_>], choice: &Choice) -> Result<Vec<bool>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut by_name = vec![choice.only.is_empty(); candidates.len()];
    for wanted in &choice.only {
        let matched = matching(candidates, wanted);
        if !matched.contains(&true) {
            let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name).collect();
            mistakes.push(none_of("--only", "case", wanted, &names));
        }
        for (chosen, matched) in by_name.iter_mut().zip(matched) {
            *chosen |= matched;
        }
    }
    let mut by_tag = vec![choice.tags.is_empty(); candidates.len()];
    for tag in &choice.tags {
        let mut found = false;
        for (chosen, candidate) in by_tag.iter_mut().zip(candidates) {
            let matched = candidate.tags.contains(&tag.as_str());
            *chosen |= matched;
            found |= matched;
        }
        if !found {
            let mut tags: Vec<&str> = candidates
                .iter()
                .flat_map(|candidate| candidate.tags.iter().copied())
                .collect();
            tags.sort_unstable();
            tags.dedup();
            mistakes.push(none_of("--tag", "tag", tag, &tags));
        }
    }
    let chosen: Vec<bool> = by_name.iter().zip(&by_tag).map(|(name, tag)| *name && *tag).collect();
    if mistakes.is_empty() && !chosen.contains(&true) {
        mistakes.push(Diagnostic::general(
            "no case has both a name that --only chooses and a tag that --tag chooses",
        ));
    }
    mistakes.or(chosen)
}

fn none_of(option: &str, what: &str, wanted: &str, known: &[&str]) -> Diagnostic {
    let mut mistake = Diagnostic::general(format!("{option} `{wanted}` chooses nothing"));
    if known.is_empty() {
        return mistake.help(format!("there is no {what}"));
    }
    if let Some(near) = crate::diagnostic::nearest_word(wanted, known.iter().copied()) {
        mistake = mistake.help(format!("did you mean `{near}`?"));
    }
    let list = known.join("\n  ");
    let there_are = if known.len() == 1 {
        format!("the only {what} is")
    } else {
        format!("the {what}s are")
    };
    mistake.help(format!("{there_are}:\n  {list}"))
}

/// An exact name chooses that case alone; else a pattern with `*` or `?` the whole names that it matches; else a text
/// the names that hold it. Letter case does not matter.
fn matching(candidates: &[Candidate<'_>], wanted: &str) -> Vec<bool> {
    let exact: Vec<bool> = candidates.iter().map(|candidate| candidate.name == wanted).collect();
    if exact.contains(&true) {
        return exact;
    }
    let wanted = wanted.to_lowercase();
    let is_pattern = wanted.contains(['*', '?']);
    candidates
        .iter()
        .map(|candidate| {
            let name = candidate.name.to_lowercase();
            name.contains(&wanted) || (is_pattern && glob(&wanted, &name))
        })
        .collect()
}

/// Whether a pattern with `*` and `?` matches a whole text. Linear in their product.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '?' || *c == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Marks the chosen cases in the order of `choose`.
pub(super) fn mark(suites: &mut [PlannedSuite], chosen: &[bool]) {
    let cases = suites
        .iter_mut()
        .flat_map(|suite| suite.cases.iter_mut().zip(suite.info.cases.iter_mut()));
    for ((case, info), chosen) in cases.zip(chosen) {
        case.selected = *chosen;
        info.selected = *chosen;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(only: &[&str], tags: &[&str]) -> Result<Vec<bool>, Diagnostics> {
        let candidates = [
            Candidate {
                name: "link fails",
                tags: vec!["bfd", "nightly"],
            },
            Candidate {
                name: "the link fails twice",
                tags: vec!["bfd"],
            },
            Candidate {
                name: "LDP sessions [a]",
                tags: vec![],
            },
        ];
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        choose(
            &candidates,
            &Choice {
                only: own(only),
                tags: own(tags),
            },
        )
    }

    #[test]
    fn names_parts_patterns_and_tags_choose() {
        assert_eq!(chosen(&[], &[]).unwrap(), [true, true, true]);
        assert_eq!(
            chosen(&["link fails"], &[]).unwrap(),
            [true, false, false],
            "an exact name is alone"
        );
        assert_eq!(chosen(&["LINK"], &[]).unwrap(), [true, true, false]);
        assert_eq!(chosen(&["*fails"], &[]).unwrap(), [true, false, false]);
        assert_eq!(
            chosen(&["ldp*[a]"], &[]).unwrap(),
            [false, false, true],
            "brackets are themselves"
        );
        assert_eq!(chosen(&[], &["bfd"]).unwrap(), [true, true, false]);
        assert_eq!(chosen(&["twice"], &["bfd"]).unwrap(), [false, true, false]);
    }

    #[test]
    fn nothing_chosen_is_a_mistake_that_lists_what_there_is() {
        let told = chosen(&["lnik fails"], &[]).unwrap_err().to_string();
        assert!(
            told.contains("did you mean `link fails`?") && told.contains("LDP sessions [a]"),
            "{told}"
        );
        assert!(chosen(&[], &["night"]).is_err());
        assert!(chosen(&["twice"], &["nightly"]).is_err());
        assert!(
            chosen(&["link fails", "nothing at all"], &[]).is_err(),
            "each name must choose"
        );
    }
}
