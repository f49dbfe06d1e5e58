//! Arrays and maps, and how a dict is read while its values run code that may change it.

use pyo3::prelude::*;
use pyo3::types::iter::BoundDictIterator;
use pyo3::types::{PyDict, PyString};

use super::text::key_text;
use super::walk::{MAX_NODES, Path, Walk};
use super::{is_plain, write};

pub(super) type Entry<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

pub(super) fn write_array<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    walk: &Walk,
    path: &Path<'_>,
    json: &mut Vec<u8>,
) {
    json.push(b'[');
    let mut comma = Comma::default();
    for item in items {
        if !walk.node() {
            break;
        }
        comma.write(json);
        write(&item, walk, Some(path), json);
    }
    json.push(b']');
}

pub(super) fn write_entries<'py>(
    entries: impl Iterator<Item = Entry<'py>>,
    walk: &Walk,
    path: &Path<'_>,
    json: &mut Vec<u8>,
) {
    json.push(b'{');
    let mut comma = Comma::default();
    for (key, value) in entries {
        if !walk.node() {
            break;
        }
        let key = key_text(&key, walk);
        comma.write(json);
        hogback::write_text(json, walk.text(&key));
        json.push(b':');
        write(&value, walk, Some(path), json);
    }
    json.push(b'}');
}

/// Stands between the members of a container.
#[derive(Default)]
struct Comma(bool);

impl Comma {
    /// Appends one, but not before the first member.
    fn write(&mut self, json: &mut Vec<u8>) {
        if std::mem::replace(&mut self.0, true) {
            json.push(b',');
        }
    }
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
