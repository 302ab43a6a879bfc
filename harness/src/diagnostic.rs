//! What is wrong with a file that a person wrote: the place, a caret, what was expected and the nearest word.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::{Source, SourceFile};

/// One mistake.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// Where, if it is in a file that could be read.
    pub at: Option<Spot>,
    /// What stands at the caret: `expected …`.
    pub label: Option<String>,
    /// What helps: the nearest word, what is allowed, what to do.
    pub help: Vec<String>,
    /// Whether what stands at the place must not be shown: a password in the wrong place.
    pub conceal: bool,
}

/// A range of bytes of a file.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The file.
    pub file: SourceFile,
    /// The bytes.
    pub range: Range<usize>,
}

impl Diagnostic {
    /// A mistake that belongs to no place in a file.
    pub fn general(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: None,
            label: None,
            help: Vec::new(),
            conceal: false,
        }
    }

    /// A mistake at a place.
    pub fn at(file: &SourceFile, range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            at: Some(Spot {
                file: file.clone(),
                range,
            }),
            ..Self::general(message)
        }
    }

    /// Adds what stands at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Hides what stands at the place.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        self.conceal = true;
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds the nearest of the allowed words, or all of them when none is near.
    #[must_use]
    pub fn nearest<'a>(self, word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Self {
        let allowed: Vec<&str> = allowed.into_iter().collect();
        match nearest_word(word, allowed.iter().copied()) {
            Some(nearest) => self.help(format!("did you mean `{nearest}`?")),
            None if allowed.is_empty() => self,
            None => {
                let shown: Vec<String> = allowed.iter().take(20).map(|word| format!("`{word}`")).collect();
                let more = if allowed.len() > 20 { ", …" } else { "" };
                self.help(format!("allowed here: {}{more}", shown.join(", ")))
            }
        }
    }

    /// Where it is.
    pub fn source(&self) -> Option<Source> {
        self.at.as_ref().map(|spot| spot.file.place(spot.range.start))
    }

    fn render(&self, renderer: &Renderer) -> String {
        let message = harmless(&self.message);
        let title = Level::ERROR.primary_title(message);
        let mut group = match &self.at {
            None => title.elements(Vec::<annotate_snippets::Message<'_>>::new()),
            Some(spot) => {
                let (text, first_line, range) = excerpt(spot, self.conceal);
                let label = self.label.as_deref().map(|label| harmless(label).into_owned());
                title.element(
                    Snippet::source(text)
                        .path(harmless(spot.file.name()).into_owned())
                        .line_start(first_line)
                        .annotation(AnnotationKind::Primary.span(range).label(label.map(Cow::Owned::<str>))),
                )
            }
        };
        if self.at.is_none()
            && let Some(label) = &self.label
        {
            group = group.element(Level::NOTE.message(harmless(label)));
        }
        for help in &self.help {
            group = group.element(Level::HELP.message(harmless(help)));
        }
        renderer.render(&[group])
    }
}

/// The word of a list that is nearest to a mistyped one, if one is near enough to be meant.
pub fn nearest_word<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    if word.len() > 200 {
        return None;
    }
    allowed
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.chars().count().min(word.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The lines of a spot, the number of the first, and the spot within them. Long lines are cut, so that a file of one
/// line does not flood the terminal.
fn excerpt(spot: &Spot, conceal: bool) -> (String, usize, Range<usize>) {
    const MOST: usize = 160;
    let text = spot.file.text();
    let start = floor(text, spot.range.start);
    let place = spot.file.place(start);
    let line = spot.file.line_range(place.line);
    // A range over several lines is shown by its first line.
    let end = floor(text, spot.range.end.clamp(start, line.end.max(start)));
    let from = if start - line.start > MOST {
        floor(text, start - MOST / 2)
    } else {
        line.start
    };
    let to = floor(text, line.end.min(from + 2 * MOST)).max(start);
    let end = end.min(to);
    let hidden = secret_after(&text[line.start..line.end.max(line.start)]).map(|at| line.start + at..line.end);
    let mut shown = String::new();
    let (mut shown_start, mut shown_end) = (0, 0);
    for (at, character) in text[from..to]
        .char_indices()
        .map(|(at, character)| (from + at, character))
    {
        if at == start {
            shown_start = shown.len();
        }
        if at == end {
            shown_end = shown.len();
        }
        let concealed =
            (conceal && (start..end).contains(&at)) || hidden.as_ref().is_some_and(|hidden| hidden.contains(&at));
        // Control characters would move the caret or the terminal; each becomes one visible character.
        shown.push(if concealed && !character.is_whitespace() {
            '*'
        } else {
            visible(character)
        });
    }
    if start >= to {
        shown_start = shown.len();
    }
    if end >= to {
        shown_end = shown.len();
    }
    (shown, place.line, shown_start..shown_end.max(shown_start))
}

/// Where a line's literal secret begins: behind a key that names one, unless the value is a mapping.
fn secret_after(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    [
        "password",
        "passphrase",
        "passwd",
        "secret",
        "token",
        "keyboard_interactive",
    ]
    .iter()
    .find_map(|word| {
        let key = lower.find(word)?;
        let colon = key + lower[key..].find(':')?;
        let between = &lower[key + word.len()..colon];
        let value = colon + 1 + (lower[colon + 1..].len() - lower[colon + 1..].trim_start().len());
        let literal = !lower[value..].starts_with(['{', '#']) && value < line.len();
        (literal
            && between
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'"' | b'\'' | b' ')))
        .then_some(value)
    })
}

fn floor(text: &str, mut offset: usize) -> usize {
    offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        other if is_unsafe(other) => '\u{fffd}',
        other => other,
    }
}

/// Control characters and those that reorder text on a terminal.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text without anything that could drive the terminal. Line ends stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| c != '\n' && is_unsafe(c)) {
        Cow::Owned(text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Every mistake that was found, in the order of the files.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// The mistakes; never empty inside an error.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The value, unless something is wrong.
    pub fn or<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The mistakes by file, in the order in which files first appear, and by place; those without a place first.
    fn in_order(&self) -> Vec<&Diagnostic> {
        let mut files: Vec<&str> = Vec::new();
        let mut ordered: Vec<(usize, usize, &Diagnostic)> = Vec::new();
        for diagnostic in &self.list {
            let Some(spot) = &diagnostic.at else {
                ordered.push((0, 0, diagnostic));
                continue;
            };
            let file = files
                .iter()
                .position(|file| *file == spot.file.name())
                .unwrap_or_else(|| {
                    files.push(spot.file.name());
                    files.len() - 1
                });
            ordered.push((file + 1, spot.range.start, diagnostic));
        }
        ordered.sort_by_key(|(file, start, _)| (*file, *start));
        ordered.into_iter().map(|(_, _, diagnostic)| diagnostic).collect()
    }

    /// For a terminal (`colour`) or a pipe. Ends with a line that counts the mistakes when there are several.
    pub fn render(&self, colour: bool) -> String {
        const MOST: usize = 50;
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for diagnostic in self.in_order().into_iter().take(MOST) {
            text.push_str(&diagnostic.render(&renderer));
            text.push_str("\n\n");
        }
        if self.list.len() > MOST {
            text.push_str(&format!("… and {} more\n\n", self.list.len() - MOST));
        }
        if self.list.len() > 1 {
            text.push_str(&format!("{} mistakes found\n", self.list.len()));
        } else {
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { list: vec![diagnostic] }
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
