//! TCP streams cut, shuffled, repeated and torn, and bytes that are no message at all.

use checks::capture::Timestamp;
use checks::capture::event::{BgpChange, ControlFindingKind, ControlPlane, ControlPlaneReport, EventKind};
use checks::capture::protocol::bgp::BgpFraming;
use checks::capture::protocol::ldp::LdpFraming;
use checks::capture::protocol::{Arrival, Framing, GapCause, Limits, Segment, StreamItem, TcpStream};
use proptest::prelude::*;

use crate::reading::feed;
use crate::wire::{ACK, Bytes, RST, bgp, ipv4, pcap, tcp};
use crate::{everything, samples};

fn arrival(packet: u32) -> Arrival {
    Arrival {
        time: Timestamp::from_nanoseconds(i64::from(packet)),
        packet: u64::from(packet),
    }
}

/// What comes out of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Out {
    messages: Vec<Vec<u8>>,
    gaps: Vec<(GapCause, u32)>,
}

struct Fed<F> {
    stream: TcpStream<F>,
    out: Out,
    packets: u32,
}

impl<F: Framing + Default> Fed<F> {
    fn new(limits: Limits) -> Self {
        Self {
            stream: TcpStream::new(F::default(), limits),
            out: Out::default(),
            packets: 0,
        }
    }

    fn take(out: &mut Out, item: StreamItem<'_>) {
        match item {
            StreamItem::Message(message) => out.messages.push(message.bytes.to_vec()),
            StreamItem::Gap(gap) => out.gaps.push((gap.cause, gap.bytes)),
        }
    }

    fn give(&mut self, sequence: u32, syn: bool, payload: &[u8], wire_length: u32) {
        self.packets += 1;
        let segment = Segment {
            sequence,
            syn,
            payload,
            wire_length,
            arrival: arrival(self.packets),
        };
        let out = &mut self.out;
        self.stream.segment(segment, &mut |item| Self::take(out, item));
    }

    fn payload(&mut self, sequence: u32, payload: &[u8]) {
        self.give(sequence, false, payload, payload.len() as u32);
    }

    fn acknowledge(&mut self, acknowledgement: u32) {
        let out = &mut self.out;
        self.stream
            .acknowledged(acknowledgement, &mut |item| Self::take(out, item));
    }

    fn finish(mut self) -> Out {
        let out = &mut self.out;
        self.stream.finish(&mut |item| Self::take(out, item));
        self.out
    }
}

fn bytes_of(messages: &[Bytes]) -> Vec<u8> {
    messages.iter().flat_map(|message| message.0.clone()).collect()
}

fn plain(messages: &[Bytes]) -> Vec<Vec<u8>> {
    messages.iter().map(|message| message.0.clone()).collect()
}

/// Cuts a stream at the given shares, repeats some parts, and moves each by up to `reach` places.
fn shuffled(stream: &[u8], cuts: &[f64], repeats: &[usize], moves: &[usize]) -> Vec<(usize, Vec<u8>)> {
    let mut places: Vec<_> = cuts.iter().map(|cut| (cut * stream.len() as f64) as usize).collect();
    places.extend([0, stream.len()]);
    places.sort_unstable();
    places.dedup();
    let mut parts: Vec<_> = places
        .windows(2)
        .map(|ends| (ends[0], stream[ends[0]..ends[1]].to_vec()))
        .collect();
    for repeat in repeats {
        // A repeated segment may reach over several others.
        let first = parts[repeat % parts.len()].0;
        let end = (first + 300).min(stream.len());
        parts.push((first, stream[first..end].to_vec()));
    }
    for (index, by) in moves.iter().enumerate() {
        let length = parts.len();
        parts.swap(index % length, (index + by) % length);
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_cut_order_and_repetition_gives_the_same_messages(
        start in any::<u32>(),
        cuts in prop::collection::vec(0.0..1.0f64, 0..40),
        repeats in prop::collection::vec(any::<usize>(), 0..6),
        moves in prop::collection::vec(0usize..12, 0..40),
    ) {
        let messages = samples::bgp_messages();
        let mut fed = Fed::<BgpFraming>::new(Limits::default());
        fed.give(start, true, &[], 0);
        for (offset, part) in shuffled(&bytes_of(&messages), &cuts, &repeats, &moves) {
            fed.payload(start.wrapping_add(1 + offset as u32), &part);
        }
        let out = fed.finish();
        prop_assert_eq!(out, Out { messages: plain(&messages), gaps: Vec::new() });
    }

    #[test]
    fn the_same_holds_for_ldp(
        start in any::<u32>(),
        cuts in prop::collection::vec(0.0..1.0f64, 0..30),
        repeats in prop::collection::vec(any::<usize>(), 0..4),
        moves in prop::collection::vec(0usize..12, 0..30),
    ) {
        let messages = samples::ldp_messages();
        let mut fed = Fed::<LdpFraming>::new(Limits::default());
        fed.give(start, true, &[], 0);
        for (offset, part) in shuffled(&bytes_of(&messages), &cuts, &repeats, &moves) {
            fed.payload(start.wrapping_add(1 + offset as u32), &part);
        }
        prop_assert_eq!(fed.finish(), Out { messages: plain(&messages), gaps: Vec::new() });
    }

    /// Whatever is missing: what comes out was sent, in the order it was sent, and the loss is told.
    #[test]
    fn missing_segments_never_make_up_a_message(
        cuts in prop::collection::vec(0.0..1.0f64, 4..40),
        missing in prop::collection::vec(any::<usize>(), 1..4),
        acknowledged in any::<bool>(),
    ) {
        let messages = samples::bgp_messages();
        let stream = bytes_of(&messages);
        let mut parts = shuffled(&stream, &cuts, &[], &[]);
        let mut lost = 0;
        for index in missing {
            let index = index % parts.len();
            lost += parts.remove(index).1.len();
            if parts.is_empty() {
                break;
            }
        }
        let mut fed = Fed::<BgpFraming>::new(Limits::default());
        fed.give(0, true, &[], 0);
        let mut last = 0;
        for (offset, part) in &parts {
            fed.payload(1 + *offset as u32, part);
            last = last.max(offset + part.len());
            if acknowledged {
                for _ in 0..3 {
                    fed.acknowledge(1 + last as u32);
                }
            }
        }
        let out = fed.finish();
        let sent = plain(&messages);
        let mut from = 0;
        for message in &out.messages {
            let place = sent[from..].iter().position(|other| other == message);
            prop_assert!(place.is_some(), "{:?} was not sent", message);
            from += place.unwrap_or_default() + 1;
        }
        // The end of the stream may be missing without a sign.
        if lost > 0 && last == stream.len() {
            prop_assert!(!out.gaps.is_empty());
            prop_assert!(out.messages.len() < sent.len());
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        everything::decoders(&bytes);
        everything::stream(&bytes);
        everything::observer(&bytes);
    }

    #[test]
    fn no_damage_to_a_message_makes_a_decoder_panic(
        which in any::<usize>(),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        cut in any::<usize>(),
    ) {
        let mut messages: Vec<_> = samples::bgp_messages();
        messages.extend(samples::bgp_opens());
        messages.extend(samples::ldp_messages());
        let mut bytes = messages[which % messages.len()].0.clone();
        for (place, value) in damage {
            let length = bytes.len();
            bytes[place % length] = value;
        }
        bytes.truncate(1 + cut % (2 * bytes.len()));
        everything::decoders(&bytes);
        everything::observer(&bytes);
    }

    #[test]
    fn any_segments_are_survived_within_narrow_limits(
        segments in prop::collection::vec((any::<u32>(), any::<bool>(), 0usize..3_000, any::<u8>()), 0..60),
    ) {
        let limits = Limits { held_segments: 4, held_bytes: 4_000 };
        let mut fed = Fed::<BgpFraming>::new(limits);
        for (sequence, syn, length, byte) in segments {
            let payload = vec![byte; length];
            fed.give(sequence % 20_000, syn, &payload, length as u32 + u32::from(byte) % 3);
            fed.acknowledge(sequence);
        }
        fed.finish();
    }

    /// Damaged packets, whole captures: nothing panics, and a damaged capture invents no session end.
    #[test]
    fn damaged_captures_are_survived(damage in prop::collection::vec((any::<usize>(), any::<u8>()), 0..20)) {
        let mut capture = samples::all(200);
        for (place, value) in damage {
            let length = capture.len();
            capture[24 + place % (length - 24)] = value;
        }
        let mut observer = ControlPlane::new();
        feed(&mut observer, 0, 0, &capture);
        observer.finish();
    }
}

#[test]
fn a_stream_older_than_the_capture_begins_at_its_first_whole_message() {
    let messages = samples::bgp_messages();
    let stream = bytes_of(&messages);
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.payload(77, &stream[5..]);
    let out = fed.finish();
    assert_eq!(out.messages, plain(&messages[1..]));
    assert_eq!(out.gaps, [(GapCause::MidStream, 14)]);
}

#[test]
fn packets_cut_short_lose_what_was_cut_and_no_more() {
    let messages = samples::bgp_messages();
    let stream = bytes_of(&messages);
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.give(0, true, &[], 0);
    // The first 60 bytes of 200 are kept.
    fed.give(1, false, &stream[..60], 200);
    fed.payload(201, &stream[200..]);
    let out = fed.finish();
    assert_eq!(out.messages[0], messages[0].0);
    assert!(out.messages.len() > messages.len() / 2);
    assert!(
        out.messages
            .iter()
            .all(|message| messages.iter().any(|sent| sent.0 == *message))
    );
    assert_eq!(out.gaps[0].0, GapCause::Truncated);
}

#[test]
fn another_connection_between_the_same_ports_begins_anew() {
    let [open, _] = samples::bgp_opens();
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.give(1_000, true, &[], 0);
    fed.payload(1_001, &open.0[..50]);
    fed.give(3_000_000_000, true, &[], 0);
    fed.payload(3_000_000_001, &open.0);
    // And one whose SYN was not captured.
    fed.payload(2_000_000_000, &open.0);
    let out = fed.finish();
    assert_eq!(out.messages, [open.0.clone(), open.0]);
}

fn watch(frames: &[Bytes]) -> ControlPlaneReport {
    let frames: Vec<_> = (0i64..)
        .map(|index| index * 1_000_000)
        .zip(frames.iter().cloned())
        .collect();
    let mut observer = ControlPlane::new();
    feed(&mut observer, 0, 0, &pcap(&frames));
    observer.finish()
}

#[test]
fn a_missing_segment_makes_absence_doubtful() {
    let mut frames = samples::connection(179, &samples::bgp_messages(), &[], 100);
    assert!(watch(&frames).absence_is_doubtful().is_none());
    frames.remove(9);
    let report = watch(&frames);
    let doubt = report.absence_is_doubtful().map(|finding| finding.kind);
    assert_eq!(doubt, Some(ControlFindingKind::StreamGap));
}

#[test]
fn a_withdrawal_seen_again_in_a_retransmission_is_one_event() {
    let messages = samples::bgp_messages();
    let mut frames = samples::connection(179, &messages, &[], 1_460);
    let again: Vec<_> = frames.iter().filter(|frame| frame.0.len() > 500).cloned().collect();
    assert!(!again.is_empty());
    let once = watch(&frames).events.len();
    frames.extend(again);
    assert_eq!(watch(&frames).events.len(), once);
}

#[test]
fn a_reset_closes_the_session() {
    let mut frames = samples::connection(179, &[bgp::keepalive()], &[], 1_460);
    frames.pop();
    let reset = tcp((179, 40_000), 5_000, 1_019, RST | ACK, &[]);
    frames.push(ipv4("10.0.0.2", "10.0.0.1", 6, 64, 99, &reset));
    let report = watch(&frames);
    let last = report.events.last().map(|event| event.kind.clone());
    assert_eq!(last, Some(EventKind::Bgp(BgpChange::Closed { reset: true })));
}

#[test]
fn path_identifiers_follow_what_both_opens_say() {
    let capability = |mode: u8| (69, Bytes::new().u16(1).u8(1).u8(mode));
    let routes = Bytes::new()
        .u32(1)
        .all(bgp::prefix(&[10, 1, 0, 0], 16))
        .u32(2)
        .all(bgp::prefix(&[10, 1, 0, 0], 16));
    let attributes = bgp::attribute(0x40, 1, &Bytes::new().u8(0));
    let update = bgp::update(&Bytes::new(), &attributes, &routes);
    let told = |from_a: u8, from_b: u8| {
        let open = |identifier, mode| bgp::open(65_000, identifier, &[capability(mode)]);
        let a = [open("1.1.1.1", from_a), update.clone()];
        let report = watch(&samples::connection(179, &a, &[open("2.2.2.2", from_b)], 1_460));
        let announced = report.events.iter().find_map(|event| match &event.kind {
            EventKind::Bgp(BgpChange::Announced { routes, .. }) => Some(routes.len()),
            _ => None,
        });
        announced.unwrap_or_default()
    };
    // 2 sends, 1 receives, 3 does both.
    assert_eq!(told(2, 1), 2);
    assert_eq!(told(3, 3), 2);
    // Not agreed in this direction: the same bytes are no routes.
    assert_eq!(told(1, 2), 0);
}

#[test]
fn what_comes_late_to_the_beginning_of_a_capture_is_not_passed_over_in_silence() {
    let messages = [bgp::keepalive(), bgp::notification(6, 2), bgp::keepalive()];
    let bytes = bytes_of(&messages);
    let (first, rest) = bytes.split_at(messages[0].0.len());
    // The capture began between the two, which came in the wrong order.
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.payload(1_000 + first.len() as u32, rest);
    fed.payload(1_000, first);
    let out = fed.finish();
    assert_eq!(out.gaps, [(GapCause::BeforeFirst, first.len() as u32)]);
    assert_eq!(out.messages.len(), 2);
    // Overlapping and repeated, only what is new counts.
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.payload(1_010, &bytes[10..]);
    fed.payload(1_000, &bytes[..30]);
    fed.payload(1_000, &bytes[..30]);
    fed.payload(1_019, rest);
    assert_eq!(fed.finish().gaps[1..], [(GapCause::BeforeFirst, 10)]);
    // A connection that was seen from its beginning has nothing before it.
    let mut fed = Fed::<BgpFraming>::new(Limits::default());
    fed.give(999, true, &[], 0);
    fed.payload(1_000, &bytes);
    fed.payload(990, &bytes[..10]);
    assert_eq!(fed.finish().gaps, []);
}
