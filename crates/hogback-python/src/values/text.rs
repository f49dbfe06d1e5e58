//! Texts, numbers written as text, and the keys of maps.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
use serde::Serialize;

use super::walk::Walk;
use super::{NULL, exact, write};
use crate::once::interned;

/// Longer integers are not written out: it takes time that grows with the square of the length, and Python itself
/// refuses from 4,300 digits on.
const MAX_INT_BITS: usize = 14_000;

pub(super) fn write_text(text: &Bound<'_, PyString>, walk: &Walk, json: &mut Vec<u8>) {
    hogback::write_text(json, walk.text(&text_of(text)));
}

/// Integers that JSON readers do not know as such (outside 64 bits) become their decimal text.
pub(super) fn write_int(number: &Bound<'_, PyInt>, json: &mut Vec<u8>) {
    if let Ok(number) = number.extract::<i64>() {
        write_number(number, json);
    } else if let Ok(number) = number.extract::<u64>() {
        write_number(number, json);
    } else if let Ok(text) = decimal(number) {
        hogback::write_text(json, &text);
    } else {
        json.extend_from_slice(NULL);
    }
}

pub(super) fn write_float(number: &Bound<'_, PyFloat>, json: &mut Vec<u8>) {
    let number = number.value();
    if number.is_finite() {
        write_number(number, json);
    } else {
        json.extend_from_slice(NULL);
    }
}

fn write_number(number: impl Serialize, json: &mut Vec<u8>) {
    // Neither can fail: it is a number, and there is memory.
    let _ = serde_json::to_writer(json, &number);
}

/// The key of a map as text: as `json.dumps` writes the keys it takes; any other key as the text or the JSON of its
/// value, and by the name of its type if it has none.
pub(super) fn key_text<'a>(key: &'a Bound<'_, PyAny>, walk: &Walk) -> Cow<'a, str> {
    if let Some(text) = exact::<PyString>(key) {
        return text_of(text); // nearly all are
    }
    if let Ok(text) = key.cast::<PyString>() {
        return text_of(text);
    }
    if let Ok(flag) = key.cast::<PyBool>() {
        return Cow::Borrowed(if flag.is_true() { "true" } else { "false" });
    }
    if key.is_none() {
        return Cow::Borrowed("null");
    }
    if let Ok(number) = key.cast::<PyFloat>() {
        return Cow::Owned(float_key(number));
    }
    Cow::Owned(odd_key(key, walk).unwrap_or_else(|| {
        let name = key.get_type().qualname();
        format!("<{}>", name.as_ref().map(text_of).unwrap_or_default())
    }))
}

/// The text of a key that JSON does not know; none inside of such a key, where each level would escape the quotes of
/// the one below and double the text.
fn odd_key(key: &Bound<'_, PyAny>, walk: &Walk) -> Option<String> {
    let json = walk.inside_key(|| {
        let mut json = Vec::new();
        write(key, walk, None, &mut json);
        json
    })?;
    match serde_json::from_slice::<String>(&json) {
        Ok(text) => Some(text),
        Err(_) if json == NULL => None,
        Err(_) => String::from_utf8(json).ok(),
    }
}

fn float_key(number: &Bound<'_, PyFloat>) -> String {
    match number.value() {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => number
            .py()
            .get_type::<PyFloat>()
            .call_method1(interned!(number.py(), "__repr__"), (number,))
            .and_then(|text| text.extract())
            .unwrap_or_else(|_| value.to_string()),
    }
}

/// The characters of a text; those that UTF-8 cannot carry (lone surrogates) become U+FFFD.
pub(crate) fn text_of<'a>(text: &'a Bound<'_, PyString>) -> Cow<'a, str> {
    match text.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(without_surrogates(text).unwrap_or_default()),
    }
}

/// Goes through UTF-16, so that a pair of surrogates becomes the character it means.
fn without_surrogates(text: &Bound<'_, PyString>) -> PyResult<String> {
    let py = text.py();
    // The method of `str` itself: a subclass may have another one.
    let encoded = py.get_type::<PyString>().call_method1(
        interned!(py, "encode"),
        (
            text,
            interned!(py, "utf-16-le"),
            interned!(py, "surrogatepass"),
        ),
    )?;
    let encoded = encoded.cast::<PyBytes>()?;
    let units: Vec<u16> = encoded
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    Ok(String::from_utf16_lossy(&units))
}

/// The digits of an integer, unless it is too large to write.
pub(crate) fn decimal(number: &Bound<'_, PyInt>) -> PyResult<String> {
    let py = number.py();
    let int = py.get_type::<PyInt>();
    let bits: usize = int
        .call_method1(interned!(py, "bit_length"), (number,))?
        .extract()?;
    if bits > MAX_INT_BITS {
        return Err(pyo3::exceptions::PyOverflowError::new_err(
            "integer too large to write",
        ));
    }
    int.call_method1(interned!(py, "__repr__"), (number,))?
        .extract()
}
