//! Whatever bytes come, the decoder answers with events or with a refusal, within its limits.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

use std::io::Write as _;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hogback_inspector::ingest::batch::Batch;
use hogback_inspector::ingest::decode::json_text;
use hogback_inspector::ingest::limits::Limits;
use hogback_inspector::ingest::query::Query;
use proptest::prelude::*;

const SMALL: Limits = Limits {
    body: 4096,
    inflated: 4096,
    event: 1024,
    events: 8,
    depth: 16,
};

fn compressed(bytes: &[u8], kind: &str) -> Vec<u8> {
    if kind == "gzip" {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    } else {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }
}

/// JSON of the right shape more often than chance would make it.
fn json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| format!("{n:?}")),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\ud83d""#.to_owned()),
    ];
    let key = prop_oneof![
        "event|distinct_id|uuid|timestamp|properties|batch|token|api_key|sent_at|offset|\\$set"
            .prop_map(String::from),
        "[a-z$]{0,5}",
    ];
    let value = leaf.prop_recursive(20, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..10)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(key, value)| format!("{key:?}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    value.prop_map(String::into_bytes)
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..600), json()].prop_flat_map(|bytes| {
        prop_oneof![
            Just(bytes.clone()),
            Just(compressed(&bytes, "gzip")),
            Just(compressed(&bytes, "deflate")),
            Just(BASE64_STANDARD.encode(&bytes).into_bytes()),
            Just([b"data=", BASE64_STANDARD.encode(&bytes).as_bytes()].concat()),
            Just(
                BASE64_STANDARD
                    .encode(compressed(&bytes, "gzip"))
                    .into_bytes()
            ),
        ]
    })
}

proptest! {
    #[test]
    fn every_body_becomes_events_or_a_refusal(
        body in body(),
        encoding in prop::option::of("gzip|deflate|br|zstd|identity|odd"),
        kind in prop::option::of("application/json|text/plain|application/x-www-form-urlencoded"),
        query in "((data|compression|_|sent_at|beacon)=[a-z0-9+/=%]{0,12}&?){0,3}",
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::CONTENT_ENCODING, encoding), (header::CONTENT_TYPE, kind)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(&value).unwrap());
            }
        }
        let query = Query::read(&query);
        match json_text(&body, &headers, &query, SMALL) {
            Ok(text) => {
                // Broken UTF-8 grows to three bytes for one, and that is all that grows.
                prop_assert!(text.len() <= 3 * SMALL.inflated);
                match Batch::read(&text, &query, SMALL, "2026-03-01T12:00:00Z".parse().unwrap()) {
                    Ok(batch) => {
                        prop_assert!(batch.events.len() <= SMALL.events);
                        for event in batch.events {
                            prop_assert!(!event.name.is_empty() && !event.distinct_id.is_empty());
                            let properties: serde_json::Value = serde_json::from_str(&event.properties).unwrap();
                            prop_assert!(properties.is_object());
                        }
                    }
                    Err(refusal) => prop_assert!(refusal.status.is_client_error() && !refusal.message.is_empty()),
                }
            }
            Err(refusal) => prop_assert!(refusal.status.is_client_error() && !refusal.message.is_empty()),
        }
    }

    #[test]
    fn a_good_event_survives_every_wrapping(name in "\\PC{1,20}", wrapping in 0..6) {
        let event = serde_json::json!({ "api_key": "t", "event": name, "distinct_id": "u" }).to_string();
        let bytes = event.as_bytes();
        let form: String = form_urlencoded::byte_serialize(BASE64_STANDARD.encode(bytes).as_bytes()).collect();
        let body = match wrapping {
            0 => bytes.to_vec(),
            1 => compressed(bytes, "gzip"),
            2 => BASE64_STANDARD.encode(bytes).into_bytes(),
            3 => BASE64_STANDARD.encode(compressed(bytes, "gzip")).into_bytes(),
            4 => compressed(BASE64_STANDARD.encode(bytes).as_bytes(), "gzip"),
            _ => format!("data={form}").into_bytes(),
        };
        let text = json_text(&body, &HeaderMap::new(), &Query::default(), Limits::ANALYTICS).unwrap();
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let batch = Batch::read(&text, &Query::default(), Limits::ANALYTICS, time).unwrap();
        prop_assert_eq!(&batch.events[0].name, &name);
    }
}
