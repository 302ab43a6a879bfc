//! What a client has typed and the device has not read yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Most bytes of type-ahead that are kept; a client that sends more is cut off.
const MOST_TYPE_AHEAD: usize = 4 << 20;

/// Ctrl-C.
pub const CTRL_C: u8 = 0x03;

#[derive(Default)]
struct Pending {
    bytes: VecDeque<u8>,
    ended: bool,
}

/// Bytes typed ahead, in order.
#[derive(Default)]
pub struct Input {
    pending: Mutex<Pending>,
    arrived: Notify,
}

impl Input {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what arrived; `false` if it is more than is kept.
    pub fn push(&self, bytes: &[u8]) -> bool {
        let mut pending = self.lock();
        if pending.bytes.len() + bytes.len() > MOST_TYPE_AHEAD {
            return false;
        }
        pending.bytes.extend(bytes);
        drop(pending);
        self.arrived.notify_one();
        true
    }

    /// Nothing more will arrive.
    pub fn end(&self) {
        self.lock().ended = true;
        self.arrived.notify_one();
    }

    /// The next byte; `None` once all are read and no more will arrive.
    pub async fn next(&self) -> Option<u8> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut pending = self.lock();
                if let Some(byte) = pending.bytes.pop_front() {
                    return Some(byte);
                }
                if pending.ended {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Whether Ctrl-C was typed; what was typed before it is thrown away with it.
    pub fn take_interrupt(&self) -> bool {
        let mut pending = self.lock();
        match pending.bytes.iter().rposition(|byte| *byte == CTRL_C) {
            None => false,
            Some(position) => {
                pending.bytes.drain(..=position);
                true
            }
        }
    }
}
