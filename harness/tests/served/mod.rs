//! The real binary, and emulated labs served by a process of their own so that runs meet them over the network.

#![allow(dead_code)] // every test binary uses its part of it

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The lab of the worked example.
pub fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../inventories/bfd-static-vpn")
}

/// The binary, with a state folder of its own and a quiet environment.
pub fn netverdict(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netverdict"));
    command
        .current_dir(home)
        .env("NETVERDICT_STATE", home.join("state"))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "200")
        .env_remove("NETVERDICT_LAB_PASSWORD")
        .stdin(Stdio::null());
    command
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command, to its end.
pub fn end(command: &mut Command) -> Ended {
    command.output().expect("the binary can be started").into()
}

/// A lab served by `netverdict lab serve`.
pub struct Served {
    child: Child,
    /// The inventory that it wrote.
    pub inventory: PathBuf,
    /// What it printed.
    pub printed: String,
    /// The password of its devices.
    pub password: String,
}

impl Served {
    /// Serves the lab of the worked example, with an inventory in `home/NAME`.
    pub fn start(home: &Path, name: &str) -> Self {
        let inventory = home.join(name);
        let mut child = netverdict(home)
            .args(["lab", "serve"])
            .arg(lab())
            .arg("--write-inventory")
            .arg(&inventory)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut printed = String::new();
        while !printed.contains("ready") {
            let read = lines.read_line(&mut printed).expect("it is text");
            assert!(read > 0, "the lab ended before it was ready:\n{printed}");
        }
        let password = printed
            .lines()
            .find_map(|line| line.strip_prefix("password  "))
            .expect("the password is printed")
            .to_owned();
        Self {
            child,
            inventory,
            printed,
            password,
        }
    }

    /// A command with the password of this lab.
    pub fn netverdict(&self, home: &Path) -> Command {
        let mut command = netverdict(home);
        command.env("NETVERDICT_LAB_PASSWORD", &self.password);
        command
    }

    /// `run SUITE --lab …` on this lab.
    pub fn run(&self, home: &Path, suite: &Path) -> Command {
        let mut command = self.netverdict(home);
        command.arg("run").arg(suite).arg("--lab").arg(&self.inventory);
        command
    }

    /// Fingerprint of its host key.
    pub fn fingerprint(&self) -> String {
        let line = self.printed.lines().find_map(|line| line.strip_prefix("host key  "));
        line.expect("the fingerprint is printed").to_owned()
    }

    /// Whether a phrase about a device is true now, asked by a run of its own.
    pub fn has(&self, home: &Path, device: &str, phrase: &str) -> bool {
        let suite = home.join(format!("look-{device}.yaml"));
        let text = format!("suite: look\ncases:\n  - name: look\n    expect:\n      {device}:\n        - '{phrase}'\n");
        std::fs::write(&suite, text).expect("written");
        let looked = end(self
            .run(home, &suite)
            .env("NETVERDICT_STATE", home.join("another-state")));
        match looked.code {
            Some(0) => true,
            Some(1) => false,
            _ => panic!("{looked:?}"),
        }
    }

    /// Stops serving.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

/// A suite written into `home`.
pub fn suite(home: &Path, name: &str, text: &str) -> PathBuf {
    let path = home.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// A run under way, whose lines are read as they come.
pub struct Running {
    pub child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    pub seen: Vec<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line that holds these words.
    pub fn await_line(&mut self, words: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.seen.push(line.clone());
            if line.contains(words) {
                return;
            }
        }
        panic!("no line with {words:?} in {:#?}", self.seen);
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status()
            .expect("kill can be started");
        assert!(sent.success());
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().expect("it ends");
        let mut stdout = self.seen.join("\n");
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(5)) {
            stdout.push('\n');
            stdout.push_str(&line);
        }
        let mut stderr = String::new();
        if let Some(mut out) = self.child.stderr.take() {
            let _ = out.read_to_string(&mut stderr);
        }
        Ended {
            code: status.code(),
            stdout,
            stderr,
        }
    }
}
