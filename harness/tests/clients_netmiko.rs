//! Python's netmiko logs in to emulated devices and works: prompts, tables, pages, commit, undo.

mod clients;
mod served;

use std::path::Path;
use std::process::{Command, Stdio};

use clients::{login, not_run, works};
use served::Served;

/// Python with netmiko: the one of the environment, else `python3`.
fn python() -> Result<String, String> {
    let variable = "NETVERDICT_NETMIKO_PYTHON";
    let named = std::env::var(variable).ok().filter(|python| !python.is_empty());
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    if works(&python, &["-c", "import netmiko"]) {
        return Ok(python);
    }
    // Who names an interpreter wants the test to run.
    assert!(named.is_none(), "{variable} is {python}, which cannot import netmiko");
    Err("python3 with netmiko is missing".to_owned())
}

#[test]
fn netmiko_works_on_emulated_devices() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return not_run("clients_netmiko", &why),
    };
    let home = tempfile::tempdir().expect("a folder");
    let served = Served::start(home.path(), "served");
    let (pe1, user) = login(&served, "PE1");
    let (pe2, _) = login(&served, "PE2");
    let (ce1, _) = login(&served, "CE1");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/netmiko_session.py");
    let output = Command::new(python)
        .arg(script)
        .args([pe1, pe2, ce1, user])
        .env("NETVERDICT_LAB_PASSWORD", &served.password)
        .stdin(Stdio::null())
        .output()
        .expect("python can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for done in ["huawei_vrpv8: done", "huawei: done", "wrong password: refused"] {
        assert!(said.contains(done), "no {done:?} in {said}");
    }
}
