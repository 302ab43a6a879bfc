//! Sessions over TCP at each point: both directions of a connection and what both ends agreed on.

use std::collections::HashMap;
use std::net::IpAddr;

use super::finding::ControlFindingKind;
use super::input::{IpEnds, TcpEnds};
use super::recorder::{Identity, Origin, Recorder};
use super::{EventKind, PointId, Sighting, Speaker, Vlans};
use crate::capture::protocol::{Arrival, Framing, Gap, GapCause, Limits, Protocol, Segment, StreamItem, TcpStream};

/// Connections that are followed, of one protocol.
const MOST_CONNECTIONS: usize = 1_000;

/// What a protocol makes of its messages.
pub(super) trait Session: Default {
    const PROTOCOL: Protocol;
    type Framing: Framing + Default + std::fmt::Debug;

    /// A new connection begins.
    fn begins(&mut self) {
        *self = Self::default();
    }

    /// A whole message of one end, 0 or 1.
    fn message(&mut self, end: usize, bytes: &[u8], origin: Origin, recorder: &mut Recorder);

    /// An end closed the connection.
    fn closed(reset: bool) -> EventKind;
}

type Socket = (IpAddr, u16);

#[derive(Debug)]
struct Connection<S: Session> {
    streams: [TcpStream<S::Framing>; 2],
    session: S,
    closed: [bool; 2],
    /// Initial sequence number of each end's last SYN.
    began: [Option<u32>; 2],
    file: u16,
}

#[derive(Debug)]
pub(super) struct TcpSessions<S: Session> {
    connections: HashMap<(PointId, Socket, Socket), Connection<S>>,
}

impl<S: Session> Default for TcpSessions<S> {
    fn default() -> Self {
        Self {
            connections: HashMap::new(),
        }
    }
}

impl<S: Session> TcpSessions<S> {
    pub(super) fn segment(
        &mut self,
        seen: Sighting,
        ip: &IpEnds,
        tcp: &TcpEnds,
        payload: &[u8],
        wire_length: u32,
        recorder: &mut Recorder,
    ) {
        let source = (ip.source, tcp.source_port);
        let destination = (ip.destination, tcp.destination_port);
        let end = usize::from(source > destination);
        let (low, high) = if end == 0 {
            (source, destination)
        } else {
            (destination, source)
        };
        let key = (seen.point, low, high);
        if !self.connections.contains_key(&key) && self.connections.len() >= MOST_CONNECTIONS {
            let protocol = S::PROTOCOL;
            recorder
                .findings
                .note(ControlFindingKind::TooMany, &protocol.to_string(), Some(seen), || {
                    format!("more than {MOST_CONNECTIONS} connections of {protocol}; the rest is not followed")
                });
            return;
        }
        let connection = self.connections.entry(key).or_insert_with(Connection::new);
        connection.file = seen.file;
        connection.segment(end, [low, high], seen, tcp, payload, wire_length, recorder);
    }

    /// Hands out what waits for segments that never came.
    pub(super) fn finish(&mut self, recorder: &mut Recorder) {
        let mut connections: Vec<_> = self.connections.iter_mut().collect();
        connections.sort_by_key(|(key, _)| **key);
        for ((point, low, high), connection) in connections {
            for end in 0..2 {
                connection.drain(end, [*low, *high], *point, recorder, |stream, sink| stream.finish(sink));
            }
        }
    }
}

impl<S: Session> Connection<S> {
    fn new() -> Self {
        let stream = || TcpStream::new(S::Framing::default(), Limits::default());
        Self {
            streams: [stream(), stream()],
            session: S::default(),
            closed: [false; 2],
            began: [None; 2],
            file: 0,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a segment and where it was seen")]
    fn segment(
        &mut self,
        end: usize,
        sockets: [Socket; 2],
        seen: Sighting,
        tcp: &TcpEnds,
        payload: &[u8],
        wire_length: u32,
        recorder: &mut Recorder,
    ) {
        let point = seen.point;
        // A SYN without ACK begins a connection; one with it answers.
        if tcp.syn && self.began[end] != Some(tcp.sequence) {
            if tcp.acknowledgement.is_none() {
                for end in 0..2 {
                    self.drain(end, sockets, point, recorder, |stream, sink| stream.finish(sink));
                }
                self.session.begins();
                self.closed = [false; 2];
                self.began = [None; 2];
            }
            self.began[end] = Some(tcp.sequence);
        }
        let arrival = Arrival {
            time: seen.time,
            packet: seen.packet,
        };
        let segment = Segment {
            sequence: tcp.sequence,
            syn: tcp.syn,
            payload,
            wire_length,
            arrival,
        };
        self.drain(end, sockets, point, recorder, |stream, sink| {
            stream.segment(segment, sink);
        });
        if let Some(acknowledgement) = tcp.acknowledgement {
            self.drain(1 - end, sockets, point, recorder, |stream, sink| {
                stream.acknowledged(acknowledgement, sink);
            });
        }
        if (tcp.fin || tcp.rst) && !self.closed[end] {
            self.closed[end] = true;
            let (from, to) = (sockets[end], sockets[1 - end]);
            let origin = Origin {
                seen,
                identity: Identity::of((from, to, tcp.sequence, tcp.rst)),
                from: Speaker::Address(from.0),
                to: Speaker::Address(to.0),
                vlans: Vlans::default(),
                unique: true,
            };
            recorder.record(origin, S::closed(tcp.rst));
        }
    }

    /// Gives a stream something and makes events of what comes out.
    fn drain(
        &mut self,
        end: usize,
        sockets: [Socket; 2],
        point: PointId,
        recorder: &mut Recorder,
        give: impl FnOnce(&mut TcpStream<S::Framing>, &mut dyn FnMut(StreamItem<'_>)),
    ) {
        let Self {
            streams, session, file, ..
        } = self;
        let (from, to) = (sockets[end], sockets[1 - end]);
        let sighting = |arrival: Arrival| Sighting {
            time: arrival.time,
            point,
            file: *file,
            packet: arrival.packet,
        };
        give(&mut streams[end], &mut |item| match item {
            StreamItem::Message(message) => {
                let origin = Origin {
                    seen: sighting(message.arrival),
                    identity: Identity::of((from, to, message.sequence, message.bytes)),
                    from: Speaker::Address(from.0),
                    to: Speaker::Address(to.0),
                    vlans: Vlans::default(),
                    unique: true,
                };
                session.message(end, message.bytes, origin, recorder);
            }
            StreamItem::Gap(gap) => note_gap(S::PROTOCOL, gap, from, to, sighting(gap.arrival), recorder),
        });
    }
}

fn note_gap(protocol: Protocol, gap: Gap, from: Socket, to: Socket, seen: Sighting, recorder: &mut Recorder) {
    let (kind, words) = match gap.cause {
        GapCause::Missing => (ControlFindingKind::StreamGap, "bytes are not in the capture"),
        GapCause::Truncated => (
            ControlFindingKind::StreamTruncated,
            "bytes were cut off by the capture's packet size limit",
        ),
        GapCause::MidStream => (
            ControlFindingKind::MidStream,
            "bytes before the first whole message were passed over: the connection is older than the capture",
        ),
        GapCause::BeforeFirst => (
            ControlFindingKind::StreamGap,
            "bytes that came late, before the first that were captured, were not read",
        ),
        GapCause::NoMessage => (ControlFindingKind::NotTheProtocol, "bytes are no message"),
    };
    let subject = format!("{protocol} {}:{} {}:{}", from.0, from.1, to.0, to.1);
    recorder.findings.note(kind, &subject, Some(seen), || {
        format!(
            "{protocol} from {} to {}: {} {words}; messages may be missing",
            from.0, to.0, gap.bytes
        )
    });
}
