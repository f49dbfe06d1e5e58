//! Which kind of value a class makes: asked of the class alone, so that no object is touched, and remembered.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString, PyTuple, PyType};

use super::known::KnownClasses;
use crate::once::interned;

/// The classes of values that are not plain, by what is written for their objects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    Array,
    Bytes,
    Date,
    /// Has the method `dict()`.
    Dict,
    Fields,
    Integer,
    LazyObject,
    Mapping,
    Model,
    /// Has the method `model_dump()`.
    ModelDump,
    Number,
    /// Becomes `null`, and no method of it is called.
    Opaque,
    Set,
    Text,
}

/// The family of `class`.
///
/// Remembered per class: deciding takes longer than writing a value.
pub(super) fn family(class: &Bound<'_, PyType>) -> PyResult<Family> {
    if let Some(family) = KNOWN.find(class) {
        return Ok(family);
    }
    let family = decide(class)?;
    KNOWN.keep(class, family);
    Ok(family)
}

/// In the official package's order, as far as it knows the families.
fn decide(class: &Bound<'_, PyType>) -> PyResult<Family> {
    let py = class.py();
    if class.is_subclass_of::<PyList>()? || class.is_subclass_of::<PyTuple>()? {
        return Ok(Family::Array);
    }
    if class.is_subclass_of::<PySet>()? || class.is_subclass_of::<PyFrozenSet>()? {
        return Ok(Family::Set);
    }
    if class.is_subclass_of::<PyBytes>()? {
        return Ok(Family::Bytes);
    }
    // Not through `PyType::mro`, which panics where a metaclass refuses.
    let bases = class.getattr(interned!(py, "__mro__"))?;
    for base in bases.cast::<PyTuple>()? {
        if let Some(family) = by_name(&base)? {
            return Ok(family);
        }
    }
    // Asked of the class and not of the object: a proxy would fetch what it stands for, and a mock has every method.
    if has_method(class, interned!(py, "model_dump"))? {
        return Ok(Family::ModelDump);
    }
    if has_method(class, interned!(py, "dict"))? {
        return Ok(Family::Dict);
    }
    if class.is_subclass_of::<PyDict>()? {
        return Ok(Family::Mapping);
    }
    if class.hasattr(interned!(py, "__dataclass_fields__"))? {
        return Ok(Family::Fields);
    }
    number(class)
}

/// The family of a class that is known by its name: its module need not be imported to compare with it.
fn by_name(class: &Bound<'_, PyAny>) -> PyResult<Option<Family>> {
    let py = class.py();
    let module = class.getattr(interned!(py, "__module__"))?;
    let name = class.getattr(interned!(py, "__name__"))?;
    let (Ok(module), Ok(name)) = (module.cast::<PyString>(), name.cast::<PyString>()) else {
        return Ok(None);
    };
    Ok(Some(match (module.to_str()?, name.to_str()?) {
        ("datetime", "date") => Family::Date,
        ("decimal", "Decimal") => Family::Number,
        ("collections", "deque") => Family::Array,
        // `Promise` is the base of lazily translated texts and lazily reversed addresses.
        ("uuid", "UUID")
        | ("pathlib" | "pathlib._local", "PurePath")
        | ("django.utils.functional", "Promise") => Family::Text,
        ("django.utils.functional", "LazyObject") => Family::LazyObject,
        ("django.db.models.base", "Model") => Family::Model,
        // A query set is never evaluated, not even one with a `dict()` of its own.
        ("enum", "Enum")
        | ("django.db.models.query", "QuerySet" | "RawQuerySet")
        | ("django.db.models.manager", "BaseManager") => Family::Opaque,
        _ => return Ok(None),
    }))
}

fn has_method(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyResult<bool> {
    Ok(class
        .getattr_opt(name)?
        .is_some_and(|method| method.is_callable()))
}

/// Numbers that are no `int` or `float`, as those of numpy: they are registered in `numbers`.
fn number(class: &Bound<'_, PyType>) -> PyResult<Family> {
    let py = class.py();
    let Some(numbers) = loaded_module(py, "numbers")? else {
        return Ok(Family::Opaque);
    };
    Ok(
        if class.is_subclass(&numbers.getattr(interned!(py, "Integral"))?)? {
            Family::Integer
        } else if class.is_subclass(&numbers.getattr(interned!(py, "Real"))?)? {
            Family::Number
        } else {
            Family::Opaque
        },
    )
}

/// A module that is imported already.
pub(crate) fn loaded_module<'py>(
    py: Python<'py>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    py.import(interned!(py, "sys"))?
        .getattr(interned!(py, "modules"))?
        .cast_into::<PyDict>()?
        .get_item(name)
}

static KNOWN: KnownClasses<Family> = KnownClasses::new();
