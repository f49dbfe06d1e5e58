//! Properties of an exception that its caller sets although they are not theirs.

use hogback::exception::RESERVED_PROPERTIES;
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use super::stack::calls_of_ours;
use crate::log;
use crate::once::interned;

/// The caller's properties as they are used, and a warning that names the reserved ones among them.
///
/// Officially the caller's values win. With `protected` they are left out.
pub(crate) fn own_properties<'py>(
    given: &Bound<'py, PyAny>,
    protected: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = given.py();
    let Ok(mapping) = given.cast::<PyMapping>() else {
        return Ok(given.clone()); // whoever reads it says what is wrong
    };
    let dict = if let Ok(dict) = given.cast::<PyDict>() {
        dict.clone()
    } else {
        let dict = PyDict::new(py);
        dict.update(mapping)?;
        dict
    };
    let mut names = Vec::new();
    for (name, _) in &dict {
        if let Ok(name) = name.cast::<PyString>()
            && let Ok(text) = name.to_str()
            && RESERVED_PROPERTIES.contains(&text)
        {
            names.push(text.to_owned());
        }
    }
    if names.is_empty() {
        return Ok(dict.into_any());
    }
    names.sort_unstable();
    warn(py, &names.join(", "), protected);
    if !protected {
        return Ok(dict.into_any());
    }
    let allowed = dict.copy()?;
    for name in names {
        allowed.del_item(name)?;
    }
    Ok(allowed.into_any())
}

/// Warns whoever called; where warnings are errors, the log has it: the exception is worth more.
fn warn(py: Python<'_>, names: &str, protected: bool) {
    let outcome = if protected {
        "they are left out"
    } else {
        "they replace what the package found out, which is deprecated"
    };
    let text = format!("properties of exceptions that are reserved were given: {names}; {outcome}");
    let warned = py.import(interned!(py, "warnings")).and_then(|warnings| {
        let class = py.get_type::<PyDeprecationWarning>();
        let stacklevel = calls_of_ours(py) + 1;
        warnings.call_method1(interned!(py, "warn"), (&text, class, stacklevel))
    });
    if warned.is_err() {
        log::line(py, "warning", &text);
    }
}
