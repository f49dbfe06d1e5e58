//! The live stream, over a real socket.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use axum::http::{Method, StatusCode};
use support::{Service, event, request, with};
use tokio::sync::watch;

/// The names of the events in the messages of a stream, in order.
fn names(text: &str) -> Vec<String> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ["));
    data.flat_map(|rows| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&format!("[{rows}")).unwrap();
        rows.into_iter()
            .map(|row| row["event"].as_str().unwrap().to_owned())
    })
    .collect()
}

fn last_message_id(text: &str) -> i64 {
    text.lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .next_back()
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn an_event_shows_on_an_open_stream() {
    let service = Service::start();
    service.post("/batch/", event("before", 1)).await;
    let mut stream = service.listen().await.stream("/api/stream", "").await;
    assert!(
        stream.text.contains("content-type: text/event-stream"),
        "{}",
        stream.text
    );
    service.post("/batch/", event("after", 2)).await;
    stream.until(|text| text.contains("after")).await;
    assert_eq!(names(&stream.text), ["after"]);
}

#[tokio::test]
async fn replay_begins_with_the_last_rows() {
    let service = Service::start();
    for uuid in 1..=5 {
        service
            .post("/batch/", event(&format!("e{uuid}"), uuid))
            .await;
    }
    let mut stream = service
        .listen()
        .await
        .stream("/api/stream?replay=3", "")
        .await;
    stream.until(|text| text.contains("\"e5\"")).await;
    assert_eq!(names(&stream.text), ["e3", "e4", "e5"]);
}

#[tokio::test]
async fn a_returning_client_misses_nothing_and_sees_nothing_twice() {
    let service = Service::start();
    let server = service.listen().await;
    let mut stream = server.stream("/api/stream", "").await;
    service.post("/batch/", event("e1", 1)).await;
    stream.until(|text| text.contains("\"e1\"")).await;
    let id = last_message_id(&stream.text);
    drop(stream);
    for uuid in 2..=700 {
        service
            .post("/batch/", event(&format!("e{uuid}"), uuid))
            .await;
    }
    let mut stream = server
        .stream("/api/stream", &format!("Last-Event-ID: {id}\r\n"))
        .await;
    stream.until(|text| text.contains("\"e700\"")).await;
    let expected: Vec<String> = (2..=700).map(|uuid| format!("e{uuid}")).collect();
    assert_eq!(names(&stream.text), expected);
}

#[tokio::test]
async fn a_client_too_far_behind_is_told_how_much_it_missed() {
    let service = Service::start();
    for batch in 0..3_u64 {
        let events: Vec<_> =
            (0..4_000).map(|i| serde_json::json!({ "event": format!("e{}", batch * 4_000 + i), "distinct_id": "u" })).collect();
        let body = serde_json::json!({ "api_key": "t", "batch": events });
        assert_eq!(
            service.post("/batch/", body.to_string()).await.status,
            StatusCode::OK
        );
    }
    let mut stream = service
        .listen()
        .await
        .stream("/api/stream", "Last-Event-ID: 1\r\n")
        .await;
    stream.until(|text| text.contains("\"e11999\"")).await;
    assert!(stream.text.contains("event: gap") && stream.text.contains(r#"{"missed":1999}"#));
    let names = names(&stream.text);
    assert_eq!((names.len(), names[0].as_str()), (10_000, "e2000"));
}

#[tokio::test]
async fn a_client_that_knows_another_database_begins_anew() {
    let service = Service::start();
    service.post("/batch/", event("e1", 1)).await;
    let mut stream = service
        .listen()
        .await
        .stream(
            "/api/stream",
            "Last-Event-ID: 987654
",
        )
        .await;
    stream.until(|text| text.contains("\"e1\"")).await;
    let cleared = stream.text.find("event: cleared").unwrap();
    assert!(
        cleared < stream.text.find("\"e1\"").unwrap(),
        "it must drop its rows before it gets ours"
    );
}

#[tokio::test]
async fn clearing_is_told_to_every_stream() {
    let service = Service::start();
    service.post("/batch/", event("e1", 1)).await;
    let mut stream = service
        .listen()
        .await
        .stream("/api/stream?replay=10", "")
        .await;
    stream.until(|text| text.contains("\"e1\"")).await;
    service
        .send(with(
            request(Method::DELETE, "/api/events", ""),
            "x-hogback",
            "1",
        ))
        .await;
    stream.until(|text| text.contains("event: cleared")).await;
    service.post("/batch/", event("e2", 2)).await;
    stream.until(|text| text.contains("\"e2\"")).await;
}

#[tokio::test]
async fn a_client_that_was_away_while_all_was_cleared_drops_its_rows() {
    let service = Service::start();
    service.post("/batch/", event("e1", 1)).await;
    let server = service.listen().await;
    let mut stream = server.stream("/api/stream?replay=10", "").await;
    stream.until(|text| text.contains("\"e1\"")).await;
    let id = last_message_id(&stream.text);
    drop(stream);
    service.store.clear().await.unwrap();
    service.post("/batch/", event("e2", 2)).await;
    let mut stream = server
        .stream("/api/stream", &format!("Last-Event-ID: {id}\r\n"))
        .await;
    stream.until(|text| text.contains("\"e2\"")).await;
    let cleared = stream.text.find("event: cleared").unwrap();
    assert!(cleared < stream.text.find("\"e2\"").unwrap());
    // It comes back once more, knowing that nothing is left of what it had.
    drop(stream);
    let mut stream = server.stream("/api/stream?after=0", "").await;
    stream.until(|text| text.contains("\"e2\"")).await;
    assert!(!stream.text.contains("event: cleared"));
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let (stop, stopping) = watch::channel(false);
    let service = Service::with(|inspector| inspector.stopping(stopping));
    let stream = service.listen().await.stream("/api/stream", "").await;
    stop.send_replace(true);
    stream.into_rest().await;
}

#[tokio::test]
async fn one_stream_too_many_is_refused() {
    let service = Service::start();
    let server = service.listen().await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(server.stream("/api/stream", "").await);
    }
    let refused = server.stream("/api/stream", "").await;
    assert!(refused.text.starts_with("HTTP/1.0 503"), "{}", refused.text);
    assert!(
        streams
            .iter()
            .all(|stream| stream.text.starts_with("HTTP/1.0 200"))
    );
}
