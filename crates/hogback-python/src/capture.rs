//! The way of one event: from the caller's arguments to the queue.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use hogback::exception::InAppRules;
use hogback::{Draft, Event, Kind, Properties, Refusal, Surroundings};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::arguments::{Arguments, Boundary};
use crate::client::Client;
use crate::exceptions::Variables;
use crate::once::interned;
use crate::surroundings::Waiting;
use crate::{before_send, context, exceptions, log, process, surroundings, values};

/// The name of exceptions' events.
const EXCEPTION: &str = "$exception";

/// What a parked event takes beside its properties, about.
const PARKED_BYTES: usize = 512;

/// The id of an event, if it was accepted.
pub(crate) type Captured<'py> = PyResult<Option<Bound<'py, PyString>>>;

/// A client that works.
pub(crate) struct Opened {
    pub(crate) client: hogback::Client,
    pub(crate) in_app: Mutex<Arc<InAppRules>>,
}

impl Opened {
    pub(crate) fn say_in_app(&self, rules: InAppRules) {
        *self.in_app.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    fn in_app(&self) -> Arc<InAppRules> {
        Arc::clone(&self.in_app.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one capture needs of the client, copied out.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the official options, each independent"
)]
pub(crate) struct Current<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) client: &'a Bound<'py, Client>,
    pub(crate) opened: Arc<Opened>,
    pub(crate) send: bool,
    pub(crate) sync_mode: bool,
    pub(crate) is_server: bool,
    pub(crate) disable_geoip: bool,
    pub(crate) traces: bool,
    pub(crate) log_exceptions: bool,
    pub(crate) protects_exceptions: bool,
    pub(crate) before_send: Option<Py<PyAny>>,
    pub(crate) super_properties: Option<Py<PyAny>>,
}

impl<'py> Current<'_, 'py> {
    pub(crate) fn capture(
        &self,
        kind: Kind,
        arguments: &Arguments<'_>,
        properties: Properties,
    ) -> Captured<'py> {
        let draft = arguments.draft(self.py, &self.opened.client, kind, properties)?;
        let explicit = draft
            .distinct_id
            .as_deref()
            .is_some_and(|id| !id.is_empty());
        let current = surroundings::current(self.py)?;
        let current = current.as_ref();
        if !self.sync_mode
            && let Some(current) = current
            && let Some(waiting) = surroundings::waiting(current)
            && !waiting.is_ready(self.py, explicit)?
        {
            return self.park(draft, &waiting, arguments).map(Some);
        }
        let around = surroundings::surroundings(current)?;
        let mut given = Vec::new();
        if self.before_send.is_some() {
            given.extend(surroundings::tags(current)?);
            given.extend(arguments.properties.clone());
            given.extend(
                self.super_properties
                    .iter()
                    .map(|map| map.bind(self.py).clone()),
            );
        }
        self.finish(&draft, &around, &given)
    }

    /// Leaves the rest to the moment when it is known who sent the request. The id is known now.
    fn park(
        &self,
        draft: Draft,
        waiting: &Waiting<'_>,
        arguments: &Arguments<'_>,
    ) -> PyResult<Bound<'py, PyString>> {
        let uuid = PyString::new(self.py, &draft.uuid);
        let bytes = draft.properties.bytes() + PARKED_BYTES;
        let (client, generation) = (self.client.clone().unbind(), hogback::generation());
        let own = arguments.properties.clone().map(Bound::unbind);
        let own = own.filter(|_| self.before_send.is_some());
        let finish = move |snapshot| {
            Python::attach(|py| {
                // A forked child has a copy; the event is its parent's.
                if generation == hogback::generation()
                    && let Some(current) = Client::current(client.bind(py))
                    && let Err(error) = surroundings::described(py, snapshot).and_then(|around| {
                        let given: Vec<_> = own.iter().map(|own| own.bind(py).clone()).collect();
                        current.finish(&draft, &around, &given)
                    })
                {
                    if error.is_instance_of::<PyException>(py) {
                        log::failure(py, "an event that waited for its request is lost", &error);
                    } else {
                        context::keep_interrupt(error);
                    }
                }
            });
        };
        waiting.park(bytes, Box::new(finish))?;
        Ok(uuid)
    }

    /// Decides what the event is, shows it to the program, and sends it on its way. What was `given` for its properties is
    /// for the program's hook.
    fn finish(
        &self,
        draft: &Draft,
        around: &Surroundings,
        given: &[Bound<'_, PyAny>],
    ) -> Captured<'py> {
        let Some(mut event) = self.seal(draft, around)? else {
            return Ok(None);
        };
        let mut name = Cow::Borrowed(draft.kind.name());
        if let Some(hook) = &self.before_send {
            let hook = hook.bind(self.py);
            match before_send::apply(hook, &event, &self.opened.client, given)? {
                Some(shown) => event = shown,
                None => return Ok(None),
            }
            name = Cow::Owned(event.name().to_owned());
        }
        let uuid = PyString::new(self.py, event.uuid());
        Ok(self.deliver(event, &name)?.then_some(uuid))
    }

    fn seal(&self, draft: &Draft, around: &Surroundings) -> PyResult<Option<Event>> {
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
        Ok(self.opened.client.seal(draft, around, &standing).ok())
    }

    fn deliver(&self, event: Event, name: &str) -> PyResult<bool> {
        let client = &self.opened.client;
        if (!self.send || self.sync_mode) && client.is_closed() {
            self.say_closed(name);
            return Ok(false);
        }
        if !self.send {
            return Ok(true);
        }
        if self.sync_mode {
            let sent = self.py.detach(|| client.send_now(&event));
            if let Err(failure) = &sent {
                log::line(self.py, "error", &format!("error uploading: {failure}"));
            }
            return Ok(sent.is_ok());
        }
        process::entered(self.py)?;
        let Err(refusal) = client.submit(event) else {
            return Ok(true);
        };
        match refusal {
            Refusal::QueueFull {
                first: true,
                queued,
            } => log::line(
                self.py,
                "warning",
                &format!(
                    "the queue is full ({queued} events waiting), dropping event {name}; more may follow"
                ),
            ),
            Refusal::Closed => self.say_closed(name),
            _ => {}
        }
        Ok(false)
    }

    fn say_closed(&self, name: &str) {
        log::line(
            self.py,
            "warning",
            &format!("event {name} was captured after shutdown and is dropped"),
        );
    }

    /// Adds the ids of the current OpenTelemetry span, if there is one.
    pub(crate) fn add_trace(&self, properties: &mut Properties) -> PyResult<()> {
        let found = self
            .py
            .import(interned!(self.py, "posthog._trace_context"))
            .and_then(|module| module.call_method0(interned!(self.py, "trace_ids")));
        match found {
            Ok(ids) => log::report(self.py, values::write_properties(ids.cast()?, properties)),
            Err(error) if error.is_instance_of::<PyException>(self.py) => {
                log::failure(self.py, "asking for the current span failed", &error);
                Ok(())
            }
            Err(interrupt) => Err(interrupt),
        }
    }

    /// Captures an exception, by way of `through` if the program has put something in the place of `capture`.
    pub(crate) fn capture_exception(
        &self,
        given: Option<&Bound<'_, PyAny>>,
        kwargs: &Bound<'py, PyDict>,
        through: Option<&Bound<'py, PyAny>>,
    ) -> Captured<'py> {
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
        let request = surroundings::request_number(self.py)?;
        if explicit && exceptions::already_captured(&exception, request) {
            log::line(self.py, "debug", "this exception was captured before");
            return context::read(None);
        }
        let mut arguments = Arguments::of(Some(kwargs))?;
        if let Some(given) = &arguments.properties {
            let own = exceptions::own_properties(given, self.protects_exceptions)?;
            arguments.properties = Some(own);
        }
        let boundary = Boundary::of(arguments.metadata.as_ref())?;
        let options = exceptions::Options {
            mechanism: boundary.mechanism.clone(),
            in_app: &self.opened.in_app(),
            now: self.opened.client.clock_now(),
            variables: self.variables()?,
        };
        let list = exceptions::exception_list(self.py, &exception, traceback.as_ref(), &options);
        // Raised below, when the event is on its way.
        let interrupt = context::read(()).err();
        let mut properties = Properties::new();
        properties.insert("$exception_list", &list);
        properties.insert("$exception_level", &boundary.level);
        if let Some(source) = &boundary.source {
            properties.insert("$exception_source", source);
        }
        if let Some(handled) = boundary.mechanism.get("handled") {
            properties.insert("$exception_handled", handled);
        }
        self.add_trace(&mut properties)?;
        let uuid = match through {
            Some(capture) => handed_over(capture, kwargs, &arguments, &properties)?,
            None => self.capture(Kind::Event(EXCEPTION.to_owned()), &arguments, properties)?,
        };
        if let (Some(uuid), true) = (&uuid, explicit) {
            exceptions::mark_captured(&exception, uuid, request);
        }
        if uuid.is_some() && self.log_exceptions {
            log::failure(self.py, "captured", &PyErr::from_value(exception));
        }
        interrupt.map_or_else(|| context::read(uuid), Err)
    }

    /// What is shown of local variables. Settings that cannot be read show none: the exception is worth more.
    fn variables(&self) -> PyResult<Option<Variables>> {
        match exceptions::rules(self.client) {
            Ok(rules) => Ok(rules.map(Variables::by)),
            Err(error) if error.is_instance_of::<PyException>(self.py) => {
                log::failure(
                    self.py,
                    "the settings of code variables are of no use",
                    &error,
                );
                Ok(None)
            }
            Err(interrupt) => Err(interrupt),
        }
    }
}

/// What an exception becomes is handed to whatever takes the place of `capture`, as a call of it; the caller's own properties
/// win over these.
fn handed_over<'py>(
    capture: &Bound<'py, PyAny>,
    kwargs: &Bound<'py, PyDict>,
    arguments: &Arguments<'_>,
    properties: &Properties,
) -> Captured<'py> {
    let py = capture.py();
    let json = py.import(interned!(py, "json"))?;
    let merged = json.call_method1(interned!(py, "loads"), (properties.to_string(),))?;
    if let Some(own) = &arguments.properties {
        merged.call_method1(interned!(py, "update"), (own,))?;
    }
    let kwargs = kwargs.copy()?;
    kwargs.set_item(interned!(py, "properties"), merged)?;
    if kwargs.contains(interned!(py, "_capture_metadata"))? {
        kwargs.del_item(interned!(py, "_capture_metadata"))?;
    }
    let answer = capture.call((EXCEPTION,), Some(&kwargs))?;
    // A text as ours are, whatever class it is of.
    let uuid: Option<String> = answer.extract().ok();
    Ok(uuid.map(|uuid| PyString::new(py, &uuid)))
}
