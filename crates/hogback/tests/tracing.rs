//! What a program logs, as events.
#![cfg(feature = "tracing")]

use std::sync::Arc;

use hogback::testing::MemoryTransport;
use hogback::tracing::Layer;
use hogback::{Client, Config, Context};
use serde_json::Value;
use tracing::{error, info, info_span, warn};
use tracing_subscriber::prelude::*;

fn client(server: &MemoryTransport) -> Client {
    Client::new(Config::new("key").transport(server.factory()))
}

/// The events that arrive when a program logs like this.
fn logged(layer: impl FnOnce(Layer) -> Layer, log: impl FnOnce()) -> Vec<Value> {
    let server = MemoryTransport::default();
    let client = client(&server);
    let subscriber = tracing_subscriber::registry().with(layer(Layer::of(client.clone())));
    tracing::subscriber::with_default(subscriber, log);
    assert!(client.flush(None));
    server.events()
}

fn exception(event: &Value) -> &Value {
    assert_eq!(event["event"], "$exception");
    &event["properties"]["$exception_list"][0]
}

#[test]
fn a_line_at_error_is_an_exception_where_it_was_logged() {
    let request: Context = Context::root();
    request.set_distinct_id("user-7");
    let events = logged(
        |layer| layer,
        || {
            request.scope(|| error!(order = 7, "cannot charge"));
            warn!("nothing happens");
            info!("nothing happens");
        },
    );
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["distinct_id"], "user-7");
    let properties = &events[0]["properties"];
    assert!(properties.get("order").is_none() && properties.get("$exception_steps").is_none());
    assert_eq!(properties["$exception_source"], "tracing.event");
    let exception = exception(&events[0]);
    assert_eq!(
        (&exception["type"], &exception["value"]),
        (&"tracing".into(), &"cannot charge".into())
    );
    assert_eq!(exception["mechanism"]["type"], "logger");
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let crash = frames.last().unwrap();
    assert!(
        crash["context_line"]
            .as_str()
            .unwrap()
            .contains("cannot charge"),
        "{crash}"
    );
}

#[test]
fn an_error_field_brings_the_errors_sources_or_its_text() {
    let source = std::io::Error::other("x".parse::<u32>().unwrap_err());
    let events = logged(
        |layer| layer,
        || {
            error!(error = &source as &dyn std::error::Error, "cannot charge");
            error!(err = %source, "cannot charge");
            error!(error = ?source);
        },
    );
    let first = exception(&events[0]);
    assert_eq!(
        (&first["type"], &first["value"]),
        (&"io::Error".into(), &"invalid digit found in string".into())
    );
    assert_eq!(events[0]["properties"]["message"], "cannot charge");
    assert_eq!(
        exception(&events[1])["value"],
        "cannot charge: invalid digit found in string"
    );
    assert!(
        exception(&events[2])["value"]
            .as_str()
            .unwrap()
            .contains("ParseIntError")
    );
}

#[test]
fn only_fields_that_are_allowed_become_tags_and_the_inner_span_wins() {
    let events = logged(
        |layer| layer.span_fields(["order", "step", "late"]),
        || {
            let outer = info_span!(
                "outer",
                order = 7,
                card = "4242",
                late = tracing::field::Empty,
                step = "a"
            );
            let _outer = outer.enter();
            let _inner = info_span!("inner", step = ?Some("b")).entered();
            outer.record("late", true);
            error!("failed");
        },
    );
    let properties = &events[0]["properties"];
    assert_eq!(
        (&properties["order"], &properties["late"]),
        (&7.into(), &true.into())
    );
    assert_eq!(properties["step"], "Some(\"b\")");
    assert!(properties.get("card").is_none());
    let names = properties["$context_tags"].as_array().unwrap();
    assert_eq!(names.len(), 3);
}

#[test]
fn steps_are_those_of_the_same_outermost_span() {
    let events = logged(
        |layer| layer.steps(true),
        || {
            info!("outside of all spans");
            info_span!("other").in_scope(|| info!("elsewhere"));
            let _outer = info_span!("outer").entered();
            info!("reserved");
            info_span!("inner").in_scope(|| warn!(error = "slow", "paid"));
            error!("failed");
        },
    );
    let steps = events[0]["properties"]["$exception_steps"]
        .as_array()
        .unwrap();
    let shown: Vec<_> = steps
        .iter()
        .map(|step| (&step["$message"], &step["level"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&"reserved".into(), &"info".into()),
            (&"paid: slow".into(), &"warning".into())
        ]
    );
}

#[test]
fn layers_of_two_clients_keep_their_fields_and_steps_apart() {
    let servers = [MemoryTransport::default(), MemoryTransport::default()];
    let [first, second] = [client(&servers[0]), client(&servers[1])];
    let layer = Layer::of(first.clone()).span_fields(["order"]).steps(true);
    let subscriber = tracing_subscriber::registry()
        .with(layer.clone())
        .with(layer)
        .with(Layer::of(second.clone()).span_fields(["card"]).steps(true));
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("checkout", order = tracing::field::Empty, card = "4242").entered();
        span.record("order", 7);
        info!("reserved");
        error!("failed");
    });
    assert!(first.flush(None) && second.flush(None));
    let (events, others) = (servers[0].events(), servers[1].events());
    assert_eq!((events.len(), others.len()), (2, 1));
    for event in events.iter().chain(&others) {
        let steps = &event["properties"]["$exception_steps"];
        assert_eq!(steps.as_array().unwrap().len(), 1, "{steps}");
    }
    assert_eq!(events[0]["properties"]["order"], 7);
    assert!(events[0]["properties"].get("card").is_none());
    assert_eq!(others[0]["properties"]["card"], "4242");
    assert!(others[0]["properties"].get("order").is_none());
}

#[test]
fn what_is_logged_while_an_event_is_captured_is_not_captured() {
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let client = Client::new(config.before_send(|event| {
        error!("logged by the hook");
        Some(event)
    }));
    let subscriber = Arc::new(tracing_subscriber::registry().with(Layer::of(client.clone())));
    tracing::subscriber::with_default(subscriber, || error!("failed"));
    assert!(client.flush(None));
    assert_eq!(server.events().len(), 1);
}

#[test]
fn what_hooks_log_is_not_captured_though_nothing_was_logged_when_they_were_called() {
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let config = config.before_send(|event| {
        error!("logged by before_send");
        Some(event)
    });
    let client = Client::new(config.on_note(|note| error!("logged by on_note: {note:?}")));
    let subscriber = tracing_subscriber::registry().with(Layer::of(client.clone()));
    tracing::subscriber::with_default(subscriber, || {
        client.event("e").uuid("no uuid").send();
        client.warn("something".into());
    });
    assert!(client.flush(None));
    assert_eq!(server.events().len(), 1);
}

#[test]
fn what_a_client_says_itself_is_logged_and_not_captured() {
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let client = Client::new(config.on_note(hogback::tracing::log));
    let subscriber = tracing_subscriber::registry().with(Layer::of(client.clone()));
    tracing::subscriber::with_default(subscriber, || {
        hogback::tracing::log(hogback::Note::Error("events are lost".into()));
        client.event("e").uuid("no uuid").send();
    });
    assert!(client.flush(None));
    assert_eq!(server.events().len(), 1);
}

#[test]
fn a_layer_without_a_client_captures_nothing() {
    let subscriber = tracing_subscriber::registry().with(Layer::new().steps(true));
    tracing::subscriber::with_default(subscriber, || {
        let _span = info_span!("span").entered();
        info!("step");
        error!("failed");
    });
}
