//! Values with nothing inside that is looked into.

use hogback::exception::variables::{Limits, Value};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDateTime, PyInt, PyString};

use super::layout::Layout;
use super::statics::{description, is_class_of, qualified_name};
use crate::once::interned;
use crate::values::{decimal, loaded_module, text_of};

/// The text's characters, also of a subclass that has an own idea of them.
pub(super) fn length(text: &Bound<'_, PyString>) -> PyResult<usize> {
    if text.is_exact_instance_of::<PyString>() {
        return text.len();
    }
    let class = text.py().get_type::<PyString>();
    class
        .call_method1(interned!(text.py(), "__len__"), (text,))?
        .extract()
}

pub(super) fn int(number: &Bound<'_, PyInt>) -> Value {
    if let Ok(number) = number.extract() {
        return Value::Int(number);
    }
    decimal(number).map_or(Value::TooLong, Value::Opaque)
}

/// What Python itself writes for an object of one of its own classes.
pub(super) fn written(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let has_length = object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>();
    if has_length && object.len()? > Limits::TEXT_CHARS {
        return Ok(Value::TooLong);
    }
    let text = object.repr()?;
    Ok(Value::Opaque(text_of(&text).into_owned()))
}

/// A date and time, also of a subclass, unless its time zone is code of the program.
pub(super) fn moment(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = object.py();
    let base = py.get_type::<PyDateTime>();
    let zone = base
        .getattr(interned!(py, "tzinfo"))?
        .call_method1(interned!(py, "__get__"), (object,))?;
    let zone_class = zone.get_type();
    let is_plain = zone.is_none()
        || is_class_of(&zone_class, "datetime", "timezone")?
        || is_class_of(&zone_class, "zoneinfo", "ZoneInfo")?;
    if !is_plain {
        return Ok(Value::Opaque(description(&object.get_type())?));
    }
    let text = base.call_method1(interned!(py, "__repr__"), (object,))?;
    Ok(Value::Opaque(text_of(text.cast()?).into_owned()))
}

/// `Colour.RED`.
pub(super) fn member(object: &Bound<'_, PyAny>, layout: &Layout) -> PyResult<Value> {
    let class = qualified_name(&object.get_type())?;
    let name = attribute(object, layout, "_name_")?;
    let name = name.and_then(|name| name.cast_into::<PyString>().ok());
    Ok(Value::Opaque(match name {
        Some(name) => format!("{class}.{}", text_of(&name)),
        None => class,
    }))
}

/// What a lazy object of Django stands for, if it has been asked.
pub(super) fn wrapped<'py>(
    object: &Bound<'py, PyAny>,
    layout: &Layout,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    let Some(module) = loaded_module(py, "django.utils.functional")? else {
        return Ok(None);
    };
    let empty = module.getattr(interned!(py, "empty"))?;
    let wrapped = attribute(object, layout, "_wrapped")?;
    Ok(wrapped.filter(|wrapped| !wrapped.is(&empty)))
}

fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    layout: &Layout,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut attributes = layout.attributes(object)?.into_iter();
    Ok(attributes
        .find(|(known, _)| known == name)
        .map(|(_, value)| value))
}
