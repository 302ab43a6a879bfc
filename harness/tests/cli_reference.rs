//! `docs/cli.md` is what the program says of itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

#[test]
fn the_reference_of_the_command_line_is_that_of_this_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let wanted = harness::cli::reference_markdown();
    if std::env::var_os("NETVERDICT_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        found == wanted,
        "docs/cli.md is not what the program says; `NETVERDICT_UPDATE_DOCS=1 cargo test -p harness --test cli_reference` writes it anew"
    );
}
