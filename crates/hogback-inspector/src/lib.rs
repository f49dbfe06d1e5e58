//! The hogback inspector: it takes what `PostHog` clients send and shows it, on the developer's own machine.
//!
//! [`app`] is the whole HTTP service, without a socket; the binary serves it on loopback. A request passes [`hosts`]
//! first, and whatever nobody reads of it is read away. Then there are two surfaces, and nothing is on both: [`ingest`] and [`assets`] are for the applications under
//! development, open to every origin and silent about what is stored; [`api`], [`live`] and [`pages`] are for the
//! developer and closed to other sites by [`surface`]. Events go through [`ingest`] into the [`store`], and nothing that
//! an event names is ever opened or fetched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use tokio::sync::{Semaphore, watch};

pub mod api;
pub mod assets;
pub mod cli;
pub mod clock;
pub mod hosts;
pub mod ingest;
pub mod live;
mod log;
pub mod pages;
pub mod server;
pub mod store;
pub mod surface;
mod unread;

use clock::Clock;
use hosts::Hosts;
use store::Store;

/// Requests whose bodies are read and decoded at a time: this bounds the memory they take together.
const INGEST_AT_A_TIME: usize = 64;

/// Live streams at a time.
const STREAMS_AT_A_TIME: usize = 32;

/// What the routes share; clones are cheap.
#[derive(Clone, Debug)]
pub struct Inspector {
    store: Store,
    clock: Clock,
    hosts: Hosts,
    posthog_js_dir: Option<Arc<Path>>,
    stopping: watch::Receiver<bool>,
    ingest_permits: Arc<Semaphore>,
    stream_permits: Arc<Semaphore>,
}

impl Inspector {
    /// An inspector over a store, with the machine's clock, that answers to loopback names only.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            clock: Clock::system(),
            hosts: Hosts::default(),
            posthog_js_dir: None,
            stopping: watch::channel(false).1,
            ingest_permits: Arc::new(Semaphore::new(INGEST_AT_A_TIME)),
            stream_permits: Arc::new(Semaphore::new(STREAMS_AT_A_TIME)),
        }
    }

    /// Takes the time of arrival from this clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Answers to these host names too.
    #[must_use]
    pub fn hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Serves posthog-js's own files from this directory (`node_modules/posthog-js/dist`).
    #[must_use]
    pub fn posthog_js_dir(self, dir: Option<PathBuf>) -> Self {
        Self {
            posthog_js_dir: dir.map(Into::into),
            ..self
        }
    }

    /// Ends live streams and waiting requests once the channel says `true`.
    #[must_use]
    pub fn stopping(self, stopping: watch::Receiver<bool>) -> Self {
        Self { stopping, ..self }
    }

    /// Ends when the server is to stop; without a channel that says so, never.
    async fn stop_asked(&self) {
        if self
            .stopping
            .clone()
            .wait_for(|stopping| *stopping)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

/// The whole service.
pub fn app(inspector: Inspector) -> Router {
    let hosts = inspector.hosts.clone();
    let developer = Router::new()
        .merge(api::routes())
        .merge(live::routes())
        .layer(middleware::from_fn(surface::same_origin_only))
        .merge(pages::routes())
        .layer(middleware::from_fn(surface::page_headers));
    let applications = Router::new()
        .merge(ingest::routes())
        .merge(assets::routes())
        .layer(middleware::from_fn(ingest::cors::any_origin));
    Router::new()
        .merge(developer)
        .merge(applications)
        .fallback(no_such_route)
        .layer(middleware::from_fn_with_state(hosts, hosts::allowed_only))
        .layer(middleware::from_fn(unread::read_away))
        .with_state(inspector)
}

async fn no_such_route(uri: Uri) -> Response {
    let message = format!("hogback has no route {}\n", uri.path());
    (StatusCode::NOT_FOUND, message).into_response()
}
