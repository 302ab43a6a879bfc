//! Decides assertions about the configuration.

use super::evidence::{Answer, Reads, answers};
use super::wording::{clean, counted, some};
use super::{Decided, Decision, Doubt, Observation, any};
use crate::phrase::RegexPattern;
use crate::phrase::assertion::{ConfigAssertion, ConfigTest, normal_line};
use crate::phrase::redacted::{is_redacted, may_have_been};
use crate::rows::ConfigLine;
use crate::table::{LineSpan, TableKind};

/// Lines of a configuration that was understood.
pub(super) struct Lines<'a> {
    pub answer: Answer<'a>,
    pub lines: Vec<(&'a ConfigLine, LineSpan)>,
}

/// The configuration of a device.
pub(super) fn lines<'a>(
    device: Option<&str>,
    observations: &'a [Observation<'a>],
    warnings: &mut Vec<String>,
) -> Result<Lines<'a>, Doubt> {
    let reads = Reads {
        selectors: &["*"],
        fields: &[],
    };
    let answers = answers(observations, device, TableKind::Configuration, 1, &reads, warnings)?;
    let [answer] = answers[..] else {
        return Err(Doubt::new("several configurations were answered, not one", Vec::new()));
    };
    let lines = answer.typed::<ConfigLine>()?;
    if lines.is_empty() {
        return Err(Doubt::new("the configuration is empty", answer.whole()));
    }
    Ok(Lines { answer, lines })
}

pub(super) fn decide(
    assertion: &ConfigAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let config = lines(None, observations, warnings)?;
    let under = &assertion.under;
    let view = under.join(" / ");
    if !under.is_empty() && !config.lines.iter().any(|(line, _)| opens(line, under)) {
        let actual = format!("there is no view `{view}`; {}", config.nearest_views(under));
        let whole = config.answer.whole();
        return Ok(match assertion.test {
            ConfigTest::Has(_) | ConfigTest::Matches(_) => Decision::fail(actual, whole),
            ConfigTest::Lacks(_) | ConfigTest::MatchesNot(_) => Decision::doubt(
                format!("{actual}; nothing shows that the path of the view is right"),
                whole,
            ),
        });
    }
    let within = |deep: bool| {
        config.lines.iter().filter(move |(line, _)| {
            under.is_empty() || is_within(line, under) && (deep || line.views.len() == under.len())
        })
    };
    let hits = |deep: bool, hit: &dyn Fn(&ConfigLine) -> bool| -> Vec<(&ConfigLine, LineSpan)> {
        within(deep)
            .filter(|(line, _)| hit(line))
            .map(|(line, span)| (*line, *span))
            .collect()
    };
    let (wanted, found) = match &assertion.test {
        ConfigTest::Has(text) => (true, hits(false, &|line| normal_line(&line.text) == *text)),
        ConfigTest::Lacks(text) => (false, hits(true, &|line| normal_line(&line.text) == *text)),
        ConfigTest::Matches(regex) => (true, hits(false, &|line| matches(line, regex) == Some(true))),
        ConfigTest::MatchesNot(regex) => (false, hits(true, &|line| matches_indented(line, regex) == Some(true))),
    };
    if found.is_empty() {
        let open = hits(!wanted, &|line: &ConfigLine| may_be(line, &assertion.test));
        if !open.is_empty() {
            let shown = some(open.iter().map(|(line, _)| place_text(line)));
            let spans = open.iter().map(|(_, span)| *span);
            return Ok(Decision::doubt(
                format!(
                    "whether this is such a line cannot be told, for its case or for what is hidden in it: {shown}"
                ),
                config.answer.lines(spans),
            ));
        }
        let hidden = within(true).filter(|(line, _)| is_redacted(&line.text)).count();
        if hidden > 0 && matches!(assertion.test, ConfigTest::MatchesNot(_)) {
            warnings.push(format!(
                "{} {} secrets that are hidden in every answer; what they hold was not looked at",
                counted(hidden as u64, "line", "lines"),
                if hidden == 1 { "holds" } else { "hold" }
            ));
        }
        let place = if under.is_empty() {
            format!("of {}", counted(config.lines.len() as u64, "line", "lines"))
        } else {
            format!(
                "under `{view}`, which has {}",
                counted(within(false).count() as u64, "line", "lines")
            )
        };
        let mut actual = format!("no such line {place}");
        if wanted {
            actual = format!("{actual}{}", config.elsewhere(&assertion.test));
            let shown: Vec<String> = within(false).map(|(line, _)| format!("`{}`", line.text)).collect();
            if !under.is_empty() && !shown.is_empty() {
                actual = format!("{actual}; there: {}", some(shown));
            }
        }
        return Ok(Decision::of(Some(!wanted), actual, config.answer.whole()));
    }
    let shown = some(found.iter().map(|(line, _)| place_text(line)));
    let spans = found.iter().map(|(_, span)| *span);
    Ok(Decision::of(Some(wanted), shown, config.answer.lines(spans)))
}

/// Whether a line opens this view.
fn opens(line: &ConfigLine, view: &[String]) -> bool {
    let Some((last, outer)) = view.split_last() else {
        return false;
    };
    line.views.len() == outer.len() && normal_line(&line.text) == *last && is_within(line, outer)
}

/// Whether a line stands in a view or in a view within it.
fn is_within(line: &ConfigLine, view: &[String]) -> bool {
    line.views.len() >= view.len()
        && line
            .views
            .iter()
            .zip(view)
            .all(|(have, want)| normal_line(have) == *want)
}

/// A line is tried without its indent and with one blank a level, as it is printed.
fn matches(line: &ConfigLine, regex: &RegexPattern) -> Option<bool> {
    let printed = (!line.views.is_empty()).then_some(line.views.len());
    any([0]
        .into_iter()
        .chain(printed)
        .map(|indent| matches_at(line, indent, regex)))
}

/// A line is tried with every indent up to its own.
fn matches_indented(line: &ConfigLine, regex: &RegexPattern) -> Option<bool> {
    any((0..=line.views.len()).map(|indent| matches_at(line, indent, regex)))
}

fn matches_at(line: &ConfigLine, indent: usize, regex: &RegexPattern) -> Option<bool> {
    regex.matches_shown(&format!("{}{}", " ".repeat(indent), line.text))
}

/// Whether a line that is not of those asked about may be one all the same: written in another case, which devices do
/// not mind, or with a secret that is hidden.
fn may_be(line: &ConfigLine, test: &ConfigTest) -> bool {
    match test {
        ConfigTest::Has(text) => may_have_been(&normal_line(&line.text), text),
        ConfigTest::Lacks(text) => {
            let line = normal_line(&line.text);
            line.eq_ignore_ascii_case(text) || may_have_been(&line, text)
        }
        ConfigTest::Matches(regex) => matches(line, regex).is_none(),
        ConfigTest::MatchesNot(regex) => matches_indented(line, regex).is_none(),
    }
}

fn place_text(line: &ConfigLine) -> String {
    if line.views.is_empty() {
        format!("`{}`", clean(&line.text))
    } else {
        format!("`{}` under `{}`", clean(&line.text), clean(&line.views.join(" / ")))
    }
}

impl Lines<'_> {
    /// Views that are there in place of one that is not.
    fn nearest_views(&self, view: &[String]) -> String {
        let Some((last, outer)) = view.split_last() else {
            return String::new();
        };
        let mut there: Vec<(usize, &str)> = self
            .lines
            .iter()
            .filter(|(line, _)| line.opens_view && line.views.len() == outer.len() && is_within(line, outer))
            .map(|(line, _)| (strsim::damerau_levenshtein(&line.text, last), line.text.as_str()))
            .collect();
        there.sort_unstable();
        there.dedup();
        if there.is_empty() {
            return "nor any other view there".to_owned();
        }
        format!("there are: {}", some(there.iter().map(|(_, text)| format!("`{text}`"))))
    }

    /// Where else a line that was wanted stands.
    fn elsewhere(&self, test: &ConfigTest) -> String {
        let hit = |line: &ConfigLine| match test {
            ConfigTest::Has(text) => normal_line(&line.text) == *text,
            ConfigTest::Matches(regex) => matches_indented(line, regex) == Some(true),
            _ => false,
        };
        let found: Vec<String> = self
            .lines
            .iter()
            .filter(|(line, _)| hit(line))
            .map(|(line, _)| place_text(line))
            .collect();
        if found.is_empty() {
            String::new()
        } else {
            format!("; elsewhere: {}", some(found))
        }
    }
}
