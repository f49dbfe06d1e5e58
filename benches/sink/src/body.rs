//! Finds the events in the body of one request.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::strict::Strict;

/// The first bytes of every gzip stream.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// What one body held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) events: u64,
    pub(crate) exceptions: u64,
    pub(crate) gzip: bool,
    /// The name and the uuid of each event of a batch.
    pub(crate) named: Vec<(String, Uuid)>,
}

/// The dialect a request speaks, known by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A batch whose answer is one word for all.
    Batch,
    /// A batch whose answer names each event.
    BatchV1,
    /// Sentry's envelope: lines of JSON, each item behind a line with its type and length.
    Envelope,
}

impl Dialect {
    pub(crate) fn of_path(path: &str) -> Self {
        if path.ends_with("/envelope/") {
            Self::Envelope
        } else if path.starts_with("/i/v1/") {
            Self::BatchV1
        } else {
            Self::Batch
        }
    }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<Event<'a>>,
}

/// Borrowed where possible: an event's name holds no escapes, and of the properties nothing is kept.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "event")]
    name: &'a str,
    #[serde(deserialize_with = "uuid")]
    uuid: Uuid,
    #[expect(
        dead_code,
        reason = "an event without properties must not count as delivered"
    )]
    properties: Strict,
}

fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    Uuid::parse_str(<&str>::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[derive(Deserialize)]
struct EnvelopeItem<'a> {
    #[serde(borrow, rename = "type")]
    kind: &'a str,
    length: usize,
}

/// Counts the events of `body`; `None` if it is not what `dialect` promises.
pub(crate) fn count(dialect: Dialect, body: &[u8]) -> Option<Counted> {
    if !body.starts_with(GZIP_MAGIC) {
        return count_plain(dialect, body);
    }
    let mut plain = Vec::with_capacity(body.len() * 8);
    MultiGzDecoder::new(body).read_to_end(&mut plain).ok()?;
    Some(Counted {
        gzip: true,
        ..count_plain(dialect, &plain)?
    })
}

fn count_plain(dialect: Dialect, body: &[u8]) -> Option<Counted> {
    if dialect == Dialect::Envelope {
        return count_envelope(body);
    }
    let Batch { batch } = serde_json::from_slice(body).ok()?;
    let exceptions = batch
        .iter()
        .filter(|event| event.name == "$exception")
        .count();
    let named = batch
        .iter()
        .map(|event| (event.name.to_owned(), event.uuid));
    Some(Counted {
        events: batch.len() as u64,
        exceptions: exceptions as u64,
        gzip: false,
        named: named.collect(),
    })
}

/// Counts the items of type `event`; those with an exception and those without are one type there.
fn count_envelope(body: &[u8]) -> Option<Counted> {
    let (_header, mut rest) = split_line(body);
    let mut counted = Counted::default();
    while !rest.is_empty() {
        let (line, payload) = split_line(rest);
        let item: EnvelopeItem<'_> = serde_json::from_slice(line).ok()?;
        rest = payload.get(item.length..)?;
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        if item.kind == "event" {
            counted.events += 1;
            counted.exceptions += 1;
        }
    }
    Some(counted)
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const TWO_EVENTS: &str = r#"{"api_key": "k", "batch": [
        {"event": "cart opened", "uuid": "00000000-0000-4000-8000-000000000001", "properties": {"uuid": "no event"}},
        {"event": "$exception", "uuid": "00000000-0000-4000-8000-000000000002", "properties": {}}]}"#;

    fn two_events(gzip: bool) -> Counted {
        let uuid = |last: u128| Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 + last);
        Counted {
            events: 2,
            exceptions: 1,
            gzip,
            named: vec![
                ("cart opened".to_owned(), uuid(1)),
                ("$exception".to_owned(), uuid(2)),
            ],
        }
    }

    #[test]
    fn every_event_of_a_batch_counts_once() {
        let counted = count(Dialect::Batch, TWO_EVENTS.as_bytes()).unwrap();
        assert_eq!(counted, two_events(false));
    }

    #[test]
    fn a_gzip_body_counts_like_the_plain_one() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(TWO_EVENTS.as_bytes()).unwrap();
        let counted = count(Dialect::Batch, &encoder.finish().unwrap()).unwrap();
        assert_eq!(counted, two_events(true));
    }

    #[test]
    fn a_body_that_is_no_batch_counts_as_nothing() {
        for body in [
            "",
            "[]",
            r#"{"batch": 2}"#,
            r#"{"batch": [{"event": "a", "uuid": "00000000-0000-4000-8000-000000000001"}]}"#,
            r#"{"batch": [{"event": "a", "uuid": "b", "properties": {}}]}"#,
        ] {
            assert_eq!(count(Dialect::Batch, body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn only_items_of_type_event_count_in_an_envelope() {
        let body = b"{\"dsn\":\"x\"}\n{\"type\":\"event\",\"length\":4}\n{\"\n}\n{\"type\":\"session\",\"length\":2}\n{}";
        let counted = count(Dialect::Envelope, body).unwrap();
        assert_eq!((counted.events, counted.exceptions), (1, 1));
    }

    #[test]
    fn the_path_tells_the_dialect() {
        assert_eq!(Dialect::of_path("/batch/"), Dialect::Batch);
        assert_eq!(Dialect::of_path("/i/v1/analytics/events"), Dialect::BatchV1);
        assert_eq!(Dialect::of_path("/api/1/envelope/"), Dialect::Envelope);
    }
}
