//! The lab of the worked example, served, and an SSH client to type with.

#![allow(dead_code, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use emulator::{DeviceSpec, Endpoint, LabSpec, LinkSpec, Misbehaviour, RunningLab, ServeOptions};

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../inventories/bfd-static-vpn")
}

pub fn spec() -> LabSpec {
    let devices = ["PE1", "PE2", "PE3", "CE1", "CE2"].map(|name| DeviceSpec {
        name: name.into(),
        configuration: std::fs::read_to_string(folder().join(format!("{}.cfg", name.to_lowercase()))).unwrap(),
        ..DeviceSpec::default()
    });
    let end = |device: &str, interface: &str| Endpoint {
        device: device.into(),
        interface: interface.into(),
    };
    let links = [
        ("PE1", "GigabitEthernet0/1/0", "PE3", "GigabitEthernet0/1/0"),
        ("PE1", "GigabitEthernet0/2/0", "PE2", "GigabitEthernet0/2/0"),
        ("PE2", "GigabitEthernet0/1/0", "PE3", "GigabitEthernet0/2/0"),
        ("PE1", "GigabitEthernet0/3/0", "CE1", "GigabitEthernet0/1/0"),
        ("PE2", "GigabitEthernet0/3/0", "CE1", "GigabitEthernet0/2/0"),
        ("PE3", "GigabitEthernet0/3/0", "CE2", "GigabitEthernet0/1/0"),
    ]
    .map(|(a, a_port, b, b_port)| LinkSpec {
        a: end(a, a_port),
        b: end(b, b_port),
    });
    LabSpec {
        name: "bfd-static-vpn".into(),
        devices: devices.into(),
        links: links.into(),
        ..LabSpec::default()
    }
}

pub fn options() -> ServeOptions {
    ServeOptions {
        password: "emulated".into(),
        ..ServeOptions::default()
    }
}

pub fn serve() -> RunningLab {
    RunningLab::start(spec(), options()).unwrap()
}

/// The lab with one device that misbehaves.
pub fn serve_with(device: &str, misbehaviour: Misbehaviour) -> RunningLab {
    let mut spec = spec();
    spec.devices.iter_mut().find(|d| d.name == device).unwrap().misbehaviour = misbehaviour;
    RunningLab::start(spec, options()).unwrap()
}

pub fn connect(lab: &RunningLab, device: &str) -> ssh2::Session {
    let address = lab.endpoints().iter().find(|d| d.name == device).unwrap().address;
    let mut session = ssh2::Session::new().unwrap();
    session.set_tcp_stream(TcpStream::connect(address).unwrap());
    session.set_timeout(10_000);
    session.handshake().unwrap();
    session
}

/// A shell on a device.
pub struct Client {
    pub session: ssh2::Session,
    pub channel: ssh2::Channel,
}

impl Client {
    pub fn open(lab: &RunningLab, device: &str) -> Self {
        let session = connect(lab, device);
        session.userauth_password("admin", "emulated").unwrap();
        let mut channel = session.channel_session().unwrap();
        channel.request_pty("vt100", None, Some((80, 24, 0, 0))).unwrap();
        channel.shell().unwrap();
        Self { session, channel }
    }

    /// Opens and reads up to the first prompt.
    pub fn login(lab: &RunningLab, device: &str) -> Self {
        let mut client = Self::open(lab, device);
        client.until(&format!("<{device}>"));
        client
    }

    /// Reads until what was read ends with `end`; gives all of it.
    pub fn until(&mut self, end: &str) -> String {
        self.while_not(|text| text.ends_with(end.as_bytes()), end)
    }

    /// Reads until `part` stands somewhere in what was read; gives all of it.
    pub fn past(&mut self, part: &str) -> String {
        self.while_not(
            |text| text.windows(part.len()).any(|window| window == part.as_bytes()),
            part,
        )
    }

    fn while_not(&mut self, done: impl Fn(&[u8]) -> bool, wanted: &str) -> String {
        let mut text = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut buffer = [0; 4096];
        while !done(&text) {
            let so_far = String::from_utf8_lossy(&text).into_owned();
            assert!(Instant::now() < deadline, "no {wanted:?} after {so_far:?}");
            match self.channel.read(&mut buffer) {
                Ok(0) => panic!("closed before {wanted:?}, after {so_far:?}"),
                Ok(read) => text.extend_from_slice(&buffer[..read]),
                Err(error) => panic!("{error} before {wanted:?}, after {so_far:?}"),
            }
        }
        String::from_utf8(text).unwrap()
    }

    /// All that comes until the device closes the channel.
    pub fn rest(&mut self) -> String {
        let mut text = Vec::new();
        let _ = self.channel.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.channel.write_all(bytes.as_ref()).unwrap();
        self.channel.flush().unwrap();
    }

    /// Types a line and reads up to `prompt`; gives what came between echo and prompt.
    pub fn ask(&mut self, line: &str, prompt: &str) -> String {
        self.send(format!("{line}\r"));
        let text = self.until(prompt);
        let text = text
            .strip_prefix(&format!("{line}\r\n"))
            .unwrap_or_else(|| panic!("no echo in {text:?}"));
        text.strip_suffix(prompt).unwrap().to_owned()
    }
}
