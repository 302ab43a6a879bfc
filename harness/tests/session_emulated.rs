//! Sessions over SSH with devices of an emulated lab: the whole way, through a real server.

use std::time::{Duration, Instant};

use emulator::{DeviceSpec, LabSpec, Misbehaviour, RunningLab, ServeOptions};
use harness::session::{
    Auth, ConfigurationMode, DeviceSession, Dialect, HostKeyPolicy, Secret, SessionError, Target, open,
};
use rstest::rstest;

const PASSWORD: &str = "emulated";

const CONFIGURATION: &str = "\
#
sysname PE1
#
interface GigabitEthernet0/1/0
 undo shutdown
 ip address 10.0.0.1 255.255.255.252
 description seen as <PE1>
#
interface LoopBack1
 ip address 1.1.1.1 255.255.255.255
#
return
";

fn lab(misbehaviour: Misbehaviour) -> RunningLab {
    let spec = LabSpec {
        name: "one".into(),
        devices: vec![DeviceSpec {
            name: "PE1".into(),
            configuration: CONFIGURATION.into(),
            port: None,
            misbehaviour,
        }],
        ..LabSpec::default()
    };
    let options = ServeOptions {
        password: PASSWORD.into(),
        ..ServeOptions::default()
    };
    RunningLab::start(spec, options).expect("a lab")
}

fn target(lab: &RunningLab) -> Target {
    let address = lab.endpoints()[0].address;
    Target {
        name: "PE1".into(),
        dialect: Dialect::HuaweiVrp,
        address: address.ip().to_string(),
        port: address.port(),
        username: "admin".into(),
        auth: vec![Auth::Password(Secret::new(PASSWORD))],
        host_key: HostKeyPolicy::Fingerprint(lab.host_key_fingerprint()),
        configuration_mode: ConfigurationMode::Auto,
        connect_timeout: Duration::from_secs(20),
        command_timeout: Duration::from_secs(20),
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn error_of(target: &Target) -> SessionError {
    match open(target) {
        Ok(_) => panic!("a session was opened"),
        Err(error) => error,
    }
}

/// The configuration as printed, without the comments: one of them holds the time.
fn configuration(session: &mut dyn DeviceSession) -> String {
    let answer = session.ask("display current-configuration", soon()).expect("an answer");
    without_comments(&answer.text)
}

fn without_comments(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !line.starts_with('!'))
        .collect()
}

#[rstest]
#[case::plain(Misbehaviour::default())]
#[case::by_bytes(Misbehaviour { chunk_size: Some(1), ..Misbehaviour::default() })]
#[case::by_sevens(Misbehaviour { chunk_size: Some(7), ..Misbehaviour::default() })]
#[case::slow(Misbehaviour { latency: Duration::from_millis(80), ..Misbehaviour::default() })]
#[case::paged(Misbehaviour { forced_paging: true, ..Misbehaviour::default() })]
#[case::paged_by_bytes(Misbehaviour { forced_paging: true, chunk_size: Some(1), ..Misbehaviour::default() })]
#[case::firewall_pair(Misbehaviour { prompt_prefix: Some("HRP_M".into()), ..Misbehaviour::default() })]
#[case::password_question(Misbehaviour { ask_password_change: true, ..Misbehaviour::default() })]
#[case::password_question_by_bytes(
    Misbehaviour { ask_password_change: true, chunk_size: Some(1), ..Misbehaviour::default() }
)]
#[case::banner_like_a_prompt(Misbehaviour { banner_line: Some("<Welcome>".into()), ..Misbehaviour::default() })]
#[case::banner_like_a_prompt_by_bytes(
    Misbehaviour { banner_line: Some("<Welcome>".into()), chunk_size: Some(1), ..Misbehaviour::default() }
)]
#[case::banner_like_the_prompt_in_nines(
    Misbehaviour {
        banner_line: Some("<Welcome>".into()),
        chunk_size: Some(9),
        chunk_pause: Duration::from_millis(2),
        ..Misbehaviour::default()
    }
)]
fn asks_and_configures(#[case] misbehaviour: Misbehaviour) {
    let reference = {
        let lab = lab(Misbehaviour::default());
        let mut session = open(&target(&lab)).expect("a session");
        configuration(session.as_mut())
    };
    assert!(reference.contains("description seen as <PE1>\n"), "{reference}");
    let lab = lab(misbehaviour);
    let mut session = open(&target(&lab)).expect("a session");
    assert_eq!(session.identity().prompt_name, "PE1");
    assert_eq!(session.identity().host_key_verified_by.as_deref(), Some("fingerprint"));
    assert_eq!(configuration(session.as_mut()), reference);

    let refused = session.ask("display nonsense", soon()).expect("an answer");
    assert!(refused.rejected.is_some(), "{refused:?}");

    let change = lines(&["interface GigabitEthernet0/1/0", "shutdown"]);
    let configured = session.configure(&change, soon()).expect("a change");
    assert!(
        configured.dialogue.iter().any(|(line, _)| line == "commit"),
        "{configured:?}"
    );
    assert!(configured.sent <= configured.acknowledged);
    let changed = configuration(session.as_mut());
    assert_ne!(changed, reference);
    session
        .configure(&lines(&["interface GigabitEthernet0/1/0", "undo shutdown"]), soon())
        .expect("a change");
    assert_eq!(configuration(session.as_mut()), reference);

    let begun = Instant::now();
    session.close();
    drop(session);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_refused_line_leaves_nothing_behind() {
    let lab = lab(Misbehaviour::default());
    let mut session = open(&target(&lab)).expect("a session");
    let before = configuration(session.as_mut());
    let change = lines(&["interface GigabitEthernet0/1/0", "shutdown", "no such command"]);
    let error = session.configure(&change, soon()).expect_err("a refusal");
    assert!(
        matches!(&error, SessionError::LineRefused { line, .. } if line == "no such command"),
        "{error}"
    );
    assert!(!error.is_lost() && !error.may_have_changed(), "{error}");
    assert_eq!(configuration(session.as_mut()), before);
}

#[test]
fn follows_a_new_name() {
    let lab = lab(Misbehaviour::default());
    let mut session = open(&target(&lab)).expect("a session");
    session
        .configure(&lines(&["sysname PE-new"]), soon())
        .expect("a change");
    assert_eq!(session.identity().prompt_name, "PE-new");
    assert!(configuration(session.as_mut()).contains("sysname PE-new"));
    session.configure(&lines(&["sysname PE1"]), soon()).expect("a change");
    assert_eq!(session.identity().prompt_name, "PE1");
}

#[test]
fn refuses_the_wrong_mode() {
    let lab = lab(Misbehaviour::default());
    let mut wrong = target(&lab);
    wrong.configuration_mode = ConfigurationMode::Immediate;
    let mut session = open(&wrong).expect("a session");
    let before = configuration(session.as_mut());
    match session.configure(&lines(&["interface GigabitEthernet0/1/0", "shutdown"]), soon()) {
        Ok(configured) => assert!(
            configured.dialogue.iter().all(|(line, _)| line != "commit"),
            "{configured:?}"
        ),
        Err(error) => {
            assert!(matches!(error, SessionError::ConfigurationView { .. }), "{error}");
            assert_eq!(configuration(session.as_mut()), before);
        }
    }
}

#[test]
fn a_wrong_password_is_told() {
    let lab = lab(Misbehaviour::default());
    let mut wrong = target(&lab);
    wrong.auth = vec![Auth::Password(Secret::new("not-the-password"))];
    let error = error_of(&wrong);
    let message = error.to_string();
    assert!(matches!(error, SessionError::AuthenticationFailed { .. }), "{message}");
    assert!(
        message.contains("password: refused") && message.contains("keyboard-interactive"),
        "{message}"
    );
    assert!(!message.contains("not-the-password"), "{message}");
}

#[test]
fn keyboard_interactive_is_tried_after_the_password() {
    let lab = lab(Misbehaviour {
        refuse_logins: 1,
        ..Misbehaviour::default()
    });
    assert!(open(&target(&lab)).is_ok());
}

#[test]
fn a_changed_host_key_is_told_with_both_fingerprints() {
    let lab = lab(Misbehaviour::default());
    let mut wrong = target(&lab);
    let other = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    wrong.host_key = HostKeyPolicy::Fingerprint(other.into());
    let error = error_of(&wrong);
    let message = error.to_string();
    assert!(matches!(error, SessionError::HostKeyChanged { .. }), "{message}");
    assert!(
        message.contains(other) && message.contains(&lab.host_key_fingerprint()),
        "{message}"
    );

    wrong.host_key = HostKeyPolicy::Fingerprint("SHA256:short".into());
    assert!(matches!(error_of(&wrong), SessionError::Handshake { .. }));

    wrong.host_key = HostKeyPolicy::Insecure;
    let session = open(&wrong).expect("a session");
    assert_eq!(session.identity().host_key_verified_by.as_deref(), Some("not verified"));
    assert_eq!(
        session.identity().host_key_fingerprint,
        Some(lab.host_key_fingerprint())
    );
}

/// What `ssh-keyscan` would write for the lab.
fn scanned(lab: &RunningLab) -> (String, String) {
    let mut session = ssh2::Session::new().expect("a session");
    session.set_tcp_stream(std::net::TcpStream::connect(lab.endpoints()[0].address).expect("a connection"));
    session.handshake().expect("a handshake");
    let (blob, _) = session.host_key().expect("a key");
    let length = usize::from(blob[3]);
    let key_type = String::from_utf8(blob[4..4 + length].to_vec()).expect("a type");
    use base64::Engine as _;
    (key_type, base64::engine::general_purpose::STANDARD.encode(blob))
}

#[test]
fn known_hosts_decide() {
    let lab = lab(Misbehaviour::default());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("known_hosts");
    let mut target = target(&lab);
    target.host_key = HostKeyPolicy::KnownHosts(path.clone());

    let message = error_of(&target).to_string();
    assert!(
        message.contains("not known") && message.contains("ssh-keyscan -p"),
        "{message}"
    );
    assert!(message.contains(&lab.host_key_fingerprint()), "{message}");

    let (key_type, key) = scanned(&lab);
    let name = format!("[127.0.0.1]:{}", target.port);
    std::fs::write(&path, format!("# a comment\n{name} {key_type} {key}\n")).expect("a file");
    let session = open(&target).expect("a session");
    assert_eq!(session.identity().host_key_verified_by.as_deref(), Some("known_hosts"));

    // The name without the port is another host.
    std::fs::write(&path, format!("127.0.0.1 {key_type} {key}\n")).expect("a file");
    assert!(matches!(error_of(&target), SessionError::HostKeyUnknown { .. }));

    std::fs::write(&path, format!("@revoked * {key_type} {key}\n{name} {key_type} {key}\n")).expect("a file");
    assert!(matches!(
        error_of(&target),
        SessionError::HostKeyRevoked { line: 1, .. }
    ));

    // One byte of the key is another.
    let other = format!("{}AAAA", &key[..key.len() - 4]);
    std::fs::write(&path, format!("{name} {key_type} {other}\n")).expect("a file");
    let error = error_of(&target);
    let message = error.to_string();
    assert!(matches!(error, SessionError::HostKeyChanged { .. }), "{message}");
    assert!(
        message.contains(&format!("{}:1", path.display())) && message.contains("ssh-keygen -R"),
        "{message}"
    );
    assert_eq!(message.matches("SHA256:").count(), 2, "{message}");
}

#[test]
fn hashed_known_hosts_by_ssh_keygen() {
    let lab = lab(Misbehaviour::default());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("known_hosts");
    let mut target = target(&lab);
    let (key_type, key) = scanned(&lab);
    std::fs::write(&path, format!("[127.0.0.1]:{} {key_type} {key}\n", target.port)).expect("a file");
    let hashed = std::process::Command::new("ssh-keygen")
        .args(["-H", "-f"])
        .arg(&path)
        .output();
    if !hashed.is_ok_and(|output| output.status.success()) {
        eprintln!("ssh-keygen is not here");
        return;
    }
    assert!(std::fs::read_to_string(&path).expect("a file").starts_with("|1|"));
    target.host_key = HostKeyPolicy::KnownHosts(path);
    assert!(open(&target).is_ok());
}

#[test]
fn a_stopped_server_is_told() {
    let lab = lab(Misbehaviour::default());
    let target = target(&lab);
    lab.stop();
    let error = error_of(&target);
    assert!(matches!(error, SessionError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused") && error.is_lost(), "{error}");
}

#[test]
fn a_server_stopped_under_a_session_is_told() {
    let lab = lab(Misbehaviour::default());
    let mut session = open(&target(&lab)).expect("a session");
    lab.stop();
    let error = session.ask("display version", soon()).expect_err("an error");
    assert!(error.is_lost(), "{error}");
    let again = session.ask("display version", soon()).expect_err("an error");
    assert!(matches!(again, SessionError::Closed { .. }), "{again}");
}

/// Wherever the connection is cut, there is an error or the whole answer, never a part of it.
#[test]
fn a_dropped_connection_never_gives_half_an_answer() {
    let reference = {
        let lab = lab(Misbehaviour::default());
        let mut session = open(&target(&lab)).expect("a session");
        configuration(session.as_mut())
    };
    let mut opened = 0;
    for bytes in (1..1400).step_by(37) {
        let lab = lab(Misbehaviour {
            drop_after_bytes: Some(bytes),
            ..Misbehaviour::default()
        });
        let begun = Instant::now();
        match open(&target(&lab)) {
            Err(error) => assert!(
                matches!(error, SessionError::ConnectionLost { .. }),
                "at {bytes}: {error}"
            ),
            Ok(mut session) => {
                opened += 1;
                match session.ask("display current-configuration", soon()) {
                    Ok(answer) => assert_eq!(without_comments(&answer.text), reference, "at {bytes}"),
                    Err(error) => assert!(error.is_lost(), "at {bytes}: {error}"),
                }
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "at {bytes}");
    }
    assert!(opened > 3);
}

#[test]
fn a_silent_server_ends_at_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let lab = lab(Misbehaviour::default());
    let mut target = target(&lab);
    target.port = listener.local_addr().expect("an address").port();
    target.connect_timeout = Duration::from_millis(400);
    let begun = Instant::now();
    let error = error_of(&target);
    assert!(matches!(error, SessionError::ConnectTimedOut { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_is_not_ssh_and_never_stops_ends_at_the_deadline() {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            while stream.write_all(b"hello, I am no SSH server\r\n").is_ok() {}
        }
    });
    let lab = lab(Misbehaviour::default());
    let mut target = target(&lab);
    target.port = port;
    target.connect_timeout = Duration::from_millis(500);
    let begun = Instant::now();
    let error = error_of(&target);
    assert!(error.is_lost(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// A device of old: its algorithms have nothing in common with what is accepted today.
#[test]
fn lacking_algorithms_are_named() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut packet = vec![0, 20];
    packet.extend([7; 16]);
    let lists = [
        "diffie-hellman-group1-sha1",
        "ssh-dss",
        "des-cbc",
        "des-cbc",
        "hmac-md5-96",
        "hmac-md5-96",
        "none",
        "none",
        "",
        "",
    ];
    for list in lists {
        packet.extend(u32::try_from(list.len()).expect("short").to_be_bytes());
        packet.extend(list.as_bytes());
    }
    packet.extend([0; 5]);
    let padding = 8 + (8 - (packet.len() + 4) % 8);
    packet[0] = u8::try_from(padding).expect("short");
    packet.extend(vec![0; padding]);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let packet = packet.clone();
            std::thread::spawn(move || {
                let _ = stream.write_all(b"SSH-2.0-old\r\n");
                let _ = stream.write_all(&u32::try_from(packet.len()).expect("short").to_be_bytes());
                let _ = stream.write_all(&packet);
                let mut sink = [0; 4096];
                while stream.read(&mut sink).is_ok_and(|count| count > 0) {}
            });
        }
    });
    let lab = lab(Misbehaviour::default());
    let mut target = target(&lab);
    target.port = port;
    target.connect_timeout = Duration::from_secs(4);
    let error = error_of(&target);
    assert!(matches!(error, SessionError::Handshake { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("for key exchange it offers only diffie-hellman-group1-sha1"),
        "{message}"
    );
    assert!(message.contains("for host keys it offers only ssh-dss"), "{message}");
}

#[test]
fn a_slow_command_ends_at_its_deadline() {
    let lab = lab(Misbehaviour {
        latency: Duration::from_millis(700),
        ..Misbehaviour::default()
    });
    let mut session = open(&target(&lab)).expect("a session");
    let begun = Instant::now();
    let error = session
        .ask("display version", begun + Duration::from_millis(200))
        .expect_err("an error");
    assert!(matches!(error, SessionError::DeadlineExceeded { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_millis(650), "{:?}", begun.elapsed());
}

#[test]
fn a_wrapped_echo_is_no_part_of_the_answer() {
    let lab = lab(Misbehaviour {
        wrap_width: Some(30),
        ..Misbehaviour::default()
    });
    let mut session = open(&target(&lab)).expect("a session");
    let command = "display current-configuration interface GigabitEthernet0/1/0";
    let answer = session.ask(command, soon()).expect("an answer");
    assert_eq!(answer.rejected, None);
    assert!(
        answer.text.starts_with("#\ninterface GigabitEthernet0/1/0\n"),
        "{}",
        answer.text
    );
}

#[test]
fn timestamps_stay_in_the_text() {
    let lab = lab(Misbehaviour {
        timestamps: true,
        ..Misbehaviour::default()
    });
    let mut session = open(&target(&lab)).expect("a session");
    let answer = session.ask("display current-configuration", soon()).expect("an answer");
    assert!(
        answer.text.starts_with("20") && answer.text.contains("\nsysname PE1\n"),
        "{}",
        answer.text
    );
    assert!(
        session
            .ask("display nonsense", soon())
            .expect("an answer")
            .rejected
            .is_some()
    );
}

#[test]
fn two_sessions_at_once() {
    let lab = lab(Misbehaviour::default());
    let target = target(&lab);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let target = target.clone();
            std::thread::spawn(move || {
                let mut session = open(&target).expect("a session");
                (0..20).map(|_| configuration(session.as_mut())).collect::<Vec<_>>()
            })
        })
        .collect();
    let answers: Vec<String> = threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("no panic"))
        .collect();
    assert_eq!(answers.len(), 40);
    assert!(answers.iter().all(|answer| answer == &answers[0]));
}

#[test]
fn lines_that_must_not_be_typed_are_not_typed() {
    let lab = lab(Misbehaviour::default());
    let mut session = open(&target(&lab)).expect("a session");
    for command in ["", "display version\nreboot", "display ?"] {
        let error = session.ask(command, soon()).expect_err("an error");
        assert!(
            matches!(error, SessionError::UnsendableLine { .. }) && !error.is_lost(),
            "{error}"
        );
    }
    assert!(session.ask("display version", soon()).is_ok());
}
