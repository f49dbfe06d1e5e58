//! One event as a client wrote it, and how it becomes an event that reads like all others.
//!
//! Clients disagree on where things sit: posthog-js puts the distinct id inside the properties, the v1 route keeps
//! session id and options outside, older ones set `$set` beside the properties. Once received, the
//! properties hold all of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::moment;
use super::summary;
use super::text::cut;
use crate::store::NewEvent;

/// A JSON object whose values keep the text they were sent with.
pub(crate) type Fields = BTreeMap<String, Box<RawValue>>;

/// As long as the official service keeps them.
const LONGEST_DISTINCT_ID: usize = 200;

/// One event, its parts in one place, nothing computed yet.
#[derive(Debug, Default)]
pub struct RawEvent {
    /// The client's uuid, if it sent a valid one.
    pub(crate) uuid: Option<Uuid>,
    /// The event's name.
    pub(crate) name: String,
    /// Who did it.
    pub(crate) distinct_id: String,
    /// The time as the client wrote it.
    pub(crate) timestamp: Option<String>,
    /// How many milliseconds before sending it happened; old clients write this instead of a time.
    pub(crate) offset: Option<i64>,
    /// The project token, where a client puts it on each event.
    pub(crate) token: Option<String>,
    /// Everything else.
    pub(crate) properties: Fields,
}

/// When a request arrived, and how far the client's clock is off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The time here.
    pub(crate) received: Timestamp,
    /// The time the client says it sent the request.
    pub(crate) sent_at: Option<Timestamp>,
}

impl RawEvent {
    /// Reads the members of an event object. The error says what is missing, to be put after the event's number.
    pub(crate) fn read(mut fields: Fields) -> Result<Self, String> {
        let mut properties = match fields.remove("properties") {
            Some(value) => object(&value).ok_or("has properties that are not an object")?,
            None => Fields::new(),
        };
        let name = match fields.remove("event").as_deref().and_then(text) {
            Some(name) if !name.is_empty() => name,
            // The route for people's properties has no event name.
            _ if fields.contains_key("$set") || fields.contains_key("$set_once") => {
                "$identify".to_owned()
            }
            _ => {
                return Err(
                    "has no event name: set \"event\" to a text that is not empty".to_owned(),
                );
            }
        };
        let distinct_id = ["distinct_id", "$distinct_id"]
            .iter()
            .find_map(|key| fields.get(*key).and_then(|value| text(value)))
            .or_else(|| properties.get("distinct_id").and_then(|value| text(value)))
            .filter(|id| !id.is_empty())
            .ok_or("has no distinct_id: put one beside \"event\" or into its properties")?;
        let own = |key: &str| fields.get(key).and_then(|value| text(value));
        let mut event = Self {
            uuid: own("uuid").and_then(|uuid| Uuid::parse_str(uuid.trim()).ok()),
            name,
            distinct_id: cut(&distinct_id, LONGEST_DISTINCT_ID).to_owned(),
            timestamp: own("timestamp"),
            offset: own("offset").and_then(|offset| offset.parse().ok()),
            token: own("token").or_else(|| own("api_key")),
            properties: Fields::new(),
        };
        // `$set`, `$set_once`, `$unset`, `$groups`: what properties already has wins.
        for (key, value) in fields {
            if key.starts_with('$') && key != "$distinct_id" {
                properties.entry(key).or_insert(value);
            }
        }
        event.properties = properties;
        if event.token.is_none() {
            event.token = ["token", "$token", "api_key"]
                .iter()
                .find_map(|key| event.property(key));
        }
        Ok(event)
    }

    /// The event as it is stored: with a uuid, a corrected time, and what lists show of it.
    pub(crate) fn receive(self, token: &str, arrival: Arrival) -> NewEvent {
        let properties =
            serde_json::to_string(&self.properties).unwrap_or_else(|_| "{}".to_owned());
        let uuid = self
            .uuid
            .unwrap_or_else(|| self.derived_uuid(token, &properties));
        let lib = self.property("$lib").unwrap_or_default();
        NewEvent {
            uuid,
            session_id: self.property("$session_id"),
            timestamp: self.corrected_time(arrival),
            received: arrival.received,
            side: summary::side(&lib),
            title: summary::title(&self.name, &self.properties),
            lib,
            name: self.name,
            distinct_id: self.distinct_id,
            sent_timestamp: self.timestamp,
            properties,
        }
    }

    /// The text of a property, absent when it is empty.
    fn property(&self, key: &str) -> Option<String> {
        self.properties
            .get(key)
            .and_then(|value| text(value))
            .filter(|value| !value.is_empty())
    }

    /// A client that sends no uuid repeats its time when it retries, so both copies get the same one. Without a time
    /// there is no telling a retry from a second event.
    fn derived_uuid(&self, token: &str, properties: &str) -> Uuid {
        match &self.timestamp {
            Some(time) => {
                let parts = [token, &self.distinct_id, &self.name, time, properties];
                Uuid::new_v5(&Uuid::NAMESPACE_URL, parts.join("\u{0}").as_bytes())
            }
            None => Uuid::now_v7(),
        }
    }

    fn corrected_time(&self, arrival: Arrival) -> Timestamp {
        let Arrival { received, sent_at } = arrival;
        let Some(written) = self.timestamp.as_deref().and_then(moment::read) else {
            let ago = SignedDuration::from_millis(self.offset.unwrap_or(0));
            return received.checked_sub(ago).unwrap_or(received);
        };
        let trusted = self
            .properties
            .get("$ignore_sent_at")
            .is_some_and(|value| value.get() == "true");
        match sent_at {
            Some(sent_at) if !trusted => received
                .checked_add(written.duration_since(sent_at))
                .unwrap_or(written),
            _ => written,
        }
    }
}

/// A JSON text as it is, a number as text, anything else as absent.
pub(crate) fn text(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Number(_) => Some(value.get().to_owned()),
        _ => None,
    }
}

/// The members of a JSON object; `null` counts as an empty one.
pub(crate) fn object(value: &RawValue) -> Option<Fields> {
    serde_json::from_str::<Option<Fields>>(value.get())
        .ok()
        .map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<RawEvent, String> {
        RawEvent::read(serde_json::from_str(json).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn received(json: &str, sent_at: Option<&str>) -> NewEvent {
        let arrival = Arrival {
            received: at("2026-03-01T12:00:00Z"),
            sent_at: sent_at.map(at),
        };
        read(json).unwrap().receive("phc_a", arrival)
    }

    #[test]
    fn the_distinct_id_is_found_in_each_of_its_places() {
        for json in [
            r#"{"event":"a","distinct_id":"u"}"#,
            r#"{"event":"a","$distinct_id":"u"}"#,
            r#"{"event":"a","properties":{"distinct_id":"u"}}"#,
            r#"{"event":"a","distinct_id":null,"properties":{"distinct_id":"u"}}"#,
        ] {
            assert_eq!(read(json).unwrap().distinct_id, "u", "{json}");
        }
    }

    #[test]
    fn a_numeric_distinct_id_becomes_text_and_a_long_one_is_cut() {
        assert_eq!(
            read(r#"{"event":"a","distinct_id":42}"#)
                .unwrap()
                .distinct_id,
            "42"
        );
        let long = format!(r#"{{"event":"a","distinct_id":"{}"}}"#, "ü".repeat(300));
        assert_eq!(read(&long).unwrap().distinct_id, "ü".repeat(200));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(
            read(r#"{"event":"a"}"#)
                .unwrap_err()
                .contains("distinct_id")
        );
        assert!(
            read(r#"{"distinct_id":"u"}"#)
                .unwrap_err()
                .contains("event name")
        );
        assert!(
            read(r#"{"event":"a","distinct_id":"u","properties":[1]}"#)
                .unwrap_err()
                .contains("properties")
        );
    }

    #[test]
    fn person_properties_beside_the_event_show_among_its_properties() {
        let event = received(
            r#"{"event":"$set","distinct_id":"u","$set":{"plan":"pro"},"$set_once":{"a":1},"properties":{"$set_once":{"b":2}}}"#,
            None,
        );
        assert_eq!(
            event.properties,
            r#"{"$set":{"plan":"pro"},"$set_once":{"b":2}}"#
        );
    }

    #[test]
    fn values_keep_the_text_they_were_sent_with() {
        let event = received(
            r#"{"event":"a","distinct_id":"u","properties":{"big":123456789012345678901234567890,"price":1.50,"s":"\u00e9"}}"#,
            None,
        );
        assert_eq!(
            event.properties,
            r#"{"big":123456789012345678901234567890,"price":1.50,"s":"\u00e9"}"#
        );
    }

    #[test]
    fn a_wrong_client_clock_is_corrected_by_when_it_sent() {
        let json = r#"{"event":"a","distinct_id":"u","timestamp":"2031-05-06T07:08:09+00:00"}"#;
        let event = received(json, Some("2031-05-06T07:08:10Z"));
        assert_eq!(event.timestamp, at("2026-03-01T11:59:59Z"));
        assert_eq!(
            event.sent_timestamp.as_deref(),
            Some("2031-05-06T07:08:09+00:00")
        );
    }

    #[test]
    fn the_time_stays_as_written_without_a_sent_time_or_when_the_client_asks() {
        let json = r#"{"event":"a","distinct_id":"u","timestamp":"2031-05-06T07:08:09Z"}"#;
        assert_eq!(received(json, None).timestamp, at("2031-05-06T07:08:09Z"));
        let json = r#"{"event":"a","distinct_id":"u","timestamp":"2031-05-06T07:08:09Z","properties":{"$ignore_sent_at":true}}"#;
        assert_eq!(
            received(json, Some("2031-05-06T07:08:10Z")).timestamp,
            at("2031-05-06T07:08:09Z")
        );
    }

    #[test]
    fn an_event_without_a_time_happened_now_or_its_offset_ago() {
        assert_eq!(
            received(r#"{"event":"a","distinct_id":"u"}"#, None).timestamp,
            at("2026-03-01T12:00:00Z")
        );
        let json = r#"{"event":"a","distinct_id":"u","offset":1500}"#;
        assert_eq!(received(json, None).timestamp, at("2026-03-01T11:59:58.5Z"));
    }

    #[test]
    fn a_retry_without_a_uuid_gets_the_uuid_of_the_first_try() {
        let json = r#"{"event":"a","distinct_id":"u","timestamp":"2026-03-01T11:00:00Z","properties":{"n":1}}"#;
        let other = r#"{"event":"a","distinct_id":"u","timestamp":"2026-03-01T11:00:00Z","properties":{"n":2}}"#;
        assert_eq!(received(json, None).uuid, received(json, None).uuid);
        assert_ne!(received(json, None).uuid, received(other, None).uuid);
    }

    #[test]
    fn two_events_without_uuid_and_time_are_two_events() {
        let json = r#"{"event":"a","distinct_id":"u"}"#;
        assert_ne!(received(json, None).uuid, received(json, None).uuid);
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let json = r#"{"event":"a","distinct_id":"u","timestamp":"9999-12-30T22:00:00Z","offset":-9223372036854775808}"#;
        assert_eq!(
            received(json, Some("-009999-01-02T01:59:59Z")).timestamp,
            at("9999-12-30T22:00:00Z")
        );
        let json = r#"{"event":"a","distinct_id":"u","offset":-9223372036854775808}"#;
        assert_eq!(received(json, None).timestamp, at("2026-03-01T12:00:00Z"));
    }
}
