//! What applications send, in the protocol that `PostHog`'s clients speak.
//!
//! A request goes through pure steps: [`decode`] takes its wrapping off, [`batch`] or `v1` finds the events in the JSON,
//! [`event`] makes each read like all others. This module only reads bodies, stores events and answers. It answers 200
//! where it can: posthog-js takes every other success for a failure and sends again.

pub mod batch;
pub mod cors;
pub mod decode;
mod envelope;
pub mod event;
pub mod flags;
mod inflate;
pub mod limits;
mod moment;
pub mod query;
pub mod refusal;
mod summary;
mod text;
mod v1;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::Inspector;
use crate::log::log;
use crate::store::NewEvent;
use batch::Batch;
use limits::Limits;
use query::Query;
use refusal::Refusal;
use v1::{V1Batch, V1Sender};

/// A client that has not sent its body by then is not going to.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("posthog-request-id");

/// The routes for applications, each with and without a trailing slash.
pub(crate) fn routes() -> Router<Inspector> {
    let mut router = flags::routes();
    for path in ["/e", "/i/v0/e", "/capture", "/track", "/engage", "/batch"] {
        router = both(router, path, events(Limits::ANALYTICS));
    }
    router = both(router, "/i/v0/ai/batch", events(Limits::AI));
    router = both(router, "/i/v1/analytics/events", post(take_v1));
    for path in [
        "/s",
        "/i/v1/logs",
        "/i/v1/metrics",
        "/i/v0/ai",
        "/i/v0/ai/otel",
    ] {
        router = both(router, path, post(pass_over));
    }
    for path in ["/_readiness", "/_liveness"] {
        router = both(router, path, get(async || "ok"));
    }
    router
}

/// Puts a handler on a path, and on the same path with a trailing slash.
pub(crate) fn both(
    router: Router<Inspector>,
    path: &str,
    handler: MethodRouter<Inspector>,
) -> Router<Inspector> {
    router
        .route(path, handler.clone())
        .route(&format!("{path}/"), handler)
}

/// A request of the older routes before its body is read.
struct Incoming {
    uri: Uri,
    headers: HeaderMap,
    query: Query,
    body: Body,
}

/// A route of the older kind, with its limits.
fn events(limits: Limits) -> MethodRouter<Inspector> {
    let handler = async move |State(inspector): State<Inspector>,
                              uri: Uri,
                              headers: HeaderMap,
                              RawQuery(query): RawQuery,
                              body: Body| {
        let query = Query::read(query.as_deref().unwrap_or_default());
        take(
            inspector,
            Incoming {
                uri,
                headers,
                query,
                body,
            },
            limits,
        )
        .await
    };
    post(handler).get(handler)
}

async fn take(inspector: Inspector, incoming: Incoming, limits: Limits) -> Response {
    let Incoming {
        uri,
        headers,
        query,
        body,
    } = incoming;
    let is_beacon = query.beacon;
    let stored = async {
        let _permit = inspector.ingest_permits.acquire().await;
        let body = read_body(body, limits.body).await?;
        let received = inspector.clock.now();
        let batch = beside(move || {
            let json = decode::json_text(&body, &headers, &query, limits)?;
            Batch::read(&json, &query, limits, received)
        });
        let batch = batch.await?;
        store(&inspector, batch.token, batch.events).await
    };
    match stored.await {
        // sendBeacon cannot read an answer, and says so.
        Ok(()) if is_beacon => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => Json(json!({ "status": "Ok" })).into_response(),
        Err(refusal) => {
            log_refusal(&uri, &refusal);
            refusal.into_response()
        }
    }
}

async fn take_v1(
    State(inspector): State<Inspector>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let limits = Limits::ANALYTICS;
    let request_id = headers.get(REQUEST_ID).cloned();
    let stored = async {
        let _permit = inspector.ingest_permits.acquire().await;
        let sender = V1Sender::read(&headers)?;
        let body = read_body(body, limits.body).await?;
        let received = inspector.clock.now();
        let batch = beside(move || {
            let json = decode::json_text(&body, &headers, &Query::default(), limits)?;
            V1Batch::read(&json, sender, limits, received)
        });
        let batch = batch.await?;
        store(&inspector, batch.token, batch.events).await?;
        Ok(batch.results)
    };
    let mut response = match stored.await {
        Ok(results) => Json(json!({ "results": results })).into_response(),
        Err(refusal) => {
            log_refusal(&uri, &refusal);
            Refusal::into_v1_response(refusal)
        }
    };
    if let Some(id) = request_id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Takes what this inspector does not keep (recordings, logs, metrics), so that no client tries again and again.
async fn pass_over() -> Json<Value> {
    Json(json!({ "status": "Ok" }))
}

/// Runs what may take long, as decoding 20 MiB does, where it holds up nobody else's request.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| {
            Err(Refusal::unreadable(format!(
                "hogback fails on this body, which is a mistake of hogback: {cause}"
            )))
        })
}

async fn store(inspector: &Inspector, token: String, events: Vec<NewEvent>) -> Result<(), Refusal> {
    inspector
        .store
        .insert(token, events)
        .await
        .map_err(|cause| Refusal::unavailable(format!("the events cannot be stored now: {cause}")))
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(cause)) if is_length_limit(&cause) => Err(Refusal::too_large(format!(
            "the body is larger than {} MiB: send smaller batches",
            limit / limits::MIB
        ))),
        Ok(Err(cause)) => Err(Refusal::unreadable(format!(
            "the body ended early: {cause}"
        ))),
        Err(_) => Err(Refusal::slow(format!(
            "the body took longer than {} s",
            BODY_TIMEOUT.as_secs()
        ))),
    }
}

fn is_length_limit(cause: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(cause);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A refused request is what a developer looks for first, and the client may not show the reason.
fn log_refusal(uri: &Uri, refusal: &Refusal) {
    // Without the query, which may hold the events themselves.
    log(&format!(
        "refused {} with {}: {}",
        uri.path(),
        refusal.status.as_u16(),
        refusal.message
    ));
}
