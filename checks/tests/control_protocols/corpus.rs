//! What the fuzzer found worth keeping, run as a plain test; `UPDATE_CORPUS=1` writes the first entries from the samples.

use std::path::{Path, PathBuf};

use crate::{everything, samples};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target)
}

fn each(target: &str, run: impl Fn(&[u8])) {
    let folder = folder(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for entry in entries.flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
        run(&bytes);
        count += 1;
    }
    assert!(count > 10, "{} holds {count} entries", folder.display());
}

#[test]
fn decoders_survive_the_corpus() {
    write_samples();
    each("control_decoders", everything::decoders);
}

#[test]
fn streams_survive_the_corpus() {
    each("tcp_stream", everything::stream);
}

#[test]
fn the_observer_survives_the_corpus() {
    each("control_plane", everything::observer);
}

/// Messages of every kind, so that the fuzzer does not begin with nothing.
fn write_samples() {
    if std::env::var_os("UPDATE_CORPUS").is_none() {
        return;
    }
    let mut messages: Vec<_> = samples::bgp_messages();
    messages.extend(samples::bgp_opens());
    messages.extend(samples::ldp_messages());
    let write = |target: &str, name: String, bytes: &[u8]| {
        let folder = folder(target);
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(name), bytes));
        assert!(written.is_ok(), "{written:?}");
    };
    let mut packets: Vec<(u8, Vec<u8>)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        write("control_decoders", format!("message-{index:02}"), &message.0);
        let mut segment = vec![0, 0, 0, message.0.len() as u8];
        segment.extend(&message.0);
        write("tcp_stream", format!("message-{index:02}"), &segment);
        packets.push((4 << 2, message.0.clone()));
    }
    for (index, (kind, payload)) in samples::datagrams_by_kind().into_iter().enumerate() {
        write("control_decoders", format!("datagram-{index:02}"), &payload.0);
        packets.push((kind, payload.0));
    }
    for (index, (kind, payload)) in packets.iter().enumerate() {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            bytes.extend([*kind, payload.len() as u8]);
            bytes.extend(payload);
        }
        write("control_plane", format!("packet-{index:02}"), &bytes);
    }
}
