//! `netverdict lab generate`: what it writes runs, is the same each time, and overwrites nothing.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use harness::api::run_suite_on;
use harness::run::RunOptions;
use harness::state::StateFolder;
use tempfile::TempDir;

fn generate(folder: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .args(["lab", "generate"])
        .arg(folder)
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

const SMALL: [&str; 4] = ["--routers", "6", "--vpns", "2"];

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

fn exit_code(lab: &Path, folder: &Path) -> u8 {
    let options = RunOptions {
        bundle: None,
        state: Some(StateFolder::at(folder.join("state"))),
        ..RunOptions::default()
    };
    run_suite_on(&lab.join("suite.yaml"), Some(lab), options, &mut |_| {})
        .unwrap()
        .exit_code
}

#[test]
fn a_generated_suite_passes_on_its_lab_and_fails_on_a_broken_one() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    let output = generate(&lab, &SMALL);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("10 devices, "), "{told}");
    assert_eq!(exit_code(&lab, folder.path()), 0);

    let path = lab.join("configurations/PE1.cfg");
    let text = fs::read_to_string(&path).unwrap();
    let broken = text.replacen("vpn-target 64500:2 import", "vpn-target 64500:9 import", 1);
    assert_ne!(text, broken);
    fs::write(&path, broken).unwrap();
    assert_eq!(exit_code(&lab, folder.path()), 1);
}

#[test]
fn the_same_options_write_the_same_files_and_another_seed_others() {
    let folder = TempDir::new().unwrap();
    let written = |name: &str, seed: &str| {
        let lab = folder.path().join(name);
        let options = ["--routers", "40", "--vpns", "2", "--seed", seed];
        assert_eq!(generate(&lab, &options).status.code(), Some(0));
        files(&lab)
    };
    let first = written("a", "7");
    assert_eq!(first.len(), 40 + 2 * 2 + 2);
    assert!(first == written("b", "7"));
    assert!(first != written("c", "8"));
}

#[test]
fn nothing_is_overwritten_and_impossible_labs_are_refused() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    for (options, told) in [
        (&["--routers", "3"][..], "3 routers: expected 4 to 1000"),
        (&["--sites", "99"], "99 sites of each VPN: expected 1 to 9"),
        (
            &["--customers", "9"],
            "9 customer routers of each VPN: expected at most 8",
        ),
        (
            &["--routers", "5", "--bgp", "reflectors"],
            "too few for two route reflectors",
        ),
        (&["--vpns", "1001"], "1001 VPNs: expected at most 1000"),
    ] {
        let output = generate(&lab, options);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(told), "{error}");
        assert!(!lab.exists(), "{options:?}");
    }
    fs::create_dir(&lab).unwrap();
    fs::write(lab.join("notes.txt"), "mine").unwrap();
    let output = generate(&lab, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not empty"));
    assert_eq!(files(&lab).len(), 1);
    let file = lab.join("notes.txt");
    assert_eq!(generate(&file, &[]).status.code(), Some(2), "a file is no folder");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}
