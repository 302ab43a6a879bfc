//! The wish that a run end: Ctrl-C, a signal, or a caller of the library.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A run ends early, its changes undone, once this is raised. Clones are one and the same.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Default)]
struct Inner {
    raised: AtomicU32,
    listeners: Mutex<Vec<Box<dyn Fn() + Send>>>,
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt")
            .field("raised", &self.times())
            .finish_non_exhaustive()
    }
}

impl Interrupt {
    /// Asks the run to end. Returns how often it has been asked.
    pub fn raise(&self) -> u32 {
        let times = self.0.raised.fetch_add(1, Ordering::SeqCst) + 1;
        for listener in self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            listener();
        }
        times
    }

    /// Whether it was asked to end.
    pub fn is_raised(&self) -> bool {
        self.times() > 0
    }

    /// How often it was asked to end.
    pub fn times(&self) -> u32 {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Calls `listener` whenever this is raised.
    pub(crate) fn listen(&self, listener: impl Fn() + Send + 'static) {
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }
}
