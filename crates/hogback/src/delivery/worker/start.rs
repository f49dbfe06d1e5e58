//! Starts the one thread of a client, when its first event comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow};

use super::super::{Core, THREADS, register};
use super::run;

/// TLS needs some stack; only what is touched takes memory.
const STACK_BYTES: usize = 1024 * 1024;

/// Whether the worker runs.
#[derive(Debug, Default)]
pub(in crate::delivery) struct Switch {
    runs: AtomicBool,
    /// Whether somebody was told that it cannot.
    told: AtomicBool,
}

/// Starts the worker unless it runs.
///
/// A thread that cannot be had now (a limit on processes, say) is asked for again by the next event.
pub(in crate::delivery) fn ensure_running(core: &Arc<Core>) {
    if core.worker.runs.load(Ordering::Acquire) || core.worker.runs.swap(true, Ordering::AcqRel) {
        return;
    }
    register(core);
    let theirs = Arc::clone(core);
    let spawn = || {
        let worker = thread::Builder::new()
            .name(THREADS[0].into())
            .stack_size(STACK_BYTES);
        worker.spawn(move || run(&theirs))
    };
    if let Err(error) = with_signals_blocked(spawn) {
        let told = core.worker.told.swap(true, Ordering::AcqRel);
        core.worker.runs.store(false, Ordering::Release);
        if !told {
            core.notes.warn(format!(
                "cannot start the thread that sends events, which wait meanwhile: {error}"
            ));
        }
    }
}

/// A new thread inherits the mask: signals go to the program's threads, where its handlers are expected to run.
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).ok();
    let started = start();
    if let Some(before) = before {
        // Restoring a mask that was just read cannot fail.
        let _ = before.thread_set_mask();
    }
    started
}
