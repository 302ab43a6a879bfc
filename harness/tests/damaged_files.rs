//! Suites and inventories with random damage: a mistake is told or the file is understood, and nothing else happens.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use harness::inventory::Inventory;
use harness::plan::{Choice, Plan};

/// A small generator (xorshift), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

const PIECES: &[&[u8]] = &[
    b"${",
    b"}",
    b"$${x}",
    b"${PE1.",
    b"\t",
    b"\xff",
    b"\xe2\x80",
    "–".as_bytes(),
    b"\"",
    b"'",
    b"\\",
    b"\\u00e4",
    b": ",
    b" #",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"{}",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!str ",
    b"|\n",
    b">-\n",
    b"\n",
    b"\r\n",
    b"---\n",
    b"? ",
    b"~",
    b"null",
    b"\0",
    b"\x1b[31m",
    b"\xe2\x80\xae",
    b"matrix: {x: [1, 2]}\n",
    b"${x}",
    b"within 5 s after shutdown",
    b"%",
];

fn damaged(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        let end = (at + dice.roll(12)).min(bytes.len());
        match dice.roll(4) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at.max(1)),
            2 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(end..end, copy);
            }
            _ => drop(bytes.splice(at..at, PIECES[dice.roll(PIECES.len())].iter().copied())),
        }
    }
    bytes
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rounds() -> usize {
    std::env::var("NETVERDICT_DAMAGE")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(80)
}

#[test]
fn damaged_suites() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suite.yaml");
    let sources = [
        "suites/bfd-static-vpn.yaml",
        "harness/tests/plans/changes.yaml",
        "harness/tests/mistakes/suites/phrases.yaml",
    ];
    for (seed, source) in sources.iter().enumerate() {
        let text = std::fs::read(repository().join(source)).unwrap();
        let mut dice = Dice(0x9e37_79b9 + seed as u64);
        for _ in 0..rounds() {
            std::fs::write(&path, damaged(&text, &mut dice)).unwrap();
            for lab in ["inventories/bfd-static-vpn", "harness/tests/mistakes/lab"] {
                if let Err(mistakes) = Plan::load(
                    std::slice::from_ref(&path),
                    Some(&repository().join(lab)),
                    &Choice::default(),
                ) {
                    let told = mistakes.render(false);
                    assert!(!mistakes.is_empty() && told.contains("error: "));
                    let unsafe_character = |c: char| c.is_control() && c != '\n';
                    assert!(
                        !told.contains(unsafe_character),
                        "a control character reaches the terminal: {told:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn damaged_inventories() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.yaml");
    for (seed, source) in [
        "inventories/bfd-static-vpn/lab.yaml",
        "inventories/examples/live/lab.yaml",
    ]
    .iter()
    .enumerate()
    {
        let text = std::fs::read(repository().join(source)).unwrap();
        let mut dice = Dice(0x7f4a_7c15 + seed as u64);
        for _ in 0..rounds() {
            std::fs::write(&path, damaged(&text, &mut dice)).unwrap();
            if let Err(mistakes) = Inventory::load(&path) {
                assert!(mistakes.render(false).contains("error: "));
                assert!(mistakes.render(true).contains("error"));
            }
        }
    }
}
