//! One object as the core's plain data, and everything in it.
//!
//! Nothing of the program runs here: no property, no `__getattr__`, no `__repr__` of its own, nothing lazy. What cannot be
//! read without it is described, what fails is hidden.

use std::cell::Cell;

use hogback::exception::variables::{Limits, Value};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDict, PyFloat, PyFrozenSet, PyList, PyModule, PyModuleMethods, PySet, PySlice,
    PyString, PyTuple, PyType,
};

use super::super::survived;
use super::kinds::Kind;
use super::layout::Layout;
use super::leaves::{int, length, member, moment, wrapped, written};
use super::statics::{description, full_name};
use crate::once::interned;
use crate::values::text_of;

/// One reading of one variable.
pub(super) struct Reading {
    /// Values that may still be looked into.
    nodes: Cell<usize>,
    /// Whether one was refused: what comes after it is left out.
    is_used_up: Cell<bool>,
    /// Whether texts are shown however long they are: nothing is looked for in them.
    any_length: bool,
}

/// The containers around a value, from the inside out.
struct Path<'a> {
    object: *mut pyo3::ffi::PyObject,
    depth: usize,
    parent: Option<&'a Self>,
}

impl Reading {
    pub(super) fn new(any_length: bool) -> Self {
        Self {
            nodes: Cell::new(Limits::NODES),
            is_used_up: Cell::new(false),
            any_length,
        }
    }

    /// What the variable holds.
    pub(super) fn value(&self, object: &Bound<'_, PyAny>) -> Value {
        self.inside(object, None)
    }

    fn inside(&self, object: &Bound<'_, PyAny>, path: Option<&Path<'_>>) -> Value {
        survived(object.py(), self.try_read(object, path)).unwrap_or(Value::Redacted)
    }

    fn try_read(&self, object: &Bound<'_, PyAny>, path: Option<&Path<'_>>) -> PyResult<Value> {
        let kind = Kind::of(object)?;
        Ok(match kind {
            Kind::Nothing => Value::None,
            Kind::Bool => Value::Bool(object.cast::<PyBool>()?.is_true()),
            Kind::Float => Value::Float(object.cast::<PyFloat>()?.value()),
            Kind::Int => int(object.cast()?),
            other => {
                let Some(left) = self.nodes.get().checked_sub(1) else {
                    self.is_used_up.set(true);
                    return Ok(Value::TooLong);
                };
                self.nodes.set(left);
                return self.try_read_node(object, &other, path);
            }
        })
    }

    /// What costs more than a number.
    fn try_read_node(
        &self,
        object: &Bound<'_, PyAny>,
        kind: &Kind,
        path: Option<&Path<'_>>,
    ) -> PyResult<Value> {
        Ok(match kind {
            Kind::Text => self.text(object.cast()?)?,
            Kind::Enum(layout) => member(object, layout)?,
            Kind::Written => written(object)?,
            Kind::Moment => moment(object)?,
            Kind::Class => Value::Opaque(format!(
                "<class '{}'>",
                full_name(object.cast::<PyType>()?)?
            )),
            Kind::Module => {
                let name = object.cast::<PyModule>()?.name()?;
                Value::Opaque(format!("<module '{}'>", text_of(&name)))
            }
            Kind::Function => {
                // The class has a descriptor for it, which comes before whatever the program has put on the function.
                let name = object.getattr(interned!(object.py(), "__qualname__"))?;
                Value::Opaque(format!("<function {}>", text_of(name.cast()?)))
            }
            Kind::LazyObject(layout) => match wrapped(object, layout)? {
                Some(wrapped) => {
                    container(object, path, |path| Ok(self.inside(&wrapped, Some(path))))?
                }
                None => Value::Opaque(description(&object.get_type())?),
            },
            Kind::Map => container(object, path, |path| {
                let dict = object.cast::<PyDict>()?;
                if dict.len() > Limits::ITEMS {
                    return Ok(Value::TooLong);
                }
                // All of them before the first is looked at: a dict may change meanwhile.
                let entries: Vec<_> = dict.iter().collect();
                let read =
                    |(key, value): &(_, _)| (self.key(key, path), self.inside(value, Some(path)));
                Ok(Value::Map(
                    self.while_there_is_room(&entries).map(read).collect(),
                ))
            })?,
            Kind::NamedTuple(names) => container(object, path, |path| {
                let items = object.cast::<PyTuple>()?;
                let fields: Vec<_> = names.iter().zip(items).take(Limits::ITEMS).collect();
                Ok(Value::Object {
                    class: super::statics::name(&object.get_type())?,
                    fields: self.fields(&fields, path),
                })
            })?,
            Kind::List | Kind::Tuple | Kind::Set | Kind::FrozenSet | Kind::Deque => {
                container(object, path, |path| self.list(object, kind, path))?
            }
            Kind::Object(layout) => {
                container(object, path, |path| self.object(object, layout, None, path))?
            }
            Kind::Exception(layout) => container(object, path, |path| {
                let class = object.py().get_type::<pyo3::exceptions::PyBaseException>();
                let of_class = super::statics::defined(&class)?;
                let arguments = of_class
                    .get_item(interned!(object.py(), "args"))?
                    .call_method1(interned!(object.py(), "__get__"), (object,))?;
                self.object(object, layout, Some(arguments), path)
            })?,
            _ => Value::Opaque(description(&object.get_type())?),
        })
    }

    fn list(&self, object: &Bound<'_, PyAny>, kind: &Kind, path: &Path<'_>) -> PyResult<Value> {
        let Some(items) = items(object, kind)? else {
            return Ok(Value::TooLong);
        };
        let items = self.while_there_is_room(&items);
        let items = items.map(|item| self.inside(item, Some(path)));
        Ok(Value::List(items.collect()))
    }

    fn fields(
        &self,
        fields: &[(impl AsRef<str>, Bound<'_, PyAny>)],
        path: &Path<'_>,
    ) -> Vec<(String, Value)> {
        let fields = self.while_there_is_room(fields);
        let fields = fields.map(|(name, value)| {
            let name = name.as_ref().to_owned();
            (name, self.inside(value, Some(path)))
        });
        fields.collect()
    }

    /// The items up to the one that finds no room.
    fn while_there_is_room<'a, T>(&'a self, items: &'a [T]) -> impl Iterator<Item = &'a T> {
        items.iter().take_while(|_| !self.is_used_up.get())
    }

    /// A key as text; what is no text in the words of JSON.
    fn key(&self, key: &Bound<'_, PyAny>, path: &Path<'_>) -> String {
        let text = key
            .cast::<PyString>()
            .ok()
            .and_then(|text| self.text(text).ok());
        text.unwrap_or_else(|| self.inside(key, Some(path)))
            .into_key()
    }

    fn object(
        &self,
        object: &Bound<'_, PyAny>,
        layout: &Layout,
        arguments: Option<Bound<'_, PyAny>>,
        path: &Path<'_>,
    ) -> PyResult<Value> {
        let mut attributes = layout.attributes(object)?;
        if attributes.len() > Limits::ITEMS {
            return Ok(Value::TooLong);
        }
        if let Some(names) = &layout.fields {
            attributes.retain(|(name, _)| names.contains(name));
            attributes.sort_by_key(|(name, _)| names.iter().position(|known| known == name));
        }
        if let Some(arguments) = arguments {
            attributes.insert(0, ("args".to_owned(), arguments));
        }
        Ok(Value::Object {
            class: layout.class.clone(),
            fields: self.fields(&attributes, path),
        })
    }

    fn text(&self, text: &Bound<'_, PyString>) -> PyResult<Value> {
        let chars = length(text)?;
        if chars <= Limits::TEXT_CHARS {
            return Ok(Value::Text(text_of(text).into_owned()));
        }
        if !self.any_length {
            return Ok(Value::TooLong);
        }
        let py = text.py();
        let start = PySlice::new(py, 0, isize::try_from(Limits::TEXT_CHARS)?, 1);
        let start = py
            .get_type::<PyString>()
            .call_method1(interned!(py, "__getitem__"), (text, start))?;
        Ok(Value::Text(text_of(start.cast()?).into_owned()))
    }
}

/// Steps into something with values inside, unless it is too deep or around itself.
fn container(
    object: &Bound<'_, PyAny>,
    parent: Option<&Path<'_>>,
    read: impl FnOnce(&Path<'_>) -> PyResult<Value>,
) -> PyResult<Value> {
    let mut outer = parent;
    while let Some(path) = outer {
        if path.object == object.as_ptr() {
            return Ok(Value::Circular);
        }
        outer = path.parent;
    }
    let depth = parent.map_or(0, |parent| parent.depth + 1);
    if depth >= Limits::DEPTH {
        return Ok(Value::TooLong);
    }
    read(&Path {
        object: object.as_ptr(),
        depth,
        parent,
    })
}

/// The items of a container as they lie in it, not as a subclass would hand them out; `None` if there are too many.
fn items<'py>(object: &Bound<'py, PyAny>, kind: &Kind) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let py = object.py();
    let most = Limits::ITEMS;
    if let Ok(list) = object.cast::<PyList>() {
        return Ok((list.len() <= most).then(|| list.iter().collect()));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return Ok((tuple.len() <= most).then(|| tuple.iter().collect()));
    }
    let class = match kind {
        Kind::Set => py.get_type::<PySet>(),
        Kind::FrozenSet => py.get_type::<PyFrozenSet>(),
        _ => object.get_type(), // exactly a deque
    };
    let iterator = class.call_method1(interned!(py, "__iter__"), (object,))?;
    let items: Vec<_> = iterator
        .try_iter()?
        .take(most + 1)
        .collect::<PyResult<_>>()?;
    Ok((items.len() <= most).then_some(items))
}
