//! What a caller hands to the capture family, as the core's [`Draft`].

use std::ffi::CStr;

use hogback::exception::Level;
use hogback::{Client, Draft, Kind, Properties, Timestamp};
use pyo3::exceptions::{PyDeprecationWarning, PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyDict, PyString};
use serde_json::{Map, Value};

use crate::context::text;
use crate::log;
use crate::once::interned;
use crate::values;

/// The keyword arguments of `capture`, `set` and their like. Unknown ones are ignored, as officially.
#[derive(Default)]
pub(crate) struct Arguments<'py> {
    pub(crate) distinct_id: Option<Bound<'py, PyAny>>,
    pub(crate) properties: Option<Bound<'py, PyAny>>,
    pub(crate) timestamp: Option<Bound<'py, PyAny>>,
    pub(crate) uuid: Option<Bound<'py, PyAny>>,
    pub(crate) groups: Option<Bound<'py, PyAny>>,
    pub(crate) disable_geoip: Option<Bound<'py, PyAny>>,
    /// What an integration knows about the boundary that caught an exception.
    pub(crate) metadata: Option<Bound<'py, PyDict>>,
}

impl<'py> Arguments<'py> {
    pub(crate) fn of(kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Self> {
        let mut arguments = Self::default();
        for (name, value) in kwargs.into_iter().flatten() {
            if value.is_none() {
                continue;
            }
            let name = name.cast::<PyString>()?;
            let place = match &*name.to_cow()? {
                "distinct_id" => &mut arguments.distinct_id,
                "properties" => &mut arguments.properties,
                "timestamp" => &mut arguments.timestamp,
                "uuid" => &mut arguments.uuid,
                "groups" => &mut arguments.groups,
                "disable_geoip" => &mut arguments.disable_geoip,
                "send_feature_flags" => {
                    flags_asked_for(&value)?;
                    continue;
                }
                "_capture_metadata" => {
                    arguments.metadata = value.cast_into().ok();
                    continue;
                }
                _ => continue,
            };
            *place = Some(value);
        }
        Ok(arguments)
    }

    /// The draft these arguments describe, with `properties` below the caller's own.
    pub(crate) fn draft(
        &self,
        py: Python<'_>,
        client: &Client,
        kind: Kind,
        properties: Properties,
    ) -> PyResult<Draft> {
        let mut draft = client.draft(kind);
        if let Some(uuid) = self.uuid(py)? {
            draft.uuid = uuid;
        }
        if let Some(timestamp) = self.timestamp(py, client)? {
            draft.timestamp = timestamp;
        }
        draft.distinct_id = self.distinct_id.as_ref().map(text).transpose()?;
        draft.properties = properties;
        if let Some(own) = &self.properties {
            if draft.properties.is_empty() {
                draft.properties = Properties::with_room_for(own.len().unwrap_or_default());
            }
            write_mapping(own, "properties", &mut draft.properties)?;
        }
        if let Some(groups) = &self.groups {
            let mut map = Properties::new();
            match write_mapping(groups, "groups", &mut map) {
                Ok(()) => draft.groups = Some(map),
                Err(error) if error.is_instance_of::<PyException>(py) => {
                    log::failure(py, "the event goes without its groups", &error);
                }
                Err(interrupt) => return Err(interrupt),
            }
        }
        draft.disable_geoip = self
            .disable_geoip
            .as_ref()
            .map(Bound::is_truthy)
            .transpose()?;
        Ok(draft)
    }

    /// A caller's id goes to the wire as it was written, if it is a UUID at all.
    fn uuid(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let Some(given) = &self.uuid else {
            return Ok(None);
        };
        usable_uuid(py, given)
    }

    fn timestamp(&self, py: Python<'_>, client: &Client) -> PyResult<Option<Timestamp>> {
        let Some(given) = &self.timestamp else {
            return Ok(None);
        };
        let iso = if given.is_instance_of::<PyString>() {
            text(given)?
        } else if given.is_instance_of::<PyDateTime>() {
            text(&given.call_method0(interned!(py, "isoformat"))?)?
        } else {
            let class = given.get_type().qualname()?;
            return Err(PyTypeError::new_err(format!(
                "timestamp must be a datetime or an ISO 8601 text with a time, not {class}"
            )));
        };
        let here = || local_offset(py).unwrap_or_default();
        let read = Timestamp::parse_here(&iso, client.now(), here).or_else(|| {
            let iso = other_iso(py, &iso)?;
            Timestamp::parse_here(&iso, client.now(), here)
        });
        if read.is_none() {
            log::line(
                py,
                "warning",
                &format!("{iso:?} is no ISO 8601 date and time; the event gets the time of now"),
            );
        }
        Ok(read)
    }
}

const DEPRECATED: &CStr =
    c"send_feature_flags is deprecated: pass what evaluate_flags() returns as flags";

/// Flags are not evaluated in this version, which is said once; what could never say how is an error, as officially.
fn flags_asked_for(given: &Bound<'_, PyAny>) -> PyResult<()> {
    if !given.is_instance_of::<PyBool>() && !given.is_instance_of::<PyDict>() {
        let class = given.get_type().qualname()?;
        return Err(PyTypeError::new_err(format!(
            "send_feature_flags must be a bool or a dict, not {class}"
        )));
    }
    if given.is_truthy()? {
        let py = given.py();
        let category = py.get_type::<PyDeprecationWarning>();
        PyErr::warn(py, &category, DEPRECATED, 1)?;
        let consequence = "events carry no flags";
        py.import(interned!(py, "posthog._later"))?
            .call_method1(interned!(py, "say"), ("send_feature_flags", consequence))?;
    }
    Ok(())
}

/// An event's id as it is on the wire, if it is a UUID at all; it is as it was written. Anything else is logged.
pub(crate) fn usable_uuid(py: Python<'_>, given: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let given = match text(given) {
        Ok(text) => text,
        Err(error) if error.is_instance_of::<PyException>(py) => {
            log::failure(
                py,
                "an event's id has no text, it gets one of its own",
                &error,
            );
            return Ok(None);
        }
        Err(interrupt) => return Err(interrupt),
    };
    if uuid::Uuid::parse_str(&given).is_ok() {
        return Ok(Some(given));
    }
    log::line(
        py,
        "error",
        &format!("{given:?} is not a UUID; the event gets an id of its own"),
    );
    Ok(None)
}

/// Seconds that the local clock is before UTC now, as Python knows it: programs set the zone while they run.
fn local_offset(py: Python<'_>) -> PyResult<i32> {
    py.import(interned!(py, "time"))?
        .call_method0(interned!(py, "localtime"))?
        .getattr(interned!(py, "tm_gmtoff"))?
        .extract()
}

/// A text in a form of ISO 8601 that only Python reads, such as a week and a day, in the usual one.
fn other_iso(py: Python<'_>, text: &str) -> Option<String> {
    // A date alone is no time.
    let has_time = text.contains(['T', ' ']);
    let class = py.import("datetime").ok()?.getattr("datetime").ok()?;
    let read = has_time.then(|| class.call_method1("fromisoformat", (text,)).ok())??;
    read.call_method0("isoformat").ok()?.extract().ok()
}

/// Writes a dict, or any other mapping.
fn write_mapping(given: &Bound<'_, PyAny>, name: &str, into: &mut Properties) -> PyResult<()> {
    let py = given.py();
    let dict = match given.cast::<PyDict>() {
        Ok(dict) => dict.clone(),
        Err(_) if is_mapping(given) => {
            let dict = PyDict::new(py);
            dict.call_method1(interned!(py, "update"), (given,))?;
            dict
        }
        Err(_) => {
            let class = given.get_type().qualname()?;
            return Err(PyTypeError::new_err(format!(
                "{name} must be a dict, not {class}"
            )));
        }
    };
    log::report(py, values::write_properties(&dict, into))
}

/// Whether an object says that it is a mapping; one that cannot be asked is none.
fn is_mapping(given: &Bound<'_, PyAny>) -> bool {
    let py = given.py();
    let mapping = py
        .import(interned!(py, "collections.abc"))
        .and_then(|module| module.getattr(interned!(py, "Mapping")));
    mapping.is_ok_and(|mapping| given.is_instance(&mapping).unwrap_or_default())
}

/// What an integration says about the boundary that caught an exception, or what a call by hand means.
pub(crate) struct Boundary {
    pub(crate) level: Level,
    pub(crate) source: Option<String>,
    pub(crate) mechanism: Map<String, Value>,
}

impl Boundary {
    pub(crate) fn of(metadata: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut boundary = Self {
            level: Level::Error,
            source: None,
            mechanism: Map::new(),
        };
        let Some(metadata) = metadata else {
            return Ok(boundary);
        };
        if let Some(level) = metadata.get_item("level")?.filter(|level| !level.is_none()) {
            boundary.level = Level::from_name(&text(&level)?);
        }
        if let Some(source) = metadata
            .get_item("source")?
            .filter(|source| !source.is_none())
        {
            boundary.source = Some(text(&source)?);
        }
        if let Some(mechanism) = metadata.get_item("mechanism")?
            && let Ok(mechanism) = mechanism.cast::<PyDict>()
        {
            boundary.mechanism = mechanism_of(mechanism)?;
        }
        Ok(boundary)
    }
}

/// What a dict says about how an exception was caught.
pub(crate) fn mechanism_of(given: &Bound<'_, PyDict>) -> PyResult<Map<String, Value>> {
    let mut properties = Properties::new();
    log::report(given.py(), values::write_properties(given, &mut properties))?;
    Ok(serde_json::from_str(&properties.to_string()).unwrap_or_default())
}
