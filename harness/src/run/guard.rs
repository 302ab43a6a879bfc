//! What must be so before a run begins: the lab is its own, and earlier runs left nothing behind.

use std::sync::Arc;
use std::time::Duration;

use reports::event::LabKind;

use super::{RunError, RunOptions};
use crate::bundle::Redactor;
use crate::journal::Journal;
use crate::lab::Lab;
use crate::plan::{Plan, PlannedSuite};
use crate::restore;
use crate::state::{LabLock, Owner, RunLock, StateFolder};

/// What keeps a run and its lab to themselves, and what was put right before it.
#[derive(Default)]
pub(super) struct Guard {
    /// Where changes are written down, if they are.
    pub journal: Option<Journal>,
    /// What was put right.
    pub notices: Vec<String>,
    _lab: Option<LabLock>,
    _run: Option<RunLock>,
}

impl Guard {
    /// Locks what the run needs for itself, and undoes what earlier runs left behind.
    pub(super) fn of(
        plan: &Plan,
        lab: &Arc<dyn Lab>,
        options: &RunOptions,
        run_id: &str,
        owner: &Owner,
        redactor: &Redactor,
    ) -> Result<Self, RunError> {
        let changes = plan.suites.iter().any(may_change);
        let state = match &options.state {
            Some(state) => Ok(state.clone()),
            None => StateFolder::of_environment(),
        };
        match lab.kind() {
            LabKind::Live => Self::of_live(plan, lab, options, &state?, run_id, owner, redactor),
            // Such a lab ends with this process and its changes with it: the journal is only to tell of it.
            LabKind::Emulated if changes => {
                let guard = state.map_err(RunError::from);
                let guard = guard.and_then(|state| Self::of_emulated(plan, lab, &state, run_id, owner, redactor));
                Ok(guard.unwrap_or_default())
            }
            LabKind::Emulated | LabKind::Recorded => Ok(Self::default()),
        }
    }

    fn of_live(
        plan: &Plan,
        lab: &Arc<dyn Lab>,
        options: &RunOptions,
        state: &StateFolder,
        run_id: &str,
        owner: &Owner,
        redactor: &Redactor,
    ) -> Result<Self, RunError> {
        let endpoints: Vec<String> = plan
            .lab
            .devices
            .iter()
            .map(|device| lab.endpoint(&device.name))
            .collect();
        let locked = LabLock::acquire(state, &endpoints, owner)?;
        let alive = RunLock::acquire(state, run_id, owner)?;
        let journal = Journal::open(state)?;
        let notices = restore::before_a_run(state, &journal, plan, lab, options.undo_patience, redactor)?;
        Ok(Self {
            journal: Some(journal),
            notices,
            _lab: Some(locked),
            _run: Some(alive),
        })
    }

    fn of_emulated(
        plan: &Plan,
        lab: &Arc<dyn Lab>,
        state: &StateFolder,
        run_id: &str,
        owner: &Owner,
        redactor: &Redactor,
    ) -> Result<Self, RunError> {
        let alive = RunLock::acquire(state, run_id, owner)?;
        let journal = Journal::open(state)?;
        let notices = restore::before_a_run(state, &journal, plan, lab, Duration::ZERO, redactor)?;
        Ok(Self {
            journal: Some(journal),
            notices,
            _lab: None,
            _run: Some(alive),
        })
    }
}

fn may_change(suite: &PlannedSuite) -> bool {
    !suite.setup.is_empty() || suite.cases.iter().any(|case| case.selected && !case.changes.is_empty())
}
