//! The v1 route: facts about the sender in headers, and an answer for each event by its uuid.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::batch::{fields, project_token};
use super::decode::header_text;
use super::envelope::Envelope;
use super::event::{Arrival, Fields, RawEvent, object, text};
use super::limits::Limits;
use super::moment;
use super::refusal::Refusal;
use crate::store::NewEvent;

/// Names the library and its version, since v1 properties do not.
const SDK_INFO: header::HeaderName = header::HeaderName::from_static("posthog-sdk-info");
/// The client's clock when it sent the request.
const REQUEST_TIMESTAMP: header::HeaderName =
    header::HeaderName::from_static("posthog-request-timestamp");

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub(crate) enum EventResult {
    /// It is stored.
    Ok,
    /// It will never be stored.
    Drop {
        /// Why.
        details: String,
    },
}

/// What one v1 request brings into the store, and the answer once it is there.
#[derive(Debug)]
pub(crate) struct V1Batch {
    pub(crate) token: String,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) results: BTreeMap<String, EventResult>,
}

/// The headers of a v1 request that say something about its events.
#[derive(Debug)]
pub(crate) struct V1Sender {
    token: String,
    lib: String,
    lib_version: String,
    sent_at: Option<Timestamp>,
}

impl V1Sender {
    /// Reads the headers; absent ones that the protocol demands are refused, as the official service does.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let authorization = header_text(headers, header::AUTHORIZATION);
        let token = match authorization.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => project_token(token)?,
            _ => {
                return Err(Refusal::unauthorized(
                    "missing_authorization",
                    "the header Authorization: Bearer <project token> is missing",
                ));
            }
        };
        if !header_text(headers, header::CONTENT_TYPE).starts_with("application/json") {
            return Err(Refusal::unsupported(
                "this route takes Content-Type: application/json",
            ));
        }
        let (lib, lib_version) =
            header_text(headers, SDK_INFO)
                .split_once('/')
                .ok_or_else(|| {
                    Refusal::missing_header(
                        "the header PostHog-Sdk-Info: <library>/<version> is missing",
                    )
                })?;
        let sent_at = moment::read(header_text(headers, REQUEST_TIMESTAMP));
        Ok(Self {
            token,
            lib: lib.to_owned(),
            lib_version: lib_version.to_owned(),
            sent_at,
        })
    }
}

impl V1Batch {
    /// Reads the events of a v1 request: a bad one is dropped with its reason, the others go on.
    pub(crate) fn read(
        json: &str,
        sender: V1Sender,
        limits: Limits,
        received: Timestamp,
    ) -> Result<Self, Refusal> {
        let arrival = Arrival {
            received,
            sent_at: sender.sent_at,
        };
        let envelope = Envelope::read(json, limits)?;
        let mut batch = Self {
            token: String::new(),
            events: Vec::new(),
            results: BTreeMap::new(),
        };
        for (index, event) in envelope.events.iter().enumerate() {
            let place = format!("event {} of {}", index + 1, envelope.events.len());
            let uuid = uuid_text(event).ok_or_else(|| {
                Refusal::unreadable("has no valid uuid, without which there is no answer for it")
                    .at(&place)
            })?;
            let result = match read_event(event, &sender, limits) {
                Ok(event) => {
                    batch.events.push(event.receive(&sender.token, arrival));
                    EventResult::Ok
                }
                Err(Fault::Event(details)) => EventResult::Drop { details },
                Err(Fault::Request(message)) => return Err(Refusal::unreadable(message).at(&place)),
            };
            batch.results.insert(uuid, result);
        }
        Ok(Self {
            token: sender.token,
            ..batch
        })
    }
}

/// Whom a bad event harms.
enum Fault {
    Event(String),
    Request(String),
}

fn uuid_text(event: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Identity {
        uuid: String,
    }
    let Identity { uuid } = serde_json::from_str(event.get()).ok()?;
    uuid::Uuid::parse_str(&uuid).is_ok().then_some(uuid)
}

fn read_event(json: &RawValue, sender: &V1Sender, limits: Limits) -> Result<RawEvent, Fault> {
    let mut fields = fields(json.get(), limits).map_err(|refusal| Fault::Event(refusal.message))?;
    let mut outside = options(fields.remove("options"))?;
    for key in ["session_id", "window_id"] {
        if let Some(value) = fields.remove(key) {
            outside.insert(format!("${key}"), value);
        }
    }
    let mut event = RawEvent::read(fields).map_err(Fault::Event)?;
    for (key, value) in [("$lib", &sender.lib), ("$lib_version", &sender.lib_version)] {
        if let Ok(value) = to_raw_value(value) {
            outside.insert(key.to_owned(), value);
        }
    }
    for (key, value) in outside {
        event.properties.entry(key).or_insert(value);
    }
    Ok(event)
}

/// The options under the names they have as properties. As in the official service, a wrong type spoils the request.
fn options(options: Option<Box<RawValue>>) -> Result<Fields, Fault> {
    let Some(options) = options else {
        return Ok(Fields::new());
    };
    let options = object(&options)
        .ok_or_else(|| Fault::Request("has options that are not an object".to_owned()))?;
    let mut properties = Fields::new();
    for (name, value) in options {
        let is_right = match name.as_str() {
            "cookieless_mode" | "disable_skew_correction" | "process_person_profile" => {
                matches!(value.get(), "true" | "false" | "null")
            }
            "product_tour_id" => {
                value.get() == "null" || (value.get().starts_with('"') && text(&value).is_some())
            }
            _ => true,
        };
        if !is_right {
            return Err(Fault::Request(format!(
                "has the option {name} with a value of the wrong type"
            )));
        }
        if value.get() == "null" {
            continue;
        }
        let property = if name == "disable_skew_correction" {
            "$ignore_sent_at".to_owned()
        } else {
            format!("${name}")
        };
        properties.insert(property, value);
    }
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    const UUID: &str = "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10";

    fn sender() -> V1Sender {
        let headers = [
            (header::AUTHORIZATION, "Bearer phc_dev"),
            (header::CONTENT_TYPE, "application/json"),
            (SDK_INFO, "posthog-python/7.91.1"),
            (REQUEST_TIMESTAMP, "2026-03-01T12:00:00Z"),
        ];
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        V1Sender::read(&headers).unwrap()
    }

    fn read(events: &str) -> Result<V1Batch, Refusal> {
        let json = format!(r#"{{"created_at":"2026-03-01T12:00:00Z","batch":[{events}]}}"#);
        V1Batch::read(
            &json,
            sender(),
            Limits::ANALYTICS,
            "2026-03-01T12:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn facts_outside_the_properties_are_folded_into_them() {
        let batch = read(&format!(
            r#"{{"event":"a","uuid":"{UUID}","distinct_id":"u","timestamp":"2026-03-01T11:00:00Z","session_id":"s",
            "window_id":"w","options":{{"process_person_profile":false,"disable_skew_correction":true}},"properties":{{"n":1}}}}"#
        ))
        .unwrap();
        assert_eq!(batch.token, "phc_dev");
        assert_eq!(
            batch.events[0].properties,
            r#"{"$ignore_sent_at":true,"$lib":"posthog-python","$lib_version":"7.91.1","$process_person_profile":false,"$session_id":"s","$window_id":"w","n":1}"#
        );
        assert_eq!(batch.events[0].session_id.as_deref(), Some("s"));
    }

    #[test]
    fn a_bad_event_is_dropped_with_its_reason_and_the_others_are_kept() {
        let other = "77aa6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10";
        let batch = read(&format!(
            r#"{{"event":"a","uuid":"{UUID}"}},{{"event":"b","uuid":"{other}","distinct_id":"u"}}"#
        ))
        .unwrap();
        assert_eq!(batch.events.len(), 1);
        assert_eq!(batch.results[other], EventResult::Ok);
        assert!(
            matches!(&batch.results[UUID], EventResult::Drop { details } if details.contains("distinct_id"))
        );
    }

    #[test]
    fn an_option_of_the_wrong_type_spoils_the_request() {
        let event = format!(
            r#"{{"event":"a","uuid":"{UUID}","distinct_id":"u","options":{{"cookieless_mode":"yes"}}}}"#
        );
        let refusal = read(&event).unwrap_err();
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
        assert!(
            refusal.message.contains("cookieless_mode"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn an_event_without_a_uuid_has_no_place_in_the_answer() {
        assert_eq!(
            read(r#"{"event":"a","distinct_id":"u"}"#)
                .unwrap_err()
                .status,
            StatusCode::BAD_REQUEST
        );
    }

    #[test]
    fn each_demanded_header_is_missed_by_name() {
        let mut headers = HeaderMap::new();
        assert_eq!(
            V1Sender::read(&headers).unwrap_err().tag,
            "missing_authorization"
        );
        headers.insert(header::AUTHORIZATION, "bearer phc_dev".parse().unwrap());
        assert_eq!(
            V1Sender::read(&headers).unwrap_err().tag,
            "unsupported_content_type"
        );
        headers.insert(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        );
        assert_eq!(
            V1Sender::read(&headers).unwrap_err().tag,
            "missing_required_headers"
        );
    }
}
