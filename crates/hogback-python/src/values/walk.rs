//! What one walk through an event's values may cost, and what it met on its way.

use std::cell::{Cell, RefCell};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

/// Values inside containers, per event: far above what an event can carry, and a bound for one whose lists share their
/// items.
pub(super) const MAX_NODES: usize = 10_000;

/// Text per event. It is cut to less than 1 MiB anyway; this keeps a list of one long text from filling the memory first.
const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;

/// Deeper containers are not followed: parsers stop at 128 levels, and the event around the value takes some of them.
const MAX_DEPTH: usize = 64;

/// Code of the user that captures an event whose values run code of the user, and so on: beyond this it is a value that
/// captures itself, and would use up the stack before Python counts its recursion.
const MAX_NESTED_CALLS: usize = 32;

thread_local! {
    static NESTED_CALLS: Cell<usize> = const { Cell::new(0) };
}

const TOO_DEEP: &str = "<max depth>";
const CYCLE: &str = "<cycle>";

/// What happened while values were written; each is rare, and none of it stopped the event.
#[derive(Debug, Default)]
#[must_use = "an interrupt belongs to the thread and must be raised"]
pub(crate) struct Report {
    /// The first exception that turned a value into `null`, for the log.
    pub(crate) failure: Option<PyErr>,
    /// What user code raised that is no `Exception`: Ctrl-C, an exit, a gevent time-out.
    ///
    /// It is aimed at the thread and not at the value: swallowed, the program could not be stopped. The value is `null`
    /// all the same, and the caller raises this when it holds nothing half done, as the official package lets it pass.
    pub(crate) interrupt: Option<PyErr>,
}

/// The limits and the findings of one walk.
#[derive(Debug)]
pub(super) struct Walk {
    nodes: Cell<usize>,
    text: Cell<usize>,
    cut: Cell<bool>,
    in_key: Cell<bool>,
    report: RefCell<Report>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            nodes: Cell::new(MAX_NODES),
            text: Cell::new(MAX_TEXT_BYTES),
            cut: Cell::default(),
            in_key: Cell::default(),
            report: RefCell::default(),
        }
    }
}

impl Walk {
    /// Whether one more value may be written.
    pub(super) fn node(&self) -> bool {
        if let Some(left) = self.nodes.get().checked_sub(1) {
            self.nodes.set(left);
            return true;
        }
        self.cut.set(true);
        false
    }

    /// As much of `text` as may still be written.
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        let left = self.text.get();
        if let Some(left) = left.checked_sub(text.len()) {
            self.text.set(left);
            return text;
        }
        let end = (0..=left).rev().find(|end| text.is_char_boundary(*end));
        self.text.set(0);
        self.cut.set(true);
        &text[..end.unwrap_or(0)]
    }

    /// Whether something was left out since the last call.
    pub(super) fn take_cut(&self) -> bool {
        self.cut.take()
    }

    /// Runs `write`, which writes a key as a value; not inside itself.
    pub(super) fn inside_key<T>(&self, write: impl FnOnce() -> T) -> Option<T> {
        if self.in_key.replace(true) {
            return None;
        }
        let written = write();
        self.in_key.set(false);
        Some(written)
    }

    /// Runs what may raise; after an interrupt no more of it runs, so that the interrupt gets through soon.
    pub(super) fn call<T>(
        &self,
        py: Python<'_>,
        user_code: impl FnOnce() -> PyResult<T>,
    ) -> Option<T> {
        if self.report.borrow().interrupt.is_some() || NESTED_CALLS.get() >= MAX_NESTED_CALLS {
            return None;
        }
        let nested = NestedCall::enter();
        let answer = user_code();
        drop(nested);
        let error = match answer {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let mut report = self.report.borrow_mut();
        let place = if error.is_instance_of::<PyException>(py) {
            &mut report.failure
        } else {
            &mut report.interrupt
        };
        if place.is_none() {
            *place = Some(error);
        }
        None
    }

    pub(super) fn into_report(self) -> Report {
        self.report.into_inner()
    }
}

/// Counts a call while it runs.
struct NestedCall;

impl NestedCall {
    fn enter() -> Self {
        NESTED_CALLS.set(NESTED_CALLS.get() + 1);
        Self
    }
}

impl Drop for NestedCall {
    fn drop(&mut self) {
        NESTED_CALLS.set(NESTED_CALLS.get() - 1);
    }
}

/// The containers around a value, from the inside out; they live on the stack, so an ordinary value allocates nothing.
#[derive(Debug)]
pub(super) struct Path<'a> {
    object: *mut pyo3::ffi::PyObject,
    depth: usize,
    parent: Option<&'a Self>,
}

impl<'a> Path<'a> {
    /// Steps into `object`, or says what to write in its place.
    pub(super) fn enter(
        object: &Bound<'_, PyAny>,
        parent: Option<&'a Self>,
    ) -> Result<Self, &'static str> {
        let object = object.as_ptr();
        let depth = parent.map_or(1, |parent| parent.depth + 1);
        if depth > MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        let mut outer = parent;
        while let Some(path) = outer {
            if path.object == object {
                return Err(CYCLE);
            }
            outer = path.parent;
        }
        Ok(Self {
            object,
            depth,
            parent,
        })
    }
}
