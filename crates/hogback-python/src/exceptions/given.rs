//! What a caller gives to be captured.

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::once::interned;

/// An exception, and the traceback to show for it if the caller named one.
pub(crate) type Raised<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);

/// Something else was given; the name of its class is for the log.
#[derive(Debug)]
pub(crate) struct NotAnException {
    pub(crate) class: String,
}

/// The exception that is meant: the given one, that of a `(type, value, traceback)` tuple, or without any the one being
/// handled. `None` when there is none.
pub(crate) fn exc_info<'py>(
    py: Python<'py>,
    given: Option<&Bound<'py, PyAny>>,
) -> Result<Option<Raised<'py>>, NotAnException> {
    let Some(given) = given.filter(|given| !given.is_none()) else {
        let handled = py
            .import(interned!(py, "sys"))
            .and_then(|sys| sys.call_method0(interned!(py, "exc_info")));
        return handled.map_or(Ok(None), |handled| of_tuple(&handled));
    };
    if given.is_instance_of::<PyBaseException>() {
        return Ok(Some((given.clone(), None)));
    }
    of_tuple(given)
}

fn of_tuple<'py>(given: &Bound<'py, PyAny>) -> Result<Option<Raised<'py>>, NotAnException> {
    let not_an_exception = || NotAnException {
        class: super::words::class_name(given),
    };
    let Some((class, value, tb)) = parts(given) else {
        return Err(not_an_exception());
    };
    // What `sys.exc_info()` answers outside of an except block.
    if class.is_none() && value.is_none() && tb.is_none() {
        return Ok(None);
    }
    let exc = if value.is_instance_of::<PyBaseException>() {
        Some(value)
    } else {
        made(&class, &value)
    };
    Ok(Some((
        exc.ok_or_else(not_an_exception)?,
        (!tb.is_none()).then_some(tb),
    )))
}

fn parts<'py>(
    given: &Bound<'py, PyAny>,
) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    given.cast::<PyTuple>().ok()?.extract().ok()
}

/// A tuple may hold the class and what it is to be made with, as hooks for threads and old extensions hand it out.
fn made<'py>(class: &Bound<'py, PyAny>, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let class = class.cast::<PyType>().ok()?;
    if !class.is_subclass_of::<PyBaseException>().unwrap_or(false) {
        return None;
    }
    let exc = if value.is_none() {
        class.call0()
    } else {
        class.call1((value,))
    };
    exc.ok()
        .filter(PyAnyMethods::is_instance_of::<PyBaseException>)
}
