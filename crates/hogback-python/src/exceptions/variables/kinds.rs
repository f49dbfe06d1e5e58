//! How objects of a class are shown, asked of the class alone and remembered.

use std::sync::Arc;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDateTime, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyModule, PySet, PyString,
    PyTuple, PyType,
};

use super::layout::Layout;
use super::statics::{bases, definition, is_class_of, module_name, qualified_name, text};
use crate::once::interned;
use crate::values::KnownClasses;

/// What is read of an object.
#[derive(Clone)]
pub(super) enum Kind {
    Nothing,
    Bool,
    Int,
    Float,
    Text,
    Map,
    List,
    Tuple,
    NamedTuple(Arc<[String]>),
    Set,
    FrozenSet,
    Deque,
    /// What it has in memory.
    Object(Arc<Layout>),
    Exception(Arc<Layout>),
    /// Its name.
    Enum(Arc<Layout>),
    /// Django's stand-in for an object that somebody may have asked for already.
    LazyObject(Arc<Layout>),
    /// Its `repr`, which runs nothing but Python's own code.
    Written,
    /// What `datetime` itself writes of it, if its time zone is one of Python's own.
    Moment,
    Class,
    Function,
    Module,
    /// That there is one: what it would say of itself is the program's code, or a query.
    Opaque,
}

/// Python's own classes whose `repr` calls nothing else.
const WRITTEN: [(&str, &str); 22] = [
    ("builtins", "bytes"),
    ("builtins", "bytearray"),
    ("builtins", "complex"),
    ("builtins", "range"),
    ("types", "EllipsisType"),
    ("types", "NotImplementedType"),
    ("datetime", "date"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("uuid", "UUID"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib", "PurePosixPath"),
    ("pathlib", "PureWindowsPath"),
    ("ipaddress", "IPv4Address"),
    ("ipaddress", "IPv6Address"),
    ("ipaddress", "IPv4Network"),
    ("ipaddress", "IPv6Network"),
    ("re", "Pattern"),
    ("zoneinfo", "ZoneInfo"),
];

/// Whose objects are never looked into: they are lazy, and nearly all of what they hold is machinery.
const OPAQUE: [(&str, &str); 4] = [
    ("django.utils.functional", "Promise"),
    ("django.db.models.query", "QuerySet"),
    ("django.db.models.query", "RawQuerySet"),
    ("django.db.models.manager", "BaseManager"),
];

static KNOWN: KnownClasses<Kind> = KnownClasses::new();

impl Kind {
    /// How `object` is shown.
    pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        // Most are: each costs a comparison of pointers.
        if object.is_exact_instance_of::<PyString>() {
            return Ok(Self::Text);
        }
        if object.is_exact_instance_of::<PyInt>() {
            return Ok(Self::Int);
        }
        let class = object.get_type();
        if let Some(known) = KNOWN.find(&class) {
            return Ok(known);
        }
        let kind = decide(&class)?;
        KNOWN.keep(&class, kind.clone());
        Ok(kind)
    }

    /// Whether there is nothing inside.
    pub(super) fn is_simple(&self) -> bool {
        matches!(
            self,
            Self::Nothing | Self::Bool | Self::Int | Self::Float | Self::Text
        )
    }
}

fn decide(class: &Bound<'_, PyType>) -> PyResult<Kind> {
    if let Some(kind) = plain(class)? {
        return Ok(kind);
    }
    let bases = bases(class)?;
    for base in &bases {
        let (module, base) = (module_name(base)?, qualified_name(base)?);
        let name = (module.as_str(), base.as_str());
        if OPAQUE.contains(&name) {
            return Ok(Kind::Opaque);
        }
        match name {
            ("django.utils.functional", "LazyObject") => {
                return Ok(Kind::LazyObject(Arc::new(Layout::of(class, &bases)?)));
            }
            ("enum", "Enum") => return Ok(Kind::Enum(Arc::new(Layout::of(class, &bases)?))),
            _ => {}
        }
    }
    if let Some(kind) = of_python(class)? {
        return Ok(kind);
    }
    let layout = Layout::of(class, &bases)?;
    if class.is_subclass_of::<PyBaseException>()? {
        return Ok(Kind::Exception(Arc::new(layout)));
    }
    Ok(if layout.dict.is_none() && layout.slots.is_empty() {
        Kind::Opaque
    } else {
        Kind::Object(Arc::new(layout))
    })
}

/// The types that JSON knows, and their subclasses: what a subclass adds is not read.
fn plain(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    let py = class.py();
    if class.is(py.None().bind(py).get_type()) {
        return Ok(Some(Kind::Nothing));
    }
    if class.is_subclass_of::<PyTuple>()? {
        return Ok(Some(match field_names(class)? {
            Some(names) => Kind::NamedTuple(names.into()),
            None => Kind::Tuple,
        }));
    }
    Ok(if class.is_subclass_of::<PyString>()? {
        Some(Kind::Text)
    } else if class.is_subclass_of::<PyBool>()? {
        Some(Kind::Bool)
    } else if class.is_subclass_of::<PyInt>()? {
        Some(Kind::Int)
    } else if class.is_subclass_of::<PyFloat>()? {
        Some(Kind::Float)
    } else if class.is_subclass_of::<PyDict>()? {
        Some(Kind::Map)
    } else if class.is_subclass_of::<PyList>()? {
        Some(Kind::List)
    } else if class.is_subclass_of::<PySet>()? {
        Some(Kind::Set)
    } else if class.is_subclass_of::<PyFrozenSet>()? {
        Some(Kind::FrozenSet)
    } else {
        None
    })
}

/// The names of a named tuple's items.
fn field_names(class: &Bound<'_, PyType>) -> PyResult<Option<Vec<String>>> {
    let Some(names) = definition(class, interned!(class.py(), "_fields"))? else {
        return Ok(None);
    };
    let Ok(names) = names.cast_into::<PyTuple>() else {
        return Ok(None);
    };
    Ok(names.iter().map(|name| text(&name)).collect())
}

/// Classes of Python itself that have no attributes worth reading.
fn of_python(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    if class.is_subclass_of::<PyType>()? {
        return Ok(Some(Kind::Class));
    }
    if class.is_subclass_of::<PyModule>()? {
        return Ok(Some(Kind::Module));
    }
    if is_class_of(class, "collections", "deque")? {
        return Ok(Some(Kind::Deque));
    }
    if class.is_subclass_of::<PyDateTime>()? {
        return Ok(Some(Kind::Moment));
    }
    for (module, name) in WRITTEN {
        if is_class_of(class, module, name)? {
            return Ok(Some(Kind::Written));
        }
    }
    if is_class_of(class, "types", "FunctionType")? {
        return Ok(Some(Kind::Function));
    }
    // They may have a dict, of which nobody wants to know.
    let codes = [
        "MethodType",
        "BuiltinFunctionType",
        "GeneratorType",
        "CoroutineType",
    ];
    for name in codes {
        if is_class_of(class, "types", name)? {
            return Ok(Some(Kind::Opaque));
        }
    }
    Ok(None)
}
