//! Which answers can be relied on, and which lines of them decide.

use super::{Doubt, Observation};
use crate::cell::Cell;
use crate::outcome::DecidingLines;
use crate::phrase::decide::wording::clean;
use crate::table::{AnyTable, LineSpan, Parsed, Severity, Table, TableKind, TypedRow, Unexplained};

/// Most spans that are listed as deciding.
const MOST_SPANS: usize = 64;

/// An answer that was understood, but perhaps for single fields.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub observation: &'a Observation<'a>,
    pub parsed: &'a Parsed,
}

/// A row of an answer.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub answer: Answer<'a>,
    pub index: usize,
}

/// What a phrase reads of a table.
pub(super) struct Reads<'f> {
    /// Fields by which rows are picked: one that is not understood anywhere leaves it open which rows there are.
    pub selectors: &'f [&'f str],
    /// Fields read of the rows that were picked.
    pub fields: &'f [&'f str],
}

/// Every answer from these devices (or from any, where none is named), each a table of this kind.
pub(super) fn answers<'a>(
    observations: &'a [Observation<'a>],
    device: Option<&str>,
    kind: TableKind,
    needed: usize,
    reads: &Reads<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Answer<'a>>, Doubt> {
    let asked: Vec<&Observation<'_>> = observations
        .iter()
        .filter(|observation| device.is_none_or(|device| observation.device == device))
        .collect();
    let mut commands: Vec<&str> = asked.iter().map(|observation| observation.command).collect();
    commands.sort_unstable();
    commands.dedup();
    if commands.len() < needed {
        let of = device.map_or_else(String::new, |device| format!(" from {device}"));
        return Err(Doubt::new(
            format!("{} of {needed} answers are there{of}", commands.len()),
            Vec::new(),
        ));
    }
    let mut found = Vec::new();
    for observation in asked {
        let answer = usable(observation, kind, reads)?;
        for integrity in &answer.parsed.integrity {
            warnings.push(format!(
                "{}, `{}`: {}",
                observation.device,
                observation.command,
                clean(&integrity.message)
            ));
        }
        for unexplained in &answer.parsed.unexplained {
            if let Some(field) = &unexplained.field {
                warnings.push(format!(
                    "{}, `{}`, line {}: the value of `{}` is not understood: {}",
                    observation.device,
                    observation.command,
                    unexplained.line,
                    clean(field),
                    clean(&unexplained.text)
                ));
            }
        }
        found.push(answer);
    }
    warnings.dedup();
    Ok(found)
}

fn usable<'a>(observation: &'a Observation<'a>, kind: TableKind, reads: &Reads<'_>) -> Result<Answer<'a>, Doubt> {
    let place = format!("`{}` on {}", observation.command, observation.device);
    let parsed = observation
        .answer
        .map_err(|why| Doubt::new(format!("{place} has no answer: {}", clean(why)), Vec::new()))?;
    let answer = Answer { observation, parsed };
    let at = |line: u32| {
        if line == 0 {
            answer.whole()
        } else {
            answer.lines([LineSpan::line(line)])
        }
    };
    if let Some(words) = &parsed.rejected {
        return Err(Doubt::new(
            format!("{place} was refused: {}", clean(words)),
            answer.whole(),
        ));
    }
    if parsed.table.kind() != kind {
        return Err(Doubt::new(
            format!(
                "{place} was read as a table of {}, not of {}",
                parsed.table.kind().plural(),
                kind.plural()
            ),
            answer.whole(),
        ));
    }
    let broken = |unexplained: &&Unexplained| {
        unexplained
            .field
            .as_deref()
            .is_none_or(|field| is_one_of(field, reads.selectors))
    };
    if let Some(unexplained) = parsed.unexplained.iter().find(broken) {
        let count = parsed.unexplained.iter().filter(broken).count();
        let more = if count > 1 {
            format!(" ({} more lines like this)", count - 1)
        } else {
            String::new()
        };
        return Err(Doubt::new(
            format!(
                "line {} of {place} is not understood: `{}`{more}",
                unexplained.line,
                clean(&unexplained.text)
            ),
            at(unexplained.line),
        ));
    }
    if let Some(error) = parsed
        .integrity
        .iter()
        .find(|integrity| integrity.severity == Severity::Error)
    {
        return Err(Doubt::new(
            format!("{place} disagrees with itself: {}", clean(&error.message)),
            at(error.line),
        ));
    }
    Ok(answer)
}

/// Whether a parser's name of a field may mean one of these: by its whole path or any part of it.
fn is_one_of(field: &str, fields: &[&str]) -> bool {
    fields.iter().any(|known| {
        *known == "*" || field == *known || field.split('.').any(|part| known.split('.').any(|other| part == other))
    })
}

impl<'a> Answer<'a> {
    /// These lines decide.
    pub fn lines(&self, spans: impl IntoIterator<Item = LineSpan>) -> Vec<DecidingLines> {
        let mut lines: Vec<LineSpan> = spans.into_iter().collect();
        lines.sort_by_key(|span| (span.first, span.last));
        lines.dedup();
        lines.truncate(MOST_SPANS);
        vec![DecidingLines {
            device: self.observation.device.to_owned(),
            command: self.observation.command.to_owned(),
            evidence: self.observation.evidence.to_owned(),
            lines,
        }]
    }

    /// The whole answer decides.
    pub fn whole(&self) -> Vec<DecidingLines> {
        self.lines([])
    }

    /// Every row.
    pub fn rows(self) -> impl Iterator<Item = Row<'a>> {
        (0..self.parsed.table.len()).map(move |index| Row { answer: self, index })
    }

    /// The rows by their type.
    pub fn typed<T: TypedRow>(&self) -> Result<Vec<(&'a T, LineSpan)>, Doubt> {
        T::rows_of(&self.parsed.table)
            .map(|rows| rows.iter().collect())
            .ok_or_else(|| Doubt::new("the answer is another table", self.whole()))
    }

    /// A value that these lines hold and that is one of the fields read was not understood.
    pub fn misunderstood(&self, span: LineSpan, fields: &[&str]) -> Option<String> {
        self.parsed
            .unexplained
            .iter()
            .filter(|unexplained| (span.first..=span.last).contains(&unexplained.line))
            .find(|unexplained| {
                unexplained
                    .field
                    .as_deref()
                    .is_none_or(|field| is_one_of(field, fields))
            })
            .map(|unexplained| {
                format!(
                    "line {} is not understood: `{}`",
                    unexplained.line,
                    clean(&unexplained.text)
                )
            })
    }
}

impl<'a> Row<'a> {
    pub fn table(&self) -> &'a AnyTable {
        &self.answer.parsed.table
    }

    pub fn span(&self) -> LineSpan {
        self.table().span(self.index)
    }

    /// A field by its name.
    pub fn cell(&self, name: &str) -> Cell<'a> {
        self.table()
            .field(name)
            .map_or(Cell::Absent, |field| self.table().cell(self.index, field))
    }
}

/// The lines of rows, answer by answer; the whole answers where there are no rows.
pub(super) fn lines_of(answers: &[Answer<'_>], rows: &[Row<'_>]) -> Vec<DecidingLines> {
    if rows.is_empty() {
        return answers.iter().flat_map(Answer::whole).collect();
    }
    answers
        .iter()
        .filter_map(|answer| {
            let spans: Vec<LineSpan> = rows
                .iter()
                .filter(|row| std::ptr::eq(row.answer.observation, answer.observation))
                .map(Row::span)
                .collect();
            (!spans.is_empty()).then(|| answer.lines(spans))
        })
        .flatten()
        .collect()
}
