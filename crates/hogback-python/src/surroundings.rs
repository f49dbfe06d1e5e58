//! The current context, and what it says about an event that is captured now.

use hogback::{Finish, Properties, Snapshot, Surroundings, Tags, WrittenTags};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::context::{ContextScope, OpenedBy, Tag, read};
use crate::log;
use crate::once::{Once, interned};
use crate::values;

/// The `ContextVar` that holds the current context.
pub(crate) fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static VARIABLE: Once<Py<PyAny>> = Once::new();
    let variable = VARIABLE.get_or_try_make(|| {
        let options = PyDict::new(py);
        options.set_item("default", py.None())?;
        let class = py.import("contextvars")?.getattr("ContextVar")?;
        class
            .call(("posthog_context",), Some(&options))
            .map(Bound::unbind)
    })?;
    Ok(variable.bind(py))
}

/// The context that is current, unless it was opened before a fork.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Bound<'_, ContextScope>>> {
    // A bound method, since the stable ABI has no direct way in.
    static GET: Once<Py<PyAny>> = Once::new();
    let get = GET.get_or_try_make(|| {
        variable(py)?
            .getattr(interned!(py, "get"))
            .map(Bound::unbind)
    })?;
    let current = get.bind(py).call0()?;
    let Ok(scope) = current.cast_into::<ContextScope>() else {
        return Ok(None);
    };
    Ok((scope.get().0.generation == hogback::generation()).then_some(scope))
}

/// Makes a context current; what it returns undoes that.
pub(crate) fn set_current(py: Python<'_>, scope: &Py<ContextScope>) -> PyResult<Py<PyAny>> {
    static SET: Once<Py<PyAny>> = Once::new();
    let set = SET.get_or_try_make(|| {
        variable(py)?
            .getattr(interned!(py, "set"))
            .map(Bound::unbind)
    })?;
    set.call1(py, (scope,))
}

/// Undoes what made a context current.
pub(crate) fn reset_current(py: Python<'_>, token: Py<PyAny>) -> PyResult<()> {
    static RESET: Once<Py<PyAny>> = Once::new();
    let reset = RESET.get_or_try_make(|| {
        variable(py)?
            .getattr(interned!(py, "reset"))
            .map(Bound::unbind)
    })?;
    reset.call1(py, (token,)).map(drop)
}

/// The context that is current, unless it was opened before a fork.
#[pyfunction]
pub(crate) fn get_current_context(py: Python<'_>) -> PyResult<Option<Bound<'_, ContextScope>>> {
    current(py)
}

/// The number of the request that is being answered here, if one is.
pub(crate) fn request_number(py: Python<'_>) -> PyResult<Option<u64>> {
    let mut scope = current(py)?;
    while let Some(known) = scope {
        if known.get().0.opened_by.is_some() {
            return Ok(Some(known.get().0.number()));
        }
        let parent = known.get().0.parent.as_ref();
        scope = parent.map(|parent| parent.bind(py).clone());
    }
    Ok(None)
}

/// What a context says about an event that is captured in it now; outside of any, nothing.
pub(crate) fn surroundings(scope: Option<&Bound<'_, ContextScope>>) -> PyResult<Surroundings> {
    let Some(scope) = scope else {
        return Ok(Surroundings::default());
    };
    let py = scope.py();
    let mut raised = Ok(());
    let around = scope.get().0.context.surroundings(|tags| {
        let (written, result) = written(py, tags);
        let lasts = tags
            .iter()
            .all(|(_, Tag(value))| values::is_plain(value.bind(py)));
        raised = result;
        (written, lasts)
    });
    raised?;
    read(around)
}

/// The tags that are known in a context, as they were given.
pub(crate) fn tags<'py>(
    scope: Option<&Bound<'py, ContextScope>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let tags = scope
        .map(|scope| scope.get().collect_tags(scope.py()))
        .transpose()?;
    Ok(tags.map(Bound::into_any))
}

/// What a snapshot says about an event.
pub(crate) fn described(py: Python<'_>, snapshot: Snapshot<Tag>) -> PyResult<Surroundings> {
    let (tags, result) = written(py, &snapshot.known.tags);
    result?;
    Ok(Surroundings::of(snapshot, WrittenTags::from(tags)))
}

/// The tags as JSON, and what writing them raised that is aimed at the thread.
fn written(py: Python<'_>, tags: &Tags<Tag>) -> (Properties, PyResult<()>) {
    let mut written = Properties::with_room_for(tags.len());
    for (name, Tag(value)) in tags {
        let report = values::write_property(name, value.bind(py), &mut written);
        if let Err(interrupt) = log::report(py, report) {
            return (written, Err(interrupt));
        }
    }
    (written, Ok(()))
}

/// A request whose context has not been read, and in which an event can be parked.
pub(crate) struct Waiting<'py> {
    current: Bound<'py, ContextScope>,
    request: Bound<'py, ContextScope>,
}

/// The request around a context, if its context waits to be read.
pub(crate) fn waiting<'py>(current: &Bound<'py, ContextScope>) -> Option<Waiting<'py>> {
    let py = current.py();
    let waiting = current.get().0.context.waiting()?;
    let mut request = current.clone();
    while !request.get().0.context.is(waiting) {
        let parent = request.get().0.parent.as_ref()?;
        request = parent.bind(py).clone();
    }
    let current = current.clone();
    Some(Waiting { current, request })
}

impl Waiting<'_> {
    /// Whether the context may be read now, for an event whose caller has said who it is about, or has not.
    ///
    /// When it may because the program has named its visitor, the events that wait are finished first.
    pub(crate) fn is_ready(&self, py: Python<'_>, explicit: bool) -> PyResult<bool> {
        let said = self.current.get().0.context.said_distinct_id();
        let named = said.is_some_and(|id| !id.is_empty());
        let scope = &self.request.get().0;
        let (
            Some(OpenedBy {
                contexts,
                owner: Some(owner),
            }),
            Some(request),
        ) = (&scope.opened_by, scope.asks_about(py))
        else {
            // Another thread that is asking now finds out what this event has to say, too.
            return Ok(!scope.context.is_asked_elsewhere());
        };
        let identified = explicit || named;
        let is_ready = contexts
            .get()
            .is_ready(&self.request, owner, request, identified)?;
        if is_ready && named {
            self.request.get().release()?;
        }
        Ok(is_ready)
    }

    /// Parks an event until the request is released; `finish` gets what is known then.
    pub(crate) fn park(&self, bytes: usize, finish: Finish<Tag>) -> PyResult<()> {
        let (current, request) = (&self.current.get().0.context, &self.request.get().0.context);
        if let Err(finish) = current.park(request, bytes, finish) {
            // Another thread has released the request just now.
            finish(current.snapshot());
        }
        read(())
    }
}

/// Finishes what is parked around the current context: somebody wants to see it sent.
pub(crate) fn release(py: Python<'_>) -> PyResult<()> {
    let current = current(py)?;
    match current.as_ref().and_then(waiting) {
        Some(waiting) => waiting.request.get().release(),
        None => Ok(()),
    }
}
