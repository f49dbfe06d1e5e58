//! The requests and answers of capture v1, where the server speaks of each event.
//!
//! Events are queued and kept as v0 has them. Here they are rearranged for a request: what v1 has names of its own for
//! moves out of the properties, and nothing else changes.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::members::Members;
use super::{LIB, LIB_VERSION, PERSON_PROFILE, SESSION_ID, SET, SET_ONCE};
use crate::event::Event;
use crate::timestamp::Timestamp;

/// Where batches go, below the host.
pub(crate) const PATH: &str = "/i/v1/analytics/events";

/// What travels beside the events of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) api_key: &'a str,
    /// `<library>/<version>`: the server makes `$lib` and `$lib_version` of it.
    pub(crate) library: &'a str,
    /// The same in every attempt of a batch.
    pub(crate) request_id: &'a str,
    /// From one on.
    pub(crate) attempt: u32,
    /// The time of this attempt: the server corrects clocks with it.
    pub(crate) now: Timestamp,
}

/// The headers of a request.
pub(crate) fn headers(head: &Head<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("Authorization", format!("Bearer {}", head.api_key)),
        ("PostHog-Sdk-Info", head.library.to_owned()),
        ("PostHog-Attempt", head.attempt.to_string()),
        ("PostHog-Request-Id", head.request_id.to_owned()),
        ("PostHog-Request-Timestamp", head.now.to_string()),
    ]
}

/// The body of a batch. `created_at` is the same in every attempt.
pub(crate) fn body(created_at: Timestamp, historical: bool, events: &[&Event]) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body {
        created_at: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        historical_migration: bool,
        batch: Vec<Box<RawValue>>,
    }
    let body = Body {
        created_at: created_at.to_string(),
        historical_migration: historical,
        batch: events
            .iter()
            .filter_map(|event| rearranged(&event.json))
            .collect(),
    };
    // Writing to memory cannot fail, and every value is JSON already.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// An event as v1 has it. `None` only for what is no JSON object, which no event is.
fn rearranged(json: &[u8]) -> Option<Box<RawValue>> {
    let mut event = Members::of(json)?;
    let properties = event.take("properties");
    let mut properties = properties
        .as_deref()
        .and_then(Members::of_value)
        .unwrap_or_default();
    for name in [SET, SET_ONCE] {
        move_person_properties(name, &mut event, &mut properties);
    }
    for name in [LIB, LIB_VERSION] {
        properties.take(name);
    }
    let options = Options {
        cookieless_mode: properties.take("$cookieless_mode").and_then(as_bool),
        disable_skew_correction: properties.take("$ignore_sent_at").and_then(as_bool),
        process_person_profile: properties.take(PERSON_PROFILE).and_then(as_bool),
        product_tour_id: properties.take("$product_tour_id").and_then(as_text),
    };
    let rearranged = V1Event {
        event: event.get("event"),
        uuid: event.get("uuid"),
        distinct_id: event.get("distinct_id"),
        timestamp: event.get("timestamp"),
        session_id: properties.take(SESSION_ID).and_then(as_text),
        window_id: properties.take("$window_id").and_then(as_text),
        options,
        properties: &properties,
    };
    to_raw_value(&rearranged).ok()
}

/// `$set` and `$set_once` stand beside the properties in v0 and among them in v1. What is among them already wins.
fn move_person_properties<'a>(
    name: &'static str,
    event: &mut Members<'a>,
    properties: &mut Members<'a>,
) {
    let Some(beside) = event.take(name) else {
        return;
    };
    let Some(among) = properties.take(name) else {
        properties.push(name, beside);
        return;
    };
    let merged = match (Members::of_value(&among), Members::of_value(&beside)) {
        (Some(mut merged), Some(more)) => {
            merged.extend_with(more);
            to_raw_value(&merged).ok().map(Cow::Owned)
        }
        _ => None,
    };
    properties.push(name, merged.unwrap_or(among));
}

#[derive(Serialize)]
struct V1Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_id: Option<String>,
    options: Options,
    properties: &'a Members<'a>,
}

/// One that has the wrong type would make the server refuse the whole batch, so it is left out.
#[derive(Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    cookieless_mode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_skew_correction: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_person_profile: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_tour_id: Option<String>,
}

#[expect(clippy::needless_pass_by_value, reason = "for `and_then`")]
fn as_bool(value: Cow<'_, RawValue>) -> Option<bool> {
    match serde_json::from_str(value.get()).ok()? {
        serde_json::Value::Bool(value) => Some(value),
        serde_json::Value::Number(number) => Some(number.as_f64()? != 0.0),
        serde_json::Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `and_then`")]
fn as_text(value: Cow<'_, RawValue>) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// What the server says of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has the event, or does not want it and says that this is well.
    Delivered,
    /// It is to be sent again.
    Again,
    /// It will not have it, for this reason.
    Dropped(String),
}

/// Reads the answer to a request with the events of these ids, in their order; `None` when it is no such answer.
///
/// Words that are not known, and events of which nothing is said, count as delivered: sending them again would not help.
pub(crate) fn verdicts(answer: &str, uuids: &[&str]) -> Option<Vec<Verdict>> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    let results = answer.get("results")?.as_object()?;
    let verdict = |uuid: &&str| {
        let said = results.get(*uuid);
        let word = said.and_then(|said| said.get("result")?.as_str());
        let details = || said.and_then(|said| said.get("details")?.as_str());
        match word {
            Some("retry") => Verdict::Again,
            Some("drop") => Verdict::Dropped(details().unwrap_or("no reason given").to_owned()),
            _ => Verdict::Delivered,
        }
    };
    Some(uuids.iter().map(verdict).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn one(event: &Value) -> Value {
        let event = Event::stored(event.to_string().as_bytes());
        let now = Timestamp::from_unix_time(Duration::from_secs(1));
        let body: Value = serde_json::from_slice(&body(now, false, &[&event])).unwrap();
        body["batch"][0].clone()
    }

    #[test]
    fn an_event_keeps_what_v1_has_no_name_for() {
        let sent = one(&json!({
            "event": "paid", "distinct_id": "u", "timestamp": "2031-05-06T07:08:09+00:00", "uuid": "i", "type": "old",
            "properties": {"amount": 12.5, "$lib": "posthog-python", "$lib_version": "1", "$is_server": true,
                "$groups": {"a": "b"}, "$session_id": "s", "$window_id": "w"},
        }));
        let expected = json!({
            "event": "paid", "uuid": "i", "distinct_id": "u", "timestamp": "2031-05-06T07:08:09+00:00",
            "session_id": "s", "window_id": "w", "options": {},
            "properties": {"amount": 12.5, "$is_server": true, "$groups": {"a": "b"}},
        });
        assert_eq!(sent, expected);
    }

    #[test]
    fn options_are_coerced_or_left_out() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!(" TRUE "), Some(true)),
            (json!("0"), Some(false)),
            (json!(2), Some(true)),
            (json!(0.0), Some(false)),
            (json!("yes"), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            let sent =
                one(&json!({"event": "e", "properties": {"$process_person_profile": value}}));
            let option = sent["options"].get("process_person_profile");
            assert_eq!(option.and_then(Value::as_bool), expected, "{value}");
            assert_eq!(sent["properties"], json!({}));
        }
        let named = json!({"$product_tour_id": 7, "$session_id": 7, "$ignore_sent_at": 1, "$cookieless_mode": "1"});
        let sent = one(&json!({"event": "e", "properties": named}));
        let options = json!({"cookieless_mode": true, "disable_skew_correction": true});
        assert_eq!(
            (&sent["options"], &sent["properties"]),
            (&options, &json!({}))
        );
        assert!(sent.get("session_id").is_none());
    }

    #[test]
    fn person_properties_move_among_the_properties_where_those_there_win() {
        let sent = one(&json!({
            "event": "$set", "$set": {"plan": "pro", "seats": 3}, "$set_once": {"first": 1},
            "properties": {"$set": {"plan": "free"}, "$set_once": 7},
        }));
        let expected = json!({"$set": {"plan": "free", "seats": 3}, "$set_once": 7});
        assert_eq!(sent["properties"], expected);
        assert!(sent.get("$set").is_none());
        let alone = one(&json!({"event": "$set", "$set": {"plan": "pro"}}));
        assert_eq!(alone["properties"], json!({"$set": {"plan": "pro"}}));
    }

    #[test]
    fn a_batch_says_when_it_was_made_and_whether_it_is_imported() {
        let now = Timestamp::from_unix_time(Duration::from_secs(1));
        let of =
            |historical| -> Value { serde_json::from_slice(&body(now, historical, &[])).unwrap() };
        assert_eq!(
            of(false),
            json!({"created_at": "1970-01-01T00:00:01+00:00", "batch": []})
        );
        assert_eq!(of(true)["historical_migration"], true);
    }

    #[test]
    fn the_answer_speaks_of_each_event() {
        use Verdict::{Again, Delivered, Dropped};
        let answer = json!({"results": {
            "ok": {"result": "ok"}, "warned": {"result": "warning"}, "again": {"result": "retry"},
            "dropped": {"result": "drop", "details": "invalid_event"}, "silently": {"result": "drop"},
            "limited": {"result": "limited"}, "null": null, "odd": 7,
        }});
        let uuids = [
            "ok", "warned", "again", "dropped", "silently", "limited", "null", "odd", "absent",
        ];
        let dropped = |reason: &str| Dropped(reason.into());
        let expected = [
            Delivered,
            Delivered,
            Again,
            dropped("invalid_event"),
            dropped("no reason given"),
            Delivered,
            Delivered,
            Delivered,
            Delivered,
        ];
        assert_eq!(
            verdicts(&answer.to_string(), &uuids),
            Some(expected.to_vec())
        );
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        for answer in ["", "ok", "{}", "[]", r#"{"results": []}"#, r#"{"results""#] {
            assert_eq!(verdicts(answer, &["u"]), None, "{answer}");
        }
    }
}
