//! Opens the contexts of web requests.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::context::{ContextScope, OpenedBy, Scope};
use crate::surroundings;

/// How much `read` has said about a request. See [`hogback::Answer`].
#[pyclass(module = "posthog._native", frozen, eq, eq_int, from_py_object)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    #[pyo3(name = "FINAL")]
    Final,
    #[pyo3(name = "FOR_NOW")]
    ForNow,
    #[pyo3(name = "PRELIMINARY")]
    Preliminary,
}

impl From<Answer> for hogback::Answer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Final => Self::Final,
            Answer::ForNow => Self::ForNow,
            Answer::Preliminary => Self::Preliminary,
        }
    }
}

/// Opens a context for each request, which is read only when somebody asks for it.
///
/// `read(owner, request, context)` fills a context that is asked, on the thread that asks; until its [`Answer`] is final
/// it is asked again later. `is_ready(owner, request, identified, context)` says whether an event that is captured now
/// may make it be asked, or is parked; `identified` is whether the program has said who the event is about.
///
/// `owner` is who answers for the requests. It owns this object, and is not kept alive by it, but by the contexts.
#[pyclass(module = "posthog._native", frozen)]
pub(crate) struct RequestContexts {
    read: Py<PyAny>,
    is_ready: Py<PyAny>,
    owner: Py<PyWeakrefReference>,
}

#[pymethods]
impl RequestContexts {
    #[new]
    fn new(read: Py<PyAny>, is_ready: Py<PyAny>, owner: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            read,
            is_ready,
            owner: PyWeakrefReference::new(owner)?.unbind(),
        })
    }

    /// The context of *request* below the one that is current; it is current now, until it is left.
    fn open(slf: &Bound<'_, Self>, request: Py<PyAny>) -> PyResult<Py<ContextScope>> {
        let py = slf.py();
        let scope = Self::below_current(slf, request, true)?;
        let token = surroundings::set_current(py, &scope)?;
        scope.get().0.keep_token(token);
        Ok(scope)
    }

    /// The context of *request* once more, for whoever has it after or beside its answer: nothing is parked in it.
    ///
    /// `is_here` says that this is the request's own thread.
    fn reopen(
        slf: &Bound<'_, Self>,
        request: Py<PyAny>,
        is_here: bool,
    ) -> PyResult<Py<ContextScope>> {
        let scope = Self::below_current(slf, request, is_here)?;
        scope.get().0.context.end();
        Ok(scope)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.read)?;
        visit.call(&self.is_ready)?;
        visit.call(&self.owner)
    }
}

impl RequestContexts {
    /// Fills the context; returns whether there will be more to say later.
    pub(crate) fn read(
        &self,
        py: Python<'_>,
        owner: &Py<PyAny>,
        request: &Py<PyAny>,
        scope: &Bound<'_, PyAny>,
    ) -> PyResult<hogback::Answer> {
        let answer = self.read.call1(py, (owner, request, scope))?;
        // Whoever answers nothing has said what there is to say.
        Ok(answer
            .extract::<Answer>(py)
            .map_or(hogback::Answer::Final, Into::into))
    }

    /// Whether the context may be read for an event that is captured now.
    pub(crate) fn is_ready(
        &self,
        scope: &Bound<'_, ContextScope>,
        owner: &Py<PyAny>,
        request: Py<PyAny>,
        identified: bool,
    ) -> PyResult<bool> {
        let asked = (owner, request, identified, scope);
        self.is_ready.bind(scope.py()).call1(asked)?.is_truthy()
    }

    fn below_current(
        slf: &Bound<'_, Self>,
        request: Py<PyAny>,
        is_here: bool,
    ) -> PyResult<Py<ContextScope>> {
        let py = slf.py();
        let parent = surroundings::current(py)?.map(Bound::unbind);
        let opened_by = OpenedBy {
            contexts: slf.clone().unbind(),
            owner: slf.get().owner.bind(py).upgrade().map(Bound::unbind),
        };
        let scope = Scope::of_request(opened_by, request, parent, is_here);
        let scope = Bound::new(py, ContextScope(scope))?;
        scope.get().0.keep_handle(&scope)?;
        Ok(scope.unbind())
    }
}
