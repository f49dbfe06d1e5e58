//! Remembers which exceptions were reported.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};

use super::attribute;
use crate::once::interned;

/// Where the number of the request stands in which an exception was reported.
const REQUEST: &str = "__posthog_exception_request";

/// Whether this very object was reported before, by us or by an official package in the same process.
///
/// One that was made once and is raised again and again is another failure in each request that it ends: `request` is
/// the number of the one that is being answered.
pub(crate) fn already_captured(exc: &Bound<'_, PyAny>, request: Option<u64>) -> bool {
    let py = exc.py();
    let mark = attribute(exc, interned!(py, "__posthog_exception_captured"));
    // Exactly True: a wrapper that has an answer for every name must not silence itself.
    if !mark.is_some_and(|mark| mark.is(PyBool::new(py, true))) {
        return false;
    }
    let marked_in = attribute(exc, interned!(py, REQUEST)).and_then(|mark| mark.extract().ok());
    request.is_none() || marked_in.is_none() || marked_in == request
}

/// Marks the object as reported under `uuid`, in the attributes that official packages read, and in one of ours.
///
/// An exception that forbids assignments, such as a frozen dataclass, is marked past its `__setattr__`. One that hides
/// what was assigned may be reported again: there is no other way to know it that could not mistake a new object at the
/// same address for it.
pub(crate) fn mark_captured(
    exc: &Bound<'_, PyAny>,
    uuid: &Bound<'_, PyString>,
    request: Option<u64>,
) {
    let py = exc.py();
    if let Some(request) = request {
        set(
            exc,
            interned!(py, REQUEST),
            PyInt::new(py, request).as_any(),
        );
    }
    set(
        exc,
        interned!(py, "__posthog_exception_uuid"),
        uuid.as_any(),
    );
    set(
        exc,
        interned!(py, "__posthog_exception_captured"),
        PyBool::new(py, true).as_any(),
    );
}

fn set(exc: &Bound<'_, PyAny>, name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) {
    let assigned =
        exc.setattr(name, value).is_ok() && attribute(exc, name).is_some_and(|read| read.is(value));
    if !assigned {
        // Every exception has a dict, and object's own assignment reaches it.
        let object = exc.py().get_type::<PyAny>();
        let _ = object.call_method1(interned!(exc.py(), "__setattr__"), (exc, name, value));
    }
}
