//! Serves the lab of a folder for trying things by hand: every `*.cfg` is a device.
//!
//! `cargo run -p emulator --example serve -- FOLDER [DEVICE:INTERFACE=DEVICE:INTERFACE …]`; user and password are
//! `admin` and `emulated`. The product's own command is `netverdict lab serve`, which reads `lab.yaml`.

use std::error::Error;
use std::path::PathBuf;

use emulator::{DeviceSpec, Endpoint, HostKeySource, LabSpec, LinkSpec, RunningLab, ServeOptions};

fn endpoint(text: &str) -> Result<Endpoint, Box<dyn Error>> {
    let (device, interface) = text.split_once(':').ok_or("expected DEVICE:INTERFACE")?;
    Ok(Endpoint {
        device: device.into(),
        interface: interface.into(),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("expected a folder")?);
    let mut spec = LabSpec {
        name: folder.display().to_string(),
        ..LabSpec::default()
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "cfg"))
    {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().to_uppercase();
        spec.devices.push(DeviceSpec {
            name,
            configuration: std::fs::read_to_string(file)?,
            ..DeviceSpec::default()
        });
    }
    for link in arguments {
        let (a, b) = link.split_once('=').ok_or("expected A:INTERFACE=B:INTERFACE")?;
        spec.links.push(LinkSpec {
            a: endpoint(a)?,
            b: endpoint(b)?,
        });
    }
    let options = ServeOptions {
        password: "emulated".into(),
        host_key: HostKeySource::File(std::env::temp_dir().join("emulator-example-host-key")),
        ..ServeOptions::default()
    };
    let lab = RunningLab::start(spec, options)?;
    println!("host key {}", lab.host_key_fingerprint());
    for ignored in lab.ignored_lines() {
        println!(
            "ignored: {} line {}: {} ({})",
            ignored.device, ignored.line, ignored.text, ignored.reason
        );
    }
    for device in lab.endpoints() {
        println!("{} {}", device.name, device.address);
    }
    loop {
        std::thread::park();
    }
}
