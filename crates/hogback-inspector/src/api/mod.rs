//! The events as JSON, for the page, for tests and for scripts.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/events?limit=&name=&distinct_id=&session_id=&wait=` | `{"events": [..]}`, newest first by arrival |
//! | `GET /api/events/{uuid}` | one event |
//! | `DELETE /api/events` with `X-Hogback: 1` | deletes all events, `{"deleted": n}` |
//!
//! `wait=5s` answers as soon as an event matches, at the latest after that time with an empty list: a test asks for what
//! it expects and needs no loop.

mod query;

use std::pin::pin;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::Inspector;
use crate::store::{Filter, StoreError, StoredEvent};
use query::EventQuery;

pub(crate) fn routes() -> Router<Inspector> {
    Router::new()
        .route("/api/events", get(list).delete(clear))
        .route("/api/events/{uuid}", get(one))
}

/// An answer other than the one asked for.
#[derive(Debug)]
enum ApiError {
    BadRequest(String),
    NotFound(String),
    Store(StoreError),
}

impl From<StoreError> for ApiError {
    fn from(cause: StoreError) -> Self {
        Self::Store(cause)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, message),
            Self::Store(cause) => (StatusCode::INTERNAL_SERVER_ERROR, cause.to_string()),
        };
        (status, Json(json!({ "error": message }))).into_response()
    }
}

/// Serialised without a detour over [`serde_json::Value`], which would rewrite numbers.
#[derive(Debug, Serialize)]
struct EventList {
    events: Vec<StoredEvent>,
}

async fn list(
    State(inspector): State<Inspector>,
    RawQuery(query): RawQuery,
) -> Result<Json<EventList>, ApiError> {
    let query =
        EventQuery::read(query.as_deref().unwrap_or_default()).map_err(ApiError::BadRequest)?;
    let events = match query.wait {
        None => inspector.store.events(query.filter).await?,
        Some(longest) => wait_for(&inspector, &query.filter, longest).await?,
    };
    Ok(Json(EventList { events }))
}

/// The matching events, as soon as there is one; none when that takes too long or the server stops.
async fn wait_for(
    inspector: &Inspector,
    filter: &Filter,
    longest: Duration,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut changes = inspector.store.changes();
    // The time is for waiting, not for reading: what is there is found in any case.
    let mut end = pin!(tokio::time::sleep(longest));
    loop {
        // Marked as seen before reading, so that what arrives in between is read the next time.
        changes.borrow_and_update();
        let events = inspector.store.events(filter.clone()).await?;
        if !events.is_empty() {
            return Ok(events);
        }
        tokio::select! {
            alive = changes.changed() => if alive.is_err() { return Ok(events) },
            () = &mut end => return Ok(events),
            () = inspector.stop_asked() => return Ok(events),
        }
    }
}

async fn one(
    State(inspector): State<Inspector>,
    Path(name): Path<String>,
) -> Result<Json<StoredEvent>, ApiError> {
    let Ok(uuid) = Uuid::parse_str(&name) else {
        return Err(ApiError::BadRequest(
            "the last part of the address must be a uuid".to_owned(),
        ));
    };
    let event = inspector.store.event(uuid).await?;
    event
        .map(Json)
        .ok_or_else(|| ApiError::NotFound(format!("there is no event {uuid}")))
}

async fn clear(State(inspector): State<Inspector>) -> Result<Json<serde_json::Value>, ApiError> {
    let deleted = inspector.store.clear().await?;
    Ok(Json(json!({ "deleted": deleted })))
}
