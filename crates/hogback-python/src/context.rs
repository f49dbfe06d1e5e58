//! Contexts for Python: the core's chain, with Python objects as tags.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use hogback::{Context, Known};
use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::log;
use crate::values;

/// A tag's value: any Python object, as it was given.
pub(crate) struct Tag(pub(crate) Py<PyAny>);

impl Clone for Tag {
    fn clone(&self) -> Self {
        Self(Python::attach(|py| self.0.clone_ref(py)))
    }
}

/// One context: who, which visit, which device, and tags. A child reads through to its parent.
#[pyclass(module = "posthog.contexts", frozen, subclass)]
pub(crate) struct ContextScope(pub(crate) Arc<Scope>);

/// Whom a deferred context asks.
pub(crate) struct Source {
    ask: Py<PyAny>,
    pub(crate) argument: Py<PyAny>,
    pub(crate) ready: Option<Py<PyAny>>,
}

pub(crate) struct Scope {
    pub(crate) context: Context<Tag>,
    pub(crate) parent: Option<Py<ContextScope>>,
    /// Whom a deferred context asks, and with what. It stands here, not in the core's closure, so that the garbage
    /// collector sees what it refers to.
    pub(crate) source: Mutex<Option<Source>>,
    owner: Mutex<Option<Py<PyAny>>>,
    client: Option<Py<PyAny>>,
    capture_exceptions: bool,
    /// The process it was made in: a forked child ignores its parent's contexts.
    pub(crate) generation: u64,
}

#[pymethods]
impl ContextScope {
    #[new]
    #[pyo3(signature = (parent=None, fresh=false, capture_exceptions=true, client=None))]
    fn new(
        parent: Option<Py<Self>>,
        fresh: bool,
        capture_exceptions: bool,
        client: Option<Py<PyAny>>,
    ) -> Self {
        let above = parent.as_ref().map(|parent| &parent.get().0.context);
        let context = Context::below(above, fresh);
        Self(Arc::new(Scope::new(
            context,
            parent,
            None,
            (capture_exceptions, client),
        )))
    }

    /// A context that is filled at its first read, by `source(argument, context)`, on the thread that reads.
    ///
    /// With `ready`, an event captured before that is parked until `release`, unless `ready(argument, identified)` says
    /// that the context may be read now; `identified` is whether the program has said who the event is about.
    #[staticmethod]
    #[pyo3(signature = (source, argument, parent=None, ready=None))]
    fn deferred(
        source: Py<PyAny>,
        argument: Py<PyAny>,
        parent: Option<Py<Self>>,
        ready: Option<Py<PyAny>>,
    ) -> Self {
        Self(Arc::new_cyclic(|scope| {
            let scope = std::sync::Weak::clone(scope);
            let above = parent.as_ref().map(|parent| &parent.get().0.context);
            let context = Context::deferred(above, move |_| {
                if let Some(scope) = scope.upgrade() {
                    ask(Self(scope));
                }
            });
            let source = Source {
                ask: source,
                argument,
                ready,
            };
            Scope::new(context, parent, Some(source), (true, None))
        }))
    }

    fn set_distinct_id(&self, distinct_id: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        if let Some(id) = id_text(distinct_id)? {
            self.0.context.set_distinct_id(id);
        }
        Ok(())
    }

    fn set_session_id(&self, session_id: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        if let Some(id) = id_text(session_id)? {
            self.0.context.set_session_id(id);
        }
        Ok(())
    }

    fn set_device_id(&self, device_id: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        if let Some(id) = id_text(device_id)? {
            self.0.context.set_device_id(id);
        }
        Ok(())
    }

    fn add_tag(&self, key: &Bound<'_, PyAny>, value: Py<PyAny>) -> PyResult<()> {
        self.0.context.tag(text(key)?, Tag(value));
        Ok(())
    }

    /// Takes what was found out about the request; what the program says itself wins, and what was learned before goes.
    #[pyo3(signature = (distinct_id=None, session_id=None, tags=None))]
    fn fill(
        &self,
        distinct_id: Option<String>,
        session_id: Option<String>,
        tags: Option<Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let tags = tags.into_iter().flatten();
        let tags = tags.map(|(key, value)| Ok((text(&key)?.into(), Tag(value.unbind()))));
        let tags = tags.collect::<PyResult<_>>()?;
        self.0.context.learn(Known {
            distinct_id,
            session_id,
            device_id: None,
            tags,
        });
        Ok(())
    }

    /// Finishes the events that are parked here, after asking the source; from now on nothing is parked.
    pub(crate) fn release(&self) -> PyResult<()> {
        self.0.context.release();
        read(())
    }

    /// How many events are parked here.
    #[getter]
    fn parked(&self) -> usize {
        self.0.context.parked()
    }

    /// Forgets everything, for good: the code runs as if no context were open.
    fn close(&self) {
        self.0.context.close();
    }

    /// The tags known here, the parents' included, as a new dict.
    fn collect_tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tags = PyDict::new(py);
        for (name, Tag(value)) in read(self.0.context.tags())? {
            tags.set_item(&*name, value)?;
        }
        Ok(tags)
    }

    fn get_parent(&self, py: Python<'_>) -> Option<Py<Self>> {
        self.0.parent.as_ref().map(|parent| parent.clone_ref(py))
    }

    fn get_distinct_id(&self) -> PyResult<Option<String>> {
        read(self.0.context.distinct_id())
    }

    fn get_session_id(&self) -> PyResult<Option<String>> {
        read(self.0.context.session_id())
    }

    fn get_device_id(&self) -> PyResult<Option<String>> {
        read(self.0.context.device_id())
    }

    #[getter]
    fn capture_exceptions(&self) -> bool {
        self.0.capture_exceptions
    }

    #[getter]
    fn client(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.client.as_ref().map(|client| client.clone_ref(py))
    }

    /// Anything, for whoever opened the context.
    #[getter]
    fn owner(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let owner = self.0.owner.lock().unwrap_or_else(PoisonError::into_inner);
        owner.as_ref().map(|owner| owner.clone_ref(py))
    }

    #[setter]
    fn set_owner(&self, owner: Option<Py<PyAny>>) {
        let old = std::mem::replace(
            &mut *self.0.owner.lock().unwrap_or_else(PoisonError::into_inner),
            owner,
        );
        drop(old);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // A second handle exists only while a source is being asked; what both refer to must not be counted twice.
        if Arc::strong_count(&self.0) > 1 {
            return Ok(());
        }
        visit.call(&self.0.parent)?;
        visit.call(&self.0.client)?;
        if let Ok(owner) = self.0.owner.try_lock() {
            visit.call(&*owner)?;
        }
        if let Ok(source) = self.0.source.try_lock()
            && let Some(Source {
                ask,
                argument,
                ready,
            }) = &*source
        {
            visit.call(ask)?;
            visit.call(argument)?;
            visit.call(ready)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        drop(
            self.0
                .owner
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        drop(
            self.0
                .source
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}

impl Scope {
    fn new(
        context: Context<Tag>,
        parent: Option<Py<ContextScope>>,
        source: Option<Source>,
        (capture_exceptions, client): (bool, Option<Py<PyAny>>),
    ) -> Self {
        Self {
            context,
            parent,
            source: Mutex::new(source),
            owner: Mutex::new(None),
            client,
            capture_exceptions,
            generation: hogback::generation(),
        }
    }
}

thread_local! {
    /// Parents that wait to be let go, while a scope is.
    static LET_GO: RefCell<Option<Vec<Py<ContextScope>>>> = const { RefCell::new(None) };
}

impl Drop for Scope {
    /// Scope by scope: jobs that schedule their successors make chains that are too long for the stack.
    fn drop(&mut self) {
        let Some(parent) = self.parent.take() else {
            return;
        };
        let mut next = first_to_let_go(parent);
        while let Some(parent) = next {
            drop(parent);
            next = LET_GO.with_borrow_mut(|waiting| {
                let parent = waiting.as_mut().and_then(Vec::pop);
                if parent.is_none() {
                    *waiting = None;
                }
                parent
            });
        }
    }
}

/// The parent, unless a scope further down is being let go on this thread: then it waits for its turn.
fn first_to_let_go(parent: Py<ContextScope>) -> Option<Py<ContextScope>> {
    let first = LET_GO.try_with(|waiting| {
        let mut waiting = waiting.borrow_mut();
        if let Some(waiting) = waiting.as_mut() {
            waiting.push(parent);
            return None;
        }
        *waiting = Some(Vec::new());
        Some(parent)
    });
    // On a thread that is ending the parent is gone by now.
    first.ok().flatten()
}

thread_local! {
    /// What a source raised that is aimed at the thread (Ctrl-C, an exit), until the read that asked it raises it.
    static INTERRUPT: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Asks the source of a deferred context to fill it. An exception costs what it would have said.
fn ask(scope: ContextScope) {
    let source = scope
        .0
        .source
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(Source { ask, argument, .. }) = source else {
        return;
    };
    Python::attach(|py| match ask.call1(py, (argument, scope)) {
        Ok(_) => {}
        Err(error) if error.is_instance_of::<PyException>(py) => {
            log::failure(py, "reading the context of a request failed", &error);
        }
        Err(interrupt) => keep_interrupt(interrupt),
    });
}

/// The result of a read, or what its source raised at the thread.
pub(crate) fn read<T>(result: T) -> PyResult<T> {
    INTERRUPT.take().map_or(Ok(result), Err)
}

/// Keeps what was raised at the thread by code that cannot raise; the read that caused it will.
pub(crate) fn keep_interrupt(interrupt: PyErr) {
    INTERRUPT.set(Some(interrupt));
}

/// An id as text; `None` stays none, so that it inherits.
fn id_text(id: Option<Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    id.map(|id| text(&id)).transpose()
}

/// Any object as text; characters that no UTF-8 can hold are replaced.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(values::text_of(&object.str()?).into_owned())
}
