//! What belongs to the process, not to one client.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hogback::{Note, SystemClock};
use pyo3::prelude::*;

use crate::once::interned;

/// Tells the package when the first event of a process is captured, so that its exit is noticed too.
pub(crate) fn entered(py: Python<'_>) -> PyResult<()> {
    static ENTERED: AtomicU64 = AtomicU64::new(0);
    let generation = hogback::generation();
    if ENTERED.load(Ordering::Relaxed) == generation {
        return Ok(());
    }
    ENTERED.store(generation, Ordering::Relaxed);
    py.import(interned!(py, "posthog._exit"))?
        .call_method0(interned!(py, "watch"))?;
    Ok(())
}

/// The number of this process among its forked ancestors.
#[pyfunction]
pub(crate) fn generation() -> u64 {
    hogback::generation()
}

/// The process whose end has begun.
static ENDING: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static ENDS_THE_PROCESS: Cell<bool> = const { Cell::new(false) };
}

/// Whether nothing of Python may be called on this thread any more: the process ends on another.
///
/// Python stops a daemon thread the next time it asks for the interpreter, by unwinding its stack. A call of ours that
/// stands on that stack would abort the process.
pub(crate) fn is_ending_elsewhere() -> bool {
    ENDING.load(Ordering::Relaxed) == hogback::generation() && !ENDS_THE_PROCESS.get()
}

/// Ends all clients of this process, within `seconds` together, and returns what is left to log.
#[pyfunction]
pub(crate) fn close_all(py: Python<'_>, seconds: f64) -> Vec<(&'static str, String)> {
    ENDING.store(hogback::generation(), Ordering::Relaxed);
    ENDS_THE_PROCESS.set(true);
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let notes = py.detach(|| hogback::close_all(&SystemClock::new(), limit));
    notes.into_iter().map(spoken).collect()
}

/// A note as the logger's method and the line.
pub(crate) fn spoken(note: Note) -> (&'static str, String) {
    match note {
        Note::Warning(line) => ("warning", line),
        note => ("error", note.to_string()),
    }
}
