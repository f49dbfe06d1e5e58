//! What was found out about classes, remembered: finding it out takes longer than writing a value.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyType;

/// Programs have some dozens of classes among their values; one that makes classes all the time must not keep them.
const MAX_KNOWN: usize = 512;

/// Classes by their address, which is theirs as long as they are kept here.
///
/// Whoever locks is attached to the interpreter and calls nothing of Python's before unlocking: nobody ever waits here.
pub(crate) struct KnownClasses<T>(Mutex<Option<Known<T>>>);

type Known<T> = HashMap<usize, (Py<PyType>, T)>;

impl<T: Clone> KnownClasses<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn find(&self, class: &Bound<'_, PyType>) -> Option<T> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, found) = known.as_ref()?.get(&address(class))?;
        Some(found.clone())
    }

    pub(crate) fn keep(&self, class: &Bound<'_, PyType>, found: T) {
        let kept = class.clone().unbind();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known_classes = known.get_or_insert_with(HashMap::new);
        let full = if known_classes.len() >= MAX_KNOWN {
            mem::take(known_classes)
        } else {
            Known::new()
        };
        let replaced = known_classes.insert(address(class), (kept, found));
        drop(known);
        // Only now: freeing a class may run code of the user.
        drop((full, replaced));
    }
}

fn address(class: &Bound<'_, PyType>) -> usize {
    class.as_ptr() as usize
}
