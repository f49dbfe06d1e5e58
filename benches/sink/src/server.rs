//! The routes: every POST is counted and accepted, `/stats` tells the counts, `/reset` clears them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use crate::body::{self, Dialect};

/// The largest body taken, as large as the real server's.
const MAX_BODY_BYTES: usize = 20 * 1024 * 1024;

/// What arrived since the start or the last reset.
#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    gzip_requests: AtomicU64,
    bad_requests: AtomicU64,
    body_bytes: AtomicU64,
    events: AtomicU64,
    exceptions: AtomicU64,
}

#[derive(Serialize)]
struct Stats {
    requests: u64,
    gzip_requests: u64,
    bad_requests: u64,
    body_bytes: u64,
    events: u64,
    exceptions: u64,
}

impl Counters {
    fn all(&self) -> [&AtomicU64; 6] {
        [
            &self.requests,
            &self.gzip_requests,
            &self.bad_requests,
            &self.body_bytes,
            &self.events,
            &self.exceptions,
        ]
    }

    fn stats(&self) -> Stats {
        let [
            requests,
            gzip_requests,
            bad_requests,
            body_bytes,
            events,
            exceptions,
        ] = self.all().map(|counter| counter.load(Ordering::Relaxed));
        Stats {
            requests,
            gzip_requests,
            bad_requests,
            body_bytes,
            events,
            exceptions,
        }
    }
}

/// The whole sink as one service, each with counters of its own.
pub(crate) fn app() -> Router {
    Router::new()
        .route("/stats", get(stats))
        .route("/reset", post(reset))
        .fallback(accept)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(Counters::default()))
}

async fn stats(State(counters): State<Arc<Counters>>) -> Json<Stats> {
    Json(counters.stats())
}

async fn reset(State(counters): State<Arc<Counters>>) -> StatusCode {
    for counter in counters.all() {
        counter.store(0, Ordering::Relaxed);
    }
    StatusCode::NO_CONTENT
}

/// Counts before it answers, so that an event is in `/stats` as soon as its sender knows that it was taken.
async fn accept(State(counters): State<Arc<Counters>>, uri: Uri, body: Bytes) -> Response {
    let dialect = Dialect::of_path(uri.path());
    counters.requests.fetch_add(1, Ordering::Relaxed);
    counters
        .body_bytes
        .fetch_add(body.len() as u64, Ordering::Relaxed);
    let Some(counted) = body::count(dialect, &body) else {
        counters.bad_requests.fetch_add(1, Ordering::Relaxed);
        return StatusCode::BAD_REQUEST.into_response();
    };
    counters
        .gzip_requests
        .fetch_add(u64::from(counted.gzip), Ordering::Relaxed);
    counters.events.fetch_add(counted.events, Ordering::Relaxed);
    counters
        .exceptions
        .fetch_add(counted.exceptions, Ordering::Relaxed);
    (
        [(header::CONTENT_TYPE, "application/json")],
        answer(dialect, &counted.uuids),
    )
        .into_response()
}

fn answer(dialect: Dialect, uuids: &[String]) -> String {
    match dialect {
        Dialect::Batch => r#"{"status":1}"#.to_owned(),
        Dialect::Envelope => "{}".to_owned(),
        Dialect::BatchV1 => {
            let mut text = String::from(r#"{"results":{"#);
            for (index, uuid) in uuids.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(text, r#"{comma}"{uuid}":{{"result":"ok"}}"#);
            }
            text.push_str("}}");
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn send(
        app: &Router,
        method: &str,
        path: &str,
        body: &str,
    ) -> (StatusCode, serde_json::Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), MAX_BODY_BYTES)
            .await
            .unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    const ONE_EVENT: &str = r#"{"batch": [{"event": "a", "uuid": "u1", "properties": {}}]}"#;

    #[tokio::test]
    async fn what_was_accepted_is_in_the_stats_until_a_reset() {
        let app = app();
        assert_eq!(
            send(&app, "POST", "/batch/", ONE_EVENT).await.1["status"],
            1
        );
        assert_eq!(send(&app, "GET", "/stats", "").await.1["events"], 1);
        send(&app, "POST", "/reset", "").await;
        assert_eq!(send(&app, "GET", "/stats", "").await.1["requests"], 0);
    }

    #[tokio::test]
    async fn a_v1_answer_names_each_event() {
        let (_, answer) = send(&app(), "POST", "/i/v1/analytics/events", ONE_EVENT).await;
        assert_eq!(answer["results"]["u1"]["result"], "ok");
    }

    #[tokio::test]
    async fn a_body_without_a_batch_is_refused_and_counted() {
        let app = app();
        assert_eq!(
            send(&app, "POST", "/batch/", "{}").await.0,
            StatusCode::BAD_REQUEST
        );
        let stats = send(&app, "GET", "/stats", "").await.1;
        assert_eq!(
            (&stats["bad_requests"], &stats["events"]),
            (&1.into(), &0.into())
        );
    }
}
