//! What belongs to the process, not to one client.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hogback::{Note, SystemClock};
use pyo3::intern;
use pyo3::prelude::*;

/// Tells the package when the first event of a process is captured, so that its exit is noticed too.
pub(crate) fn entered(py: Python<'_>) -> PyResult<()> {
    static ENTERED: AtomicU64 = AtomicU64::new(0);
    let generation = hogback::generation();
    if ENTERED.load(Ordering::Relaxed) == generation {
        return Ok(());
    }
    ENTERED.store(generation, Ordering::Relaxed);
    py.import(intern!(py, "posthog._exit"))?
        .call_method0(intern!(py, "watch"))?;
    Ok(())
}

/// The number of this process among its forked ancestors.
#[pyfunction]
pub(crate) fn generation() -> u64 {
    hogback::generation()
}

/// Ends all clients of this process, within `seconds` together, and returns what is left to log.
#[pyfunction]
pub(crate) fn close_all(py: Python<'_>, seconds: f64) -> Vec<(&'static str, String)> {
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let notes = py.detach(|| hogback::close_all(&SystemClock::new(), limit));
    notes.into_iter().map(spoken).collect()
}

/// A note as the logger's method and the line.
pub(crate) fn spoken(note: Note) -> (&'static str, String) {
    match note {
        Note::Warning(line) => ("warning", line),
        Note::Error(line) => ("error", line),
    }
}
