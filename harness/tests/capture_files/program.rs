//! The program on a command line, and suites over files.

use std::path::Path;
use std::process::{Command, Stdio};

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub text: String,
}

impl Said {
    /// What was said holds these texts, and the program ended with this code.
    #[track_caller]
    pub fn is(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, code, "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "no `{text}` in\n{}", self.text);
        }
    }
}

fn program(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        text: String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    }
}

/// `netverdict capture` in the folder of the captures.
pub fn capture(folder: &Path, arguments: &[&str]) -> Said {
    let mut all = vec!["capture"];
    all.extend(arguments);
    program(folder, &all)
}

/// `netverdict capture decide PHRASE`.
pub fn decide(folder: &Path, phrase: &str, arguments: &[&str]) -> Said {
    let mut all = vec!["decide", phrase];
    all.extend(arguments);
    capture(folder, &all)
}

/// The smallest lab.
const LAB: &str = "\
lab: files
emulated: true
defaults: {platform: huawei_vrp}
devices:
  PE1: {configuration: pe.cfg, facts: {label: 1026}}
  PE2: {configuration: pe.cfg}
links:
  - [PE1 GE0/3/0, PE2 GE0/3/0]
";

/// Writes a suite of one case with this `capture:` and these phrases under `lab`.
pub fn suite(folder: &Path, capture: &str, phrases: &[&str]) {
    let mut text = "suite: files\ncases:\n  - name: captured\n    capture:\n".to_owned();
    for line in capture.lines() {
        text.push_str(&format!("      {line}\n"));
    }
    text.push_str("    expect:\n      lab:\n");
    for phrase in phrases {
        text.push_str(&format!("        - {phrase}\n"));
    }
    std::fs::write(folder.join("s.yaml"), text).unwrap();
    std::fs::create_dir_all(folder.join("lab")).unwrap();
    std::fs::write(folder.join("lab/lab.yaml"), LAB).unwrap();
    std::fs::write(folder.join("lab/pe.cfg"), "#\nsysname PE\n#\nreturn\n").unwrap();
}

/// Runs the suite.
pub fn run(folder: &Path, more: &[&str]) -> Said {
    let mut all = vec!["run", "s.yaml", "--lab", "lab"];
    all.extend(more);
    program(folder, &all)
}

/// Any other command.
pub fn other(folder: &Path, arguments: &[&str]) -> Said {
    program(folder, arguments)
}
