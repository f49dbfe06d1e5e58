//! The package's logger, `posthog`.

use pyo3::prelude::*;

use crate::once::interned;
use crate::values::Report;

/// Logs a line at a level named like the logger's method: `debug`, `warning`, `error`.
pub(crate) fn line(py: Python<'_>, level: &str, text: &str) {
    if let Err(error) = logger(py).and_then(|log| log.call_method1(level, ("%s", text))) {
        // A logger that raises is the program's; an event is worth more than the line about it.
        drop(error);
    }
}

/// Logs an exception that was caught, with its traceback.
pub(crate) fn failure(py: Python<'_>, what: &str, error: &PyErr) {
    let logged = (|| {
        let options = pyo3::types::PyDict::new(py);
        options.set_item(interned!(py, "exc_info"), error.value(py))?;
        logger(py)?.call_method(
            interned!(py, "error"),
            ("%s: %s", what, error.value(py)),
            Some(&options),
        )
    })();
    drop(logged);
}

/// Logs why a value became `null`, and raises what was aimed at the thread.
pub(crate) fn report(py: Python<'_>, report: Report) -> PyResult<()> {
    if let Some(error) = report.failure {
        let text = error
            .value(py)
            .str()
            .map(|text| text.to_string_lossy().into_owned())
            .unwrap_or_default();
        line(
            py,
            "debug",
            &format!("a value was left out of an event: {text}"),
        );
    }
    report.interrupt.map_or(Ok(()), Err)
}

fn logger(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(interned!(py, "posthog._log"))?
        .getattr(interned!(py, "log"))
}
