//! Dates and times in what a program's hook is shown: on the wire they are text, and officially a hook sees the objects.

use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDict, PyList, PyString, PyTuple};

use crate::before_send::MAPS;
use crate::once::interned;

/// Puts the dates and times that were `given` for properties back into the event that is `shown`, wherever it has their text.
pub(crate) fn put_back(given: &Bound<'_, PyAny>, shown: &Bound<'_, PyAny>) {
    let (Ok(given), Ok(shown)) = (given.cast::<PyDict>(), shown.cast::<PyDict>()) else {
        return;
    };
    for name in MAPS {
        if let Ok(Some(map)) = shown.get_item(name) {
            restore(given.as_any(), &map);
        }
    }
}

/// What belongs in the place of `shown`, if `given` is a date or time whose text it is. In lists and dicts it is put there at
/// once. Anything odd stays as it is shown: a hook can do with text.
fn restore<'py>(given: &Bound<'py, PyAny>, shown: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    if shown.is_instance_of::<PyString>() {
        let is_date = given.is_instance_of::<PyDate>(); // a time is one, too
        let iso =
            is_date.then(|| given.call_method0(interned!(given.py(), "isoformat")).ok())??;
        return iso.eq(shown).ok()?.then(|| given.clone());
    }
    if let (Ok(given), Ok(shown)) = (given.cast::<PyDict>(), shown.cast::<PyDict>()) {
        for (key, value) in given {
            if key.is_exact_instance_of::<PyString>()
                && let Ok(Some(there)) = shown.get_item(&key)
                && let Some(restored) = restore(&value, &there)
            {
                let _ = shown.set_item(key, restored);
            }
        }
    } else if let Ok(shown) = shown.cast::<PyList>() {
        let items: Vec<_> = match (given.cast::<PyList>(), given.cast::<PyTuple>()) {
            (Ok(list), _) => list.iter().collect(),
            (_, Ok(tuple)) => tuple.iter().collect(),
            _ => return None,
        };
        for (index, (value, there)) in items.iter().zip(shown.iter()).enumerate() {
            if let Some(restored) = restore(value, &there) {
                let _ = shown.set_item(index, restored);
            }
        }
    }
    None
}
