//! The worked example typed line by line, over SSH, on five devices without configuration: every prompt is the one
//! that the example prints, and the configurations that result are its configuration files. Where the example
//! contradicts itself the place is named here.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use emulator::{DeviceSpec, Endpoint, LabSpec, LinkSpec, RunningLab, ServeOptions};

const DEVICES: [&str; 5] = ["PE1", "PE2", "PE3", "CE1", "CE2"];

const LINKS: [[(&str, &str); 2]; 6] = [
    [("PE1", "GE0/1/0"), ("PE3", "GE0/1/0")],
    [("PE1", "GE0/2/0"), ("PE2", "GE0/2/0")],
    [("PE2", "GE0/1/0"), ("PE3", "GE0/2/0")],
    [("PE1", "GE0/3/0"), ("CE1", "GE0/1/0")],
    [("PE2", "GE0/3/0"), ("CE1", "GE0/2/0")],
    [("PE3", "GE0/3/0"), ("CE2", "GE0/1/0")],
];

/// What the configuration files hold and no step of the example types.
const NEVER_TYPED: [(&str, &str); 2] = [
    ("CE1", "interface LoopBack1"),
    ("CE1", "interface LoopBack1 > ip address 1.1.1.1 255.255.255.255"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../inventories/bfd-static-vpn")
}

fn empty_lab() -> RunningLab {
    let end = |(device, interface): (&str, &str)| Endpoint {
        device: device.into(),
        interface: interface.into(),
    };
    let spec = LabSpec {
        name: "empty".into(),
        devices: DEVICES
            .map(|name| DeviceSpec {
                name: name.into(),
                ..DeviceSpec::default()
            })
            .into(),
        links: LINKS.map(|[a, b]| LinkSpec { a: end(a), b: end(b) }).into(),
        ..LabSpec::default()
    };
    let options = ServeOptions {
        password: "emulated".into(),
        ..ServeOptions::default()
    };
    RunningLab::start(spec, options).expect("the lab is served")
}

/// A shell on a device.
struct Shell {
    channel: ssh2::Channel,
    _session: ssh2::Session,
}

impl Shell {
    fn open(address: SocketAddr) -> Self {
        let mut session = ssh2::Session::new().expect("a session");
        session.set_tcp_stream(TcpStream::connect(address).expect("a connection"));
        session.set_timeout(10_000);
        session.handshake().expect("a handshake");
        session.userauth_password("admin", "emulated").expect("a login");
        let mut channel = session.channel_session().expect("a channel");
        channel
            .request_pty("vt100", None, Some((80, 24, 0, 0)))
            .expect("a terminal");
        channel.shell().expect("a shell");
        Self {
            channel,
            _session: session,
        }
    }

    fn until(&mut self, end: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        while !text.ends_with(end.as_bytes()) {
            let so_far = String::from_utf8_lossy(&text);
            assert!(Instant::now() < deadline, "no {end:?} after {so_far:?}");
            match self.channel.read(&mut buffer) {
                Ok(read) if read > 0 => text.extend_from_slice(&buffer[..read]),
                other => panic!("{other:?} instead of {end:?}, after {so_far:?}"),
            }
        }
        String::from_utf8(text).expect("it is text")
    }

    fn type_line(&mut self, line: &str) {
        self.channel
            .write_all(format!("{line}\r").as_bytes())
            .expect("it is sent");
    }

    fn ask(&mut self, line: &str, prompt: &str) -> String {
        self.type_line(line);
        let text = self.until(prompt);
        assert!(!text.contains("Error"), "{text}");
        let text = text.strip_suffix(prompt).unwrap_or(&text);
        text.strip_prefix(line).unwrap_or(text).trim_start().to_owned()
    }
}

impl Shell {
    /// Asks until the answer holds these words: a network needs time to converge.
    fn eventually(&mut self, line: &str, prompt: &str, words: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = self.ask(line, prompt);
            if answer.contains(words) {
                return;
            }
            assert!(Instant::now() < until, "no {words:?} in {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The prompt before each line, and the line.
fn steps(device: &str) -> Vec<(String, String)> {
    let file = format!("tests/clients/steps/{}.txt", device.to_lowercase());
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the steps");
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(prompt) = line.strip_prefix("= ") {
            let (_, command) = steps.pop().expect("a line above");
            steps.push((prompt.to_owned(), command));
            continue;
        }
        let line = line.strip_prefix("+ ").unwrap_or(line);
        let (prompt, command) = line.split_once(' ').expect("prompt and command");
        steps.push((prompt.to_owned(), command.to_owned()));
    }
    steps
}

/// The lines of a configuration, each behind those it stands under.
fn tree(text: &str) -> BTreeSet<String> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut lines = BTreeSet::new();
    for line in text.lines().map(str::trim_end) {
        let words = line.trim_start();
        if words.is_empty() || words.starts_with(['#', '!']) || words == "return" {
            continue;
        }
        let depth = line.len() - words.len();
        while open.last().is_some_and(|(above, _)| *above >= depth) {
            open.pop();
        }
        open.push((depth, words));
        let path: Vec<&str> = open.iter().map(|(_, words)| *words).collect();
        assert!(lines.insert(path.join(" > ")), "{line} stands there twice");
    }
    lines
}

#[test]
fn the_example_typed_on_empty_devices_gives_its_configurations_and_its_tables() {
    let lab = empty_lab();
    let address = |device: &str| {
        let served = lab.endpoints().iter().find(|served| served.name == device);
        served.expect("the device is served").address
    };
    for device in DEVICES {
        let mut shell = Shell::open(address(device));
        let mut said = String::new();
        for (prompt, command) in steps(device) {
            said += &shell.until(&prompt);
            shell.type_line(&command);
        }
        said += &shell.until("]");
        assert!(!said.contains("Error"), "{device}: {said}");
        shell.ask("return", &format!("<{device}>"));
        shell.ask("screen-length 0 temporary", &format!("<{device}>"));
        let typed = tree(&shell.ask("display current-configuration", &format!("<{device}>")));
        let file = folder().join(format!("{}.cfg", device.to_lowercase()));
        let printed = tree(&std::fs::read_to_string(file).expect("a configuration file"));
        let missing: Vec<&String> = printed.difference(&typed).collect();
        let expected: Vec<&str> = NEVER_TYPED
            .iter()
            .filter(|(at, _)| *at == device)
            .map(|(_, line)| *line)
            .collect();
        assert_eq!(
            missing, expected,
            "{device}: in its file, and not there after the steps"
        );
        let extra: Vec<&String> = typed.difference(&printed).collect();
        assert!(extra.is_empty(), "{device}: typed, and not in its file: {extra:?}");
    }

    let (mut ce1, mut pe1) = (Shell::open(address("CE1")), Shell::open(address("PE1")));
    ce1.until("<CE1>");
    pe1.until("<PE1>");
    pe1.type_line("display bfd session all");
    assert!(pe1.until("<PE1>").contains("Total UP/DOWN Session Number"));
    ce1.ask("system-view", "[~CE1]");
    ce1.ask("interface loopback 1", "[*CE1-LoopBack1]");
    ce1.ask("ip address 1.1.1.1 32", "[*CE1-LoopBack1]");
    ce1.ask("commit", "[~CE1-LoopBack1]");
    pe1.ask("screen-length 0 temporary", "<PE1>");
    let question = "display bfd session all verbose";
    pe1.eventually(question, "<PE1>", "(One Hop) State : Up ");
    ce1.ask("interface gigabitethernet 0/1/0", "[~CE1-GigabitEthernet0/1/0]");
    ce1.ask("shutdown", "[*CE1-GigabitEthernet0/1/0]");
    assert!(pe1.ask(question, "<PE1>").contains("(One Hop) State : Up "));
    ce1.ask("commit", "[~CE1-GigabitEthernet0/1/0]");
    pe1.eventually(question, "<PE1>", "(One Hop) State : Down ");
    ce1.ask("undo shutdown", "[*CE1-GigabitEthernet0/1/0]");
    ce1.ask("commit", "[~CE1-GigabitEthernet0/1/0]");
    assert!(pe1.ask(question, "<PE1>").contains("(One Hop) State : Up "));
}
