//! What a lab needs to be served, and what stays the same from one serving to the next.

#![allow(clippy::unwrap_used)]

mod lab;

use emulator::{EmulatorError, HostKeySource, RunningLab, ServeOptions};
use lab::{options, spec};

#[test]
fn a_host_key_file_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below/host_key");
    let options = || ServeOptions {
        host_key: HostKeySource::File(path.clone()),
        ..options()
    };
    let first = RunningLab::start(spec(), options()).unwrap().host_key_fingerprint();
    let second = RunningLab::start(spec(), options()).unwrap().host_key_fingerprint();
    assert_eq!(first, second);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    std::fs::write(&path, "no key").unwrap();
    assert!(matches!(
        RunningLab::start(spec(), options()),
        Err(EmulatorError::HostKey { .. })
    ));
}

#[test]
fn labs_that_cannot_be_served_say_why() {
    let refuse = |change: &dyn Fn(&mut emulator::LabSpec, &mut ServeOptions)| {
        let (mut spec, mut options) = (spec(), options());
        change(&mut spec, &mut options);
        RunningLab::start(spec, options).unwrap_err().to_string()
    };
    assert!(refuse(&|spec, _| spec.devices.clear()).contains("no device"));
    assert!(refuse(&|spec, _| spec.devices[1].name = "PE1".into()).contains("two devices named `PE1`"));
    assert!(refuse(&|spec, _| spec.links[0].a.device = "PE9".into()).contains("`PE9`"));
    assert!(refuse(&|spec, _| spec.links[0].a.interface = "LoopBack1".into()).contains("`LoopBack1`"));
    assert!(refuse(&|spec, _| spec.links[1].a = spec.links[0].a.clone()).contains("two links"));
    assert!(refuse(&|_, options| options.address = [10, 0, 0, 1].into()).contains("loopback only"));
    assert!(refuse(&|_, options| options.password.clear()).contains("password"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert!(refuse(&|spec, _| spec.devices[0].port = Some(port)).contains("cannot listen"));
}

#[test]
fn fixed_ports_are_used_and_ignored_lines_listed() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut spec = spec();
    spec.devices[2].port = Some(free);
    spec.devices[2].configuration.insert_str(2, "snmp-agent\n#\n");
    let lab = RunningLab::start(spec, options()).unwrap();
    assert_eq!(lab.endpoints()[2].address.port(), free);
    let ignored = &lab.ignored_lines()[0];
    assert_eq!(
        (ignored.device.as_str(), ignored.line, ignored.text.as_str()),
        ("PE3", 2, "snmp-agent")
    );
    assert_eq!(lab.ignored_lines().len(), 1);
}
