//! The program's last look at an event.

use hogback::{Client, Event, Kind, Properties};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::usable_uuid;
use crate::context::text;
use crate::dates;
use crate::log;
use crate::once::interned;
use crate::values;

/// Members of an event that are maps of properties.
pub(crate) const MAPS: [&str; 3] = ["properties", "$set", "$set_once"];

/// Shows the event to the hook as a dict, and takes what it returns. `None` when the event shall not be sent.
///
/// A hook that fails drops the event: it may be there to keep secrets in.
pub(crate) fn apply(
    hook: &Bound<'_, PyAny>,
    event: &Event,
    client: &Client,
    given: &[Bound<'_, PyAny>],
) -> PyResult<Option<Event>> {
    let py = hook.py();
    let json = String::from_utf8_lossy(event.json());
    let shown = py
        .import(interned!(py, "json"))?
        .call_method1(interned!(py, "loads"), (json,))?;
    for given in given {
        dates::put_back(given, &shown);
    }
    let returned = match hook.call1((shown,)) {
        Ok(returned) => returned,
        Err(error) if error.is_instance_of::<PyException>(py) => {
            log::failure(py, "before_send failed, the event is dropped", &error);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if returned.is_none() {
        log::line(
            py,
            "debug",
            &format!("before_send dropped event {}", event.name()),
        );
        return Ok(None);
    }
    let Ok(returned) = returned.cast_into::<PyDict>() else {
        log::line(
            py,
            "error",
            "before_send must return a dict or None; the event is dropped",
        );
        return Ok(None);
    };
    rebuild(&returned, client)
}

fn rebuild(returned: &Bound<'_, PyDict>, client: &Client) -> PyResult<Option<Event>> {
    let py = returned.py();
    let name = returned
        .get_item("event")?
        .map(|name| text(&name))
        .transpose()?
        .unwrap_or_default();
    let uuid = uuid(returned, client)?;
    let mut members = Properties::new();
    for (key, value) in returned {
        let key = text(&key)?;
        let map = value.cast::<PyDict>().ok();
        let Some(map) = map.filter(|_| MAPS.contains(&key.as_str())) else {
            log::report(py, values::write_property(&key, &value, &mut members))?;
            continue;
        };
        // A map of properties has the limits of a map of properties: what they cut is named inside of it.
        let mut properties = Properties::new();
        log::report(py, values::write_properties(map, &mut properties))?;
        members.insert(&key, &properties);
    }
    members.insert("uuid", &uuid);
    members.insert("distinct_id", &distinct_id(returned, client)?);
    let mut json = Vec::with_capacity(members.bytes() + 64);
    members.write_json(&mut json);
    match Event::from_json(name, uuid, json) {
        Ok(event) => Ok(Some(event)),
        Err(refusal) => {
            log::line(
                py,
                "error",
                &format!("an event that before_send returned is dropped: {refusal}"),
            );
            Ok(None)
        }
    }
}

/// The id the hook left on the event, or a new one.
fn uuid(returned: &Bound<'_, PyDict>, client: &Client) -> PyResult<String> {
    let given = returned.get_item("uuid")?.filter(|uuid| !uuid.is_none());
    let usable = given.map(|uuid| usable_uuid(returned.py(), &uuid));
    Ok(usable
        .transpose()?
        .flatten()
        .unwrap_or_else(|| client.draft(Kind::Set).uuid))
}

/// The person the hook left on the event. Without one it is nobody's, as without an id at capture: the text "None" would
/// make one person of many, and a server refuses the whole batch of an event without an id.
fn distinct_id(returned: &Bound<'_, PyDict>, client: &Client) -> PyResult<String> {
    let given = returned.get_item("distinct_id")?.filter(|id| !id.is_none());
    let given = given.map(|id| text(&id)).transpose()?;
    Ok(given
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| client.draft(Kind::Set).uuid))
}
