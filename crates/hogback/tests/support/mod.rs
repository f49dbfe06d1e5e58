//! What the tests of delivery share.

use std::time::Duration;

use hogback::testing::MemoryTransport;
use hogback::{Client, Kind, Refusal};

/// Captures an event of this name.
pub(crate) fn capture(client: &Client, name: &str) -> Result<String, Refusal> {
    client.capture(client.draft(Kind::Event(name.to_owned())))
}

/// Waits for what another thread does; the limit only keeps a broken test from hanging.
pub(crate) fn wait_for(what: impl Fn() -> bool) {
    let happened = (0..200_000).any(|_| {
        std::thread::park_timeout(Duration::from_micros(50));
        what()
    });
    assert!(happened, "it did not happen");
}

/// The names of the events that a server has accepted, in order.
pub(crate) fn names(server: &MemoryTransport) -> Vec<String> {
    server
        .events()
        .iter()
        .map(|event| event["event"].as_str().unwrap_or_default().to_owned())
        .collect()
}
