//! The native half of `posthog.Client`: the way of one event, from the call to the queue.

use std::sync::Arc;
use std::time::Duration;

use hogback::exception::InAppRules;
use hogback::{Draft, Event, Kind, Loss, Properties, Refusal};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::capture::{Arguments, Boundary};
use crate::exceptions;
use crate::options::{Flag, Options};
use crate::{before_send, context, log, process, values};

/// How long a wait goes without looking whether Python has a signal to handle.
const SLICE: Duration = Duration::from_millis(100);

/// Base of `posthog.Client`. It works once `_open` was called; until then it captures nothing.
///
/// Code of the program (hooks, values of properties) runs while no field is borrowed, so that it may do with the client
/// what it likes.
#[pyclass(module = "posthog._native", subclass)]
#[derive(Default)]
pub(crate) struct Client {
    opened: Option<Arc<Opened>>,
    #[pyo3(get, set)]
    disabled: Flag,
    #[pyo3(get, set)]
    debug: Flag,
    #[pyo3(get, set)]
    send: Flag,
    #[pyo3(get, set)]
    sync_mode: Flag,
    #[pyo3(get, set)]
    is_server: Flag,
    #[pyo3(get, set)]
    disable_geoip: Flag,
    #[pyo3(get, set)]
    before_send: Option<Py<PyAny>>,
    #[pyo3(get, set)]
    super_properties: Option<Py<PyAny>>,
}

struct Opened {
    client: hogback::Client,
    in_app: InAppRules,
    max_queue_size: usize,
}

/// What one capture needs of the client, copied out.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the official options, each independent"
)]
struct Current<'py> {
    py: Python<'py>,
    opened: Arc<Opened>,
    send: bool,
    sync_mode: bool,
    is_server: bool,
    disable_geoip: bool,
    before_send: Option<Py<PyAny>>,
    super_properties: Option<Py<PyAny>>,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Makes the client work. The names are those of the constructor of `posthog.Client`.
    #[pyo3(signature = (**options))]
    fn _open(slf: &Bound<'_, Self>, options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let options = Options::of(options)?;
        let in_app = exceptions::in_app_rules(
            slf.py(),
            options.project_root.as_deref(),
            options.in_app_modules.clone(),
        );
        let max_queue_size = options.max_queue_size;
        let opened = Opened {
            client: hogback::Client::new(options.config()),
            in_app,
            max_queue_size,
        };
        slf.borrow_mut().opened = Some(Arc::new(opened));
        Ok(())
    }

    /// Captures an event. See `posthog.Client.capture`.
    #[pyo3(signature = (*args, **kwargs), text_signature = "($self, event, **kwargs)")]
    fn capture(
        slf: &Bound<'_, Self>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        guarded(slf, "capture", || {
            let Some(current) = Self::current(slf) else {
                return Ok(None);
            };
            let name = context::text(&event_name(args, kwargs)?)?;
            let arguments = Arguments::of(kwargs)?;
            current.capture(Kind::Event(name), &arguments, Properties::new())
        })
    }

    /// Sets properties of a person. See `posthog.Client.set`.
    #[pyo3(signature = (**kwargs))]
    fn set(slf: &Bound<'_, Self>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Option<String>> {
        Self::plain(slf, "set", Kind::Set, kwargs)
    }

    /// Sets properties of a person that are not set yet. See `posthog.Client.set_once`.
    #[pyo3(signature = (**kwargs))]
    fn set_once(
        slf: &Bound<'_, Self>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        Self::plain(slf, "set_once", Kind::SetOnce, kwargs)
    }

    /// A group's properties, with the fixed ones in `fixed`.
    #[pyo3(signature = (fixed, **kwargs))]
    fn _group_identify(
        slf: &Bound<'_, Self>,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        Self::fixed(slf, Kind::GroupIdentify, fixed, kwargs)
    }

    /// A person's other id, with the fixed properties in `fixed`.
    #[pyo3(signature = (fixed, **kwargs))]
    fn _alias(
        slf: &Bound<'_, Self>,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        Self::fixed(slf, Kind::Alias, fixed, kwargs)
    }

    /// Captures an exception. See `posthog.Client.capture_exception`.
    #[pyo3(signature = (exception=None, **kwargs), text_signature = "($self, exception, **kwargs)")]
    fn capture_exception(
        slf: &Bound<'_, Self>,
        exception: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        let Some(current) = Self::current(slf) else {
            return Ok(None);
        };
        // Unlike the others it never raises, not even in debug: it is called where something went wrong already.
        contained(
            slf.py(),
            "capture_exception",
            current.capture_exception(exception, kwargs),
        )
    }

    /// Waits until every event captured before is delivered or counted as lost; `None` waits for ever.
    ///
    /// Returns whether they are. Ctrl-C ends the wait.
    fn _flush(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        self.wait(py, seconds, hogback::Client::flush)
    }

    /// Takes no more events, and waits as `_flush`; what is left after `seconds` is counted as lost.
    fn _shutdown(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let Some(opened) = &self.opened else {
            return Ok(true);
        };
        opened.client.close();
        let finished = self.wait(py, seconds, hogback::Client::flush)?;
        Ok(finished || opened.client.shutdown(Some(Duration::ZERO)))
    }

    /// What became of this process's events: names and numbers.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let totals = PyDict::new(py);
        let lost = PyDict::new(py);
        if let Some(opened) = &self.opened {
            let stats = opened.client.stats();
            totals.set_item("captured", stats.captured)?;
            totals.set_item("delivered", stats.delivered)?;
            totals.set_item("waiting", stats.waiting)?;
            for reason in Loss::ALL {
                lost.set_item(reason.name(), stats.lost(reason))?;
            }
        }
        totals.set_item("lost", lost)?;
        Ok(totals)
    }

    /// Log lines of the worker that nobody has read yet: the logger's method and the line.
    fn _take_notes(&self) -> Vec<(&'static str, String)> {
        let notes = self
            .opened
            .as_ref()
            .map(|opened| opened.client.take_notes());
        notes
            .unwrap_or_default()
            .into_iter()
            .map(process::spoken)
            .collect()
    }

    /// Batches that were lost and that nobody has seen yet: status, what the server said, and the events as JSON.
    fn _take_lost<'py>(
        &self,
        py: Python<'py>,
    ) -> Vec<(Option<u16>, String, Vec<Bound<'py, PyBytes>>)> {
        let lost = self
            .opened
            .as_ref()
            .map(|opened| opened.client.take_lost())
            .unwrap_or_default();
        let readable = lost.into_iter().map(|batch| {
            let events = batch
                .events
                .iter()
                .map(|event| PyBytes::new(py, event.json()))
                .collect();
            (batch.failure.status(), batch.failure.message(), events)
        });
        readable.collect()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.before_send)?;
        visit.call(&self.super_properties)
    }

    fn __clear__(&mut self) {
        self.before_send = None;
        self.super_properties = None;
    }
}

impl Client {
    /// What a capture needs; nothing when the client is disabled.
    fn current<'py>(slf: &Bound<'py, Self>) -> Option<Current<'py>> {
        let py = slf.py();
        let client = slf.borrow();
        let opened = client.opened.as_ref().filter(|_| !client.disabled.0)?;
        Some(Current {
            py,
            opened: Arc::clone(opened),
            send: client.send.0,
            sync_mode: client.sync_mode.0,
            is_server: client.is_server.0,
            disable_geoip: client.disable_geoip.0,
            before_send: client.before_send.as_ref().map(|hook| hook.clone_ref(py)),
            super_properties: client
                .super_properties
                .as_ref()
                .map(|map| map.clone_ref(py)),
        })
    }

    fn plain(
        slf: &Bound<'_, Self>,
        name: &str,
        kind: Kind,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        guarded(slf, name, || {
            let Some(current) = Self::current(slf) else {
                return Ok(None);
            };
            current.capture(kind, &Arguments::of(kwargs)?, Properties::new())
        })
    }

    fn fixed(
        slf: &Bound<'_, Self>,
        kind: Kind,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        let Some(current) = Self::current(slf) else {
            return Ok(None);
        };
        let mut properties = Properties::new();
        log::report(slf.py(), values::write_properties(fixed, &mut properties))?;
        current.capture(kind, &Arguments::of(kwargs)?, properties)
    }

    fn wait(
        &self,
        py: Python<'_>,
        seconds: Option<f64>,
        wait: impl Fn(&hogback::Client, Option<Duration>) -> bool + Sync,
    ) -> PyResult<bool> {
        let Some(opened) = &self.opened else {
            return Ok(true);
        };
        let client = &opened.client;
        let mut left =
            seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        loop {
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            if py.detach(|| wait(client, Some(slice))) {
                return Ok(true);
            }
            py.check_signals()?;
            if let Some(left) = &mut left {
                *left = left.saturating_sub(slice);
                if left.is_zero() {
                    return Ok(false);
                }
            }
        }
    }
}

impl Current<'_> {
    fn capture(
        &self,
        kind: Kind,
        arguments: &Arguments<'_>,
        properties: Properties,
    ) -> PyResult<Option<String>> {
        let draft = arguments.draft(self.py, &self.opened.client, kind, properties)?;
        let Some(event) = self.seal(draft)? else {
            return Ok(None);
        };
        let event = match &self.before_send {
            Some(hook) => {
                match before_send::apply(hook.bind(self.py), &event, &self.opened.client)? {
                    Some(event) => event,
                    None => return Ok(None),
                }
            }
            None => event,
        };
        let uuid = event.uuid().to_owned();
        Ok(self.deliver(event)?.then_some(uuid))
    }

    fn seal(&self, draft: Draft) -> PyResult<Option<Event>> {
        let around = context::surroundings(self.py)?;
        let mut over = Properties::new();
        if let Some(map) = &self.super_properties
            && let Ok(map) = map.bind(self.py).cast::<PyDict>()
        {
            log::report(self.py, values::write_properties(map, &mut over))?;
        }
        let standing = hogback::seal::Standing {
            super_properties: Some(&over),
            is_server: self.is_server,
            disable_geoip: self.disable_geoip,
            ..self.opened.client.standing()
        };
        Ok(self.opened.client.seal(draft, &around, &standing).ok())
    }

    fn deliver(&self, event: Event) -> PyResult<bool> {
        if !self.send {
            return Ok(true);
        }
        let client = &self.opened.client;
        if self.sync_mode {
            let sent = self.py.detach(|| client.send_now(&event));
            if let Err(failure) = &sent {
                log::line(self.py, "error", &format!("error uploading: {failure}"));
            }
            return Ok(sent.is_ok());
        }
        process::entered(self.py)?;
        let name = event.name().to_owned();
        let Err(refusal) = client.submit(event) else {
            return Ok(true);
        };
        let size = self.opened.max_queue_size;
        match refusal {
            Refusal::QueueFull { first: true, .. } => log::line(
                self.py,
                "warning",
                &format!(
                    "the queue is full (max_queue_size={size}), dropping event {name}; more may follow"
                ),
            ),
            Refusal::Closed => {
                log::line(
                    self.py,
                    "warning",
                    &format!("event {name} was captured after shutdown and is dropped"),
                );
            }
            _ => {}
        }
        Ok(false)
    }

    fn capture_exception(
        &self,
        given: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        let explicit = given.is_some_and(|given| !given.is_none());
        let (exception, traceback) = match exceptions::exc_info(self.py, given) {
            Ok(Some(raised)) => raised,
            Ok(None) => {
                log::line(
                    self.py,
                    "warning",
                    "capture_exception was called, but there is no exception to capture",
                );
                return Ok(None);
            }
            Err(other) => {
                let class = other.class;
                return Err(PyTypeError::new_err(format!(
                    "an exception is what can be captured, not {class}"
                )));
            }
        };
        if explicit && exceptions::already_captured(&exception) {
            log::line(self.py, "debug", "this exception was captured before");
            return Ok(None);
        }
        let arguments = Arguments::of(kwargs)?;
        let boundary = Boundary::of(arguments.metadata.as_ref())?;
        let options = exceptions::Options {
            mechanism: boundary.mechanism,
            in_app: &self.opened.in_app,
            now: self.opened.client.clock_now(),
        };
        let list = exceptions::exception_list(self.py, &exception, traceback.as_ref(), &options);
        let mut properties = Properties::new();
        properties.insert("$exception_list", &list);
        properties.insert("$exception_level", &boundary.level);
        if let Some(source) = &boundary.source {
            properties.insert("$exception_source", source);
        }
        let uuid = self.capture(Kind::Event("$exception".to_owned()), &arguments, properties)?;
        if let (Some(uuid), true) = (&uuid, explicit) {
            exceptions::mark_captured(&exception, uuid);
        }
        Ok(uuid)
    }
}

/// The one positional argument, or `event=`.
fn event_name<'py>(
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    if args.len() > 1 {
        let given = args.len();
        return Err(PyTypeError::new_err(format!(
            "capture() takes the event's name and then keywords, but {given} positional arguments were given"
        )));
    }
    if let Ok(event) = args.get_item(0) {
        return Ok(event);
    }
    let named = kwargs.map_or(Ok(None), |kwargs| {
        kwargs.get_item(intern!(args.py(), "event"))
    })?;
    named.ok_or_else(|| PyTypeError::new_err("capture() is missing the event's name"))
}

/// Logs what went wrong and answers `None`, unless the client is in debug mode.
fn guarded(
    slf: &Bound<'_, Client>,
    name: &str,
    call: impl FnOnce() -> PyResult<Option<String>>,
) -> PyResult<Option<String>> {
    let result = call();
    let result = match result {
        Err(error) if slf.borrow().debug.0 => Err(error),
        result => contained(slf.py(), name, result),
    };
    hand_out(slf)?;
    result
}

/// An error that is a Python `Exception` is logged; what is aimed at the thread, as Ctrl-C, is not ours to keep.
fn contained(
    py: Python<'_>,
    name: &str,
    result: PyResult<Option<String>>,
) -> PyResult<Option<String>> {
    match result {
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyException>(py) => {
            log::failure(py, &format!("{name} failed"), &error);
            Ok(None)
        }
        result => result,
    }
}

/// Lets the Python half log and call back what the worker left behind, if there is anything.
fn hand_out(slf: &Bound<'_, Client>) -> PyResult<()> {
    let any = slf
        .borrow()
        .opened
        .as_ref()
        .is_some_and(|opened| opened.client.has_notes());
    if any {
        slf.call_method0(intern!(slf.py(), "_drain"))?;
    }
    Ok(())
}
