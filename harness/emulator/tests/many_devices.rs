//! Many devices of a generated lab, served over SSH at once: each shows its own name to whoever logs in.

#![allow(clippy::unwrap_used)]

mod lab;

use std::sync::atomic::{AtomicUsize, Ordering};

use emulator::RunningLab;
use emulator::generate::{NetworkPlan, generate};
use lab::{Client, options};

/// Clients that log in at the same time.
const CLIENTS: usize = 16;

/// Serves so many routers, logs in to each, asks for its name, and keeps every session open until the last is there.
fn every_device_answers(routers: usize) {
    let plan = NetworkPlan {
        routers,
        vpns: 0,
        sites: None,
        customers: 0,
        reflectors: true,
        seed: 1,
    };
    let spec = generate(&plan).unwrap().lab("many");
    let lab = RunningLab::start(spec, options()).unwrap();
    assert_eq!(lab.endpoints().len(), routers);
    let next = AtomicUsize::new(0);
    let log_in = || {
        let mut open = Vec::new();
        while let Some(device) = lab.endpoints().get(next.fetch_add(1, Ordering::Relaxed)) {
            open.push((Client::login(&lab, &device.name), device.name.as_str()));
        }
        open
    };
    let sessions: Vec<Vec<(Client, &str)>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(log_in)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(sessions.iter().map(Vec::len).sum::<usize>(), routers);
    // All are logged in to now.
    std::thread::scope(|scope| {
        for open in sessions {
            scope.spawn(|| {
                for (mut client, name) in open {
                    let command = "display current-configuration | include sysname";
                    let text = client.ask(command, &format!("<{name}>"));
                    let own = format!("sysname {name}");
                    assert!(text.lines().any(|line| line.trim() == own), "{name}: {text}");
                }
            });
        }
    });
}

#[test]
fn sixty_devices_answer_at_once() {
    every_device_answers(60);
}

/// `cargo test -p emulator --release --test many_devices -- --ignored`
#[test]
#[ignore = "holds some 1,000 files open"]
fn five_hundred_devices_answer_at_once() {
    every_device_answers(500);
}
