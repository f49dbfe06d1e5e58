//! The older routes: from JSON text to the events of one project, all of them or none.

use jiff::Timestamp;

use super::envelope::Envelope;
use super::event::{Arrival, Fields, RawEvent, text};
use super::limits::{Limits, MIB};
use super::moment;
use super::query::Query;
use super::refusal::Refusal;
use crate::store::NewEvent;

/// What one request brings into the store.
#[derive(Debug)]
pub struct Batch {
    /// The project the events belong to.
    pub token: String,
    /// The events, in the order they were sent.
    pub events: Vec<NewEvent>,
}

impl Batch {
    /// Reads a request of the older routes that arrived at `received`.
    pub fn read(
        json: &str,
        query: &Query,
        limits: Limits,
        received: Timestamp,
    ) -> Result<Self, Refusal> {
        let envelope = Envelope::read(json, limits)?;
        let sent_at = envelope
            .sent_at
            .and_then(text)
            .and_then(|time| moment::read(&time))
            .or(query.sent_at);
        let count = envelope.events.len();
        let mut raw_events = Vec::with_capacity(count);
        for (index, json) in envelope.events.iter().enumerate() {
            let place = || format!("event {} of {count}", index + 1);
            let fields = fields(json.get(), limits).map_err(|refusal| refusal.at(&place()))?;
            let event = RawEvent::read(fields)
                .map_err(|missing| Refusal::unreadable(missing).at(&place()))?;
            raw_events.push(event);
        }
        let token = match envelope.token.and_then(text) {
            Some(token) => token,
            None => shared_token(&raw_events)?,
        };
        let token = project_token(&token)?;
        let arrival = Arrival { received, sent_at };
        let events = raw_events
            .into_iter()
            .map(|event| event.receive(&token, arrival))
            .collect();
        Ok(Self { token, events })
    }
}

/// The members of one event, if it is not too large.
pub(crate) fn fields(json: &str, limits: Limits) -> Result<Fields, Refusal> {
    if json.len() > limits.event {
        return Err(Refusal::too_large(format!(
            "is {} bytes long, more than the {} MiB an event may have",
            json.len(),
            limits.event / MIB
        )));
    }
    serde_json::from_str(json)
        .map_err(|cause| Refusal::unreadable(format!("is not a JSON object: {cause}")))
}

/// Checks a token as far as this inspector cares: any text is a project, but a personal key is a mistake.
pub(crate) fn project_token(token: &str) -> Result<String, Refusal> {
    let token = token.trim();
    if token.is_empty() {
        return Err(Refusal::unauthorized(
            "missing_authorization",
            "no project token: set api_key in the request, any text will do here, for example phc_dev",
        ));
    }
    if token.starts_with("phx_") {
        return Err(Refusal::unauthorized(
            "personal_api_key",
            "a token that begins with phx_ is a personal API key, a secret: use the project token (phc_...) instead",
        ));
    }
    Ok(token.to_owned())
}

fn shared_token(events: &[RawEvent]) -> Result<String, Refusal> {
    let mut tokens = events.iter().filter_map(|event| event.token.as_deref());
    let first = tokens.next().unwrap_or_default();
    if tokens.any(|token| token != first) {
        return Err(Refusal::unauthorized(
            "several_tokens",
            "the events of one request name different project tokens: send one request per project",
        ));
    }
    Ok(first.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn read(json: &str) -> Result<Batch, Refusal> {
        Batch::read(
            json,
            &Query::default(),
            Limits::ANALYTICS,
            "2026-03-01T12:00:00Z".parse().unwrap(),
        )
    }

    #[test]
    fn the_token_is_found_in_each_of_its_places() {
        for json in [
            r#"{"api_key":"t","batch":[{"event":"a","distinct_id":"u"}]}"#,
            r#"{"token":"t","batch":[{"event":"a","distinct_id":"u"}]}"#,
            r#"{"api_key":"t","event":"a","distinct_id":"u"}"#,
            r#"[{"event":"a","distinct_id":"u","token":"t"}]"#,
            r#"[{"event":"a","distinct_id":"u","properties":{"token":"t"}}]"#,
            r#"[{"event":"a","$distinct_id":"u","$token":"t"}]"#,
            r#"{"event":"a","properties":{"distinct_id":"u","api_key":"t"}}"#,
        ] {
            assert_eq!(read(json).unwrap().token, "t", "{json}");
        }
    }

    #[test]
    fn a_request_without_a_token_or_with_several_is_unauthorized() {
        for json in [
            r#"[{"event":"a","distinct_id":"u"}]"#,
            r#"{"api_key":"  ","batch":[]}"#,
            r#"[{"event":"a","distinct_id":"u","token":"t"},{"event":"a","distinct_id":"u","token":"x"}]"#,
        ] {
            assert_eq!(
                read(json).unwrap_err().status,
                StatusCode::UNAUTHORIZED,
                "{json}"
            );
        }
    }

    #[test]
    fn a_personal_key_is_refused_with_the_reason() {
        let refusal = read(r#"{"api_key":"phx_secret","batch":[{"event":"a","distinct_id":"u"}]}"#)
            .unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
        assert!(
            refusal.message.contains("personal API key"),
            "{}",
            refusal.message
        );
        assert!(
            !refusal.message.contains("phx_secret"),
            "the secret must not be repeated"
        );
    }

    #[test]
    fn the_bad_event_is_named_by_its_number() {
        let json = r#"{"api_key":"t","batch":[{"event":"a","distinct_id":"u"},{"event":"b"}]}"#;
        let refusal = read(json).unwrap_err();
        assert!(
            refusal
                .message
                .starts_with("event 2 of 2 has no distinct_id"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn an_event_over_the_limit_is_too_large() {
        let json = format!(
            r#"[{{"event":"a","distinct_id":"u","token":"t","x":"{}"}}]"#,
            "a".repeat(MIB)
        );
        let refusal = read(&json).unwrap_err();
        assert_eq!(refusal.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(
            refusal.message.starts_with("event 1 of 1 is"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn the_time_of_sending_may_stand_in_the_query() {
        let json =
            r#"[{"event":"a","distinct_id":"u","token":"t","timestamp":"2020-01-01T00:00:00Z"}]"#;
        let query = Query::read("_=1577836801000");
        let batch = Batch::read(
            json,
            &query,
            Limits::ANALYTICS,
            "2026-03-01T12:00:00Z".parse().unwrap(),
        )
        .unwrap();
        assert_eq!(
            batch.events[0].timestamp,
            "2026-03-01T11:59:59Z".parse().unwrap()
        );
    }
}
