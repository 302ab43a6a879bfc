//! Each oddity shows, and the device can still be worked with.

#![allow(clippy::unwrap_used)]

mod lab;

use std::time::{Duration, Instant};

use emulator::Misbehaviour;
use lab::{Client, connect, serve_with};

#[test]
fn latency_delays_each_line() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            latency: Duration::from_millis(120),
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::login(&lab, "PE1");
    let begun = Instant::now();
    client.ask("display clock", "<PE1>");
    client.ask("display clock", "<PE1>");
    assert!(begun.elapsed() >= Duration::from_millis(240));
}

#[test]
fn lines_are_wrapped_at_the_width() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            wrap_width: Some(40),
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::login(&lab, "PE1");
    client.send("screen-length 0 temporary\r");
    client.until("<PE1>");
    client.send("display ip routing-table vpn-instance VPNA\r");
    let text = client.until("<PE1>");
    assert!(text.lines().all(|line| line.len() <= 40), "{text}");
    assert!(
        text.starts_with("display ip routing-table vpn-instan\r\nce VPNA\r\n"),
        "{text}"
    );
}

#[test]
fn a_timestamp_stands_before_output() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            timestamps: true,
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::login(&lab, "PE1");
    let text = client.ask("display mpls ldp session", "<PE1>");
    let first = text.lines().next().unwrap();
    assert!(
        first.len() == 30 && first.starts_with("20") && first.contains('.'),
        "{first}"
    );
}

#[test]
fn the_prompt_may_carry_a_prefix() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            prompt_prefix: Some("HRP_M".into()),
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::open(&lab, "PE1");
    client.until("HRP_M<PE1>");
    client.ask("system-view", "HRP_M[~PE1]");
    let refused = client.ask("frobnicate", "HRP_M[~PE1]");
    assert!(refused.starts_with("           ^\r\n"), "{refused}");
}

#[test]
fn the_login_may_ask_for_a_new_password() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            ask_password_change: true,
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::open(&lab, "PE1");
    client.until("Change now? [Y/N]:");
    client.send("N\r");
    client.until("<PE1>");
    let mut client = Client::open(&lab, "PE1");
    client.until("Change now? [Y/N]:");
    client.send("y\r");
    for question in ["old password: ", "new password: ", "new password: "] {
        client.until(question);
        client.send("secret\r");
    }
    assert!(!client.until("<PE1>").contains("secret"));
}

#[test]
fn the_banner_may_look_like_a_prompt() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            banner_line: Some("<NOTICE>".into()),
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::open(&lab, "PE1");
    assert!(client.until("<PE1>").contains("\r\n<NOTICE>\r\n<PE1>"));
}

#[test]
fn the_connection_may_break_after_so_many_bytes() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            drop_after_bytes: Some(1000),
            ..Misbehaviour::default()
        },
    );
    let mut client = Client::open(&lab, "PE1");
    client.send("screen-length 0 temporary\rdisplay current-configuration\r");
    // libssh2 throws away what it has queued when the connection breaks, so fewer may arrive than were sent.
    let text = client.rest();
    assert!(text.len() <= 1000 && !text.contains("return"), "{text}");
    assert!(!client.channel.eof(), "the channel was not ended in order");
}

#[test]
fn the_first_logins_may_be_refused() {
    let lab = serve_with(
        "PE1",
        Misbehaviour {
            refuse_logins: 2,
            ..Misbehaviour::default()
        },
    );
    for _ in 0..2 {
        assert!(connect(&lab, "PE1").userauth_password("admin", "emulated").is_err());
    }
    connect(&lab, "PE1").userauth_password("admin", "emulated").unwrap();
}
