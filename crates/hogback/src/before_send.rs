//! The program's last look at an event.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::event::Event;
use crate::hooks::{self, ClientId};
use crate::loss::Refusal;

/// Sees an event as its JSON object, and returns what shall be sent of it, if anything.
pub(crate) type BeforeSend =
    Arc<dyn Fn(Map<String, Value>) -> Option<Map<String, Value>> + Send + Sync>;

/// Why an event is not sent that the hook has seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The hook said so.
    Dropped,
    /// The hook panicked: it may be there to keep secrets in, so what it has not passed is not sent.
    Panicked,
    /// What it made of the event cannot be sent.
    Unfit(Refusal),
}

/// Shows the event to the hook of this client, and takes what it returns. `new_id` makes an id where the hook left none.
pub(crate) fn apply(
    hook: &BeforeSend,
    client: ClientId,
    event: &Event,
    new_id: impl Fn() -> String,
) -> Result<Event, NotSent> {
    let shown: Map<String, Value> =
        serde_json::from_slice(event.json()).map_err(|_| NotSent::Dropped)?;
    let returned = hooks::in_hook_of(client, || hook(shown))
        .ok_or(NotSent::Panicked)?
        .ok_or(NotSent::Dropped)?;
    rebuilt(returned, new_id).map_err(NotSent::Unfit)
}

fn rebuilt(mut members: Map<String, Value>, new_id: impl Fn() -> String) -> Result<Event, Refusal> {
    let name = text(members.get("event")).unwrap_or_default();
    let uuid = text(members.get("uuid"))
        .filter(|uuid| uuid::Uuid::parse_str(uuid).is_ok())
        .unwrap_or_else(&new_id);
    // Without an id the event is nobody's, as at capture: a server refuses the whole batch of an event without one.
    let distinct_id = text(members.get("distinct_id"))
        .filter(|id| !id.is_empty())
        .unwrap_or_else(new_id);
    for (member, value) in [
        ("event", &name),
        ("uuid", &uuid),
        ("distinct_id", &distinct_id),
    ] {
        members.insert(member.to_owned(), Value::String(value.clone()));
    }
    let json = serde_json::to_vec(&members).unwrap_or_default();
    Event::from_json(name, uuid, json)
}

/// A text, or a number as one.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10";

    fn event() -> Event {
        let json =
            json!({"event": "e", "distinct_id": "u", "uuid": ID, "properties": {"card": "4242"}});
        Event::stored(json.to_string().as_bytes())
    }

    fn after(
        change: impl Fn(Map<String, Value>) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Result<Value, NotSent> {
        let hook: BeforeSend = Arc::new(change);
        let event = apply(&hook, ClientId(1), &event(), || "new".to_owned())?;
        let json: Value = serde_json::from_slice(event.json()).unwrap();
        assert_eq!(
            (json["event"].as_str(), json["uuid"].as_str()),
            (Some(event.name()), Some(event.uuid()))
        );
        Ok(json)
    }

    #[test]
    fn what_the_hook_returns_is_what_is_sent() {
        let sent = after(|mut event| {
            event["properties"]["card"] = "cut".into();
            event.insert("event".into(), "renamed".into());
            Some(event)
        });
        let sent = sent.unwrap();
        assert_eq!(
            (&sent["event"], &sent["properties"]["card"]),
            (&"renamed".into(), &"cut".into())
        );
        assert_eq!(
            (&sent["uuid"], &sent["distinct_id"]),
            (&ID.into(), &"u".into())
        );
    }

    #[test]
    fn ids_that_the_hook_has_taken_away_or_broken_are_made_anew() {
        for (uuid, person) in [
            (Value::Null, Value::Null),
            (json!("no uuid"), json!("")),
            (json!(7), json!([])),
        ] {
            let sent = after(move |mut event| {
                event.insert("uuid".into(), uuid.clone());
                event.insert("distinct_id".into(), person.clone());
                Some(event)
            });
            let sent = sent.unwrap();
            assert_eq!(
                (&sent["uuid"], &sent["distinct_id"]),
                (&"new".into(), &"new".into())
            );
        }
        let numbered = after(|mut event| {
            event.insert("distinct_id".into(), 7.into());
            Some(event)
        });
        assert_eq!(numbered.unwrap()["distinct_id"], "7");
    }

    #[test]
    fn an_event_that_the_hook_drops_fails_on_or_makes_too_large_is_not_sent() {
        assert_eq!(after(|_| None), Err(NotSent::Dropped));
        assert_eq!(after(|_| panic!("hook")), Err(NotSent::Panicked));
        let large = after(|mut event| {
            event["properties"]["card"] = "x".repeat(1024 * 1024).into();
            Some(event)
        });
        assert!(matches!(
            large,
            Err(NotSent::Unfit(Refusal::TooLarge { .. }))
        ));
    }
}
