//! A device of an inventory and the session target made from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use emulator::Misbehaviour;

use checks::phrase::Platform;

use super::auth::{AuthSource, InventoryError, ValueSource};
use crate::session::{ConfigurationMode, Dialect, HostKeyPolicy, Target};
use crate::source::Source;

impl From<Platform> for Dialect {
    fn from(platform: Platform) -> Self {
        match platform {
            Platform::HuaweiVrp => Self::HuaweiVrp,
        }
    }
}

/// A device of a lab.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub platform: Platform,
    /// Host name or IP address; none for an emulated or recorded device.
    pub address: Option<String>,
    /// TCP port of its SSH server.
    pub port: u16,
    /// Login name.
    pub username: Option<ValueSource>,
    /// Ways to authenticate, tried in this order.
    pub auth: Vec<AuthSource>,
    /// What makes its host key acceptable.
    pub host_key: HostKeyPolicy,
    /// File of its configuration.
    pub configuration: Option<PathBuf>,
    /// How its configuration is entered.
    pub configuration_mode: ConfigurationMode,
    /// Whether the inventory lets runs change it.
    pub allow_changes: bool,
    /// Its facts, by name.
    pub facts: BTreeMap<String, String>,
    /// Longest time from the first packet to a usable prompt.
    pub connect_timeout: Duration,
    /// Longest time for one command's whole answer.
    pub command_timeout: Duration,
    /// Deliberate oddities of its command line, if it is emulated.
    pub misbehaviour: Misbehaviour,
    /// Where it stands in the inventory.
    pub source: Source,
}

impl Device {
    /// How to reach it, with every secret asked for. Prompts of a secret's command go to the terminal.
    pub fn target(&self) -> Result<Target, InventoryError> {
        let missing = |what| InventoryError::Missing {
            device: self.name.clone(),
            what,
        };
        if self.auth.is_empty() {
            return Err(missing("auth"));
        }
        Ok(Target {
            name: self.name.clone(),
            dialect: self.platform.into(),
            address: self.address.clone().ok_or_else(|| missing("address"))?,
            port: self.port,
            username: self
                .username
                .as_ref()
                .ok_or_else(|| missing("username"))?
                .resolve(&self.name, "user name")?,
            auth: self
                .auth
                .iter()
                .map(|source| source.resolve(&self.name))
                .collect::<Result<_, _>>()?,
            host_key: self.host_key.clone(),
            configuration_mode: self.configuration_mode,
            connect_timeout: self.connect_timeout,
            command_timeout: self.command_timeout,
        })
    }
}
