//! The flows that a phrase is about, each at the point where it is judged.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use checks::Verdict;
use checks::capture::measure::outage::{FlowOutages, Period};
use checks::capture::measure::{Finding, FlowId, Nanoseconds, Spoils};
use checks::capture::observe::SequenceSource;
use checks::capture::packet::FlowKey;
use checks::phrase::FlowSelection;
use ipnet::IpNet;

use super::{Deciding, Found};
use crate::study::{Clock, PointStudy, nothing_seen};

/// Values of TTL and hop limit that hosts and routers send with: a packet that has one has passed no router yet.
const AS_SENT: [u8; 3] = [64, 128, 255];
/// Warnings that are shown.
const WARNINGS: usize = 20;

/// Flows that were sent while the captures were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFlows {
    /// Their source, where it is known.
    pub source: Option<IpAddr>,
    /// Their destination.
    pub destination: IpAddr,
    /// How many.
    pub flows: u32,
}

/// A flow where it is judged.
pub(super) struct Judged<'s> {
    pub point: &'s PointStudy,
    pub flow: &'s FlowOutages,
    pub key: FlowKey,
    /// Why it is not known to be judged where it arrives: what is seen there is so, but losses behind it may not be seen.
    pub doubt: Option<String>,
}

impl<'s> Judged<'s> {
    /// What concerns all flows of the point, and what concerns this one.
    pub fn findings(&self) -> impl Iterator<Item = &'s Finding> + use<'s> {
        self.point.outages.findings.iter().chain(&self.flow.findings)
    }

    /// Findings that take a verdict away.
    pub fn spoiling(&self, verdict: Verdict) -> impl Iterator<Item = &'s Finding> + use<'s> {
        self.findings().filter(move |finding| match finding.spoils {
            Spoils::Both => true,
            Spoils::Pass => verdict == Verdict::Pass,
            Spoils::Fail => verdict == Verdict::Fail,
            Spoils::Nothing => false,
        })
    }
}

impl<'s> Deciding<'s> {
    /// The flows of a selection, each at the point where it is judged: the one that the phrase stands under, or the one
    /// that the flow reaches last.
    pub fn judged(&self, selection: &FlowSelection) -> Result<Vec<Judged<'s>>, Found> {
        let points: Vec<&PointStudy> = match self.at {
            Some(name) => self.study.point(name).into_iter().collect(),
            None => self.study.points.iter().collect(),
        };
        let order = Order::of(&points);
        let mut judged: Vec<Judged<'_>> = Vec::new();
        for key in selected(&points, selection) {
            let (point, number, doubt) = last_reached(&points, &order, &key)?;
            let Some(flow) = point.measured(number) else {
                return Err(Found::doubt(format!("{key} was not measured at {}", point.name)));
            };
            judged.push(Judged {
                point,
                flow,
                key,
                doubt,
            });
        }
        if let Some(missing) = self.missing(selection, &judged) {
            return Err(Found::doubt(missing));
        }
        if judged.is_empty() {
            return Err(Found::doubt(nothing_seen(&points)));
        }
        Ok(judged)
    }

    /// Flows that were sent and are not there.
    fn missing(&self, selection: &FlowSelection, judged: &[Judged<'_>]) -> Option<String> {
        for sent in self.sent {
            let here = judged.iter().filter(|judged| {
                judged.key.destination() == Some(sent.destination)
                    && (sent.source.is_none() || judged.key.source() == sent.source)
            });
            let here = here.count() as u64;
            // Several streams may have the same ends: what is seen may be of any of them.
            let alike = self.sent.iter().filter(|other| {
                other.destination == sent.destination && (sent.source.is_none() || other.source == sent.source)
            });
            let expected: u64 = alike.map(|other| u64::from(other.flows)).sum();
            if concerns(selection, sent.source, sent.destination) && here < expected {
                let way_out = match (self.at, here) {
                    (Some(at), 0) => format!("; if they need not pass {at}, name the flows that do"),
                    _ => String::new(),
                };
                return Some(format!(
                    "{expected} flows to {} were sent, and {here} of them are seen{way_out}",
                    sent.destination
                ));
            }
        }
        None
    }

    /// A flow that was seen on its way to the point under which the phrase stands, and not there.
    pub fn lost_before(&self, selection: &FlowSelection) -> Option<String> {
        self.lost_on_the_way_to(self.study.point(self.at?)?, selection)
    }

    /// A flow that was seen on its way to a point, and not there.
    pub fn lost_on_the_way_to(&self, point: &PointStudy, selection: &FlowSelection) -> Option<String> {
        let elsewhere: Vec<&PointStudy> = self
            .study
            .points
            .iter()
            .filter(|other| other.name != point.name)
            .collect();
        let ways: Vec<(&PointStudy, Ways)> = elsewhere.iter().map(|other| (*other, Ways::of(other, point))).collect();
        selected(&elsewhere, selection)
            .into_iter()
            .filter(|key| point.number_of(key).is_none())
            .find_map(|key| {
                let (other, _) = ways.iter().find(|(other, ways)| ways.leads(&key, other))?;
                Some(format!(
                    "{key} is seen at {} and not at {}, although others come from there; if it need not pass {}, name the flows \
                     that do",
                    other.name, point.name, point.name
                ))
            })
    }

    /// Why a flow that arrives undisturbed where it is judged may not arrive where it is sent to: the captures are of one
    /// point, no one said that it is to be judged there, and its packets are as they were sent.
    pub fn unarrived(&self, judged: &[Judged<'_>]) -> Option<String> {
        let [only] = self.study.points.as_slice() else {
            return None;
        };
        if self.at.is_some() {
            return None;
        }
        let (judged, ttl) = judged.iter().find_map(|judged| Some((judged, as_sent(judged)?)))?;
        Some(format!(
            "{} has TTL {ttl} at {}, as it was sent: losses behind this point are not seen here. Add the captures of a point \
             where it arrives, or write the phrase under {} if that is the one",
            judged.key, only.name, only.name
        ))
    }

    /// Why a flow may not have been interrupted for less than this many nanoseconds, nor without losses where that is 0:
    /// packets of it were seen at another point, and its capture where it is judged ends before they could come.
    pub fn unfinished(&self, judged: &[Judged<'_>], shortest: i64) -> Option<String> {
        judged.iter().find_map(|judged| {
            let here = judged.flow.last_sequence?;
            let (other, missing) = self
                .study
                .points
                .iter()
                .filter(|point| point.name != judged.point.name)
                .filter_map(|point| {
                    let elsewhere = point.measured(point.number_of(&judged.key)?)?;
                    Some((point, self.ahead(elsewhere.last_sequence?, here)?))
                })
                .max_by_key(|(_, missing)| *missing)?;
            let there = here.saturating_add(missing);
            let period = judged.flow.period.map_or(i64::MAX, Period::nanoseconds);
            // One period more: when the last packet came is known, not when the next one would have.
            let at_most =
                i64::try_from(missing).map_or(i64::MAX, |missing| period.saturating_mul(missing.saturating_add(1)));
            (at_most >= shortest).then(|| {
                format!(
                    "{} goes on to number {there} at {}, and its last packet at {} is number {here}: what became of {} \
                     is not known. The capture at {} must not end before the traffic does",
                    judged.key,
                    other.name,
                    judged.point.name,
                    if missing == 1 {
                        "the last one".to_owned()
                    } else {
                        format!("the other {missing}")
                    },
                    judged.point.name
                )
            })
        })
    }

    /// The same of flows without numbers: another point, whose clock can be compared, saw them for so much longer.
    pub fn outlasted(&self, judged: &[Judged<'_>], shortest: i64) -> Option<String> {
        self.study.points.iter().find_map(|other| {
            let mut compared: Option<(&str, Clock)> = None;
            let elsewhere = judged.iter().filter(|judged| judged.point.name != other.name);
            let mut unnumbered = elsewhere.filter(|judged| judged.flow.last_sequence.is_none());
            unnumbered.find_map(|judged| {
                let there = other.measured(other.number_of(&judged.key)?)?;
                let here = &judged.point.name;
                let clock = match compared {
                    Some((point, clock)) if point == here => clock,
                    _ => self.study.clock(judged.point, other),
                };
                compared = Some((here, clock));
                let longer = clock.to_reference(there.last)?.lower.saturating_sub(judged.flow.last);
                (longer >= shortest).then(|| {
                    format!(
                        "{} is seen for {} longer at {} than at {here}: what became of it then is not known. The capture at \
                         {here} must not end before the traffic does",
                        judged.key,
                        Nanoseconds(longer),
                        other.name
                    )
                })
            })
        })
    }

    /// By how much a number is ahead of another, if it is: points begin to count the turns of narrow numbers where they begin
    /// to see the flow.
    fn ahead(&self, there: u64, here: u64) -> Option<u64> {
        let cycle = match self.study.sequence {
            SequenceSource::Rtp => 1 << 16,
            SequenceSource::Declared(place) if place.width < 8 => place.largest() + 1,
            _ => return there.checked_sub(here).filter(|ahead| *ahead > 0),
        };
        let ahead = there.wrapping_sub(here) % cycle;
        (ahead > 0 && ahead <= cycle / 2).then_some(ahead)
    }

    /// What a reader should know and what changes no verdict.
    pub fn warnings(&self, judged: &[Judged<'_>]) -> Vec<String> {
        let mut warnings: Vec<String> = Vec::new();
        if let Some(at) = self.at {
            let further = judged.iter().find_map(|judged| {
                let ttl = seen_ttl(judged.point, &judged.key)?;
                let beyond =
                    self.study.points.iter().find(|point| {
                        point.name != at && seen_ttl(point, &judged.key).is_some_and(|other| other < ttl)
                    })?;
                Some(format!("{} comes further, to {}", judged.key, beyond.name))
            });
            let as_it_was = || {
                let (judged, ttl) = judged.iter().find_map(|judged| Some((judged, as_sent(judged)?)))?;
                Some(format!(
                    "{} has TTL {ttl} at {at}, as it was sent: losses behind this point are not seen here",
                    judged.key
                ))
            };
            warnings.extend(further.or_else(as_it_was));
        }
        for finding in judged.iter().flat_map(Judged::findings) {
            if !warnings.contains(&finding.text) && warnings.len() < WARNINGS {
                warnings.push(finding.text.clone());
            }
        }
        warnings
    }
}

/// Where a flow comes last: the fewer hops its packets have left, the further they have come. With why this is doubtful.
fn last_reached<'s>(
    points: &[&'s PointStudy],
    order: &Order,
    key: &FlowKey,
) -> Result<(&'s PointStudy, FlowId, Option<String>), Found> {
    let mut sightings: Vec<(Option<u8>, usize, FlowId)> = points
        .iter()
        .enumerate()
        .filter_map(|(position, point)| {
            let number = point.number_of(key)?;
            Some((point.seen(number)?.ttl, position, number))
        })
        .collect();
    sightings.sort_by_key(|(ttl, ..)| *ttl);
    match sightings.as_slice() {
        [(ttl, position, number)] => {
            let point = points[*position];
            let is_last = points.len() == 1
                || (!ttl.is_some_and(|ttl| AS_SENT.contains(&ttl)) && order.is_last(*position, points.len(), key));
            let doubt = (!is_last).then(|| {
                format!(
                    "{key} is seen at {} alone: whether it arrives anywhere else is not known{}. Write the phrase under the \
                     point where it is to be judged",
                    point.name,
                    doubts_elsewhere(points, point)
                )
            });
            Ok((point, *number, doubt))
        }
        [(Some(first), position, number), (second, ..), ..] if second.is_some_and(|second| *first < second) => {
            Ok((points[*position], *number, None))
        }
        _ => Err(Found::doubt(format!(
            "at which of several points {key} comes last cannot be told from its TTL; write the phrase under the point \
             where it is to be judged"
        ))),
    }
}

/// Which ends have flows that come to one of two points first and to the other then, by their TTL.
struct Order {
    /// By the positions of the two.
    first_and_then: HashMap<(usize, usize), HashSet<Ends>>,
}

impl Order {
    fn of(points: &[&PointStudy]) -> Self {
        let mut first_and_then: HashMap<(usize, usize), HashSet<Ends>> = HashMap::new();
        for (then, point) in points.iter().enumerate() {
            for flow in &point.flows {
                let Some(ttl) = flow.ttl else { continue };
                for (first, other) in points.iter().enumerate() {
                    if seen_ttl(other, &flow.key).is_some_and(|before| before > ttl) {
                        let between = first_and_then.entry((first, then)).or_default();
                        between.insert(ends(&flow.key));
                    }
                }
            }
        }
        Self { first_and_then }
    }

    /// Whether a flow that was seen at this point alone comes there last: the answers to it pass this point before each of
    /// the others, so that all of those lie on the side that it comes from.
    fn is_last(&self, here: usize, points: usize, key: &FlowKey) -> bool {
        let (there, back) = (ends(key), ends(&key.reversed()));
        let passes = |between: &Ends, then: usize| {
            let known = self.first_and_then.get(&(here, then));
            known.is_some_and(|known| known.contains(between))
        };
        let mut others = (0..points).filter(|other| *other != here);
        there != back && others.all(|other| passes(&back, other) && !passes(&there, other))
    }
}

/// What makes it doubtful that other points saw nothing.
fn doubts_elsewhere(points: &[&PointStudy], here: &PointStudy) -> String {
    let others = points.iter().filter(|point| point.name != here.name);
    let doubts = others.filter_map(|point| Some(format!(" (at {}: {})", point.name, point.doubt()?)));
    doubts.collect()
}

fn seen_ttl(point: &PointStudy, key: &FlowKey) -> Option<u8> {
    point.seen(point.number_of(key)?)?.ttl
}

/// Source and destination of a flow.
type Ends = (Option<IpAddr>, Option<IpAddr>);

fn ends(key: &FlowKey) -> Ends {
    (key.source(), key.destination())
}

/// Between which ends flows come from one point to another: those that go its way are there with fewer hops left than they
/// had, those that go back have more left there.
struct Ways {
    /// The fewest hops that a flow between these ends has left at the other point.
    fewest: HashMap<Ends, u8>,
    /// Of flows that come from the other point to the first.
    back: HashSet<Ends>,
}

impl Ways {
    fn of(seen: &PointStudy, point: &PointStudy) -> Self {
        let mut ways = Self {
            fewest: HashMap::new(),
            back: HashSet::new(),
        };
        for flow in &point.flows {
            let Some(there) = flow.ttl else { continue };
            let between = ends(&flow.key);
            let fewest = ways.fewest.entry(between).or_insert(there);
            *fewest = there.min(*fewest);
            if seen_ttl(seen, &flow.key).is_some_and(|seen| there > seen) {
                ways.back.insert(between);
            }
        }
        ways
    }

    /// Whether a flow that was seen at the one point was to come to the other, as others between the same ends show.
    fn leads(&self, key: &FlowKey, seen: &PointStudy) -> bool {
        let Some(here) = seen_ttl(seen, key) else { return false };
        let (there, back) = (ends(key), ends(&key.reversed()));
        self.fewest.get(&there).is_some_and(|fewest| *fewest < here) || (back != there && self.back.contains(&back))
    }
}

/// The TTL of a flow where that is one to send with.
fn as_sent(judged: &Judged<'_>) -> Option<u8> {
    seen_ttl(judged.point, &judged.key).filter(|ttl| AS_SENT.contains(ttl))
}

/// The points at which flows were judged.
pub(super) fn names(judged: &[Judged<'_>]) -> Vec<String> {
    let mut names: Vec<String> = judged.iter().map(|judged| judged.point.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Every flow of a selection that any point saw, in the order of their keys.
fn selected(points: &[&PointStudy], selection: &FlowSelection) -> Vec<FlowKey> {
    let mut keys: Vec<FlowKey> = points
        .iter()
        .flat_map(|point| &point.flows)
        .map(|flow| flow.key)
        .filter(|key| {
            key.destination().map_or(*selection == FlowSelection::All, |to| {
                concerns(selection, key.source(), to)
            })
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Whether a selection concerns flows with these ends; a source that is not known may be any.
fn concerns(selection: &FlowSelection, source: Option<IpAddr>, destination: IpAddr) -> bool {
    let within =
        |from: &IpNet, to: &IpNet| to.contains(&destination) && source.is_none_or(|source| from.contains(&source));
    match selection {
        FlowSelection::All => true,
        FlowSelection::From(from, to) => within(from, to),
        FlowSelection::Between(one, other) => within(one, other) || within(other, one),
    }
}
