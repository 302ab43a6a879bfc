//! What BGP messages mean for a session and its routes.

use super::finding::ControlFindingKind;
use super::recorder::{Origin, Recorder};
use super::tcp_sessions::Session;
use super::{BgpChange, EventKind};
use crate::capture::protocol::Protocol;
use crate::capture::protocol::bgp::{
    Attributes, BgpFraming, ExtendedCommunity, Family, Message, Negotiated, Open, Route, Routes, Update,
};

/// Both ends of a session.
#[derive(Debug, Default)]
pub(super) struct BgpSession {
    opens: [Option<Open>; 2],
    established: [bool; 2],
}

impl Session for BgpSession {
    const PROTOCOL: Protocol = Protocol::Bgp;
    type Framing = BgpFraming;

    fn message(&mut self, end: usize, bytes: &[u8], origin: Origin, recorder: &mut Recorder) {
        let negotiated = match (&self.opens[end], &self.opens[1 - end]) {
            (Some(sender), Some(receiver)) => Negotiated::between(sender, receiver),
            _ => Negotiated::default(),
        };
        let message = match Message::decode(bytes, &negotiated) {
            Ok(message) => message,
            Err(error) => {
                undecodable(&error, origin, recorder);
                return;
            }
        };
        let change = match message {
            Message::Open(open) => {
                let change = BgpChange::Open {
                    autonomous_system: open.autonomous_system(),
                    identifier: open.identifier,
                    hold_time: open.hold_time,
                    families: open.families(),
                };
                self.opens[end] = Some(open);
                self.established[end] = false;
                change
            }
            Message::Keepalive if self.opens.iter().all(Option::is_some) && !self.established[end] => {
                self.established[end] = true;
                BgpChange::Established
            }
            Message::Keepalive => return,
            Message::Update(update) => {
                routes(&update, origin, recorder);
                return;
            }
            Message::Notification(notification) => BgpChange::Notification {
                code: notification.code,
                subcode: notification.subcode,
                meaning: notification.to_string(),
                administrative: notification.is_administrative(),
            },
            Message::RouteRefresh { family, .. } => BgpChange::RouteRefresh { family },
            Message::Unknown { kind, length } => {
                recorder.findings.note(
                    ControlFindingKind::Undecodable,
                    &format!("BGP {} type {kind}", origin.from),
                    Some(origin.seen),
                    || {
                        format!(
                            "BGP message of unknown type {kind} with {length} bytes from {}",
                            origin.from
                        )
                    },
                );
                return;
            }
        };
        recorder.record(origin, EventKind::Bgp(change));
    }

    fn closed(reset: bool) -> EventKind {
        EventKind::Bgp(BgpChange::Closed { reset })
    }
}

fn undecodable(error: &crate::capture::protocol::DecodeError, origin: Origin, recorder: &mut Recorder) {
    recorder.findings.note(
        ControlFindingKind::Undecodable,
        &format!("{} {} {}", error.protocol, origin.from, error.field),
        Some(origin.seen),
        || format!("a message from {} cannot be read: {error}", origin.from),
    );
}

/// One event for each family that comes or goes.
fn routes(update: &Update, origin: Origin, recorder: &mut Recorder) {
    for fault in &update.faults {
        undecodable(fault, origin, recorder);
    }
    if update.path_identifiers_assumed {
        recorder.findings.note(
            ControlFindingKind::PathIdentifiersAssumed,
            &origin.from.to_string(),
            Some(origin.seen),
            || {
                format!(
                    "routes from {} make sense only with path identifiers; the OPEN messages were not captured",
                    origin.from
                )
            },
        );
    }
    if let Some(family) = update.end_of_rib() {
        recorder.record(origin, EventKind::Bgp(BgpChange::EndOfRib { family }));
        return;
    }
    let mut record = |change| recorder.record(origin, EventKind::Bgp(change));
    if !update.withdrawn.is_empty() {
        record(BgpChange::Withdrawn {
            family: Family::IPV4_UNICAST,
            routes: update.withdrawn.clone(),
        });
    }
    if let Some(unreach) = &update.unreach {
        match &unreach.routes {
            Routes::Read(routes) if routes.is_empty() => record(BgpChange::EndOfRib { family: unreach.family }),
            Routes::Read(routes) => record(BgpChange::Withdrawn {
                family: unreach.family,
                routes: routes.clone(),
            }),
            Routes::Skipped { bytes } => record(BgpChange::Unread {
                family: unreach.family,
                withdrawn: true,
                bytes: *bytes,
            }),
        }
    }
    if !update.announced.is_empty() {
        let next_hop = update
            .attributes
            .next_hop
            .map_or_else(|| "none".to_owned(), |address| address.to_string());
        record(announced(
            Family::IPV4_UNICAST,
            next_hop,
            &update.announced,
            &update.attributes,
        ));
    }
    if let Some(reach) = &update.reach {
        match &reach.routes {
            Routes::Read(routes) => record(announced(
                reach.family,
                reach.next_hop.to_string(),
                routes,
                &update.attributes,
            )),
            Routes::Skipped { bytes } => record(BgpChange::Unread {
                family: reach.family,
                withdrawn: false,
                bytes: *bytes,
            }),
        }
    }
    let skipped = [
        update.unreach.as_ref().map(|unreach| (unreach.family, &unreach.routes)),
        update.reach.as_ref().map(|reach| (reach.family, &reach.routes)),
    ];
    for (family, routes) in skipped.into_iter().flatten() {
        if matches!(routes, Routes::Skipped { .. }) {
            recorder.findings.note(
                ControlFindingKind::UnreadFamily,
                &format!("{} {family}", origin.from),
                Some(origin.seen),
                || format!("routes of {family} from {} are not looked into", origin.from),
            );
        }
    }
}

fn announced(family: Family, next_hop: String, routes: &[Route], attributes: &Attributes) -> BgpChange {
    let told = |community: &&ExtendedCommunity| !matches!(community, ExtendedCommunity::Other(_));
    BgpChange::Announced {
        family,
        next_hop,
        routes: routes.to_vec(),
        as_path: attributes.as_path.as_ref().map(ToString::to_string).unwrap_or_default(),
        communities: attributes
            .extended_communities
            .iter()
            .filter(told)
            .map(ToString::to_string)
            .collect(),
    }
}
