//! Single steps of describing an exception, for `posthog.exception_utils`.

use std::time::Duration;

use hogback::exception::variables;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTraceback};

use super::frames::is_shown;
use super::stack::Stack;
use super::{InAppRules, Options, already_captured, exception_list, mark_captured};
use crate::arguments::mechanism_of;
use crate::context;

/// The exception and everything it came from, as the JSON of `$exception_list`.
#[pyfunction]
pub(crate) fn described_exception(
    py: Python<'_>,
    exception: &Bound<'_, PyBaseException>,
    traceback: Option<&Bound<'_, PyAny>>,
    mechanism: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let options = Options {
        mechanism: mechanism.map(mechanism_of).transpose()?.unwrap_or_default(),
        in_app: &InAppRules::new(),
        now: Duration::ZERO,
        variables: None,
    };
    let list = exception_list(py, exception.as_any(), traceback, &options);
    context::read(())?;
    serde_json::to_string(&list)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
}

/// The entries of a traceback that are shown, outermost first.
#[pyfunction]
pub(crate) fn shown_calls(traceback: Option<Bound<'_, PyTraceback>>) -> Vec<Bound<'_, PyAny>> {
    let calls = match Stack::of_traceback(traceback) {
        Some(Stack::Raised(calls)) => calls,
        _ => Vec::new(),
    };
    calls.into_iter().filter(is_shown).collect()
}

/// Whether code is the user's own; `None` when nothing says so.
#[pyfunction]
pub(crate) fn is_in_app(
    module: Option<&str>,
    path: &str,
    modules: Vec<String>,
    project_root: Option<&str>,
) -> Option<bool> {
    let rules = InAppRules::new()
        .modules(modules)
        .project_root(project_root.unwrap_or_default());
    rules.decide(module, path)
}

/// Whether this very exception was captured before, in whichever request.
#[pyfunction]
pub(crate) fn is_captured(exception: &Bound<'_, PyAny>) -> PyResult<bool> {
    context::read(already_captured(exception, None))
}

/// Remembers that the exception was captured under this id.
#[pyfunction]
pub(crate) fn mark_as_captured(
    exception: &Bound<'_, PyAny>,
    uuid: &Bound<'_, PyString>,
) -> PyResult<()> {
    mark_captured(exception, uuid, None);
    context::read(())
}

/// Whether a text is, or holds, a key, a token or a generated password.
#[pyfunction]
pub(crate) fn looks_like_secret(text: &str) -> bool {
    variables::looks_like_secret(text)
}
