//! The outer JSON of a request: one event, an array of events, or an object around a batch.
//!
//! Everything borrows from the body and nothing is parsed twice, so a hostile body costs no more memory than it has
//! bytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::limits::Limits;
use super::refusal::Refusal;

/// A request's events, and what it says once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    /// The events, each still as JSON text.
    pub(crate) events: Vec<&'a RawValue>,
    /// `api_key` or `token` beside the batch.
    pub(crate) token: Option<&'a RawValue>,
    /// The client's clock when it sent this.
    pub(crate) sent_at: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    sent_at: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// Finds the events in the JSON of a request, within the limits of its route.
    pub(crate) fn read(json: &'a str, limits: Limits) -> Result<Self, Refusal> {
        let envelope = if json.trim_start().starts_with('[') {
            Self {
                events: list(json, limits)?,
                ..Self::default()
            }
        } else {
            let outer: Outer<'a> = serde_json::from_str(json).map_err(|cause| {
                Refusal::unreadable(format!("the body is not the JSON of events: {cause}"))
            })?;
            let events = match outer.batch {
                Some(batch) => list(batch.get(), limits)?,
                None => vec![whole(json)?],
            };
            Self {
                events,
                token: outer.api_key.or(outer.token),
                sent_at: outer.sent_at,
            }
        };
        Ok(envelope)
    }
}

fn whole(json: &str) -> Result<&RawValue, Refusal> {
    serde_json::from_str(json)
        .map_err(|cause| Refusal::unreadable(format!("the event is not JSON: {cause}")))
}

fn list(json: &str, limits: Limits) -> Result<Vec<&RawValue>, Refusal> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let found = serde::Deserializer::deserialize_seq(&mut reader, AtMost(limits.events))
        .and_then(|events| reader.end().map(|()| events))
        .map_err(|cause| {
            Refusal::unreadable(format!("the batch is not a JSON array of events: {cause}"))
        })?;
    found.ok_or_else(|| {
        Refusal::too_large(format!(
            "more than {} events in one request: send smaller batches",
            limits.events
        ))
    })
}

/// Collects up to so many elements; `None` when there are more, which are not kept.
struct AtMost(usize);

impl<'de> Visitor<'de> for AtMost {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut events = Vec::new();
        while let Some(event) = elements.next_element::<&'de RawValue>()? {
            if events.len() == self.0 {
                while elements.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            if !event.get().starts_with('{') {
                return Err(A::Error::custom(format!(
                    "element {} is not an object",
                    events.len() + 1
                )));
            }
            events.push(event);
        }
        Ok(Some(events))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn read(json: &str) -> Result<Envelope<'_>, Refusal> {
        Envelope::read(
            json,
            Limits {
                events: 3,
                ..Limits::ANALYTICS
            },
        )
    }

    #[test]
    fn all_three_shapes_hold_the_same_event() {
        for json in [
            r#"{"event":"a"}"#,
            r#" [{"event":"a"}]"#,
            r#"{"batch":[{"event":"a"}],"token":"t"}"#,
        ] {
            let envelope = read(json).unwrap();
            assert_eq!(envelope.events.len(), 1, "{json}");
            assert_eq!(envelope.events[0].get(), r#"{"event":"a"}"#);
        }
    }

    #[test]
    fn the_api_key_and_the_time_are_found_beside_the_batch() {
        let envelope =
            read(r#"{"api_key":"k","sent_at":"2026-01-01T00:00:00Z","batch":[]}"#).unwrap();
        assert_eq!(envelope.token.map(RawValue::get), Some(r#""k""#));
        assert_eq!(
            envelope.sent_at.map(RawValue::get),
            Some(r#""2026-01-01T00:00:00Z""#)
        );
    }

    #[test]
    fn one_event_too_many_is_refused_as_too_large() {
        assert_eq!(read("[{},{},{}]").unwrap().events.len(), 3);
        assert_eq!(
            read("[{},{},{},{}]").unwrap_err().status,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }

    #[test]
    fn what_is_not_json_of_events_is_refused() {
        for json in [
            "",
            "7",
            "\"a\"",
            "[1]",
            "{",
            r#"{"batch":{}}"#,
            "[{}] x",
            "null",
        ] {
            assert_eq!(
                read(json).unwrap_err().status,
                StatusCode::BAD_REQUEST,
                "{json}"
            );
        }
    }
}
