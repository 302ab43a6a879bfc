//! tshark, capinfos and tcpdump as judges of a file.

use std::path::Path;
use std::process::Command;

/// Runs a program if it is installed, else says by name that it is not.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{program} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            println!("NOT RUN: {program} is not installed");
            None
        }
    }
}

/// tshark with all checksums verified.
fn tshark(file: &Path, arguments: &[&str]) -> Option<String> {
    let file = file.to_string_lossy();
    let mut all = vec!["-n", "-r", &*file];
    for preference in [
        "ip.check_checksum:TRUE",
        "udp.check_checksum:TRUE",
        "tcp.check_checksum:TRUE",
    ] {
        all.extend(["-o", preference]);
    }
    all.extend(arguments);
    run("tshark", &all)
}

/// The given fields of all frames that a filter lets through, several values of a field joined by commas.
pub fn fields(file: &Path, filter: &str, names: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut arguments = vec!["-Y", filter, "-T", "fields", "-E", "separator=|"];
    for name in names {
        arguments.extend(["-e", name]);
    }
    let text = tshark(file, &arguments)?;
    Some(
        text.lines()
            .map(|line| line.split('|').map(str::to_owned).collect())
            .collect(),
    )
}

/// No frame is malformed, none has a bad checksum or anything that an expert would remark on, and none is plain data.
/// `accepted` is a display filter of remarks that are right.
pub fn assert_clean(file: &Path, accepted: &str) {
    let complaints = [
        "_ws.malformed",
        "ip.checksum.status == 0",
        "udp.checksum.status == 0",
        "tcp.checksum.status == 0",
        "_ws.short",
        "eth.type == 0x0000",
        "_ws.expert.severity >= 4194304",
    ];
    let mut filter = complaints.join(" or ");
    if !accepted.is_empty() {
        filter = format!("({filter}) and not ({accepted})");
    }
    let names = ["frame.number", "_ws.col.Protocol", "_ws.col.Info", "_ws.expert.message"];
    if let Some(found) = fields(file, &filter, &names) {
        assert!(found.is_empty(), "complaints: {found:#?}");
    }
}

/// All that tshark prints of a file.
pub fn verbose(file: &Path) -> Option<String> {
    tshark(file, &["-V"])
}

/// What capinfos says of a file.
pub fn capinfos(file: &Path) -> Option<String> {
    run("capinfos", &["-M", &file.to_string_lossy()])
}

/// What tcpdump prints.
pub fn tcpdump(file: &Path) -> Option<String> {
    run("tcpdump", &["-n", "-vv", "-r", &file.to_string_lossy()])
}
