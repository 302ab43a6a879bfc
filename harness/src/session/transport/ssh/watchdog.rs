//! Shuts a socket down when a call into libssh2 does not come back in time.
//!
//! libssh2's time-outs are per wait: a peer that keeps sending something keeps it busy for ever.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// Watches over one socket until dropped.
pub struct Watchdog(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    deadline: Option<Instant>,
    /// When the thread will look again by itself.
    looks_at: Option<Instant>,
    fired: bool,
    over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchdog {
    /// Starts the watch; nothing happens before `watch` is called.
    pub fn start(socket: TcpStream) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let watching = Arc::clone(&shared);
        thread::Builder::new()
            .name("ssh watchdog".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || {
                run(&watching, &socket);
            })?;
        Ok(Self(shared))
    }

    /// Shuts the socket down at `deadline`, unless told otherwise before.
    pub fn watch(&self, deadline: Instant) {
        let mut state = self.0.state();
        state.deadline = Some(deadline);
        if state.looks_at.is_none_or(|looks_at| deadline < looks_at) {
            self.0.changed.notify_one();
        }
    }

    /// Shuts nothing down until the next `watch`.
    pub fn rest(&self) {
        self.0.state().deadline = None;
    }

    /// Whether the socket was shut down.
    pub fn has_fired(&self) -> bool {
        self.0.state().fired
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.changed.notify_one();
    }
}

fn run(shared: &Shared, socket: &TcpStream) {
    let mut state = shared.state();
    while !state.over {
        let now = Instant::now();
        match state.deadline {
            None if state.looks_at.is_none_or(|looks_at| looks_at <= now) => {
                state.looks_at = None;
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            Some(deadline) if deadline <= now => {
                state.fired = true;
                let _ = socket.shutdown(Shutdown::Both);
                return;
            }
            deadline => {
                let until = deadline.or(state.looks_at).unwrap_or(now);
                state.looks_at = Some(until);
                state = shared
                    .changed
                    .wait_timeout(state, until.saturating_duration_since(now))
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        (client, listener.accept().expect("a peer").0)
    }

    #[test]
    fn shuts_down_at_the_deadline_and_not_while_resting() {
        let (mut socket, _peer) = pair();
        let dog = Watchdog::start(socket.try_clone().expect("a clone")).expect("a thread");
        dog.watch(Instant::now() + Duration::from_millis(30));
        dog.rest();
        socket
            .set_read_timeout(Some(Duration::from_millis(120)))
            .expect("a time-out");
        assert!(socket.read(&mut [0]).is_err(), "still open");
        assert!(!dog.has_fired());
        dog.watch(Instant::now() + Duration::from_secs(60));
        let begun = Instant::now();
        dog.watch(begun + Duration::from_millis(20));
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .expect("a time-out");
        assert_eq!(socket.read(&mut [0]).expect("end of file"), 0);
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert!(dog.has_fired());
    }
}
