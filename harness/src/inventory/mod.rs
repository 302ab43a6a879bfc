//! Inventories: the devices of a lab, how to reach them, their links and facts, as `lab.yaml` says.

mod access;
mod auth;
mod bundled;
mod device;
mod emulation;
pub(crate) mod keys;
mod links;
mod load;
mod misbehaviour;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use auth::{AuthSource, InventoryError, SecretSource, ValueSource};
pub use checks::phrase::Platform;
pub use device::Device;
pub use emulation::Emulation;
pub(crate) use load::is_fact_name;
#[cfg(test)]
pub(crate) use misbehaviour::MISBEHAVIOURS;
pub use misbehaviour::MisbehaviourArgument;
use reports::bundle::EVENTS_FILE;
use reports::event::{LabKind, LinkInfo};

use crate::diagnostic::Diagnostics;
use crate::source::Input;

/// Name of an inventory's file in its folder.
pub const LAB_FILE: &str = "lab.yaml";

/// A lab.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Live devices, emulated ones or a recorded bundle.
    pub kind: LabKind,
    /// How it is emulated, if it is.
    pub emulation: Emulation,
    /// Folder of `lab.yaml`, or the bundle.
    pub path: PathBuf,
    /// Its devices in the order of the file.
    pub devices: Vec<Device>,
    /// Its links.
    pub links: Vec<LinkInfo>,
    /// Facts of the whole lab, by name.
    pub facts: BTreeMap<String, String>,
    /// The files that it was read from: `lab.yaml` first, then the devices' configurations.
    pub inputs: Vec<Input>,
}

impl Inventory {
    /// Reads a folder with `lab.yaml`, such a file, or the bundle of an earlier run.
    pub fn load(path: &Path) -> Result<Inventory, Diagnostics> {
        if path.is_dir() && !path.join(LAB_FILE).exists() && path.join(EVENTS_FILE).exists() {
            return bundled::load_bundle(path);
        }
        load::load(path, None)
    }

    /// The device of that name.
    pub fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.name == name)
    }
}
