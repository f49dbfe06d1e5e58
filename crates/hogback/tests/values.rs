//! Values of a program whose own code panics when they are written or shown.

#![expect(clippy::panic, reason = "the bug of the program")]

use std::fmt;

use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Refusal};
use tracing_subscriber::prelude::*;

/// A value whose code has a bug.
struct Buggy;

impl serde::Serialize for Buggy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serde::ser::SerializeMap::serialize_entry(&mut map, "before", &1)?;
        panic!("a bug")
    }
}

impl fmt::Debug for Buggy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a bug")
    }
}

impl fmt::Display for Buggy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a bug")
    }
}

impl std::error::Error for Buggy {}

#[test]
fn a_value_that_panics_when_it_is_written_costs_itself_alone() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    let event = client.event("order placed").property("buggy", Buggy);
    let event = event.properties(Buggy).uuid(Buggy).property("total", 12);
    assert!(event.send().is_some());
    let group = client.group_identify("company", Buggy).try_send();
    assert!(matches!(group, Err(Refusal::Incomplete(_))));
    assert!(client.flush(None));
    let events = server.events();
    let properties = &events[0]["properties"];
    assert!(
        properties["buggy"].is_null() && properties["before"] == 1 && properties["total"] == 12
    );
}

#[test]
fn a_value_that_panics_when_it_is_logged_is_captured_without_its_text() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    let layer = hogback::tracing::Layer::of(client.clone())
        .span_fields(["order"])
        .steps(true);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let _span = tracing::info_span!("checkout", order = ?Buggy).entered();
        tracing::warn!(error = &Buggy as &dyn std::error::Error);
        tracing::error!("failed with {Buggy:?}");
        tracing::error!(error = &Buggy as &dyn std::error::Error);
    });
    assert!(client.flush(None));
    let events = server.events();
    assert_eq!(events.len(), 2);
    for event in &events {
        let properties = &event["properties"];
        let text = "<no text: showing it panicked>";
        assert_eq!(properties["order"], text);
        assert_eq!(properties["$exception_steps"][0]["$message"], text);
        assert_eq!(properties["$exception_list"][0]["value"], text);
    }
}
