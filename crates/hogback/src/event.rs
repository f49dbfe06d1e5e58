//! A sealed event: one JSON object, frozen.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use crate::loss::Refusal;
use crate::properties::Properties;
use crate::wire;

/// An event as it travels. Nothing changes it any more, so a re-send repeats it byte for byte.
#[derive(Clone)]
pub struct Event {
    name: Text,
    uuid: Text,
    pub(crate) json: Bytes,
}

/// A text of an event. It is made on one thread and let go on another, which is what allocators are slow at: so it is a part of
/// the JSON if it can be found there.
#[derive(Clone)]
enum Text {
    Within(Range<u32>),
    Own(Box<str>),
}

impl Text {
    /// A text that is where it is said to be in the JSON, unless it was escaped there.
    fn at(start: usize, text: &str, json: &[u8]) -> Self {
        let end = start + text.len();
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(from), Ok(to)) if json.get(start..end) == Some(text.as_bytes()) => {
                Self::Within(from..to)
            }
            _ => Self::Own(text.into()),
        }
    }

    fn of<'a>(&'a self, json: &'a [u8]) -> &'a str {
        match self {
            Self::Within(range) => {
                let text = json.get(range.start as usize..range.end as usize);
                text.map_or("", |text| str::from_utf8(text).unwrap_or_default())
            }
            Self::Own(text) => text,
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("uuid", &self.uuid())
            .field("json", &self.json)
            .finish()
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json && self.name() == other.name() && self.uuid() == other.uuid()
    }
}

impl Eq for Event {}

impl Event {
    /// An event as it was written.
    pub(crate) fn sealed(name: &str, uuid: &str, json: Bytes, places: wire::Places) -> Self {
        Self {
            name: Text::at(places.name, name, &json),
            uuid: Text::at(places.uuid, uuid, &json),
            json,
        }
    }

    fn of(name: impl Into<Box<str>>, uuid: impl Into<Box<str>>, json: Bytes) -> Self {
        Self {
            name: Text::Own(name.into()),
            uuid: Text::Own(uuid.into()),
            json,
        }
    }

    /// Takes an event that a `before_send` hook has had in its hands: `json` is the whole object.
    ///
    /// # Errors
    /// Over [`wire::MAX_EVENT_BYTES`] it is refused: what the program wrote itself is not cut.
    pub fn from_json(
        name: impl Into<String>,
        uuid: impl Into<String>,
        json: Vec<u8>,
    ) -> Result<Self, Refusal> {
        if json.len() > wire::MAX_EVENT_BYTES {
            return Err(Refusal::TooLarge { bytes: json.len() });
        }
        Ok(Self::of(name.into(), uuid.into(), json.into()))
    }

    /// An event that comes back from the journal, where it was put as it is.
    pub(crate) fn stored(json: &[u8]) -> Self {
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Ids {
            event: String,
            uuid: String,
        }
        let Ids { event, uuid } = serde_json::from_slice(json).unwrap_or_default();
        Self::of(event, uuid, Bytes::copy_from_slice(json))
    }

    /// The same event with at most so many bytes, the largest of its properties cut and named under `$truncated`; `None` when
    /// that cannot be. Id, time, name and person stay: by those a receiver knows a repeat.
    pub(crate) fn shrunk_to(&self, limit: usize) -> Option<Self> {
        let mut members = wire::Members::of(&self.json)?;
        let text = members.take("properties")?;
        let mut properties = Properties::of_members(&wire::Members::of_value(&text)?);
        let beside = self.json.len().saturating_sub(text.get().len());
        crate::fit::fit(&mut properties, limit.checked_sub(beside)?);
        let properties = serde_json::value::RawValue::from_string(properties.to_string()).ok()?;
        members.push("properties", std::borrow::Cow::Owned(properties));
        let json = serde_json::to_vec(&members).ok()?;
        (json.len() <= limit).then(|| Self::of(self.name(), self.uuid(), json.into()))
    }

    /// The event's name, as `order placed` or `$exception`.
    pub fn name(&self) -> &str {
        self.name.of(&self.json)
    }

    /// The event's id, by which a receiver tells a repeat.
    pub fn uuid(&self) -> &str {
        self.uuid.of(&self.json)
    }

    /// The JSON object.
    pub fn json(&self) -> &[u8] {
        &self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shrunk_event_is_the_same_event_with_less_in_it() {
        let json = serde_json::json!({
            "event": "e", "distinct_id": "u", "timestamp": "t", "uuid": "i",
            "properties": {"body": "x".repeat(300_000), "plan": "pro"},
        });
        let event = Event::stored(json.to_string().as_bytes());
        let shrunk = event.shrunk_to(100_000).unwrap();
        assert!(shrunk.json.len() <= 100_000);
        let read: serde_json::Value = serde_json::from_slice(&shrunk.json).unwrap();
        for name in ["event", "distinct_id", "timestamp", "uuid"] {
            assert_eq!(read[name], json[name]);
        }
        assert_eq!(read["properties"]["plan"], "pro");
        assert_eq!(
            read["properties"]["$truncated"],
            serde_json::json!(["body"])
        );
    }

    #[test]
    fn what_is_large_beside_its_properties_cannot_be_shrunk() {
        let json = serde_json::json!({"event": "e".repeat(200_000), "properties": {"a": 1}});
        let event = Event::stored(json.to_string().as_bytes());
        assert_eq!(event.shrunk_to(100_000), None);
    }
}
