//! Faults of links as suites write them under `lab`: `cut CE1 GE0/1/0`, `lose 10 % on CE1 GE0/1/0 sending`.

use std::time::Duration;

use checks::value::InterfaceName;
use reports::event::{LabKind, LinkEnd};

use super::PlannedChange;
use super::fill::{Filled, Values};
use crate::diagnostic::Diagnostic;
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

const FORMS: [&str; 3] = [
    "`cut DEVICE INTERFACE`",
    "`lose 10 % on DEVICE INTERFACE`",
    "`delay 5 ms on DEVICE INTERFACE`",
];
/// Longest delay of a link.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The change that a sentence under `lab` describes.
pub(super) fn plan_fault(sentence: &Filled, values: Values<'_>) -> Result<PlannedChange, Box<Diagnostic>> {
    let planned = Reading { sentence, values }.fault()?;
    if values.lab.kind == LabKind::Live {
        let whole = 0..sentence.text.len();
        return Err(Box::new(
            sentence
                .mistake(whole, "the links of a live lab are not netverdict's to break")
                .label("only emulated labs")
                .help("change a device instead, such as `shutdown INTERFACE` under its name"),
        ));
    }
    let PlannedFault { end, direction, fault } = &planned;
    let way = match direction {
        LinkDirection::Both => "",
        LinkDirection::Sending => " sending",
        LinkDirection::Receiving => " receiving",
    };
    let place = format!("{} {}{way}", end.device, end.interface);
    let (name, line) = match fault {
        LinkFault::Cut => ("cut", format!("cut {place}")),
        LinkFault::Loss(share) => ("lose", format!("lose {} % on {place}", share * 100.0)),
        LinkFault::Delay(delay) => ("delay", format!("delay {delay:?} on {place}")),
    };
    Ok(PlannedChange {
        name: name.to_owned(),
        device: String::new(),
        written: sentence.written().text.split_whitespace().collect::<Vec<_>>().join(" "),
        undo: vec![format!("end {line}")],
        apply: vec![line],
        undo_derived: true,
        fault: Some(planned),
        source: sentence.written().source(),
    })
}

struct Reading<'a> {
    sentence: &'a Filled,
    values: Values<'a>,
}

impl Reading<'_> {
    /// Where a word stands in the sentence.
    fn place(&self, word: &str) -> std::ops::Range<usize> {
        // Words are slices of the sentence.
        let start = word.as_ptr() as usize - self.sentence.text.as_ptr() as usize;
        start..start + word.len()
    }

    fn mistake(&self, word: Option<&&str>, message: String) -> Diagnostic {
        let whole = 0..self.sentence.text.len();
        self.sentence
            .mistake(word.map_or(whole, |word| self.place(word)), message)
    }

    fn fault(&self) -> Result<PlannedFault, Box<Diagnostic>> {
        let words: Vec<&str> = self.sentence.text.split_whitespace().collect();
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
                return Err(Box::new(
                    self.mistake(None, format!("`{}` is no change of the lab", self.sentence.text))
                        .label(format!("expected {}", FORMS.join(" or ")))
                        .nearest(verb, ["cut", "lose", "delay"]),
                ));
            }
        };
        let (rest, direction) = match rest.split_last() {
            Some((last, before)) if last.eq_ignore_ascii_case("sending") => (before, LinkDirection::Sending),
            Some((last, before)) if last.eq_ignore_ascii_case("receiving") => (before, LinkDirection::Receiving),
            _ => (rest, LinkDirection::Both),
        };
        Ok(PlannedFault {
            end: self.end(rest)?,
            direction,
            fault,
        })
    }

    /// What stands between the verb and `on`.
    fn amount<'w>(
        &self,
        words: &'w [&'w str],
        understood: impl Fn(&str) -> Option<LinkFault>,
    ) -> Result<(LinkFault, &'w [&'w str]), Box<Diagnostic>> {
        let verb = words.first().copied().unwrap_or_default().to_ascii_lowercase();
        let on = words.iter().position(|word| word.eq_ignore_ascii_case("on"));
        let expected = if verb == "lose" {
            "a share such as `10 %`, more than 0 and at most 100"
        } else {
            "a time such as `5 ms` or `50 us`, at most 1 min"
        };
        let Some(on) = on else {
            return Err(Box::new(
                self.mistake(None, format!("`{verb}` does not say on which link"))
                    .label(format!("expected {}", FORMS[usize::from(verb == "delay") + 1])),
            ));
        };
        let amount = words.get(1..on).unwrap_or_default().join(" ");
        match understood(&amount) {
            Some(fault) => Ok((fault, words.get(on + 1..).unwrap_or_default())),
            None => Err(Box::new(
                self.mistake(words.get(1), format!("`{amount}` cannot be what `{verb}` takes"))
                    .label(format!("expected {expected}")),
            )),
        }
    }

    /// A device and its interface, which a link ends at.
    fn end(&self, words: &[&str]) -> Result<LinkEnd, Box<Diagnostic>> {
        let lab = self.values.lab;
        let Some((name, interface)) = words.split_first() else {
            return Err(Box::new(
                self.mistake(None, "no link is named".to_owned())
                    .label(format!("expected {}", FORMS.join(" or "))),
            ));
        };
        if lab.device(name).is_none() {
            let known = lab.devices.iter().map(|device| device.name.as_str());
            return Err(Box::new(
                self.mistake(Some(name), format!("unknown device `{name}`"))
                    .nearest(name, known),
            ));
        }
        let wanted = InterfaceName::new(&interface.join(" "));
        let ends = lab.links.iter().flat_map(|link| [&link.a, &link.b]);
        let here: Vec<&LinkEnd> = ends.filter(|end| end.device == **name).collect();
        if let Some(end) = here.iter().find(|end| InterfaceName::new(&end.interface) == wanted) {
            return Ok((*end).clone());
        }
        let listed: Vec<&str> = here.iter().map(|end| end.interface.as_str()).collect();
        let mistake = if interface.is_empty() {
            self.mistake(Some(name), format!("no interface of {name} is named"))
        } else {
            self.mistake(
                interface.first(),
                format!("no link of the lab ends at `{wanted}` of {name}"),
            )
        };
        Err(Box::new(if listed.is_empty() {
            mistake.help(format!("no link of the inventory ends at {name}"))
        } else {
            mistake.help(format!("links end at {} of {name}", listed.join(", ")))
        }))
    }
}
