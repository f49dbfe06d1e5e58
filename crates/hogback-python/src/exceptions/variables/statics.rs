//! Classes and objects as they lie in memory: reading them here runs no code of the program.
//!
//! An attribute that is asked for in the ordinary way may be a property, may go to `__getattr__`, or to a metaclass. The
//! descriptors of `type` itself know what is really there.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::once::{Once, interned};
use crate::values::{loaded_module, text_of};

/// The getter of an attribute of all classes, bound to `type`'s own descriptor.
macro_rules! of_type {
    ($class:expr, $name:expr) => {{
        static GETTER: Once<Py<PyAny>> = Once::new();
        let py = $class.py();
        let getter = GETTER.get_or_try_make(|| {
            py.get_type::<PyType>()
                .getattr("__dict__")?
                .get_item($name)?
                .getattr("__get__")
                .map(Bound::unbind)
        })?;
        getter.bind(py).call1(($class,))
    }};
}

/// The class and its bases, in the order in which attributes are looked for.
pub(super) fn bases<'py>(class: &Bound<'py, PyType>) -> PyResult<Vec<Bound<'py, PyType>>> {
    let bases: Bound<'py, PyAny> = of_type!(class, "__mro__")?;
    let bases = bases.cast_into::<PyTuple>()?;
    // An entry is a class; Python checks that.
    Ok(bases
        .iter()
        .filter_map(|base| base.cast_into().ok())
        .collect())
}

/// What the class itself defines, not its bases: a view of its dict.
pub(super) fn defined<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    of_type!(class, "__dict__")
}

/// What the class or the first of its bases defines under this name, as it was defined.
pub(super) fn definition<'py>(
    class: &Bound<'py, PyType>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    for base in bases(class)? {
        let view = defined(&base)?;
        if view.contains(name)? {
            return view.get_item(name).map(Some);
        }
    }
    Ok(None)
}

/// The class's name, as `Outer.Inner`.
pub(super) fn qualified_name(class: &Bound<'_, PyType>) -> PyResult<String> {
    let name = of_type!(class, "__qualname__")?;
    Ok(name
        .cast::<PyString>()
        .map(|name| text_of(name).into_owned())?)
}

/// The module that says it defines the class.
pub(super) fn module_name(class: &Bound<'_, PyType>) -> PyResult<String> {
    let name = of_type!(class, "__module__");
    let name = name.ok().and_then(|name| name.cast_into::<PyString>().ok());
    Ok(name
        .map(|name| text_of(&name).into_owned())
        .unwrap_or_default())
}

/// The class's name alone, as `Inner`.
pub(super) fn name(class: &Bound<'_, PyType>) -> PyResult<String> {
    let name = of_type!(class, "__name__")?;
    Ok(name
        .cast::<PyString>()
        .map(|name| text_of(name).into_owned())?)
}

/// The class's full name, as `shop.models.Order`; Python's own without a module.
pub(super) fn full_name(class: &Bound<'_, PyType>) -> PyResult<String> {
    let (module, name) = (module_name(class)?, qualified_name(class)?);
    Ok(if module.is_empty() || module == "builtins" {
        name
    } else {
        format!("{module}.{name}")
    })
}

/// What describes an object of which nothing is read.
pub(super) fn description(class: &Bound<'_, PyType>) -> PyResult<String> {
    Ok(format!("<{} object>", full_name(class)?))
}

/// Whether the class is what a loaded module has under the name.
pub(super) fn is_class_of(class: &Bound<'_, PyType>, module: &str, name: &str) -> PyResult<bool> {
    let py = class.py();
    let Some(module) = loaded_module(py, module)? else {
        return Ok(false);
    };
    let names = module.getattr(interned!(py, "__dict__"))?;
    let Ok(names) = names.cast_into::<PyDict>() else {
        return Ok(false);
    };
    Ok(names.get_item(name)?.is_some_and(|known| known.is(class)))
}

/// The characters of a text; `None` for other objects.
pub(super) fn text(name: &Bound<'_, PyAny>) -> Option<String> {
    Some(text_of(name.cast::<PyString>().ok()?).into_owned())
}
