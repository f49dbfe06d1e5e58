//! Django's objects: written without a query and without evaluating what is lazy.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::family::loaded_module;
use super::stand_in::StandIn;
use super::text::key_text;
use super::walk::Walk;
use crate::once::interned;

/// What a lazy object stands for, if somebody has asked it already; asking may be a query.
pub(super) fn lazy_object<'py>(object: &Bound<'py, PyAny>) -> PyResult<StandIn<'py>> {
    let py = object.py();
    let Some(module) = loaded_module(py, "django.utils.functional")? else {
        return Ok(StandIn::Null);
    };
    let wrapped = object.getattr(interned!(py, "_wrapped"))?;
    Ok(if wrapped.is(&module.getattr(interned!(py, "empty"))?) {
        StandIn::Null
    } else {
        StandIn::Value(wrapped)
    })
}

/// `app.Model:pk`, from what the instance holds in memory.
pub(super) fn model<'py>(object: &Bound<'py, PyAny>) -> PyResult<StandIn<'py>> {
    let py = object.py();
    let meta = object.get_type().getattr(interned!(py, "_meta"))?;
    let label = meta.getattr(interned!(py, "label"))?;
    // Through `__dict__`: a deferred field would be fetched when it is asked for.
    let values = object.getattr(interned!(py, "__dict__"))?;
    let values = values.cast::<PyDict>()?;
    let mut text = format!("{}:", label.cast::<PyString>()?.to_str()?);
    for (position, field) in pk_fields(&meta)?.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        match values.get_item(field.getattr(interned!(py, "attname"))?)? {
            Some(value) if !value.is_none() => {
                text.push_str(&key_text(&value, &Walk::default()));
            }
            _ => text.push_str("None"),
        }
    }
    Ok(StandIn::Value(PyString::new(py, &text).into_any()))
}

/// One field, or several since Django 5.2.
fn pk_fields<'py>(meta: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = meta.py();
    match meta.getattr_opt(interned!(py, "pk_fields"))? {
        Some(fields) => fields.extract(),
        None => Ok(vec![meta.getattr(interned!(py, "pk"))?]),
    }
}
