//! Who is doing something, for whoever finds it in the way later.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A process and its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// User name, as the environment gives it.
    pub user: String,
    /// Name of the machine.
    pub host: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What it was called with, without secrets.
    pub command: Vec<String>,
}

impl Owner {
    /// This process, from now on.
    pub fn this_process(command: &[String]) -> Self {
        Self {
            pid: std::process::id(),
            user: variable("USER")
                .or_else(|| variable("LOGNAME"))
                .unwrap_or_else(|| "unknown".into()),
            host: host_name(),
            since: Utc::now(),
            command: command.to_vec(),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn host_name() -> String {
    variable("HOSTNAME")
        .or_else(|| {
            let name = std::fs::read_to_string("/etc/hostname").ok()?;
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        })
        .unwrap_or_else(|| "unknown".into())
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "process {} of {} on {}, since {} (`{}`)",
            self.pid,
            self.user,
            self.host,
            self.since.format("%Y-%m-%d %H:%M:%S UTC"),
            self.command.join(" ")
        )
    }
}
