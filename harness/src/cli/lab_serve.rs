//! `netverdict lab serve`.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use anyhow::{Context, bail};
use emulator::{HostKeySource, RunningLab, ServeOptions};
use reports::event::LabKind;

use super::lab_console::Console;
use super::{Exit, Terminal, lab_console, signals};
use crate::diagnostic::nearest_word;
use crate::inventory::{Inventory, LAB_FILE, MisbehaviourArgument};
use crate::lab::{Serving, lab_spec, random_password};
use crate::run::Interrupt;

/// Serve the devices of an emulated lab until Ctrl-C
///
/// Every device gets a port of its own on a loopback address, where any SSH client can log in. With --write-inventory the
/// lab can be tested as if it were live, from another terminal: `netverdict run SUITE --lab DIR --allow-changes`.
///
/// While it serves, links are broken and mended by what is typed: `cut CE1 GE0/1/0`, `lose 10 % on CE1 GE0/1/0`,
/// `delay 5 ms on CE1 GE0/1/0`, each perhaps with `sending` or `receiving`; `mend 1`, `mend CE1 GE0/1/0`, `mend all`, `status`, `help`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict lab serve inventories/bfd-static-vpn
  netverdict lab serve inventories/bfd-static-vpn --port 22001 --write-inventory /tmp/served")]
pub struct Args {
    /// The lab: a folder with lab.yaml, or such a file
    #[arg(value_name = "LAB", value_hint = clap::ValueHint::AnyPath)]
    lab: PathBuf,

    /// Loopback address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// Port of the first device; the others follow. Any free ones where it is not said
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// The user who may log in
    #[arg(long, default_value = "netverdict")]
    username: String,

    /// Environment variable that holds the password; a new password is made where it is not said
    #[arg(long, value_name = "VARIABLE")]
    password_env: Option<String>,

    /// Write a lab.yaml of the served devices, as if they were live, into this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    write_inventory: Option<PathBuf>,

    /// Host key to present: a private key file, made if it is missing. A new key where it is not said
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    host_key: Option<PathBuf>,

    /// Make a device misbehave: `PE1:latency=200ms`, `PE1:forced_paging=true` and so on; may be repeated. The names are
    /// those of `misbehaviour` in lab.yaml
    #[arg(long, value_name = "DEVICE:NAME=VALUE")]
    misbehave: Vec<MisbehaviourArgument>,
}

/// The variable that a written inventory names, where the password was made here.
const PASSWORD_VARIABLE: &str = "NETVERDICT_LAB_PASSWORD";

impl Args {
    /// Serves the lab.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let inventory = Inventory::load(&self.lab)?;
        if inventory.kind != LabKind::Emulated {
            bail!(
                "{} is not an emulated lab: its lab.yaml does not say `emulated: true`",
                self.lab.display()
            );
        }
        if let Some(stranger) = self
            .misbehave
            .iter()
            .find(|argument| inventory.device(&argument.device).is_none())
        {
            let names = inventory.devices.iter().map(|device| device.name.as_str());
            let nearest = nearest_word(&stranger.device, names);
            let help = nearest
                .map(|name| format!(": did you mean `{name}`?"))
                .unwrap_or_default();
            bail!(
                "--misbehave names `{}`, which the lab does not have{help}",
                stranger.device
            );
        }
        let (password, variable) = match &self.password_env {
            Some(variable) => match std::env::var(variable) {
                Ok(password) if !password.is_empty() => (password, variable.as_str()),
                _ => bail!("the environment variable {variable} does not hold a password"),
            },
            None => (random_password().reveal().to_owned(), PASSWORD_VARIABLE),
        };
        let serving = Serving {
            options: ServeOptions {
                address: self.address,
                username: self.username.clone(),
                password: password.clone(),
                host_key: self
                    .host_key
                    .clone()
                    .map_or(HostKeySource::Ephemeral, HostKeySource::File),
            },
            first_port: self.port,
            misbehaviour: self.misbehave.clone(),
        };
        let spec = lab_spec(&inventory, &serving)?;
        let running = RunningLab::start(spec, serving.options)?;
        let fingerprint = running.host_key_fingerprint();
        let devices: Vec<(String, SocketAddr)> = running
            .endpoints()
            .iter()
            .map(|served| (served.name.clone(), served.address))
            .collect();
        if let Some(folder) = &self.write_inventory {
            let text = written_inventory(&inventory, &devices, &fingerprint, &self.username, variable);
            write_inventory(folder, &text)?;
        }
        let mut text = String::new();
        for ignored in running.ignored_lines() {
            let consequence = if ignored.matters {
                "; no question about the network is answered while it stands there"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "ignored: {} line {}: {} ({}){consequence}",
                ignored.device, ignored.line, ignored.text, ignored.reason
            );
        }
        let _ = writeln!(text, "lab       {}", inventory.name);
        let _ = writeln!(text, "user      {}", self.username);
        match &self.password_env {
            Some(variable) => {
                let _ = writeln!(text, "password  that of {variable}");
            }
            None => {
                let _ = writeln!(text, "password  {password}");
            }
        }
        let _ = writeln!(text, "host key  {fingerprint}");
        for (name, address) in &devices {
            let _ = writeln!(
                text,
                "{name:<9} ssh -p {} {}@{}",
                address.port(),
                self.username,
                address.ip()
            );
        }
        if let Some(folder) = &self.write_inventory {
            if self.password_env.is_none() {
                let _ = writeln!(text, "export {variable}={password}");
            }
            let _ = writeln!(text, "netverdict run SUITE --lab {} --allow-changes", folder.display());
        }
        text.push_str(if std::io::stdin().is_terminal() {
            "ready; Ctrl-C ends it, `help` says how links are broken\n"
        } else {
            "ready; Ctrl-C ends it\n"
        });
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        drop(out);

        let (ended, heard) = channel();
        let interrupt = Interrupt::default();
        let typed = ended.clone();
        interrupt.listen(move || {
            let _ = ended.send(None);
        });
        signals::raise_on_signals(&interrupt)?;
        std::thread::Builder::new()
            .name("console".into())
            .spawn(move || lab_console::listen(|line| typed.send(Some(line)).is_ok()))?;
        let mut console = Console::new(&running, &inventory);
        while let Ok(Some(line)) = heard.recv() {
            let told = console.obey(&line);
            let mut out = std::io::stdout().lock();
            // Whoever listened may be gone; the lab is served on.
            let _ = out.write_all(told.as_bytes()).and_then(|()| out.flush());
        }
        running.stop();
        Ok(Exit::Passed)
    }
}

fn write_inventory(folder: &Path, text: &str) -> anyhow::Result<()> {
    let path = folder.join(LAB_FILE);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Only an inventory that was written here is replaced.
    if let Ok(known) = std::fs::read_to_string(&path)
        && !known.starts_with(WRITTEN)
    {
        bail!(
            "{} exists and was not written by `netverdict lab serve`",
            path.display()
        );
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

const WRITTEN: &str = "# Written by `netverdict lab serve`";

/// A live inventory of the served devices. Every text is written as a JSON string, which is YAML too.
fn written_inventory(
    inventory: &Inventory,
    devices: &[(String, SocketAddr)],
    fingerprint: &str,
    username: &str,
    variable: &str,
) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut yaml = format!("{WRITTEN}; the devices are emulated and gone when it ends.\n");
    let _ = writeln!(yaml, "lab: {}", quoted(&inventory.name));
    let facts = |yaml: &mut String, indent: &str, facts: &std::collections::BTreeMap<String, String>| {
        if !facts.is_empty() {
            let _ = writeln!(yaml, "{indent}facts:");
            for (name, value) in facts {
                let _ = writeln!(yaml, "{indent}  {name}: {}", quoted(value));
            }
        }
    };
    facts(&mut yaml, "", &inventory.facts);
    let _ = writeln!(
        yaml,
        "defaults:\n  username: {}\n  auth:\n    - password: {{env: {variable}}}\n  host_key: {{fingerprint: {}}}\n  \
         allow_changes: true",
        quoted(username),
        quoted(fingerprint)
    );
    yaml.push_str("devices:\n");
    for (name, address) in devices {
        let _ = writeln!(
            yaml,
            "  {}:\n    address: {}\n    port: {}",
            quoted(name),
            quoted(&address.ip().to_string()),
            address.port()
        );
        if let Some(device) = inventory.device(name) {
            let _ = writeln!(yaml, "    platform: {}", device.platform.name());
            facts(&mut yaml, "    ", &device.facts);
        }
    }
    if !inventory.links.is_empty() {
        yaml.push_str("links:\n");
        for link in &inventory.links {
            let end = |end: &reports::event::LinkEnd| quoted(&format!("{} {}", end.device, end.interface));
            let _ = writeln!(yaml, "  - [{}, {}]", end(&link.a), end(&link.b));
        }
    }
    yaml
}
