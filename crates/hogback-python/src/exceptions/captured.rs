//! Remembers which exceptions were reported.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use super::attribute;

/// Whether this very object was reported before, by us or by an official package in the same process.
pub(crate) fn already_captured(exc: &Bound<'_, PyAny>) -> bool {
    let mark = attribute(exc, intern!(exc.py(), "__posthog_exception_captured"));
    // Exactly True: a wrapper that has an answer for every name must not silence itself.
    mark.is_some_and(|mark| mark.is(PyBool::new(exc.py(), true)))
}

/// Marks the object as reported under `uuid`, in the attributes that official packages read.
///
/// An exception that forbids assignments, such as a frozen dataclass, is marked past its `__setattr__`. One that hides
/// what was assigned may be reported again: there is no other way to know it that could not mistake a new object at the
/// same address for it.
pub(crate) fn mark_captured(exc: &Bound<'_, PyAny>, uuid: &str) {
    let py = exc.py();
    set(
        exc,
        intern!(py, "__posthog_exception_uuid"),
        PyString::new(py, uuid).as_any(),
    );
    set(
        exc,
        intern!(py, "__posthog_exception_captured"),
        PyBool::new(py, true).as_any(),
    );
}

fn set(exc: &Bound<'_, PyAny>, name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) {
    let assigned =
        exc.setattr(name, value).is_ok() && attribute(exc, name).is_some_and(|read| read.is(value));
    if !assigned {
        // Every exception has a dict, and object's own assignment reaches it.
        let object = exc.py().get_type::<PyAny>();
        let _ = object.call_method1(intern!(exc.py(), "__setattr__"), (exc, name, value));
    }
}
