//! What an exception is called and what it says.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::{attribute, is_truthy, survived};
use crate::once::interned;
use crate::values::text_of;

/// For an exception that can be turned into text in no way.
const BROKEN: &str = "<broken repr>";

/// The text of a `str`; lone surrogates are replaced. `None` for other objects.
pub(super) fn text(object: &Bound<'_, PyAny>) -> Option<String> {
    Some(text_of(object.cast::<PyString>().ok()?).into_owned())
}

/// What the exception says: its `message` or `detail` if it has a truthy one, else itself.
pub(super) fn message(exc: &Bound<'_, PyAny>) -> String {
    let py = exc.py();
    let said = [interned!(py, "message"), interned!(py, "detail")]
        .into_iter()
        .filter_map(|name| attribute(exc, name))
        .find(is_truthy)
        .unwrap_or_else(|| exc.clone());
    let written = survived(py, said.str()).or_else(|| survived(py, said.repr()));
    written.map_or_else(|| BROKEN.to_owned(), |text| text_of(&text).into_owned())
}

/// The qualified name of its class, such as `Outer.Inner`.
pub(super) fn class_name(exc: &Bound<'_, PyAny>) -> String {
    let class = exc.get_type();
    let name = class_attribute(&class, interned!(exc.py(), "__qualname__"));
    name.or_else(|| class_attribute(&class, interned!(exc.py(), "__name__")))
        .unwrap_or_else(|| "<unknown>".to_owned())
}

/// The module that defines its class; `None` for Python's own.
pub(super) fn class_module(exc: &Bound<'_, PyAny>) -> Option<String> {
    let module = class_attribute(&exc.get_type(), interned!(exc.py(), "__module__"))?;
    (module != "builtins").then_some(module)
}

fn class_attribute<'py>(class: &Bound<'py, PyType>, name: &Bound<'py, PyString>) -> Option<String> {
    text(&attribute(class, name)?).filter(|text| !text.is_empty())
}

/// The operating system's error number.
pub(super) fn errno(exc: &Bound<'_, PyAny>) -> Option<i64> {
    attribute(exc, interned!(exc.py(), "errno"))?.extract().ok()
}
