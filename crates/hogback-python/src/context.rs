//! Contexts for Python: the core's chain, with Python objects as tags.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::ThreadId;

use hogback::{Answer, Context, Known};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyWeakrefMethods, PyWeakrefReference};

use crate::log;
use crate::overrides::{Override, Overrides};
use crate::request_contexts::RequestContexts;
use crate::surroundings;
use crate::values;

/// A tag's value: any Python object, as it was given.
pub(crate) struct Tag(pub(crate) Py<PyAny>);

impl Clone for Tag {
    fn clone(&self) -> Self {
        Self(Python::attach(|py| self.0.clone_ref(py)))
    }
}

/// One context: who, which visit, which device, and tags. A child reads through to its parent.
#[pyclass(module = "posthog.contexts", frozen, subclass, weakref)]
pub(crate) struct ContextScope(pub(crate) Arc<Scope>);

/// Who opened the context of a request.
pub(crate) struct OpenedBy {
    pub(crate) contexts: Py<RequestContexts>,
    /// Gone if nobody else had it when the context was opened.
    pub(crate) owner: Option<Py<PyAny>>,
}

pub(crate) struct Scope {
    pub(crate) context: Context<Tag>,
    pub(crate) parent: Option<Py<ContextScope>>,
    /// Who opened it, if it is the context of a request.
    pub(crate) opened_by: Option<OpenedBy>,
    /// What it asks about, until it knows everything. It stands here, not in the core's closure, so that the garbage
    /// collector sees what it refers to.
    pub(crate) request: Mutex<Option<Py<PyAny>>>,
    /// The Python object of a request's context, for who fills it: a second one would share what the garbage collector counts.
    handle: OnceLock<Py<PyWeakrefReference>>,
    /// What makes the context current no more.
    token: Mutex<Option<Py<PyAny>>>,
    /// The thread it was opened on; none for a context that may be anywhere.
    thread: Option<ThreadId>,
    client: Option<Py<PyAny>>,
    capture_exceptions: bool,
    /// Whether it reads nothing of its parents.
    is_fresh: bool,
    overrides: Overrides,
    /// The process it was made in: a forked child ignores its parent's contexts.
    pub(crate) generation: u64,
    number: OnceLock<u64>,
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
        let mut scope = Scope::new(context, parent);
        (scope.capture_exceptions, scope.client) = (capture_exceptions, client);
        scope.is_fresh = fresh;
        Self(Arc::new(scope))
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
    ///
    /// With `is_answer` the next read takes it as it is, and asks nobody.
    #[pyo3(signature = (distinct_id=None, session_id=None, tags=None, is_answer=false))]
    fn fill(
        &self,
        distinct_id: Option<String>,
        session_id: Option<String>,
        tags: Option<Bound<'_, PyDict>>,
        is_answer: bool,
    ) -> PyResult<()> {
        let tags = tags.into_iter().flatten();
        let tags = tags.map(|(key, value)| Ok((text(&key)?.into(), Tag(value.unbind()))));
        let tags = tags.collect::<PyResult<_>>()?;
        let known = Known {
            distinct_id,
            session_id,
            device_id: None,
            tags,
        };
        if is_answer {
            self.0.context.volunteer(known);
        } else {
            self.0.context.learn(known);
        }
        Ok(())
    }

    /// Finishes the events that are parked here, if it can be found out now what is known about them.
    pub(crate) fn release(&self) -> PyResult<()> {
        self.0.context.release();
        read(())
    }

    /// Finishes the events that are parked here, with what is known now; from now on nothing is parked.
    ///
    /// Returns whether the program has said something in this very context.
    fn end(&self) -> PyResult<bool> {
        self.0.context.end();
        read(self.0.context.has_said())
    }

    /// Whether nothing is parked here any more.
    #[getter]
    fn has_ended(&self) -> bool {
        self.0.context.has_ended()
    }

    /// Makes the context current no more; the one that was current when it was opened is again.
    ///
    /// Does nothing where that is not possible: in a coroutine that is destroyed from outside its own task.
    fn leave(&self, py: Python<'_>) -> PyResult<()> {
        let token = take(&self.0.token);
        let Some(token) = token else {
            return Ok(());
        };
        match surroundings::reset_current(py, token) {
            // The task whose variable it was is gone, and the variable with it.
            Err(error) if !error.is_instance_of::<PyValueError>(py) => Err(error),
            _ => Ok(()),
        }
    }

    /// Both: ends it, and makes it current no more.
    fn finish(&self, py: Python<'_>) -> PyResult<bool> {
        let ended = self.end();
        self.leave(py)?;
        ended
    }

    /// Whether this is the thread on which the context was opened; `None` for one that belongs to no thread.
    #[getter]
    fn is_on_its_thread(&self) -> Option<bool> {
        let thread = self.0.thread?;
        Some(thread == std::thread::current().id())
    }

    /// What the program has said in this very context: who, which visit, and tags.
    fn said<'py>(&self, py: Python<'py>) -> PyResult<Said<'py>> {
        let Known {
            distinct_id,
            session_id,
            tags: said,
            ..
        } = self.0.context.said();
        let tags = PyDict::new(py);
        for (name, Tag(value)) in said {
            tags.set_item(&*name, value)?;
        }
        Ok((distinct_id, session_id, tags))
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
    pub(crate) fn collect_tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
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

    fn set_capture_exception_code_variables(&self, enabled: Option<Py<PyAny>>) {
        self.0.overrides.set(Override::Enabled, enabled);
    }

    fn set_code_variables_mask_patterns(&self, mask_patterns: Option<Py<PyAny>>) {
        self.0.overrides.set(Override::MaskPatterns, mask_patterns);
    }

    fn set_code_variables_ignore_patterns(&self, ignore_patterns: Option<Py<PyAny>>) {
        self.0
            .overrides
            .set(Override::IgnorePatterns, ignore_patterns);
    }

    fn set_code_variables_mask_url_credentials(&self, enabled: Option<Py<PyAny>>) {
        self.0.overrides.set(Override::MaskUrlCredentials, enabled);
    }

    fn set_code_variables_detect_secrets(&self, enabled: Option<Py<PyAny>>) {
        self.0.overrides.set(Override::DetectSecrets, enabled);
    }

    fn get_capture_exception_code_variables(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        overridden(slf, Override::Enabled)
    }

    fn get_code_variables_mask_patterns(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        overridden(slf, Override::MaskPatterns)
    }

    fn get_code_variables_ignore_patterns(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        overridden(slf, Override::IgnorePatterns)
    }

    fn get_code_variables_mask_url_credentials(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        overridden(slf, Override::MaskUrlCredentials)
    }

    fn get_code_variables_detect_secrets(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        overridden(slf, Override::DetectSecrets)
    }

    #[getter]
    fn capture_exceptions(&self) -> bool {
        self.0.capture_exceptions
    }

    #[getter]
    fn client(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.client.as_ref().map(|client| client.clone_ref(py))
    }

    /// Who opened the context of a request.
    #[getter]
    fn owner(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let OpenedBy { owner, .. } = self.0.opened_by.as_ref()?;
        owner.as_ref().map(|owner| owner.clone_ref(py))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0.parent)?;
        visit.call(&self.0.client)?;
        self.0.overrides.traverse(&visit)?;
        if let Some(OpenedBy { contexts, owner }) = &self.0.opened_by {
            visit.call(contexts)?;
            visit.call(owner)?;
        }
        if let Ok(token) = self.0.token.try_lock() {
            visit.call(&*token)?;
        }
        if let Ok(request) = self.0.request.try_lock() {
            visit.call(&*request)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        self.0.overrides.clear();
        drop(take(&self.0.token));
        drop(take(&self.0.request));
    }
}

/// What the nearest context says, up to one that reads nothing of its parents.
pub(crate) fn overridden(scope: &Bound<'_, ContextScope>, which: Override) -> Option<Py<PyAny>> {
    let py = scope.py();
    let mut scope = scope.clone();
    loop {
        if let Some(said) = scope.get().0.overrides.get(py, which) {
            return Some(said);
        }
        let parent = scope.get().0.parent.as_ref();
        let parent = parent.filter(|_| !scope.get().0.is_fresh)?;
        scope = parent.bind(py).clone();
    }
}

/// Who, which visit, and tags.
type Said<'py> = (Option<String>, Option<String>, Bound<'py, PyDict>);

/// What is in the place, which is empty from now on. The lock is free again when the caller drops it.
fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Scope {
    fn new(context: Context<Tag>, parent: Option<Py<ContextScope>>) -> Self {
        Self {
            context,
            parent,
            opened_by: None,
            request: Mutex::new(None),
            handle: OnceLock::new(),
            token: Mutex::new(None),
            thread: None,
            client: None,
            capture_exceptions: true,
            is_fresh: false,
            overrides: Overrides::default(),
            generation: hogback::generation(),
            number: OnceLock::new(),
        }
    }

    /// A number that no other context of this process has, given when it is first asked for.
    pub(crate) fn number(&self) -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        *self
            .number
            .get_or_init(|| LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The context of a request: deferred, and filled by whoever opened it. `is_here` says that this is its thread.
    pub(crate) fn of_request(
        opened_by: OpenedBy,
        request: Py<PyAny>,
        parent: Option<Py<ContextScope>>,
        is_here: bool,
    ) -> Arc<Self> {
        Arc::new_cyclic(|scope| {
            let scope = std::sync::Weak::clone(scope);
            let above = parent.as_ref().map(|parent| &parent.get().0.context);
            let context = Context::deferred(above, move |_| {
                scope.upgrade().map_or(Answer::Final, |scope| ask(&scope))
            });
            let mut scope = Self::new(context, parent);
            scope.opened_by = Some(opened_by);
            scope.request = Mutex::new(Some(request));
            scope.thread = is_here.then(|| std::thread::current().id());
            scope
        })
    }

    /// The request that the context asks about, as long as it has not said everything.
    pub(crate) fn asks_about(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let request = self.request.lock().unwrap_or_else(PoisonError::into_inner);
        request.as_ref().map(|request| request.clone_ref(py))
    }

    /// Remembers the Python object of this scope, without keeping it.
    pub(crate) fn keep_handle(&self, handle: &Bound<'_, ContextScope>) -> PyResult<()> {
        let handle = PyWeakrefReference::new(handle)?.unbind();
        self.handle
            .set(handle)
            .map_err(|_| PyValueError::new_err("a scope has one Python object"))
    }

    pub(crate) fn keep_token(&self, token: Py<PyAny>) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
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

/// Asks whoever opened the context of a request to fill it. An exception costs what it would have said.
fn ask(scope: &Arc<Scope>) -> Answer {
    let (
        Some(OpenedBy {
            contexts,
            owner: Some(owner),
        }),
        Some(handle),
        Some(request),
    ) = (&scope.opened_by, scope.handle.get(), take(&scope.request))
    else {
        return Answer::Final;
    };
    Python::attach(|py| {
        let Some(handle) = handle.bind(py).upgrade() else {
            return Answer::Final; // nobody has it any more
        };
        match contexts.get().read(py, owner, &request, &handle) {
            Ok(Answer::Final) => {}
            Ok(answer) => {
                *scope.request.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
                return answer;
            }
            Err(error) if error.is_instance_of::<PyException>(py) => {
                log::failure(py, "reading the context of a request failed", &error);
            }
            Err(interrupt) => keep_interrupt(interrupt),
        }
        Answer::Final
    })
}

/// The result of a read, or what its source raised at the thread.
pub(crate) fn read<T>(result: T) -> PyResult<T> {
    INTERRUPT.take().map_or(Ok(result), Err)
}

/// Whether something is kept that was raised at the thread: until it gets through, nothing else should take long.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPT.with_borrow(Option::is_some)
}

/// Keeps what was raised at the thread by code that cannot raise; the read that caused it will.
pub(crate) fn keep_interrupt(interrupt: PyErr) {
    INTERRUPT.set(Some(interrupt));
}

/// An id as text; `None` stays none, so that it inherits. One that has no text is none, and is logged.
fn id_text(id: Option<Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    match text(&id) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_instance_of::<PyException>(id.py()) => {
            log::failure(id.py(), "an id has no text, and is ignored", &error);
            Ok(None)
        }
        Err(interrupt) => Err(interrupt),
    }
}

/// Any object as text; characters that no UTF-8 can hold are replaced. A text is what it holds, whatever its class makes of
/// it: a member of an enum of texts is its value.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(values::text_of(text).into_owned());
    }
    Ok(values::text_of(&object.str()?).into_owned())
}
