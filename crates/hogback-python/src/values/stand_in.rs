//! Objects that JSON does not know, and what plain object stands in for each.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

use super::container::Entry;
use super::family::{Family, family};
use super::walk::MAX_NODES;
use super::{django, exact, is_plain};
use crate::once::interned;

/// What is written in place of an object.
pub(super) enum StandIn<'py> {
    Null,
    Value(Bound<'py, PyAny>),
    Array(Vec<Bound<'py, PyAny>>),
    Map(Vec<Entry<'py>>),
}

/// Writes the object in its place; may run code of the user, which may raise.
pub(super) fn stand_in<'py>(object: &Bound<'py, PyAny>) -> PyResult<StandIn<'py>> {
    let py = object.py();
    match family(&object.get_type())? {
        Family::Opaque => Ok(StandIn::Null),
        Family::Array => items(object).map(StandIn::Array),
        Family::Set => set_items(object).map(StandIn::Array),
        Family::Mapping => entries(object).map(StandIn::Map),
        Family::Fields => fields(object).map(StandIn::Map),
        Family::Bytes => Ok(decoded(object.cast()?)),
        Family::Date => object
            .call_method0(interned!(py, "isoformat"))
            .map(StandIn::Value),
        Family::Text => Ok(StandIn::Value(object.str()?.into_any())),
        Family::Integer => {
            let number = py.get_type::<PyInt>().call1((object,))?;
            Ok(StandIn::Value(number))
        }
        Family::Number => {
            let number: f64 = object.extract()?;
            Ok(StandIn::Value(PyFloat::new(py, number).into_any()))
        }
        Family::ModelDump => dumped(object, interned!(py, "model_dump")),
        Family::Dict => dumped(object, interned!(py, "dict")),
        Family::LazyObject => django::lazy_object(object),
        Family::Model => django::model(object),
    }
}

/// At most as many items as can be written: an iterator may have no end.
fn items<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    object.try_iter()?.take(MAX_NODES + 1).collect()
}

/// Sets of texts or of integers in their order, so that equal sets are equal JSON; other items cannot be compared
/// without running code of the user.
fn set_items<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut items = items(object)?;
    let all_texts = items.iter().all(|item| exact::<PyString>(item).is_some());
    if all_texts || items.iter().all(|item| exact::<PyInt>(item).is_some()) {
        let sorted = PyList::new(object.py(), &items)?;
        sorted.sort()?;
        items = sorted.iter().collect();
    }
    Ok(items)
}

/// Bytes are text if they are UTF-8.
fn decoded<'py>(bytes: &Bound<'py, PyBytes>) -> StandIn<'py> {
    match std::str::from_utf8(bytes.as_bytes()) {
        Ok(text) => StandIn::Value(PyString::new(bytes.py(), text).into_any()),
        Err(_) => StandIn::Null,
    }
}

/// What `method` answers, if it is no other odd object.
fn dumped<'py>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
) -> PyResult<StandIn<'py>> {
    let answer = object.call_method0(method)?;
    let usable = answer.is_instance_of::<PyDict>() || is_plain(&answer);
    Ok(if usable {
        StandIn::Value(answer)
    } else {
        StandIn::Null
    })
}

/// The entries of a mapping through its own `items()`: an `OrderedDict` has its order there, a `QueryDict` its values.
fn entries<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Entry<'py>>> {
    object
        .call_method0(interned!(object.py(), "items"))?
        .try_iter()?
        .take(MAX_NODES + 1)
        .map(|item| item?.extract())
        .collect()
}

/// The fields of a dataclass by name.
fn fields<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Entry<'py>>> {
    let py = object.py();
    py.import(interned!(py, "dataclasses"))?
        .call_method1(interned!(py, "fields"), (object,))?
        .try_iter()?
        .map(|field| {
            let name = field?.getattr(interned!(py, "name"))?;
            let value = object.getattr(name.cast::<PyString>()?)?;
            Ok((name, value))
        })
        .collect()
}
