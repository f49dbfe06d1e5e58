//! Opens the contexts of web requests.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::context::{ContextScope, Scope};
use crate::surroundings;

/// Opens a context for each request, which is read only when somebody asks for it.
///
/// `read(request, context)` fills a context that is asked, on the thread that asks; while it answers false it is asked
/// again later. `is_ready(request, identified, context)` says whether an event that is captured now may make it be
/// asked, or is parked; `identified` is whether the program has said who the event is about. `owner` is who answers for
/// the requests.
#[pyclass(module = "posthog._native", frozen)]
pub(crate) struct RequestContexts {
    pub(crate) read: Py<PyAny>,
    pub(crate) is_ready: Py<PyAny>,
    pub(crate) owner: Py<PyAny>,
}

#[pymethods]
impl RequestContexts {
    #[new]
    fn new(read: Py<PyAny>, is_ready: Py<PyAny>, owner: Py<PyAny>) -> Self {
        Self {
            read,
            is_ready,
            owner,
        }
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
    fn below_current(
        slf: &Bound<'_, Self>,
        request: Py<PyAny>,
        is_here: bool,
    ) -> PyResult<Py<ContextScope>> {
        let py = slf.py();
        let parent = surroundings::current(py)?.map(Bound::unbind);
        let contexts = slf.clone().unbind();
        Py::new(
            py,
            ContextScope(Scope::of_request(contexts, request, parent, is_here)),
        )
    }
}
