//! How packets are spread over the links of a point, for each direction by itself.

use checks::Verdict;
use checks::capture::measure::FlowId;
use checks::capture::measure::balance::{BalanceReport, BalanceSettings, BalanceTally, LinkChange, Mode};
use checks::capture::packet::FlowKey;

use super::directions::{self, Meeting};
use super::look::Met;
use super::{FlowSeen, LinkFiles};

/// How the flows of one direction are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// One of its flows.
    pub example: FlowKey,
    /// How they are spread.
    pub report: BalanceReport,
}

/// The directions of the flows of a point.
#[derive(Debug, Clone, PartialEq)]
pub enum Directions {
    /// All go the same way.
    One,
    /// Some go one way, and some the other.
    Two(Box<[Direction; 2]>),
    /// Which go the same way is not known, and why.
    Unclear(String),
}

/// How packets are spread over the links of a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Balance {
    /// All of them together.
    pub all: BalanceReport,
    /// Those of each direction, which routers of their own send.
    pub directions: Directions,
    /// What the directions rest on, where they are not known for certain.
    pub assumed: Option<String>,
    /// Packets that are not counted, in words.
    pub uncounted: Vec<String>,
    /// What the captures show of changes of the network that nobody stated, in words: what would pass is inconclusive.
    pub changed: Option<String>,
}

impl Balance {
    /// The verdict on a rule that each direction has to follow by itself, and why; `words` are those of a report.
    pub fn judged(
        &self,
        rule: impl Fn(&BalanceReport) -> Verdict,
        words: impl Fn(&BalanceReport) -> String,
    ) -> (Verdict, String) {
        let (verdict, reason) = match &self.directions {
            Directions::One => (rule(&self.all), words(&self.all)),
            Directions::Two(directions) => {
                let told = directions
                    .iter()
                    .map(|direction| format!("{} and flows that way: {}", direction.ends(), words(&direction.report)));
                (
                    Verdict::of_all(directions.iter().map(|direction| rule(&direction.report))),
                    told.collect::<Vec<String>>().join("; "),
                )
            }
            Directions::Unclear(why) => (
                Verdict::of_all([rule(&self.all), Verdict::Inconclusive]),
                format!("{}; {why}", words(&self.all)),
            ),
        };
        let (verdict, reason) = match &self.assumed {
            Some(assumed) => (verdict, format!("{reason}; {assumed}")),
            None => (verdict, reason),
        };
        match &self.changed {
            Some(changed) => (
                Verdict::of_all([verdict, Verdict::Inconclusive]),
                format!("{reason}; {changed}"),
            ),
            None => (verdict, reason),
        }
    }

    /// Whether some flows keep a link and some do not, in any direction.
    fn is_mixed(&self) -> bool {
        let each = match &self.directions {
            Directions::Two(directions) => &directions[..],
            Directions::One | Directions::Unclear(_) => &[],
        };
        let mut all = each.iter().map(|direction| &direction.report).chain([&self.all]);
        all.any(|report| report.mode == Mode::Mixed)
    }

    /// What a reader should know of all or of each direction; links by their names.
    pub fn notes(&self, links: &[LinkFiles]) -> Vec<String> {
        let mut told = self.uncounted.clone();
        match &self.directions {
            Directions::One | Directions::Unclear(_) => told.extend(notes(&self.all, links)),
            Directions::Two(directions) => {
                for direction in directions.iter() {
                    let ends = direction.ends();
                    let notes = notes(&direction.report, links).into_iter();
                    told.extend(notes.map(|note| format!("{ends} and flows that way: {note}")));
                }
            }
        }
        told
    }
}

fn notes(report: &BalanceReport, links: &[LinkFiles]) -> Vec<String> {
    let unused = report.evenness.unused.iter();
    let unused: Vec<&str> = unused
        .filter_map(|link| Some(links.get(usize::from(*link))?.name.as_str()))
        .collect();
    let mut notes = report.notes.clone();
    if !unused.is_empty() && report.packets > 0 && report.mode != Mode::SingleLink {
        notes.push(format!("nothing on {}", unused.join(", ")));
    }
    notes
}

impl Direction {
    /// Source and destination of its example.
    pub fn ends(&self) -> String {
        match (self.example.source(), self.example.destination()) {
            (Some(source), Some(destination)) => format!("{source} -> {destination}"),
            _ => self.example.to_string(),
        }
    }
}

/// What is counted of the spread while files are read.
pub(super) struct Balancing {
    pub tally: BalanceTally,
    settings: BalanceSettings,
    meeting: Meeting,
    /// Flows that are balanced.
    flows: Vec<FlowId>,
}

impl Balancing {
    pub fn new(settings: BalanceSettings) -> Self {
        Self {
            tally: BalanceTally::new(settings.clone()),
            settings,
            meeting: Meeting::default(),
            flows: Vec::new(),
        }
    }

    /// A flow is met in a file: for the first time at all, or there.
    pub fn meet(&mut self, flow: FlowId, source: usize, met: &Met, is_new: bool) {
        let way = self.meeting.meet(flow, source, met);
        if !is_new {
            return;
        }
        if directions::is_not_balanced(&met.key) {
            self.tally.leave_out(flow);
        } else {
            self.tally.goes(flow, way);
            self.flows.push(flow);
        }
    }

    /// What was found of these flows, by their numbers; with changes of the network that flows followed, where some flows
    /// keep a link and some do not and no changes were stated.
    pub fn finish(self, seen: &[FlowSeen]) -> (Balance, Vec<LinkChange>) {
        let is_stated = !self.settings.excluded.is_empty();
        // Either of the two may be uneven by chance.
        let each = BalanceSettings {
            alpha_balance: self.settings.alpha_balance / 2.0,
            ..self.settings
        };
        let (directions, assumed) = match self.meeting.known(&self.flows) {
            directions::Known::One(why) => (Directions::One, why),
            directions::Known::Unclear(why) => (Directions::Unclear(why.to_owned()), None),
            directions::Known::Two(goes, why) => {
                let goes_one = |flow: &FlowId| goes.get(flow.0 as usize).copied().unwrap_or_default();
                let direction = |way: bool| {
                    let example = self.flows.iter().find(|flow| goes_one(flow) == way)?;
                    Some(Direction {
                        example: seen.get(example.0 as usize)?.key,
                        report: self.tally.report_of(&each, |flow| goes_one(&flow) == way),
                    })
                };
                match (direction(true), direction(false)) {
                    (Some(one), Some(other)) => (Directions::Two(Box::new([one, other])), why),
                    _ => (Directions::One, why),
                }
            }
        };
        let found = Balance {
            all: self.tally.report(),
            uncounted: self.tally.uncounted(),
            directions,
            assumed,
            changed: None,
        };
        let changes = if is_stated || !found.is_mixed() {
            Vec::new()
        } else {
            self.tally.link_changes()
        };
        (found, changes)
    }
}
