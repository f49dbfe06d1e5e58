//! Python values as JSON, written straight into an event's properties.
//!
//! A value never harms its event: what cannot be written becomes `null`, what has no end is cut, and nothing is raised.

mod container;
mod django;
mod family;
mod known;
mod stand_in;
mod text;
mod walk;

use hogback::Properties;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::{Serialize, Serializer};

use container::{Entries, serialize_array, serialize_entries};
use stand_in::{StandIn, stand_in};
use text::{key_text, serialize_int, serialize_text};
use walk::{Path, Walk};

pub(crate) use family::loaded_module;
pub(crate) use known::KnownClasses;
pub(crate) use text::{decimal, text_of};
pub(crate) use walk::Report;

/// Where the names of cut properties go; `hogback` writes there what it shortens itself.
const TRUNCATED: &str = "$truncated";

/// Puts every entry of `dict` into `into`, and the names of those that were cut under `$truncated`.
///
/// Values may run code of the user (`isoformat`, `items`, `model_dump`), which may capture events of its own: hold no
/// lock around this call. What that code raises turns its value into `null`; see [`Report`] for what to do with it.
pub(crate) fn write_properties(dict: &Bound<'_, PyDict>, into: &mut Properties) -> Report {
    let walk = Walk::default();
    let mut cut: Vec<String> = Vec::new();
    for (position, (key, value)) in Entries::of(dict).enumerate() {
        let name = key_text(&key, &walk);
        if name == TRUNCATED
            && let Ok(known) = value.extract::<Vec<String>>()
        {
            // An event that comes back from a hook says already what was cut.
            cut.extend(known);
            continue;
        }
        if position >= walk::MAX_NODES {
            cut.push(name.into_owned());
            break;
        }
        put(&name, &value, &walk, into);
        if walk.take_cut() {
            cut.push(name.into_owned());
        }
    }
    if !cut.is_empty() {
        into.insert(TRUNCATED, &cut);
    }
    walk.into_report()
}

/// Puts one value under `name`; the same promises as [`write_properties`], except that a cut is not noted.
pub(crate) fn write_property(
    name: &str,
    value: &Bound<'_, PyAny>,
    into: &mut Properties,
) -> Report {
    let walk = Walk::default();
    put(name, value, &walk, into);
    walk.into_report()
}

fn put(name: &str, value: &Bound<'_, PyAny>, walk: &Walk, into: &mut Properties) {
    match exact::<PyString>(value) {
        Some(text) => into.insert_text(name, walk.text(&text_of(text))), // most are, and this is the shortest way
        None => into.insert(name, &Value::new(value, walk)),
    }
}

/// One Python object on its way into JSON.
struct Value<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    walk: &'a Walk,
    /// The containers that `object` is in.
    path: Option<&'a Path<'a>>,
}

impl<'a, 'py> Value<'a, 'py> {
    fn new(object: &'a Bound<'py, PyAny>, walk: &'a Walk) -> Self {
        Self {
            object,
            walk,
            path: None,
        }
    }
}

impl Serialize for Value<'_, '_> {
    /// Exact types first, in the order of their frequency: they cost a comparison of pointers each.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { object, walk, .. } = *self;
        if let Some(text) = exact::<PyString>(object) {
            return serialize_text(text, walk, serializer);
        }
        if let Some(number) = exact::<PyInt>(object) {
            return serialize_int(number, serializer);
        }
        if let Some(flag) = exact::<PyBool>(object) {
            return serializer.serialize_bool(flag.is_true());
        }
        if object.is_none() {
            return serializer.serialize_unit();
        }
        if let Some(number) = exact::<PyFloat>(object) {
            return serialize_float(number, serializer);
        }
        self.serialize_other(serializer)
    }
}

impl Value<'_, '_> {
    /// Containers, subclasses of the plain types, and the types that something plain stands in for.
    fn serialize_other<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { object, walk, path } = *self;
        if let Ok(text) = object.cast::<PyString>() {
            return serialize_text(text, walk, serializer);
        }
        if let Ok(number) = object.cast::<PyInt>() {
            return serialize_int(number, serializer);
        }
        if let Ok(number) = object.cast::<PyFloat>() {
            return serialize_float(number, serializer);
        }
        let path = match Path::enter(object, path) {
            Ok(path) => path,
            Err(refused) => return serializer.serialize_str(refused),
        };
        if let Some(dict) = exact::<PyDict>(object) {
            return serialize_entries(Entries::of(dict), walk, &path, serializer);
        }
        if let Some(list) = exact::<PyList>(object) {
            return serialize_array(list.iter(), walk, &path, serializer);
        }
        if let Some(tuple) = exact::<PyTuple>(object) {
            return serialize_array(tuple.iter(), walk, &path, serializer);
        }
        match walk.call(object.py(), || stand_in(object)) {
            None | Some(StandIn::Null) => serializer.serialize_unit(),
            Some(StandIn::Value(value)) => Value {
                object: &value,
                walk,
                path: Some(&path),
            }
            .serialize(serializer),
            Some(StandIn::Array(items)) => {
                serialize_array(items.into_iter(), walk, &path, serializer)
            }
            Some(StandIn::Map(entries)) => {
                serialize_entries(entries.into_iter(), walk, &path, serializer)
            }
        }
    }
}

/// The object as a `T` if it is one and no subclass of it.
///
/// Asked in two steps because a refused cast counts a reference to `T` up and down.
fn exact<'a, 'py, T: pyo3::PyTypeInfo>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, T>> {
    if object.is_exact_instance_of::<T>() {
        object.cast_exact().ok()
    } else {
        None
    }
}

/// Whether writing the object runs no code but ours, and gives the same each time.
pub(crate) fn is_plain(object: &Bound<'_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_none()
        || object.is_exact_instance_of::<PyFloat>()
}

fn serialize_float<S: Serializer>(
    number: &Bound<'_, PyFloat>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let number = number.value();
    if number.is_finite() {
        serializer.serialize_f64(number)
    } else {
        serializer.serialize_unit()
    }
}
