//! What a caller gives to be captured.

use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

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
            .import(intern!(py, "sys"))
            .and_then(|sys| sys.call_method0(intern!(py, "exc_info")));
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
    let tuple = given.cast::<PyTuple>().map_err(|_| not_an_exception())?;
    let (Ok(value), Ok(tb), 3) = (tuple.get_item(1), tuple.get_item(2), tuple.len()) else {
        return Err(not_an_exception());
    };
    if value.is_instance_of::<PyBaseException>() {
        return Ok(Some((value, (!tb.is_none()).then_some(tb))));
    }
    // What `sys.exc_info()` answers outside of an except block.
    let nothing = tuple.iter_borrowed().all(|part| part.is_none());
    if nothing {
        Ok(None)
    } else {
        Err(not_an_exception())
    }
}
