//! Faults of links as suites write them under `lab`: `cut CE1 GE0/1/0`, `lose 10 % on CE1 GE0/1/0 sending`.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use checks::value::InterfaceName;
use reports::event::{LabKind, LinkEnd};

use super::PlannedChange;
use super::fill::{Filled, Values};
use crate::diagnostic::{Diagnostic, nearest_word};
use crate::inventory::Inventory;
use crate::source::reader::duration_of;

/// What is wrong with a link for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LinkFault {
    /// Nothing arrives, and the receiving end notices that its signal is gone.
    Cut,
    /// This share of the packets, 0 to 1, is lost; nobody notices but by what is missing.
    Loss(f64),
    /// Propagation takes so long.
    Delay(Duration),
}

/// Which way over a link, seen from the end that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkDirection {
    /// Both ways.
    Both,
    /// What the named end sends.
    Sending,
    /// What it receives.
    Receiving,
}

/// A fault of a link of an emulated lab.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFault {
    /// The end that is named.
    pub end: LinkEnd,
    /// Which way, seen from there.
    pub direction: LinkDirection,
    /// What is wrong.
    pub fault: LinkFault,
}

/// What is written for each fault.
pub(crate) const FAULT_FORMS: [&str; 3] = [
    "`cut DEVICE INTERFACE`",
    "`lose 10 % on DEVICE INTERFACE`",
    "`delay 5 ms on DEVICE INTERFACE`",
];
/// First words of the sentences.
pub(super) const FAULT_VERBS: [&str; 3] = ["cut", "lose", "delay"];
const DIRECTIONS: [&str; 2] = ["sending", "receiving"];
/// Longest delay of a link.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

impl PlannedFault {
    /// Understands a sentence about a link of a lab.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn of(text: &str, lab: &Inventory) -> Result<Self, FaultMistake> {
        Reading { text, lab }.fault()
    }

    /// Its verb, by which phrases name it.
    pub(crate) fn verb(&self) -> &'static str {
        match self.fault {
            LinkFault::Cut => "cut",
            LinkFault::Loss(_) => "lose",
            LinkFault::Delay(_) => "delay",
        }
    }
}

/// As it may be written again.
impl fmt::Display for PlannedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            LinkFault::Cut => f.write_str("cut ")?,
            LinkFault::Loss(share) => write!(f, "lose {} % on ", share * 100.0)?,
            LinkFault::Delay(delay) => write!(f, "delay {delay:?} on ")?,
        }
        write!(f, "{} {}", self.end.device, self.end.interface)?;
        match self.direction {
            LinkDirection::Both => Ok(()),
            LinkDirection::Sending => f.write_str(" sending"),
            LinkDirection::Receiving => f.write_str(" receiving"),
        }
    }
}

/// Why a sentence about a link is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultMistake {
    /// Where in the sentence.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: Option<Box<str>>,
    /// The word that is not known, and those that are.
    pub unknown: Option<(String, Vec<String>)>,
    /// How to mend it.
    pub help: Option<Box<str>>,
}

/// In one line, as for a person who has just typed it.
impl fmt::Display for FaultMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let nearest = self
            .unknown
            .as_ref()
            .and_then(|(word, known)| nearest_word(word, known.iter().map(String::as_str)));
        match (nearest, &self.expected, &self.help) {
            (Some(nearest), ..) => write!(f, ": did you mean `{nearest}`?"),
            (None, Some(expected), _) => write!(f, ": expected {expected}"),
            (None, None, Some(help)) => write!(f, ": {help}"),
            (None, None, None) => Ok(()),
        }
    }
}

/// The change that a sentence under `lab` describes.
pub(super) fn plan_fault(sentence: &Filled, values: Values<'_>) -> Result<PlannedChange, Box<Diagnostic>> {
    let fault = PlannedFault::of(&sentence.text, values.lab).map_err(|mistake| {
        let mut told = sentence.mistake(mistake.at, mistake.message);
        if let Some(expected) = mistake.expected {
            told = told.label(format!("expected {expected}"));
        }
        if let Some((word, known)) = &mistake.unknown {
            told = told.nearest(word, known.iter().map(String::as_str));
        }
        Box::new(match mistake.help {
            Some(help) => told.help(help),
            None => told,
        })
    })?;
    if values.lab.kind == LabKind::Live {
        let whole = 0..sentence.text.len();
        return Err(Box::new(
            sentence
                .mistake(whole, "the links of a live lab are not netverdict's to break")
                .label("only emulated labs")
                .help("change a device instead, such as `shutdown INTERFACE` under its name"),
        ));
    }
    let line = fault.to_string();
    Ok(PlannedChange {
        name: fault.verb().to_owned(),
        device: String::new(),
        written: sentence.text.split_whitespace().collect::<Vec<_>>().join(" "),
        undo: vec![format!("end {line}")],
        apply: vec![line],
        undo_derived: true,
        fault: Some(fault),
        source: sentence.written().source(),
    })
}

struct Reading<'a> {
    text: &'a str,
    lab: &'a Inventory,
}

impl<'a> Reading<'a> {
    /// A mistake in a word of the sentence, or in all of it.
    fn mistake(&self, word: Option<&str>, message: String) -> FaultMistake {
        // Words are slices of the sentence.
        let at = word.map_or(0..self.text.len(), |word| {
            let start = (word.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
            start..start + word.len()
        });
        FaultMistake {
            at,
            message,
            expected: None,
            unknown: None,
            help: None,
        }
    }

    fn fault(&self) -> Result<PlannedFault, FaultMistake> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let verb = words.first().copied().unwrap_or_default();
        let (fault, rest) = match verb.to_ascii_lowercase().as_str() {
            "cut" => (LinkFault::Cut, words.get(1..).unwrap_or_default()),
            "lose" => self.amount(&words, |amount| {
                let share: f64 = amount.strip_suffix('%')?.trim().parse().ok()?;
                (share > 0.0 && share <= 100.0).then_some(LinkFault::Loss(share / 100.0))
            })?,
            "delay" => self.amount(&words, |amount| {
                let delay = duration_of(amount)?;
                (delay <= LONGEST_DELAY).then_some(LinkFault::Delay(delay))
            })?,
            _ => {
                return Err(FaultMistake {
                    expected: Some(FAULT_FORMS.join(" or ").into()),
                    unknown: Some((verb.to_owned(), FAULT_VERBS.map(str::to_owned).to_vec())),
                    ..self.mistake(None, format!("`{}` is no change of the lab", self.text))
                });
            }
        };
        let (rest, direction) = match rest.split_last() {
            Some((last, before)) if last.eq_ignore_ascii_case("sending") => (before, LinkDirection::Sending),
            Some((last, before)) if last.eq_ignore_ascii_case("receiving") => (before, LinkDirection::Receiving),
            _ => (rest, LinkDirection::Both),
        };
        if let Some(mistake) = self.not_a_direction(rest, direction) {
            return Err(mistake);
        }
        Ok(PlannedFault {
            end: self.end(rest)?,
            direction,
            fault,
        })
    }

    /// What is wrong with a word that follows a link's end.
    fn not_a_direction(&self, words: &[&str], direction: LinkDirection) -> Option<FaultMistake> {
        let (last, before) = words.split_last()?;
        if self.end(words).is_ok() || self.end(before).is_err() {
            return None;
        }
        Some(match direction {
            LinkDirection::Both => FaultMistake {
                expected: Some("`sending`, `receiving` or nothing more".into()),
                unknown: Some(((*last).to_owned(), DIRECTIONS.map(str::to_owned).to_vec())),
                ..self.mistake(Some(last), format!("`{last}` is no direction"))
            },
            _ => FaultMistake {
                help: Some("for both ways, leave the direction out".into()),
                ..self.mistake(Some(last), format!("`{last}` is one word too many"))
            },
        })
    }

    /// What stands between the verb and `on`.
    fn amount<'w>(
        &self,
        words: &'w [&'a str],
        understood: impl Fn(&str) -> Option<LinkFault>,
    ) -> Result<(LinkFault, &'w [&'a str]), FaultMistake> {
        let verb = words.first().copied().unwrap_or_default().to_ascii_lowercase();
        let is_loss = verb == "lose";
        let Some(on) = words.iter().position(|word| word.eq_ignore_ascii_case("on")) else {
            return Err(FaultMistake {
                expected: Some(FAULT_FORMS[if is_loss { 1 } else { 2 }].into()),
                ..self.mistake(None, format!("`{verb}` does not say on which link"))
            });
        };
        let amount = words.get(1..on).unwrap_or_default().join(" ");
        let fault = understood(&amount).ok_or_else(|| FaultMistake {
            expected: Some(
                if is_loss {
                    "a share such as `10 %`, more than 0 and at most 100"
                } else {
                    "a time such as `5 ms` or `50 us`, at most 1 min"
                }
                .into(),
            ),
            ..self.mistake(
                words.get(1).copied(),
                format!("`{amount}` cannot be what `{verb}` takes"),
            )
        })?;
        Ok((fault, words.get(on + 1..).unwrap_or_default()))
    }

    /// A device and its interface, which a link ends at.
    fn end(&self, words: &[&str]) -> Result<LinkEnd, FaultMistake> {
        let Some((name, interface)) = words.split_first() else {
            return Err(FaultMistake {
                expected: Some(FAULT_FORMS.join(" or ").into()),
                ..self.mistake(None, "no link is named".to_owned())
            });
        };
        if self.lab.device(name).is_none() {
            let known = self.lab.devices.iter().map(|device| device.name.clone()).collect();
            return Err(FaultMistake {
                unknown: Some(((*name).to_owned(), known)),
                ..self.mistake(Some(name), format!("unknown device `{name}`"))
            });
        }
        let wanted = InterfaceName::new(&interface.join(" "));
        let ends = self.lab.links.iter().flat_map(|link| [&link.a, &link.b]);
        let here: Vec<&LinkEnd> = ends.filter(|end| end.device == **name).collect();
        if let Some(end) = here.iter().find(|end| InterfaceName::new(&end.interface) == wanted) {
            return Ok((*end).clone());
        }
        let listed: Vec<&str> = here.iter().map(|end| end.interface.as_str()).collect();
        let mistake = match interface.first() {
            None => self.mistake(Some(name), format!("no interface of {name} is named")),
            Some(first) => self.mistake(Some(first), format!("no link of the lab ends at `{wanted}` of {name}")),
        };
        Err(FaultMistake {
            help: Some(if listed.is_empty() {
                format!("no link of the inventory ends at {name}").into()
            } else {
                format!("links end at {} of {name}", listed.join(", ")).into()
            }),
            ..mistake
        })
    }
}
