//! The requests of capture v0, the protocol that every server knows.

use crate::event::Event;
use crate::properties::write_text;
use crate::timestamp::Timestamp;

/// Where batches go, below the host.
pub(crate) const PATH: &str = "/batch/";

/// The body of a batch. `sent_at` is the time of this attempt: the server corrects clocks with it.
pub(crate) fn body(
    api_key: &str,
    historical: bool,
    sent_at: Timestamp,
    events: &[&Event],
) -> Vec<u8> {
    let size: usize = events.iter().map(|event| event.json.len() + 1).sum();
    let mut json = Vec::with_capacity(size + 256);
    json.extend_from_slice(b"{\"api_key\":");
    write_text(&mut json, api_key);
    json.extend_from_slice(b",\"historical_migration\":");
    json.extend_from_slice(if historical { b"true" } else { b"false" });
    json.extend_from_slice(b",\"sent_at\":\"");
    sent_at.write(&mut json);
    json.push(b'"');
    json.extend_from_slice(b",\"batch\":[");
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&event.json);
    }
    json.extend_from_slice(b"]}");
    json
}
