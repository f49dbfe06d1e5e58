//! The native half of `posthog.Client`: its attributes, its methods, and what becomes of their errors.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hogback::{Failure, Kind, Loss, Properties};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::arguments::Arguments;
use crate::capture::{Captured, Current, Opened};
use crate::once::interned;
use crate::options::{Flag, Options};
use crate::{context, exceptions, log, process, surroundings, values};

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
    capture_trace_context: Flag,
    #[pyo3(get, set)]
    log_captured_exceptions: Flag,
    /// Whether reserved properties of exceptions are left out of what the caller gives.
    #[pyo3(get, set)]
    protect_exception_properties: Flag,
    #[pyo3(get)]
    before_send: Option<Py<PyAny>>,
    #[pyo3(get)]
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
        let opened = Opened {
            client: hogback::Client::new(options.config()),
            in_app: Mutex::default(),
        };
        slf.borrow_mut().opened = Some(Arc::new(opened));
        Ok(())
    }

    /// Says which code is the project's own: what lies below `root`, and these modules.
    fn _set_in_app(slf: &Bound<'_, Self>, root: Option<&str>, modules: Vec<String>) {
        if let Some(opened) = Self::opened(slf) {
            let rules = exceptions::in_app_rules(slf.py(), root, modules);
            opened.say_in_app(rules);
        }
    }

    // Written out, because what goes may run code of the program when it is freed: not while the client is borrowed.

    #[setter]
    fn set_before_send(slf: &Bound<'_, Self>, hook: Option<Py<PyAny>>) {
        let old = mem::replace(&mut slf.borrow_mut().before_send, hook);
        drop(old);
    }

    #[setter]
    fn set_super_properties(slf: &Bound<'_, Self>, map: Option<Py<PyAny>>) {
        let old = mem::replace(&mut slf.borrow_mut().super_properties, map);
        drop(old);
    }

    // The methods are functions of Python, which can be mocked and inspected; these are what they do.

    /// Captures an event.
    fn _capture<'py>(
        slf: &Bound<'py, Self>,
        event: &Bound<'_, PyAny>,
        distinct_id: Option<Bound<'_, PyAny>>,
        properties: Option<Bound<'_, PyAny>>,
        others: &Bound<'_, PyDict>,
    ) -> Captured<'py> {
        guarded(slf, "capture", || {
            let Some(current) = Self::current(slf) else {
                return Ok(None);
            };
            let name = named(event)?;
            let arguments = Arguments {
                distinct_id,
                properties,
                ..Arguments::of(Some(others))?
            };
            let mut below = Properties::new();
            if current.traces {
                current.add_trace(&mut below)?;
            }
            current.capture(Kind::Event(name), &arguments, below)
        })
    }

    /// Sets properties of a person; tags of the current context count as properties.
    fn _set<'py>(slf: &Bound<'py, Self>, kwargs: &Bound<'py, PyDict>) -> Captured<'py> {
        Self::plain(slf, "set", Kind::Set, kwargs)
    }

    /// Sets properties of a person that are not set yet.
    fn _set_once<'py>(slf: &Bound<'py, Self>, kwargs: &Bound<'_, PyDict>) -> Captured<'py> {
        Self::plain(slf, "set_once", Kind::SetOnce, kwargs)
    }

    /// A group's properties, with the fixed ones in `fixed`.
    #[pyo3(signature = (fixed, **kwargs))]
    fn _group_identify<'py>(
        slf: &Bound<'py, Self>,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Captured<'py> {
        Self::fixed(slf, Kind::GroupIdentify, fixed, kwargs)
    }

    /// A person's other id, with the fixed properties in `fixed`.
    #[pyo3(signature = (fixed, **kwargs))]
    fn _alias<'py>(
        slf: &Bound<'py, Self>,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Captured<'py> {
        Self::fixed(slf, Kind::Alias, fixed, kwargs)
    }

    /// Captures an exception, or the one being handled. `through` is what the program has put in the place of `capture`.
    fn _capture_exception<'py>(
        slf: &Bound<'py, Self>,
        exception: Option<&Bound<'_, PyAny>>,
        kwargs: &Bound<'py, PyDict>,
        through: Option<&Bound<'py, PyAny>>,
    ) -> Captured<'py> {
        let Some(current) = Self::current(slf) else {
            return Ok(None);
        };
        // Unlike the others it never raises, not even in debug: it is called where something went wrong already.
        contained(
            slf.py(),
            "capture_exception",
            current.capture_exception(exception, kwargs, through),
        )
    }

    /// Waits until every event captured before is delivered or counted as lost; `None` waits for ever.
    ///
    /// Returns whether they are. Ctrl-C ends the wait. `pause` is called again and again meanwhile, where others run on
    /// the same thread.
    fn _flush(
        slf: &Bound<'_, Self>,
        seconds: Option<f64>,
        pause: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        surroundings::release(slf.py())?;
        Self::opened(slf).map_or(Ok(true), |opened| {
            settled(slf.py(), &opened.client, seconds, pause)
        })
    }

    /// Takes no more events, and waits as `_flush`; what is left after `seconds` is counted as lost.
    fn _shutdown(
        slf: &Bound<'_, Self>,
        seconds: Option<f64>,
        pause: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        surroundings::release(slf.py())?;
        let Some(opened) = Self::opened(slf) else {
            return Ok(true);
        };
        opened.client.close();
        let finished = settled(slf.py(), &opened.client, seconds, pause)?;
        Ok(finished || opened.client.shutdown(Some(Duration::ZERO)))
    }

    /// What became of this process's events so far.
    ///
    /// A dict of numbers: `captured`, `delivered`, `waiting`, `journalled` (left on disk for another process when the
    /// client ended), `adopted` (delivered for processes that are gone), and under `lost` one for each reason. Besides, `oldest`: the
    /// seconds that the oldest event in memory has waited, `None` if none does; `level`: where events are kept now, `journal`,
    /// `slow_disk` (a moment later) or `memory`; `last_error`: what went wrong last when events were sent, or `None`.
    fn stats<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let (totals, lost) = (PyDict::new(slf.py()), PyDict::new(slf.py()));
        if let Some(opened) = Self::opened(slf) {
            let stats = opened.client.stats();
            totals.set_item("captured", stats.captured)?;
            totals.set_item("delivered", stats.delivered)?;
            totals.set_item("waiting", stats.waiting)?;
            totals.set_item("journalled", stats.journalled)?;
            totals.set_item("adopted", stats.adopted)?;
            for reason in Loss::ALL {
                lost.set_item(reason.name(), stats.lost(reason))?;
            }
            totals.set_item("lost", &lost)?;
            let oldest = stats.oldest.map(|oldest| oldest.as_secs_f64());
            totals.set_item("oldest", oldest)?;
            totals.set_item("level", stats.level.name())?;
            totals.set_item("last_error", &stats.last_error)?;
        } else {
            totals.set_item("lost", lost)?;
        }
        Ok(totals)
    }

    /// Sends what processes that are gone have left in the journal: how many events the server has taken, and why some are
    /// left, if they are.
    fn _send_left(slf: &Bound<'_, Self>, seconds: Option<f64>) -> (u64, Option<String>) {
        let Some(opened) = Self::opened(slf) else {
            return (0, Some("the client is disabled".into()));
        };
        let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let client = opened.client.clone();
        slf.py().detach(|| client.send_left(limit))
    }

    /// Log lines of the worker that nobody has read yet: the logger's method and the line.
    fn _take_notes(slf: &Bound<'_, Self>) -> Vec<(&'static str, String)> {
        let notes = Self::opened(slf).map(|opened| opened.client.take_notes());
        notes
            .unwrap_or_default()
            .into_iter()
            .map(process::spoken)
            .collect()
    }

    /// Batches that were lost and that nobody has seen yet, with their events as JSON.
    fn _take_lost<'py>(slf: &Bound<'py, Self>) -> Vec<Lost<'py>> {
        let lost = Self::opened(slf)
            .map(|opened| opened.client.take_lost())
            .unwrap_or_default();
        let readable = lost.into_iter().map(|batch| {
            let events = batch
                .events
                .iter()
                .map(|event| PyBytes::new(slf.py(), event.json()))
                .collect();
            match batch.failure {
                Failure::Dropped { reason } => (None, reason, true, events),
                failure => (failure.status(), failure.message(), false, events),
            }
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

/// Status, what the server said, whether it dropped these events out of a request that it took, and the events.
type Lost<'py> = (Option<u16>, String, bool, Vec<Bound<'py, PyBytes>>);

impl Client {
    /// What a capture needs; nothing when the client is disabled, or the process is past sending anything.
    pub(crate) fn current<'a, 'py>(slf: &'a Bound<'py, Self>) -> Option<Current<'a, 'py>> {
        if process::is_ending_elsewhere() {
            return None;
        }
        let py = slf.py();
        let client = slf.borrow();
        let opened = client.opened.as_ref().filter(|_| !client.disabled.0)?;
        Some(Current {
            py,
            client: slf,
            opened: Arc::clone(opened),
            send: client.send.0,
            sync_mode: client.sync_mode.0,
            is_server: client.is_server.0,
            disable_geoip: client.disable_geoip.0,
            traces: client.capture_trace_context.0,
            log_exceptions: client.log_captured_exceptions.0,
            protects_exceptions: client.protect_exception_properties.0,
            before_send: client.before_send.as_ref().map(|hook| hook.clone_ref(py)),
            super_properties: client
                .super_properties
                .as_ref()
                .map(|map| map.clone_ref(py)),
        })
    }

    fn plain<'py>(
        slf: &Bound<'py, Self>,
        name: &str,
        kind: Kind,
        kwargs: &Bound<'_, PyDict>,
    ) -> Captured<'py> {
        guarded(slf, name, || {
            let Some(current) = Self::current(slf) else {
                return Ok(None);
            };
            current.capture(kind, &Arguments::of(Some(kwargs))?, Properties::new())
        })
    }

    fn fixed<'py>(
        slf: &Bound<'py, Self>,
        kind: Kind,
        fixed: &Bound<'_, PyDict>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Captured<'py> {
        let Some(current) = Self::current(slf) else {
            return Ok(None);
        };
        let mut properties = Properties::new();
        log::report(slf.py(), values::write_properties(fixed, &mut properties))?;
        current.capture(kind, &Arguments::of(kwargs)?, properties)
    }

    /// What works, if anything; the client itself is free to be changed meanwhile.
    fn opened(slf: &Bound<'_, Self>) -> Option<Arc<Opened>> {
        slf.borrow().opened.clone()
    }
}

/// Waits, in slices, for a client's events to be settled; with a `pause` it looks between two pauses.
fn settled(
    py: Python<'_>,
    client: &hogback::Client,
    seconds: Option<f64>,
    pause: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    // Other threads may go on capturing: what they capture from here on is not waited for.
    let mark = client.mark();
    let most = pause.map_or(SLICE, |_| Duration::ZERO);
    let limit = seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let start = client.clock_now();
    loop {
        let gone = client.clock_now().saturating_sub(start);
        let left = limit.map(|limit| limit.saturating_sub(gone));
        let slice = left.map_or(most, |left| left.min(most));
        if py.detach(|| client.flush_until(mark, Some(slice))) {
            return Ok(true);
        }
        py.check_signals()?;
        if client.is_given_up() {
            // Nothing changes any more: all of it is counted as lost, or some of it is on disk for another process.
            return Ok(client.flush_until(mark, Some(Duration::ZERO)));
        }
        if client.is_server_away() {
            return Ok(false); // what waits is on disk
        }
        if left.is_some_and(|left| left <= slice) {
            return Ok(false);
        }
        if let Some(pause) = pause {
            pause.call0()?;
        }
    }
}

/// The name of an event: any object as text, bytes as what they spell.
fn named(event: &Bound<'_, PyAny>) -> PyResult<String> {
    match event.cast::<PyBytes>() {
        Ok(bytes) => Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
        Err(_) => context::text(event),
    }
}

/// Logs what went wrong and answers `None`, unless the client is in debug mode.
fn guarded<'py>(
    slf: &Bound<'py, Client>,
    name: &str,
    call: impl FnOnce() -> Captured<'py>,
) -> Captured<'py> {
    let result = call();
    let result = match result {
        Err(error) if slf.borrow().debug.0 => Err(error),
        result => contained(slf.py(), name, result),
    };
    hand_out(slf)?;
    result
}

/// An error that is a Python `Exception` is logged; what is aimed at the thread, as Ctrl-C, is not ours to keep.
fn contained<'py>(py: Python<'_>, name: &str, result: Captured<'py>) -> Captured<'py> {
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
    let any = Client::opened(slf).is_some_and(|opened| opened.client.has_notes());
    if any && !process::is_ending_elsewhere() {
        slf.call_method0(interned!(slf.py(), "_drain"))?;
    }
    Ok(())
}
