//! Matching a typed line against the rules of a view: abbreviations, values, and the place of the mistake.

use super::parameter::Kind;
use super::syntax::{Automaton, Label};
use crate::interface_name::InterfaceName;

/// A word of a typed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The word.
    pub text: &'a str,
    /// Byte offset in the line.
    pub offset: usize,
}

/// The words of a line.
pub fn tokens(line: &str) -> Vec<Token<'_>> {
    line.split_whitespace()
        .map(|text| Token {
            text,
            offset: text.as_ptr() as usize - line.as_ptr() as usize,
        })
        .collect()
}

/// A word of a matched command in its full, normal spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The spelling.
    pub text: String,
    /// Whether it is a value, not a keyword.
    pub value: bool,
    /// Whether it belongs to the identity of the line.
    pub identity: bool,
    /// Byte offset of the word it was typed as.
    pub offset: usize,
}

/// A line that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Index of the rule.
    pub rule: usize,
    /// Whether it is the rule's undo.
    pub undo: bool,
    /// Its words, without `undo`.
    pub words: Vec<Word>,
}

impl Matched {
    /// The whole command, every word in full.
    pub fn canonical(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// The values among the words.
    pub fn values(&self) -> Vec<&str> {
        self.words
            .iter()
            .filter(|word| word.value)
            .map(|word| word.text.as_str())
            .collect()
    }

    /// What identifies the line among those of its rule.
    pub fn identity(&self) -> Vec<String> {
        self.words
            .iter()
            .filter(|word| word.identity)
            .map(|word| word.text.clone())
            .collect()
    }
}

/// Why a line was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// A keyword that is none.
    Unrecognized,
    /// The line ends too early.
    Incomplete,
    /// A value that does not fit.
    WrongParameter,
    /// The command is complete before the line ends.
    TooManyParameters,
    /// An abbreviation of more than one keyword.
    Ambiguous,
}

impl Mistake {
    /// The device's message.
    pub fn message(self) -> &'static str {
        match self {
            Self::Unrecognized => "Error: Unrecognized command found at '^' position.",
            Self::Incomplete => "Error: Incomplete command found at '^' position.",
            Self::WrongParameter => "Error: Wrong parameter found at '^' position.",
            Self::TooManyParameters => "Error: Too many parameters found at '^' position.",
            Self::Ambiguous => "Error: Ambiguous command found at '^' position.",
        }
    }
}

/// A mistake and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misunderstood {
    /// What is wrong.
    pub mistake: Mistake,
    /// Byte offset in the line.
    pub offset: usize,
    /// How many words were understood before it.
    pub understood: usize,
}

/// One rule to match against, in its plain or its undo form.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Index of the rule.
    pub rule: usize,
    /// Whether this is its undo.
    pub undo: bool,
    /// The compiled syntax.
    pub automaton: &'a Automaton,
}

/// A partial match: one candidate, one of its nodes, the words so far.
#[derive(Clone)]
struct Thread<'a> {
    candidate: Candidate<'a>,
    node: usize,
    words: Vec<Word>,
}

/// A way on from a thread.
struct Way<'a> {
    thread: usize,
    label: &'a Label,
    identity: bool,
    next: usize,
}

/// Threads are bounded by the table; this only guards against a syntax that repeats itself.
const MOST_THREADS: usize = 4096;

/// Matches a line.
pub fn match_line(line: &str, candidates: &[Candidate<'_>]) -> Result<Matched, Misunderstood> {
    let mut threads = start(candidates);
    let tokens = tokens(line);
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let (ways, complete) = ways(&threads);
        let chosen = choose(token.text, &ways, complete).map_err(|mistake| Misunderstood {
            mistake,
            offset: token.offset,
            understood: index,
        })?;
        // Free text takes the rest of the line.
        if let Some(way) = chosen
            .iter()
            .find_map(|&way| ways.get(way))
            .filter(|way| *way.label == Label::Value(Kind::Text))
        {
            let rest = line.get(token.offset..).unwrap_or_default().trim_end();
            let mut thread = threads.swap_remove(way.thread);
            check_interface(&thread, index)?;
            thread
                .words
                .push(word(rest.to_owned(), true, way.identity, token.offset));
            return Ok(finish(thread));
        }
        threads = chosen
            .iter()
            .filter_map(|&way| advance(&threads, ways.get(way)?, token))
            .take(MOST_THREADS)
            .collect();
        index += 1;
    }
    let end = line.trim_end().len();
    match threads
        .iter()
        .position(|thread| closure(thread).contains(&thread.candidate.automaton.end))
    {
        Some(complete) if !tokens.is_empty() => {
            let thread = threads.swap_remove(complete);
            check_interface(&thread, index).map(|()| finish(thread))
        }
        _ => Err(Misunderstood {
            mistake: Mistake::Incomplete,
            offset: line.len().max(end + 1),
            understood: index,
        }),
    }
}

/// What may follow `line`, as keyword or placeholder; the last word of the line counts as unfinished unless a blank
/// follows it.
pub fn continuations(line: &str, candidates: &[Candidate<'_>]) -> Result<Vec<String>, Misunderstood> {
    let mut tokens = tokens(line);
    let unfinished = if line.ends_with(char::is_whitespace) {
        None
    } else {
        tokens.pop()
    };
    let mut threads = start(candidates);
    for (index, token) in tokens.iter().enumerate() {
        let (ways, complete) = ways(&threads);
        let chosen = choose(token.text, &ways, complete).map_err(|mistake| Misunderstood {
            mistake,
            offset: token.offset,
            understood: index,
        })?;
        threads = chosen
            .iter()
            .filter_map(|&way| advance(&threads, ways.get(way)?, token))
            .take(MOST_THREADS)
            .collect();
    }
    let (ways, complete) = ways(&threads);
    let begun = unfinished.map_or("", |token| token.text);
    let mut found: Vec<String> = ways
        .iter()
        .flat_map(|way| match way.label {
            Label::Keyword(keyword) => starts_with(keyword, begun)
                .then(|| keyword.clone())
                .into_iter()
                .collect(),
            Label::Value(Kind::InterfaceType) => InterfaceName::types_beginning(begun).map(str::to_owned).collect(),
            Label::Value(Kind::Interface) => {
                let is_whole = !begun.is_empty() && Kind::Interface.normalise(begun).is_some();
                is_whole.then(|| Kind::Interface.placeholder()).into_iter().collect()
            }
            Label::Value(kind) => kind
                .may_begin(begun)
                .then(|| kind.placeholder())
                .into_iter()
                .collect::<Vec<_>>(),
        })
        .collect();
    if complete && begun.is_empty() && !tokens.is_empty() {
        found.push("<cr>".into());
    }
    found.sort();
    found.dedup();
    match (found.is_empty(), unfinished) {
        (false, _) => Ok(found),
        (true, Some(token)) => Err(Misunderstood {
            mistake: if ways.is_empty() && complete {
                Mistake::TooManyParameters
            } else if ways.iter().any(|way| matches!(way.label, Label::Value(_))) {
                Mistake::WrongParameter
            } else {
                Mistake::Unrecognized
            },
            offset: token.offset,
            understood: tokens.len(),
        }),
        (true, None) => Err(Misunderstood {
            mistake: Mistake::TooManyParameters,
            offset: line.len(),
            understood: tokens.len(),
        }),
    }
}

fn start<'a>(candidates: &[Candidate<'a>]) -> Vec<Thread<'a>> {
    candidates
        .iter()
        .map(|&candidate| Thread {
            candidate,
            node: 0,
            words: Vec::new(),
        })
        .collect()
}

fn closure(thread: &Thread<'_>) -> Vec<usize> {
    let mut nodes = Vec::new();
    thread.candidate.automaton.closure(thread.node, &mut nodes);
    nodes
}

fn ways<'a>(threads: &[Thread<'a>]) -> (Vec<Way<'a>>, bool) {
    let mut ways = Vec::new();
    let mut complete = false;
    for (index, thread) in threads.iter().enumerate() {
        let automaton = thread.candidate.automaton;
        for node in closure(thread) {
            complete |= node == automaton.end;
            if let Some((label, identity, next)) = automaton.nodes.get(node).and_then(|node| node.step.as_ref()) {
                ways.push(Way {
                    thread: index,
                    label,
                    identity: *identity,
                    next: *next,
                });
            }
        }
    }
    (ways, complete)
}

fn starts_with(keyword: &str, begun: &str) -> bool {
    keyword
        .get(..begun.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(begun))
}

/// The ways a word takes: a keyword in full, else the one keyword it abbreviates, else the values it can be.
fn choose(word: &str, ways: &[Way<'_>], complete: bool) -> Result<Vec<usize>, Mistake> {
    let keyword = |way: &Way<'_>| match way.label {
        Label::Keyword(keyword) => Some(keyword.clone()),
        Label::Value(_) => None,
    };
    let by = |fits: &dyn Fn(&Way<'_>) -> bool| -> Vec<usize> {
        ways.iter()
            .enumerate()
            .filter(|(_, way)| fits(way))
            .map(|(index, _)| index)
            .collect()
    };
    let exact = by(&|way| keyword(way).is_some_and(|keyword| keyword.eq_ignore_ascii_case(word)));
    if !exact.is_empty() {
        return Ok(exact);
    }
    let abbreviated = by(&|way| keyword(way).is_some_and(|keyword| starts_with(&keyword, word)));
    let mut meanings: Vec<String> = abbreviated.iter().filter_map(|&way| keyword(ways.get(way)?)).collect();
    meanings.sort();
    meanings.dedup();
    match meanings.len() {
        0 => {}
        1 => return Ok(abbreviated),
        _ => return Err(Mistake::Ambiguous),
    }
    let values = by(&|way| matches!(way.label, Label::Value(kind) if kind.normalise(word).is_some()));
    if !values.is_empty() {
        // A specific kind of value outranks a free one.
        let specific: Vec<usize> = values
            .iter()
            .copied()
            .filter(|&way| {
                !matches!(
                    ways.get(way).map(|way| way.label),
                    Some(Label::Value(Kind::Name | Kind::Text))
                )
            })
            .collect();
        return Ok(if specific.is_empty() { values } else { specific });
    }
    Err(if ways.iter().any(|way| matches!(way.label, Label::Value(_))) {
        Mistake::WrongParameter
    } else if ways.is_empty() && complete {
        Mistake::TooManyParameters
    } else {
        Mistake::Unrecognized
    })
}

fn word(text: String, value: bool, identity: bool, offset: usize) -> Word {
    Word {
        text,
        value,
        identity,
        offset,
    }
}

fn advance<'a>(threads: &[Thread<'a>], way: &Way<'_>, token: &Token<'_>) -> Option<Thread<'a>> {
    let mut thread = threads.get(way.thread)?.clone();
    thread.node = way.next;
    match way.label {
        Label::Keyword(keyword) => thread
            .words
            .push(word(keyword.clone(), false, way.identity, token.offset)),
        Label::Value(Kind::InterfaceNumber) => {
            let type_name = thread.words.pop()?;
            let text = match InterfaceName::of(&type_name.text, token.text) {
                Some(name) => name.to_string(),
                // Kept as typed; `check_interface` refuses it once the line has ended.
                None => format!("{} {}", type_name.text, token.text),
            };
            thread.words.push(word(text, true, way.identity, token.offset));
        }
        Label::Value(kind) => thread
            .words
            .push(word(kind.normalise(token.text)?, true, way.identity, token.offset)),
    }
    Some(thread)
}

/// A type followed by a number that is none.
fn check_interface(thread: &Thread<'_>, understood: usize) -> Result<(), Misunderstood> {
    let bad = |word: &&Word| {
        word.value
            && word
                .text
                .split_once(' ')
                .is_some_and(|(head, _)| InterfaceName::type_named(head) == Some(head))
    };
    match thread.words.iter().find(bad) {
        None => Ok(()),
        Some(word) => Err(Misunderstood {
            mistake: Mistake::WrongParameter,
            offset: word.offset,
            understood,
        }),
    }
}

fn finish(thread: Thread<'_>) -> Matched {
    let undo = thread.candidate.undo;
    let words = thread.words.into_iter().skip(usize::from(undo)).collect();
    Matched {
        rule: thread.candidate.rule,
        undo,
        words,
    }
}
