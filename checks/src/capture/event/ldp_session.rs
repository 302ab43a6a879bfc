//! What LDP messages mean for adjacencies, sessions and labels.

use std::collections::HashSet;
use std::net::IpAddr;

use super::finding::ControlFindingKind;
use super::recorder::{Origin, Recorder};
use super::tcp_sessions::Session;
use super::{EventKind, LdpChange, PointId};
use crate::capture::protocol::ldp::{Body, Fec, LdpFraming, Message, Pdu, Status};
use crate::capture::protocol::{DecodeError, Protocol};

/// Hello adjacencies that are followed.
const MOST_ADJACENCIES: usize = 10_000;

/// Both ends of a session.
#[derive(Debug, Default)]
pub(super) struct LdpSession {
    initialized: [bool; 2],
    operational: [bool; 2],
}

impl Session for LdpSession {
    const PROTOCOL: Protocol = Protocol::Ldp;
    type Framing = LdpFraming;

    fn message(&mut self, end: usize, bytes: &[u8], origin: Origin, recorder: &mut Recorder) {
        match Pdu::decode(bytes) {
            Ok(pdu) => {
                for fault in &pdu.faults {
                    undecodable(fault, origin, recorder);
                }
                for message in pdu.messages {
                    if let Some(change) = self.change(end, message) {
                        recorder.record(origin, EventKind::Ldp(change));
                    }
                }
            }
            Err(fault) => undecodable(&fault, origin, recorder),
        }
    }

    fn closed(reset: bool) -> EventKind {
        EventKind::Ldp(LdpChange::Closed { reset })
    }
}

impl LdpSession {
    fn change(&mut self, end: usize, message: Message) -> Option<LdpChange> {
        Some(match message.body {
            Body::Initialization { keepalive_time, .. } => {
                self.initialized[end] = true;
                self.operational[end] = false;
                LdpChange::Initialization { keepalive_time }
            }
            Body::KeepAlive if self.initialized == [true; 2] && !self.operational[end] => {
                self.operational[end] = true;
                LdpChange::Operational
            }
            Body::KeepAlive | Body::Hello { .. } | Body::Other(_) => return None,
            Body::Address { addresses, withdraw } => {
                let addresses = addresses.iter().map(ToString::to_string).collect();
                if withdraw {
                    LdpChange::AddressWithdraw { addresses }
                } else {
                    LdpChange::Address { addresses }
                }
            }
            Body::Mapping { fecs, label, .. } => LdpChange::Mapping {
                flow_label: fecs.iter().find_map(flow_label),
                fecs: texts(&fecs),
                label,
            },
            Body::Request { fecs, abort } => LdpChange::Request {
                fecs: texts(&fecs),
                abort,
            },
            Body::Withdraw { fecs, label } => LdpChange::Withdraw {
                fecs: texts(&fecs),
                label,
            },
            Body::Release { fecs, label } => LdpChange::Release {
                fecs: texts(&fecs),
                label,
            },
            Body::Notification {
                status,
                fatal,
                pw_status,
                fecs,
            } => {
                let mut meaning = Status {
                    code: status,
                    pw_status,
                }
                .to_string();
                for fec in &fecs {
                    meaning.push_str(&format!(", {fec}"));
                }
                LdpChange::Notification { status, fatal, meaning }
            }
        })
    }
}

fn texts(fecs: &[Fec]) -> Vec<String> {
    fecs.iter().map(ToString::to_string).collect()
}

fn flow_label(fec: &Fec) -> Option<(bool, bool)> {
    match fec {
        Fec::Pseudowire(pseudowire) => pseudowire.flow_label.map(|bits| (bits.sends, bits.receives)),
        _ => None,
    }
}

fn undecodable(error: &DecodeError, origin: Origin, recorder: &mut Recorder) {
    recorder.findings.note(
        ControlFindingKind::Undecodable,
        &format!("{} {} {}", error.protocol, origin.from, error.field),
        Some(origin.seen),
        || format!("a message from {} cannot be read: {error}", origin.from),
    );
}

/// Hellos over UDP.
#[derive(Debug, Default)]
pub(super) struct LdpAdjacencies {
    heard: HashSet<(PointId, IpAddr, IpAddr, bool)>,
}

impl LdpAdjacencies {
    pub(super) fn hello(
        &mut self,
        source: IpAddr,
        destination: IpAddr,
        payload: &[u8],
        origin: Origin,
        recorder: &mut Recorder,
    ) {
        let pdu = match Pdu::decode(payload) {
            Ok(pdu) => pdu,
            Err(fault) => {
                undecodable(&fault, origin, recorder);
                return;
            }
        };
        for fault in &pdu.faults {
            undecodable(fault, origin, recorder);
        }
        for message in pdu.messages {
            let Body::Hello {
                hold_time, targeted, ..
            } = message.body
            else {
                continue;
            };
            let key = (origin.seen.point, source, destination, targeted);
            if self.heard.contains(&key) {
                continue;
            }
            if self.heard.len() >= MOST_ADJACENCIES {
                recorder
                    .findings
                    .note(ControlFindingKind::TooMany, "LDP Hello", Some(origin.seen), || {
                        format!("more than {MOST_ADJACENCIES} LDP adjacencies; the rest is not followed")
                    });
                continue;
            }
            self.heard.insert(key);
            recorder.record(origin, EventKind::Ldp(LdpChange::Hello { targeted, hold_time }));
        }
    }
}
