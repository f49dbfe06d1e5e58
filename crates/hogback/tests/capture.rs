//! What a program says of an event, and what becomes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Context, Note, Refusal};
use serde_json::{Value, json};

fn config(server: &MemoryTransport) -> Config {
    Config::new("key").transport(server.factory())
}

/// The events that arrive when a client is used like this.
fn events(use_it: impl FnOnce(&Client)) -> Vec<Value> {
    let server = MemoryTransport::default();
    let client = Client::new(config(&server));
    use_it(&client);
    assert!(client.flush(None));
    server.events()
}

#[test]
fn an_event_carries_what_was_said_of_it() {
    let id = "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10";
    let events = events(|client| {
        let event = client
            .event("order placed")
            .property("total", 12)
            .property("total", 12.5)
            .properties(BTreeMap::from([("currency", "EUR")]))
            .distinct_id("user-7")
            .group("company", "acme")
            .group("team", 7)
            .timestamp(SystemTime::UNIX_EPOCH + Duration::from_millis(1500))
            .uuid(id)
            .disable_geoip(false);
        assert_eq!(event.send().as_deref(), Some(id));
    });
    let event = &events[0];
    assert_eq!(
        (&event["uuid"], &event["distinct_id"]),
        (&id.into(), &"user-7".into())
    );
    assert_eq!(event["timestamp"], "1970-01-01T00:00:01.500000+00:00");
    let properties = &event["properties"];
    assert_eq!(
        (&properties["total"], &properties["currency"]),
        (&12.5.into(), &"EUR".into())
    );
    assert_eq!(properties["$groups"], json!({"company": "acme", "team": 7}));
    assert!(properties.get("$geoip_disable").is_none());
}

#[test]
fn what_cannot_be_taken_costs_itself_and_is_told() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let server = MemoryTransport::default();
    let client = Client::new(config(&server).on_note(move |note| ear.lock().unwrap().push(note)));
    client
        .event("e")
        .uuid("no uuid")
        .properties([1, 2])
        .property("a", 1)
        .send()
        .unwrap();
    client.flush(None);
    assert_eq!(server.events()[0]["properties"]["a"], 1);
    let heard = heard.lock().unwrap();
    let [Note::Warning(uuid), Note::Warning(properties)] = &heard[..] else {
        panic!("{heard:?}");
    };
    assert!(uuid.contains("no uuid") && properties.contains("\"e\""));
}

#[test]
fn an_alias_and_a_group_need_their_ids() {
    let sent = events(|client| {
        let refused = |result: Result<String, Refusal>| {
            assert!(matches!(result, Err(Refusal::Incomplete(_))), "{result:?}");
        };
        refused(client.alias("").distinct_id("user-7").try_send());
        refused(client.alias("visitor").try_send());
        refused(client.alias("visitor").distinct_id("").try_send());
        refused(client.group_identify("", "acme").try_send());
        refused(client.group_identify("company", "").try_send());
        assert_eq!(
            client.set().distinct_id("user-7").try_send(),
            Err(Refusal::NothingToSet)
        );
    });
    assert!(sent.is_empty());
    let events = events(|client| {
        let request: Context = Context::root();
        request.set_distinct_id("user-7");
        let _current = request.attach();
        client
            .alias("visitor")
            .property("ignored", 1)
            .send()
            .unwrap();
        client.group_identify("company", "acme").send().unwrap();
    });
    let properties = &events[0]["properties"];
    assert_eq!(
        (&properties["distinct_id"], &properties["alias"]),
        (&"visitor".into(), &"user-7".into())
    );
    assert!(properties.get("ignored").is_none());
    assert_eq!(events[1]["properties"]["$group_set"], json!({}));
}

#[test]
fn the_properties_of_an_error_are_not_the_callers_to_replace() {
    let events = events(|client| {
        let error = "x".parse::<u32>().unwrap_err();
        let event = client.error(&error);
        event
            .property("$exception_list", "mine")
            .property("order", 7)
            .send()
            .unwrap();
    });
    let properties = &events[0]["properties"];
    assert_eq!(properties["order"], 7);
    assert_eq!(properties["$exception_list"][0]["type"], "ParseIntError");
}

#[test]
fn a_disabled_client_captures_nothing_and_one_that_does_not_send_only_seals() {
    let server = MemoryTransport::default();
    let disabled = Client::new(config(&server).disabled(true).send(true));
    let error = "x".parse::<u32>().unwrap_err();
    assert_eq!(disabled.event("e").try_send(), Err(Refusal::Disabled));
    assert_eq!(disabled.capture_error(&error), Err(Refusal::Disabled));
    let boundary = hogback::exception::Boundary::default();
    assert_eq!(
        disabled.error_at(&error, &boundary).try_send(),
        Err(Refusal::Disabled)
    );
    assert_eq!(
        disabled.capture_panic(&"p", None, &boundary),
        Err(Refusal::Disabled)
    );

    let seen = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&seen);
    let sealing = config(&server).send(false).before_send(move |event| {
        *counter.lock().unwrap() += 1;
        Some(event)
    });
    let sealing = Client::new(sealing);
    assert!(sealing.event("e").send().is_some());
    assert_eq!(*seen.lock().unwrap(), 1);
    for client in [disabled, sealing] {
        assert!(client.flush(None));
        assert_eq!(client.stats().captured, 0);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn before_send_has_the_last_word_also_on_the_id_that_is_returned() {
    let id = "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10";
    let server = MemoryTransport::default();
    let client = Client::new(config(&server).before_send(move |mut event| {
        event.insert("uuid".into(), id.into());
        (event["event"] != "secret").then_some(event)
    }));
    assert_eq!(client.event("secret").try_send(), Err(Refusal::Dropped));
    assert_eq!(client.event("open").send().as_deref(), Some(id));
    assert!(client.flush(None));
    assert_eq!(server.events()[0]["uuid"], id);
    assert_eq!(client.stats().captured, 1);
}
