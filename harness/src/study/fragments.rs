//! Parts of datagrams on the links of a point. A router that hashes ports sends the first part, which has them, elsewhere than
//! those behind it, which have none.

use std::path::Path;

use checks::capture::measure::LaneId;
use checks::capture::packet::{FlowKey, IpHeader};
use checks::capture::packet::{Fragment, Roles, decode};
use checks::capture::{Record, Timestamp};

use super::point::roles;
use super::{LinkFiles, PointStudy, Study, is_between};
use crate::capture::{CaptureFile, interfaces_named};

/// Parts of one datagram come within this time, in nanoseconds: after it another may have its number.
const TOGETHER: i64 = 100_000_000;
/// So many parts are compared.
const MOST_PARTS: usize = 200_000;
/// Datagrams that are named.
const NAMED: usize = 5;

/// The datagrams that came in parts, and the links of these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fragments {
    /// Parts that were compared.
    pub parts: u64,
    /// Datagrams of which the first and the last part were seen, each part once.
    pub datagrams: u64,
    /// Those with parts on several links.
    pub apart: u64,
    /// Some of those.
    pub named: Vec<Apart>,
    /// Why not all parts were compared.
    pub left_out: Option<String>,
}

/// A datagram with parts on several links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Its flow, without ports.
    pub flow: FlowKey,
    /// What its parts have in common.
    pub identification: u32,
    /// The names of the links.
    pub links: Vec<String>,
}

impl Fragments {
    /// What they show, in words; nothing where there are none.
    pub fn in_words(&self) -> Option<String> {
        let named = self.named.iter().map(|apart| {
            let links = apart.links.join(" and ");
            format!("{}, datagram {} on {links}", apart.flow, apart.identification)
        });
        let text = match self.apart {
            0 if self.parts == 0 => String::new(),
            0 => format!("the parts of {} datagrams keep one link each", self.datagrams),
            apart => format!(
                "{apart} of {} datagrams have parts on several links: {}",
                self.datagrams,
                named.collect::<Vec<String>>().join("; ")
            ),
        };
        match (&self.left_out, text.is_empty()) {
            (None, true) => None,
            (None, false) => Some(text),
            (Some(why), true) => Some(why.clone()),
            (Some(why), false) => Some(format!("{text}; {why}")),
        }
    }
}

/// A part of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    flow: FlowKey,
    identification: u32,
    time: i64,
    offset: u32,
    more: bool,
    link: LaneId,
}

impl Study {
    /// The datagrams that came to a point in parts; the files are read once more where there are any.
    pub fn fragments(&self, point: &PointStudy) -> Fragments {
        let seen: u64 = point.files.iter().map(|file| file.unmeasured.fragments).sum();
        let mut fragments = Fragments::default();
        if seen == 0 {
            return fragments;
        }
        let roles = roles(&self.pseudowires);
        let mut parts = Vec::new();
        for (lane, link) in point.links.iter().enumerate() {
            let lane = LaneId(u16::try_from(lane).unwrap_or(u16::MAX));
            if let Err(why) = parts_of(link, lane, &roles, &mut parts) {
                fragments.left_out = Some(why);
                return fragments;
            }
        }
        if parts.len() >= MOST_PARTS {
            fragments.left_out = Some(format!("{} of {seen} parts of datagrams were compared", parts.len()));
        }
        // What moves while the network changes says nothing about balancing.
        let is_excluded = |time: i64| self.excluded.iter().any(|(from, to)| (*from..=*to).contains(&time));
        let is_meant = |flow: &FlowKey| self.only.is_none_or(|between| is_between(flow, between));
        parts.retain(|part| is_meant(&part.flow) && !is_excluded(part.time));
        fragments.parts = parts.len() as u64;
        parts.sort_unstable();
        for datagram in datagrams(&parts) {
            fragments.datagrams += 1;
            let mut links: Vec<LaneId> = datagram.iter().map(|part| part.link).collect();
            links.sort_unstable();
            links.dedup();
            if links.len() < 2 {
                continue;
            }
            fragments.apart += 1;
            if let Some(first) = datagram.first().filter(|_| fragments.named.len() < NAMED) {
                let names = links.iter().map(|link| point.link_name(*link));
                fragments.named.push(Apart {
                    flow: first.flow,
                    identification: first.identification,
                    links: names.collect(),
                });
            }
        }
        fragments
    }
}

/// Whole datagrams among parts that are sorted: a first and a last part, and no part twice. Others may be of two datagrams
/// with one number, or of one of which a part was lost.
fn datagrams(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    let together = |one: &Part, next: &Part| {
        one.flow == next.flow
            && one.identification == next.identification
            && next.time.saturating_sub(one.time) <= TOGETHER
    };
    parts.chunk_by(together).filter(|parts| {
        let mut offsets: Vec<u32> = parts.iter().map(|part| part.offset).collect();
        offsets.sort_unstable();
        let is_once = offsets.windows(2).all(|two| two.first() != two.last());
        let last = parts.iter().filter(|part| !part.more).count();
        offsets.first() == Some(&0) && is_once && last == 1
    })
}

/// The parts of datagrams in the files of a link; the error says why they cannot be read.
fn parts_of(link: &LinkFiles, lane: LaneId, roles: &Roles, parts: &mut Vec<Part>) -> Result<(), String> {
    for path in &link.files {
        let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file());
        if path.as_path() == Path::new("-") || !is_file {
            return Err(
                "there are parts of datagrams, and what can be read once only does not tell their links".to_owned(),
            );
        }
        let only = match &link.interface {
            Some(interface) => Some(interfaces_named(path, interface).map_err(|error| error.to_string())?),
            None => None,
        };
        let read = CaptureFile::open(path).and_then(|file| {
            file.read(|record| {
                let is_meant = only.as_ref().is_none_or(|only| only.contains(&record.interface));
                if is_meant
                    && parts.len() < MOST_PARTS
                    && let Some(part) = part(record, lane, roles)
                {
                    parts.push(part);
                }
            })
        });
        read.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn part(record: &Record<'_>, link: LaneId, roles: &Roles) -> Option<Part> {
    let time = record.time.map(Timestamp::as_nanoseconds)?;
    let packet = decode(record, roles);
    let header: IpHeader = packet.ip?;
    let Fragment {
        offset,
        more,
        identification,
    } = header.fragment?;
    Some(Part {
        flow: packet.flow()?.without_ports(),
        identification,
        time,
        offset,
        more,
        link,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(identification: u32, milliseconds: i64, offset: u32, more: bool, link: u16) -> Part {
        Part {
            flow: FlowKey::V4 {
                source: [10, 0, 0, 1].into(),
                destination: [10, 0, 0, 2].into(),
                protocol: 17,
                ports: None,
            },
            identification,
            time: milliseconds * 1_000_000,
            offset,
            more,
            link: LaneId(link),
        }
    }

    #[test]
    fn only_whole_datagrams_are_compared() {
        let of = |mut parts: Vec<Part>| {
            parts.sort_unstable();
            datagrams(&parts).count()
        };
        assert_eq!(of(vec![part(1, 0, 0, true, 0), part(1, 1, 1480, false, 1)]), 1);
        // Two with one number, at once or later.
        let both = [part(1, 0, 0, true, 0), part(1, 1, 1480, false, 0)];
        let other = |at: i64| [part(1, at, 0, true, 1), part(1, at + 1, 1480, false, 1)];
        assert_eq!(of([both, other(2)].concat()), 0);
        assert_eq!(of([both, other(500)].concat()), 2);
        // One of which a part is missing.
        assert_eq!(of(vec![part(1, 0, 0, true, 0), part(2, 0, 1480, false, 1)]), 0);
    }
}
