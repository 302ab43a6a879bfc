//! Every mistake in a suite or an inventory: place, caret, expectation and nearest word, as the program prints them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program on a command line, in the folder of the mistakes, without colour and without a lab of its own.
fn netverdict(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netverdict"))
        .args(arguments)
        .current_dir(folder())
        .env("HOME", "/home/tester")
        .output()
        .unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

fn files(of: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder().join(of))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// What the program says of a file, without the folder that this repository lies in.
fn told(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "nothing is printed to standard output");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let text = text.replace(&folder().canonicalize().unwrap().display().to_string(), "[folder]");
    format!("exit code {}\n\n{text}", output.status.code().unwrap())
}

#[test]
fn suites() {
    let names = files("suites");
    assert!(names.len() > 20);
    for name in names {
        let output = netverdict(&["plan", &format!("suites/{name}.yaml"), "--lab", "lab"]);
        insta::assert_snapshot!(format!("suite_{name}"), told(&output));
    }
}

#[test]
fn inventories() {
    let names = files("inventories");
    assert!(names.len() > 8);
    for name in names {
        let output = netverdict(&["plan", "sound.yaml", "--lab", &format!("inventories/{name}.yaml")]);
        let told = told(&output);
        for secret in ["hunter2", "4711"] {
            assert!(!told.contains(secret), "{name} shows a secret:\n{told}");
        }
        insta::assert_snapshot!(format!("inventory_{name}"), told);
    }
}

#[test]
fn labs_that_are_not_there() {
    for (name, arguments) in [
        ("no_lab_named", vec!["plan", "sound.yaml"]),
        ("no_such_lab", vec!["plan", "sound.yaml", "--lab", "nowhere"]),
        ("no_such_suite", vec!["plan", "nowhere.yaml", "--lab", "lab"]),
        ("no_such_bundle", vec!["recheck", "nowhere"]),
        ("folder_as_suite", vec!["plan", "suites", "--lab", "lab"]),
        (
            "nothing_chosen",
            vec!["plan", "sound.yaml", "--lab", "lab", "--only", "soud", "--tag", "x"],
        ),
    ] {
        insta::assert_snapshot!(name, told(&netverdict(&arguments)));
    }
}
