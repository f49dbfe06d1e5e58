//! The routes. Of the events' address: every POST is counted and answered by the script, `/stats` tells the counts,
//! `/reset` clears them. The other address has the latter two as well, and takes the script.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::body::{self, Counted, Dialect};
use crate::door::{Cut, Door};
use crate::script::{Act, Script};
use crate::stored::Stored;

/// The largest body taken, as large as the real server's.
const MAX_BODY_BYTES: usize = 20 * 1024 * 1024;

/// What arrived since the start or the last reset, and what to do with the next.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    counters: Counters,
    told: Mutex<Told>,
}

/// What only a scripted sink needs: remembering takes time.
#[derive(Debug, Default)]
struct Told {
    script: Option<Script>,
    stored: Stored,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    gzip_requests: AtomicU64,
    bad_requests: AtomicU64,
    early_requests: AtomicU64,
    body_bytes: AtomicU64,
    events: AtomicU64,
    exceptions: AtomicU64,
}

impl Counters {
    fn all(&self) -> [(&'static str, &AtomicU64); 7] {
        [
            ("requests", &self.requests),
            ("gzip_requests", &self.gzip_requests),
            ("bad_requests", &self.bad_requests),
            ("early_requests", &self.early_requests),
            ("body_bytes", &self.body_bytes),
            ("events", &self.events),
            ("exceptions", &self.exceptions),
        ]
    }
}

impl Sink {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the script says about the request at hand, and how long its answer takes.
    fn next(&self) -> (Act, Duration) {
        match &mut self.told().script {
            None => (Act::Accept, Duration::ZERO),
            Some(script) => (script.next(Instant::now()), script.delay()),
        }
    }

    fn take_in(&self, counted: Counted) {
        let counters = &self.counters;
        add(&counters.gzip_requests, counted.gzip.into());
        add(&counters.events, counted.events);
        add(&counters.exceptions, counted.exceptions);
        let mut told = self.told();
        if told.script.is_some() {
            told.stored.put(counted.named, Instant::now());
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

/// Where events are sent.
pub(crate) fn events(sink: Arc<Sink>) -> Router {
    Router::new()
        .route("/stats", get(stats))
        .route("/reset", post(reset))
        .fallback(receive)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(sink)
}

/// Where the sink is told what to do, also while the door is shut.
pub(crate) fn control(sink: Arc<Sink>, door: Arc<Door>) -> Router {
    let shut = {
        let door = Arc::clone(&door);
        async move || done(&door.shut().await)
    };
    let open = {
        let sink = Arc::clone(&sink);
        async move || {
            sink.told().stored.open(Instant::now());
            done(&door.open().await)
        }
    };
    Router::new()
        .route("/stats", get(stats))
        .route("/reset", post(reset))
        .route("/script", post(follow))
        .with_state(sink)
        .route("/shut", post(shut))
        .route("/open", post(open))
}

fn done(result: &std::io::Result<()>) -> StatusCode {
    match result {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn stats(State(sink): State<Arc<Sink>>) -> Json<Value> {
    let mut all: serde_json::Map<String, Value> = sink
        .counters
        .all()
        .into_iter()
        .map(|(name, counter)| (name.to_owned(), counter.load(Ordering::Relaxed).into()))
        .collect();
    let told = sink.told();
    all.insert("stored".to_owned(), json!(told.stored.counts()));
    all.insert("seconds".to_owned(), json!(told.stored.times()));
    Json(Value::Object(all))
}

/// Forgets what came and what was told.
async fn reset(State(sink): State<Arc<Sink>>) -> StatusCode {
    for (_, counter) in sink.counters.all() {
        counter.store(0, Ordering::Relaxed);
    }
    *sink.told() = Told::default();
    StatusCode::NO_CONTENT
}

/// Does with the next requests as the script says, and remembers what it takes in.
async fn follow(State(sink): State<Arc<Sink>>, Json(script): Json<Script>) -> StatusCode {
    let mut told = sink.told();
    told.script = Some(script);
    told.stored.open(Instant::now());
    StatusCode::NO_CONTENT
}

/// Counts before it answers, so that an event is in `/stats` as soon as its sender knows that it was taken.
async fn receive(State(sink): State<Arc<Sink>>, uri: Uri, body: Bytes) -> Response {
    add(&sink.counters.requests, 1);
    add(&sink.counters.body_bytes, body.len() as u64);
    let (act, delay) = sink.next();
    let answer = match act {
        Act::Accept => accept(&sink, Dialect::of_path(uri.path()), &body),
        Act::LoseAck => {
            accept(&sink, Dialect::of_path(uri.path()), &body);
            let mut answer = Response::default();
            answer.extensions_mut().insert(Cut);
            answer
        }
        Act::Hang => std::future::pending().await,
        Act::Refuse(status) => StatusCode::from_u16(status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        Act::Postpone {
            retry_after,
            is_early,
        } => {
            add(&sink.counters.early_requests, is_early.into());
            let when = [(header::RETRY_AFTER, retry_after.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, when).into_response()
        }
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    answer
}

fn accept(sink: &Sink, dialect: Dialect, body: &[u8]) -> Response {
    let Some(counted) = body::count(dialect, body) else {
        add(&sink.counters.bad_requests, 1);
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = answer(dialect, &counted.named);
    sink.take_in(counted);
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

fn answer(dialect: Dialect, named: &[(String, Uuid)]) -> String {
    match dialect {
        Dialect::Batch => r#"{"status":1}"#.to_owned(),
        Dialect::Envelope => "{}".to_owned(),
        Dialect::BatchV1 => {
            let mut text = String::from(r#"{"results":{"#);
            for (index, (_, uuid)) in named.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(text, r#"{comma}"{uuid}":{{"result":"ok"}}"#);
            }
            text.push_str("}}");
            text
        }
    }
}

#[cfg(test)]
mod tests;
