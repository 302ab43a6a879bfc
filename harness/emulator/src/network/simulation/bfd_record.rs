//! What a BFD session remembers of its changes.

use super::moment::Moment;
use crate::network::bfd::BfdState;

/// The changes of a session since it was configured. A session that is up from the beginning of the lab has never come
/// up in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BfdRecord {
    /// Since when the session is configured.
    pub created: Moment,
    /// How often it was up and is no more.
    pub downs: u32,
    /// When it came up last.
    pub last_up: Option<Moment>,
    /// When it went down last.
    pub last_down: Option<Moment>,
    /// Why it was not up last: the local diagnostic of RFC 5880 §4.1.
    pub diagnostic: u8,
}

impl BfdRecord {
    pub(super) fn new(created: Moment, diagnostic: u8) -> Self {
        Self {
            created,
            downs: 0,
            last_up: None,
            last_down: None,
            diagnostic,
        }
    }

    pub(super) fn note(&mut self, at: Moment, before: BfdState, after: BfdState, diagnostic: u8) {
        if after == BfdState::Up {
            self.last_up = Some(at);
        }
        if before == BfdState::Up {
            self.downs += 1;
            self.last_down = Some(at);
        }
        // Coming up clears the diagnostic that is told, not the one that is remembered.
        if matches!(after, BfdState::Down | BfdState::AdminDown) {
            self.diagnostic = diagnostic;
        }
    }
}
