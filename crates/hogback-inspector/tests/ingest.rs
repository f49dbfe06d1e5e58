//! What clients send is stored and answered as they expect.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use std::future::{Future as _, poll_fn};
use std::io::Write as _;
use std::task::Poll;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hogback_inspector::clock::Clock;
use serde_json::{Value, json};
use support::{Service, event, request, with};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Puts the JSON of a recorded request back into the bytes the browser sent.
fn wire_body(recorded: &Value) -> Vec<u8> {
    let json = serde_json::to_vec(&recorded["json"]).unwrap();
    match recorded["encoding"].as_str().unwrap() {
        "none" => Vec::new(),
        "plain" => json,
        "gzip" => gzip(&json),
        "form" => {
            let base64 = BASE64_STANDARD.encode(json);
            let escaped: String = form_urlencoded::byte_serialize(base64.as_bytes()).collect();
            format!("data={escaped}").into_bytes()
        }
        other => unreachable!("unknown encoding {other}"),
    }
}

#[tokio::test]
async fn every_request_recorded_from_posthog_js_is_taken() {
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("fixtures/posthog-js-1.449.2.json")).unwrap();
    let service = Service::start();
    let mut sent = Vec::new();
    for recorded in &recorded {
        let method: Method = recorded["method"].as_str().unwrap().parse().unwrap();
        let path = format!(
            "{}?{}",
            recorded["path"].as_str().unwrap(),
            recorded["query"].as_str().unwrap()
        );
        let mut request = request(method, &path, wire_body(recorded));
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let name: axum::http::HeaderName = name.parse().unwrap();
            request
                .headers_mut()
                .insert(name, value.as_str().unwrap().parse().unwrap());
        }
        let answer = service.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            recorded["headers"]["origin"].as_str()
        );
        if let Some(batch) = recorded["json"]["batch"].as_array() {
            sent.extend(
                batch
                    .iter()
                    .map(|event| event["uuid"].as_str().unwrap().to_owned()),
            );
        }
    }
    let mut stored: Vec<String> = service
        .events()
        .await
        .iter()
        .map(|event| event["uuid"].as_str().unwrap().to_owned())
        .collect();
    sent.sort();
    stored.sort();
    assert!(sent.len() >= 10, "the recording has {} events", sent.len());
    assert_eq!(stored, sent);
}

#[tokio::test]
async fn a_recorded_browser_exception_reads_like_any_event() {
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("fixtures/posthog-js-1.449.2.json")).unwrap();
    let is_exception = |recorded: &&Value| recorded["json"]["batch"][0]["event"] == "$exception";
    let recorded = recorded.iter().find(is_exception).unwrap();
    let service = Service::start();
    service.post("/i/v0/e/", wire_body(recorded)).await;
    let stored = service.events().await.pop().unwrap();
    let sent = &recorded["json"]["batch"][0];
    assert_eq!(stored["distinct_id"], "user-42");
    assert_eq!(stored["side"], "browser");
    assert_eq!(stored["title"], "RangeError: manual capture");
    assert_eq!(stored["session_id"], sent["properties"]["$session_id"]);
    assert_eq!(stored["properties"], sent["properties"]);
}

#[tokio::test]
async fn every_route_takes_events_with_and_without_a_trailing_slash() {
    let service = Service::start();
    let routes = [
        "/e",
        "/i/v0/e",
        "/capture",
        "/track",
        "/engage",
        "/batch",
        "/i/v0/ai/batch",
    ];
    for (index, route) in routes.iter().enumerate() {
        for (offset, slash) in ["", "/"].iter().enumerate() {
            let answer = service
                .post(
                    &format!("{route}{slash}"),
                    event("a", (index * 2 + offset) as u64),
                )
                .await;
            assert_eq!(
                (answer.status, answer.json()),
                (StatusCode::OK, json!({ "status": "Ok" })),
                "{route}{slash}"
            );
        }
    }
    assert_eq!(service.events().await.len(), 2 * routes.len());
}

#[tokio::test]
async fn an_event_may_come_in_the_address() {
    let service = Service::start();
    let data: String =
        form_urlencoded::byte_serialize(BASE64_STANDARD.encode(event("pixel", 1)).as_bytes())
            .collect();
    assert_eq!(
        service.get(&format!("/e/?data={data}")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        service
            .get(&format!("/e/?data={data}&beacon=1"))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(service.events().await[0]["event"], "pixel");
}

#[tokio::test]
async fn a_repeated_uuid_is_one_event_sent_twice() {
    let service = Service::start();
    for _ in 0..3 {
        service.post("/batch/", event("a", 7)).await;
    }
    service
        .post("/batch/", event("a", 7).replace("phc_dev", "phc_other"))
        .await;
    let events = service.events().await;
    let sends: Vec<(&Value, &Value)> = events
        .iter()
        .map(|event| (&event["token"], &event["sends"]))
        .collect();
    assert_eq!(
        sends,
        [
            (&json!("phc_other"), &json!(1)),
            (&json!("phc_dev"), &json!(3))
        ]
    );
}

#[tokio::test]
async fn the_same_uuid_twice_in_one_batch_is_one_event() {
    let service = Service::start();
    let twice =
        json!({ "event": "a", "distinct_id": "u", "uuid": "00000000-0000-7000-8000-000000000001" });
    service
        .post(
            "/batch/",
            json!({ "api_key": "t", "batch": [twice, twice] }).to_string(),
        )
        .await;
    let events = service.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["sends"], 2);
}

#[tokio::test]
async fn a_wrong_client_clock_does_not_show() {
    let clock = Clock::fixed("2026-03-01T12:00:00Z".parse().unwrap());
    let service = Service::with(|inspector| inspector.clock(clock));
    let body = json!({
        "api_key": "t",
        "sent_at": "2031-05-06T07:08:10+00:00",
        "batch": [{ "event": "a", "distinct_id": "u", "timestamp": "2031-05-06T07:08:09.5+00:00" }],
    });
    service.post("/batch/", body.to_string()).await;
    let event = &service.events().await[0];
    assert_eq!(event["timestamp"], "2026-03-01T11:59:59.500000Z");
    assert_eq!(event["sent_timestamp"], "2031-05-06T07:08:09.5+00:00");
}

#[tokio::test]
async fn numbers_keep_the_digits_they_were_sent_with() {
    let service = Service::start();
    let body = r#"{"api_key":"t","event":"a","distinct_id":"u","properties":{"price":1.50,"id":12345678901234567890123}}"#;
    service.post("/capture/", body).await;
    let answer = service.get("/api/events").await;
    assert!(
        answer
            .text
            .contains(r#""properties":{"id":12345678901234567890123,"price":1.50}"#),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn v1_answers_for_each_uuid_and_returns_the_request_id() {
    let service = Service::start();
    let (good, bad) = (
        "00000000-0000-7000-8000-00000000000a",
        "00000000-0000-7000-8000-00000000000b",
    );
    let body = json!({ "created_at": "2026-03-01T12:00:00Z", "batch": [
        { "event": "a", "uuid": good, "distinct_id": "u", "timestamp": "2026-03-01T12:00:00Z", "session_id": "s", "options": {} },
        { "event": "a", "uuid": bad, "timestamp": "2026-03-01T12:00:00Z", "options": {} },
    ]});
    let mut request = request(
        Method::POST,
        "/i/v1/analytics/events",
        gzip(body.to_string().as_bytes()),
    );
    for (name, value) in [
        ("authorization", "Bearer phc_dev"),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("posthog-sdk-info", "posthog-python/7.91.1"),
        ("posthog-request-id", "11111111-2222-4333-8444-555555555555"),
    ] {
        request = with(request, name, value);
    }
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["results"][good], json!({ "result": "ok" }));
    assert_eq!(answer.json()["results"][bad]["result"], "drop");
    assert_eq!(
        answer.header("posthog-request-id"),
        Some("11111111-2222-4333-8444-555555555555")
    );
    assert_eq!(answer.header("retry-after"), None);
    let event = &service.events().await[0];
    assert_eq!(event["properties"]["$lib"], "posthog-python");
    assert_eq!(event["session_id"], "s");
    assert_eq!(event["side"], "server");
}

#[tokio::test]
async fn v1_refusals_have_the_three_fields_clients_read() {
    let service = Service::start();
    let request = with(
        request(Method::POST, "/i/v1/analytics/events", "{}"),
        "posthog-request-id",
        "r-1",
    );
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let body = answer.json();
    assert_eq!(body["error"], "missing_authorization");
    assert!(body["error_description"].is_string() && body["error_uri"].is_string());
    assert_eq!(answer.header("posthog-request-id"), Some("r-1"));
}

#[tokio::test]
async fn a_bad_batch_is_refused_whole_and_says_which_event() {
    let service = Service::start();
    let body = json!({ "api_key": "t", "batch": [{ "event": "a", "distinct_id": "u" }, { "event": "b" }] });
    let answer = service.post("/batch/", body.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .starts_with("event 2 of 2"),
        "{}",
        answer.text
    );
    assert!(service.events().await.is_empty());
}

#[tokio::test]
async fn sizes_over_the_limits_are_refused_without_storing() {
    let service = Service::start();
    let mebibyte = 1024 * 1024;
    let filler = "x".repeat(21 * mebibyte);
    for (what, body) in [
        ("body", filler.clone().into_bytes()),
        ("inflated", gzip(filler.as_bytes())),
        (
            "event",
            event("a", 1)
                .replace("session-1", &filler[..mebibyte])
                .into_bytes(),
        ),
        (
            "count",
            format!(r#"{{"api_key":"t","batch":[{}{{}}]}}"#, "{},".repeat(5000)).into_bytes(),
        ),
        (
            "depth",
            format!(r#"{{"a":{}{}}}"#, "[".repeat(64), "]".repeat(64)).into_bytes(),
        ),
    ] {
        assert_eq!(
            service.post("/batch/", body).await.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{what}"
        );
    }
    assert!(service.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_arrive_at_once_are_all_stored_and_repeats_counted() {
    let service = Service::start();
    let mut sending = tokio::task::JoinSet::new();
    for uuid in 0..100 {
        for _ in 0..2 {
            let (app, body) = (service.app.clone(), event("a", uuid));
            sending.spawn(async move {
                let answer =
                    tower::ServiceExt::oneshot(app, request(Method::POST, "/batch/", body)).await;
                answer.unwrap().status()
            });
        }
    }
    assert!(
        sending
            .join_all()
            .await
            .iter()
            .all(|status| *status == StatusCode::OK)
    );
    let events = service.events().await;
    assert_eq!(events.len(), 100);
    assert!(events.iter().all(|event| event["sends"] == 2));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let service = Service::start();
    let endless = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let app = service.app.clone();
    let post = request(
        Method::POST,
        "/batch/",
        axum::body::Body::from_stream(endless),
    );
    let answer = tower::ServiceExt::oneshot(app, post).await.unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(answer.headers()["retry-after"], "1");
}

#[tokio::test]
async fn large_bodies_are_decoded_beside_the_thread_that_answers_others() {
    let service = Service::start();
    let body = gzip("[".repeat(1024 * 1024).as_bytes());
    let mut refused = std::pin::pin!(service.post("/batch/", body));
    // The whole body is there at once: only decoding it is left to wait for.
    let first_look = poll_fn(|context| Poll::Ready(refused.as_mut().poll(context)));
    assert!(first_look.await.is_pending());
    assert_eq!(service.get("/_liveness").await.status, StatusCode::OK);
    assert_eq!(refused.await.status, StatusCode::PAYLOAD_TOO_LARGE);
}
