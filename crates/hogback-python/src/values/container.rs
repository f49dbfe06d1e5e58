//! Arrays and maps, and how a dict is read while its values run code that may change it.

use pyo3::prelude::*;
use pyo3::types::iter::BoundDictIterator;
use pyo3::types::{PyDict, PyString};
use serde::Serializer;
use serde::ser::{SerializeMap, SerializeSeq};

use super::text::key_text;
use super::walk::{MAX_NODES, Path, Walk};
use super::{Value, is_plain};

pub(super) type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

pub(super) fn serialize_array<'py, S: Serializer>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    walk: &Walk,
    path: &Path<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut array = serializer.serialize_seq(None)?;
    for item in items {
        if !walk.node() {
            break;
        }
        array.serialize_element(&Value {
            object: &item,
            walk,
            path: Some(path),
        })?;
    }
    array.end()
}

pub(super) fn serialize_entries<'py, S: Serializer>(
    entries: impl Iterator<Item = Entry<'py>>,
    walk: &Walk,
    path: &Path<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (key, value) in entries {
        if !walk.node() {
            break;
        }
        let value = Value {
            object: &value,
            walk,
            path: Some(path),
        };
        map.serialize_entry(walk.text(&key_text(&key, walk)), &value)?;
    }
    map.end()
}

/// The entries of a dict as they are when the walk reaches the first value that may run code of the user.
///
/// A dict of plain values is read in place. Everything from that first value on is copied before it is written, since
/// `PyO3`'s iterator panics on a dict that changes.
pub(super) struct Entries<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    live: BoundDictIterator<'py>,
    size: usize,
    copied: Option<std::vec::IntoIter<Entry<'py>>>,
}

impl<'a, 'py> Entries<'a, 'py> {
    pub(super) fn of(dict: &'a Bound<'py, PyDict>) -> Self {
        Self {
            dict,
            live: dict.iter(),
            size: dict.len(),
            copied: None,
        }
    }
}

impl<'py> Iterator for Entries<'_, 'py> {
    type Item = Entry<'py>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(copied) = &mut self.copied {
            return copied.next();
        }
        if self.dict.len() != self.size {
            // Nothing of ours ran, but a finaliser or another thread did: go on behind what was read.
            let read = self.size.saturating_sub(self.live.len());
            self.copied = Some(copy(&mut self.dict.iter().skip(read)));
            return self.next();
        }
        if self.live.len() == 0 {
            return None;
        }
        let (key, value) = self.live.next()?;
        if !(key.is_exact_instance_of::<PyString>() && is_plain(&value)) {
            self.copied = Some(copy(&mut self.live));
        }
        Some((key, value))
    }
}

fn copy<'py>(entries: &mut dyn Iterator<Item = Entry<'py>>) -> std::vec::IntoIter<Entry<'py>> {
    // One more than can be written, so that the walk notices what it leaves out.
    entries.take(MAX_NODES + 1).collect::<Vec<_>>().into_iter()
}
