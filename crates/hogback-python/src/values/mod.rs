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

use container::{Entries, write_array, write_entries};
use stand_in::{StandIn, stand_in};
use text::{key_text, write_float, write_int, write_text};
use walk::{Path, Walk};

pub(crate) use family::loaded_module;
pub(crate) use known::KnownClasses;
pub(crate) use text::{decimal, text_of};
pub(crate) use walk::Report;

/// Where the names of cut properties go; `hogback` writes there what it shortens itself.
const TRUNCATED: &str = "$truncated";

/// What is written for what JSON does not have.
const NULL: &[u8] = b"null";

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
    into.insert_json(name, |json| {
        // Where more runs than a copy, a mistake of ours costs the value and not the event.
        write_plain(value, walk, json)
            || hogback::guarded(|| write_other(value, walk, None, json)).is_some()
    });
}

/// Appends an object as JSON. `path` are the containers that it is in.
fn write(object: &Bound<'_, PyAny>, walk: &Walk, path: Option<&Path<'_>>, json: &mut Vec<u8>) {
    if !write_plain(object, walk, json) {
        write_other(object, walk, path, json);
    }
}

/// Appends an object of a plain type, and of no subclass of it. In the order of their frequency: each costs a comparison of
/// pointers.
fn write_plain(object: &Bound<'_, PyAny>, walk: &Walk, json: &mut Vec<u8>) -> bool {
    if let Some(text) = exact::<PyString>(object) {
        write_text(text, walk, json);
    } else if let Some(number) = exact::<PyInt>(object) {
        write_int(number, json);
    } else if let Some(flag) = exact::<PyBool>(object) {
        json.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
    } else if object.is_none() {
        json.extend_from_slice(NULL);
    } else if let Some(number) = exact::<PyFloat>(object) {
        write_float(number, json);
    } else {
        return false;
    }
    true
}

/// Containers, subclasses of the plain types, and the types that something plain stands in for.
fn write_other(
    object: &Bound<'_, PyAny>,
    walk: &Walk,
    path: Option<&Path<'_>>,
    json: &mut Vec<u8>,
) {
    if !is_plain_container(object) && write_subclass(object, walk, json) {
        return;
    }
    let path = match Path::enter(object, path) {
        Ok(path) => path,
        Err(refused) => return hogback::write_text(json, refused),
    };
    if let Some(dict) = exact::<PyDict>(object) {
        return write_entries(Entries::of(dict), walk, &path, json);
    }
    if let Some(list) = exact::<PyList>(object) {
        return write_array(list.iter(), walk, &path, json);
    }
    if let Some(tuple) = exact::<PyTuple>(object) {
        return write_array(tuple.iter(), walk, &path, json);
    }
    match walk.call(object.py(), || stand_in(object)) {
        None | Some(StandIn::Null) => json.extend_from_slice(NULL),
        Some(StandIn::Value(value)) => write(&value, walk, Some(&path), json),
        Some(StandIn::Array(items)) => write_array(items.into_iter(), walk, &path, json),
        Some(StandIn::Map(entries)) => write_entries(entries.into_iter(), walk, &path, json),
    }
}

/// Appends an object of a subclass of a plain type.
fn write_subclass(object: &Bound<'_, PyAny>, walk: &Walk, json: &mut Vec<u8>) -> bool {
    if let Ok(text) = object.cast::<PyString>() {
        write_text(text, walk, json);
    } else if let Ok(number) = object.cast::<PyInt>() {
        write_int(number, json);
    } else if let Ok(number) = object.cast::<PyFloat>() {
        write_float(number, json);
    } else {
        return false;
    }
    true
}

/// Whether it is a container as Python has them, which most other values are: no need to ask what else it could be.
fn is_plain_container(object: &Bound<'_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyDict>()
        || object.is_exact_instance_of::<PyList>()
        || object.is_exact_instance_of::<PyTuple>()
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
