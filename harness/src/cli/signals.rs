//! Ctrl-C and its like.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::Interrupt;

/// Raises `interrupt` on SIGINT, SIGTERM and SIGHUP. The second time it says what is going on; the third time it gives
/// up, and the journal keeps what is not undone.
pub(super) fn interrupt_on_signals(interrupt: &Interrupt) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let interrupt = interrupt.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            match interrupt.raise() {
                1 => say("interrupted: ending the run and undoing its changes"),
                2 => say(
                    "changes are being undone; interrupt once more to give up and leave them to `netverdict restore`",
                ),
                _ => {
                    say("given up: what is not undone stands in the journal; `netverdict restore` undoes it");
                    std::process::exit(130);
                }
            }
        }
    })?;
    Ok(())
}

/// Raises `interrupt` on SIGINT, SIGTERM and SIGHUP, and says nothing.
pub(super) fn raise_on_signals(interrupt: &Interrupt) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let interrupt = interrupt.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            interrupt.raise();
        }
    })?;
    Ok(())
}

/// Ends the program on SIGINT, SIGTERM and SIGHUP; says so as long as nothing `is_judged`.
pub(super) fn end_on_signals(is_judged: &Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let is_judged = Arc::clone(is_judged);
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            if !is_judged.load(Ordering::Acquire) {
                say("interrupted: the captures were not read to their end, and nothing was judged");
            }
            std::process::exit(130);
        }
    })?;
    Ok(())
}

/// A line on standard error, if anybody still reads it.
fn say(words: &str) {
    let _ = writeln!(io::stderr().lock(), "\n{words}");
}
