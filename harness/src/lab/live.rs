//! A lab of live devices.

use std::time::Duration;

use reports::event::LabKind;

use super::{Lab, OpenError};
use crate::inventory::{Device, Inventory};
use crate::session::{self, Auth, DeviceSession, Secret};

/// Live devices as an inventory names them.
#[derive(Debug)]
pub struct LiveLab {
    devices: Vec<Device>,
}

impl LiveLab {
    /// The devices of an inventory. Connects to nothing and asks for no secret yet.
    pub fn new(inventory: &Inventory) -> Self {
        Self {
            devices: inventory.devices.clone(),
        }
    }

    fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.name == name)
    }
}

impl Lab for LiveLab {
    fn kind(&self) -> LabKind {
        LabKind::Live
    }

    fn open(&self, device: &str, learn: &dyn Fn(&Secret)) -> Result<Box<dyn DeviceSession>, OpenError> {
        let device = self
            .device(device)
            .ok_or_else(|| OpenError::NoSuchDevice(device.into()))?;
        let target = device.target()?;
        for auth in &target.auth {
            match auth {
                Auth::Password(secret) => learn(secret),
                Auth::KeyFile {
                    passphrase: Some(secret),
                    ..
                } => learn(secret),
                Auth::KeyFile { .. } | Auth::Agent => {}
            }
        }
        Ok(session::open(&target)?)
    }

    fn endpoint(&self, device: &str) -> String {
        match self.device(device) {
            Some(device) => endpoint_of(device),
            None => String::new(),
        }
    }

    fn command_timeout(&self, device: &str) -> Duration {
        self.device(device)
            .map_or(Duration::from_secs(30), |device| device.command_timeout)
    }

    fn allows_changes(&self, device: &str) -> Option<bool> {
        Some(self.device(device).is_some_and(|device| device.allow_changes))
    }
}

/// `host:port` of a live device.
pub(crate) fn endpoint_of(device: &Device) -> String {
    let host = device.address.as_deref().unwrap_or_default();
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{}", device.port)
    } else {
        format!("{host}:{}", device.port)
    }
}
