//! The terminal as an SSH client sees it: login, echo, editing, pages, type-ahead, interruption.

#![allow(clippy::unwrap_used)]

mod lab;

use std::io::Read;
use std::time::{Duration, Instant};

use lab::{Client, connect, serve};

#[test]
fn right_passwords_are_accepted_and_wrong_ones_refused_promptly() {
    let lab = serve();
    let session = connect(&lab, "PE1");
    let begun = Instant::now();
    assert!(session.userauth_password("admin", "wrong").is_err());
    assert!(session.userauth_password("root", "emulated").is_err());
    assert!(!session.authenticated());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    session.userauth_password("admin", "emulated").unwrap();

    struct Answer(&'static str);
    impl ssh2::KeyboardInteractivePrompt for Answer {
        fn prompt(&mut self, _: &str, _: &str, prompts: &[ssh2::Prompt<'_>]) -> Vec<String> {
            prompts.iter().map(|_| self.0.to_owned()).collect()
        }
    }
    let session = connect(&lab, "PE1");
    assert!(
        session
            .userauth_keyboard_interactive("admin", &mut Answer("wrong"))
            .is_err()
    );
    session
        .userauth_keyboard_interactive("admin", &mut Answer("emulated"))
        .unwrap();
}

#[test]
fn the_host_key_is_the_one_announced() {
    let lab = serve();
    let hash = connect(&lab, "PE1")
        .host_key_hash(ssh2::HashType::Sha256)
        .unwrap()
        .to_vec();
    let announced = lab.host_key_fingerprint();
    let text = announced.strip_prefix("SHA256:").unwrap();
    assert_eq!(text.len(), 43);
    assert_eq!(decode_base64(text), hash);
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for character in text.chars() {
        bits = (bits << 6 | u32::try_from(ALPHABET.find(character).unwrap()).unwrap()) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn every_line_end_is_one_line() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    client.send("display clock\r\ndisplay clock\rdisplay clock\n\r\n");
    let mut text = String::new();
    while text.matches("<PE1>").count() < 4 {
        text += &client.until("<PE1>");
    }
    assert_eq!(text.matches("Time Zone").count(), 3, "{text}");
    assert_eq!(text.matches("<PE1>").count(), 4, "{text}");
    client.send("quit\r");
    assert_eq!(client.rest(), "quit\r\n");
}

#[test]
fn what_is_typed_is_echoed_and_edited() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    client.send("display vv\x7fx\x08ersion\x1b[A");
    assert_eq!(client.until("\x08ersion"), "display vv\x08 \x08x\x08 \x08ersion");
    client.send("\x15");
    let mut erasures = 0;
    while erasures < "display version".len() {
        erasures += client.past("\x08 \x08").matches("\x08 \x08").count();
    }
    client.send("dis\t");
    assert_eq!(client.until("display "), "dis\x08\x08\x08display ");
    client.send("clo\r");
    assert!(client.until("<PE1>").starts_with("clo\r\n20"));
}

#[test]
fn arrow_keys_bring_commands_back_and_move_in_the_line() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    client.ask("display clock", "<PE1>");
    client.ask("display version", "<PE1>");
    // Up, up: the first command again.
    client.send("\x1b[A\x1b[A\r");
    let text = client.until("<PE1>");
    assert!(text.contains("display clock\r\n20"), "{text:?}");
    // A draft, away from it and back, then a word put in at its start.
    client.send("clock\x1b[A\x1b[B\x01display \r");
    let text = client.until("<PE1>");
    assert!(text.contains("Time Zone"), "{text:?}");
    // Answers are not commands.
    client.ask("system-view", "[~PE1]");
    client.ask("load-balance flow all", "[*PE1]");
    client.send("quit\r");
    client.until("/C(cancel)]:");
    client.send("\x1b[An\r");
    assert_eq!(client.until("<PE1>"), "n\r\n<PE1>");
    client.send("\x1b[A\r");
    assert_eq!(client.rest(), "quit\r\n");
}

#[test]
fn control_keys_abandon_and_leave() {
    let lab = serve();
    let mut client = Client::login(&lab, "CE1");
    client.send("shutdown everything\x03");
    assert!(client.until("<CE1>").ends_with("^C\r\n<CE1>"));
    client.ask("system-view", "[~CE1]");
    client.ask("interface gi0/1/0", "[~CE1-GigabitEthernet0/1/0]");
    client.send("\x1a");
    assert_eq!(client.until("<CE1>"), "\r\n<CE1>");
    client.ask("system-view", "[~CE1]");
    client.ask("interface gi0/1/0", "[~CE1-GigabitEthernet0/1/0]");
    client.ask("shutdown", "[*CE1-GigabitEthernet0/1/0]");
    client.send("\x1a");
    client.until("[Y(yes)/N(no)/C(cancel)]:");
    client.send("n\r");
    client.until("<CE1>");
    assert!(
        client
            .ask("display current-configuration interface gi0/1/0", "<CE1>")
            .contains(" undo shutdown\r\n")
    );
}

#[test]
fn help_leaves_the_line_as_it_was() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    client.send("display bfd session ?");
    let text = client.until("<PE1>display bfd session ");
    assert!(text.contains("\r\n  all\r\n"), "{text}");
    client.send("all | count\r");
    assert!(client.until("<PE1>").contains("Total lines: "));
}

#[test]
fn long_output_comes_page_by_page() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    let more = "  ---- More ----";
    let erase = format!("\x1b[16D{}\x1b[16D", " ".repeat(16));
    client.send("display current-configuration\r");
    let first = client.until(more);
    // The echo, 24 lines, the pager.
    assert_eq!(first.matches("\r\n").count(), 25, "{first}");
    client.send("\r\n");
    let second = client.until(more);
    assert!(
        second.starts_with(&erase) && second.matches("\r\n").count() == 1,
        "{second:?}"
    );
    client.send(" ");
    assert_eq!(client.until(more).matches("\r\n").count(), 24);
    client.send("xq");
    assert_eq!(client.until("<PE1>"), format!("{erase}<PE1>"));
    client.ask("screen-length 0 temporary", "<PE1>");
    let whole = client.ask("display current-configuration", "<PE1>");
    assert!(!whole.contains("More") && whole.ends_with("#\r\nreturn\r\n"));
    assert_eq!(
        whole.lines().skip(2).collect::<Vec<_>>().join("\n") + "\n",
        std::fs::read_to_string(lab::folder().join("pe1.cfg")).unwrap()
    );
}

#[test]
fn what_is_typed_ahead_is_carried_out_in_order() {
    let lab = serve();
    let mut client = Client::login(&lab, "CE1");
    let mut script = String::from("screen-length 0 temporary\nsystem-view\ninterface LoopBack7\n");
    for number in 0..500 {
        script += &format!("description number {number}\n");
    }
    script += "commit\nreturn\ndisplay current-configuration interface LoopBack7\nquit\n";
    client.send(script);
    client.channel.send_eof().unwrap();
    let text = client.rest();
    assert!(!text.contains("Error"), "{text}");
    assert!(
        text.contains("\n description number 499\r\n#\r\nreturn\r\n<CE1>quit\r\n"),
        "{text}"
    );
}

#[test]
fn the_end_of_typing_ends_the_session_after_all_was_carried_out() {
    let lab = serve();
    let mut client = Client::login(&lab, "PE1");
    client.send("display version\n");
    client.channel.send_eof().unwrap();
    assert!(client.rest().contains("Versatile Routing Platform"));
}

#[test]
fn one_command_may_be_carried_out_without_a_shell() {
    let lab = serve();
    let session = connect(&lab, "PE1");
    session.userauth_password("admin", "emulated").unwrap();
    let run = |command: &str| {
        let mut channel = session.channel_session().unwrap();
        channel.exec(command).unwrap();
        let mut text = String::new();
        channel.read_to_string(&mut text).unwrap();
        channel.wait_close().unwrap();
        (text, channel.exit_status().unwrap())
    };
    let (text, status) = run("display ip routing-table vpn-instance VPNA");
    assert!(
        text.contains("Routes : 7") && !text.contains("<PE1>") && status == 0,
        "{text}"
    );
    let (text, status) = run("display nonsense");
    assert!(text.contains("Error: Unrecognized command") && status == 1, "{text}");
    // A refused line among others is not forgotten.
    assert_eq!(run("display nonsense\ndisplay clock").1, 1);
}

#[test]
fn many_sessions_work_at_once() {
    let lab = serve();
    let mut clients: Vec<Client> = (0..20).map(|_| Client::login(&lab, "PE1")).collect();
    for client in &mut clients {
        client.send("display users | count\r");
    }
    for client in &mut clients {
        assert!(client.until("<PE1>").contains("Total lines"));
    }
    // Two shells on one connection do not mix.
    let mut other = clients[0].session.channel_session().unwrap();
    other.request_pty("vt100", None, None).unwrap();
    other.shell().unwrap();
    let mut second = Client {
        session: clients[0].session.clone(),
        channel: other,
    };
    second.until("<PE1>");
    clients[0].ask("system-view", "[~PE1]");
    assert!(second.ask("display clock", "<PE1>").contains("Time Zone"));
    clients[0].ask("quit", "<PE1>");
}

#[test]
fn output_can_be_interrupted() {
    let lab = lab::serve_with(
        "PE1",
        emulator::Misbehaviour {
            chunk_size: Some(8),
            chunk_pause: Duration::from_millis(5),
            ..emulator::Misbehaviour::default()
        },
    );
    let mut client = Client::login(&lab, "PE1");
    client.ask("screen-length 0 temporary", "<PE1>");
    client.send("display current-configuration\r");
    client.past("#");
    client.send("\x03");
    let text = client.until("<PE1>");
    assert!(text.contains("^C") && !text.contains("return\r\n"), "{text}");
}

#[test]
fn stopping_closes_sessions_and_ports() {
    let lab = serve();
    let address = lab.endpoints()[0].address;
    let mut client = Client::login(&lab, "PE1");
    lab.stop();
    assert_eq!(client.rest(), "");
    assert!(std::net::TcpStream::connect(address).is_err());
}
