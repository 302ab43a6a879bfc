//! The inventory that a bundle keeps.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use reports::bundle::EVENTS_FILE;
use reports::event::{Event, LabKind, Record};

use super::load::load;
use super::{Inventory, LAB_FILE};
use crate::bundle::sha256_hex;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Longest first event that is read, in bytes: it lists the phrases of every case.
const LONGEST_EVENT: u64 = 256 * 1024 * 1024;

/// Reads the inventory that a bundle keeps, unless it was changed since the run.
pub(super) fn load_bundle(bundle: &Path) -> Result<Inventory, Diagnostics> {
    let kept = format!("inputs/lab/{LAB_FILE}");
    let path = bundle.join(&kept);
    let refuse = |reason: String| {
        Diagnostics::from(Diagnostic::general(format!(
            "the bundle {} is no lab: {reason}",
            bundle.display()
        )))
    };
    let inputs = match first_event(bundle).map_err(&refuse)?.event {
        Event::RunStarted(started) => started.inputs,
        _ => return Err(refuse("its events do not begin with the start of a run".to_owned())),
    };
    let Some(input) = inputs.into_iter().find(|input| input.path == kept) else {
        return Err(refuse("its run was made from no inventory".to_owned()));
    };
    if !path.is_file() {
        return Err(refuse(format!("{} is missing", path.display())));
    }
    let mut inventory = load(&path, Some(LabKind::Recorded))?;
    let digest = inventory.inputs.first().map(|input| sha256_hex(&input.bytes));
    if digest.as_deref() != Some(input.sha256.as_str()) {
        return Err(refuse(format!("{} was changed after the run", path.display())));
    }
    inventory.path = bundle.to_path_buf();
    Ok(inventory)
}

fn first_event(bundle: &Path) -> Result<Record, String> {
    let path = bundle.join(EVENTS_FILE);
    let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut line = Vec::new();
    BufReader::new(file)
        .take(LONGEST_EVENT)
        .read_until(b'\n', &mut line)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&line).map_err(|error| format!("{}:1: not an event of this format: {error}", path.display()))
}
