//! What arrives in a run's one inbox.

use super::worker::Reply;

/// A message to the run.
#[derive(Debug)]
pub(super) enum Message {
    /// A worker has done a job, or not.
    Reply(Reply),
    /// Somebody wants the run to end.
    Interrupted,
}
