//! A context for every request of a tower service: axum, hyper, tonic, and any other `Service<http::Request<B>>`.
//!
//! # Set up
//!
//! One layer, around the whole service or a part of it:
//!
//! ```
//! use axum::{Router, routing::get};
//! use hogback::{Client, Config};
//! use hogback_tower::ContextLayer;
//!
//! fn app() -> Router {
//!     let client = Client::new(Config::new("phc_dev").host("http://localhost:4640"));
//!     Router::new()
//!         .route("/", get(|| async { "hello" }))
//!         .layer(ContextLayer::new(client))
//! }
//! ```
//!
//! Whatever is captured while a request runs now says who sent it and on which visit, as the headers tell that posthog-js,
//! or a service in front, sends along; it has the URL, the method, the address and the user agent. Nothing of that is read
//! before something is captured.
//!
//! # Say more
//!
//! [`extra_tags`](ContextLayer::extra_tags) adds what the application knows, [`map_tags`](ContextLayer::map_tags) has the
//! last word about all tags, and a request that the [`filter`](ContextLayer::filter) turns away has no context.
//! [`identify()`] says who sent the request as soon as a handler or an extractor knows: earlier events of the request have
//! waited for it.
//!
//! # When something goes wrong
//!
//! Errors that the service or its response's body returns, and panics in them, are reported once and go on as they are. A
//! service that answers errors itself, as axum's handlers do, hands the error on as a [`ResponseError`]; it is reported if
//! the response is a failure of the server.
//!
//! # Behind it
//!
//! A request passes these files: `layer.rs` has the options; `service.rs` opens a `Scope` (`scope.rs`) for each request,
//! with the little of its head that may be wanted (`sent.rs`); `future.rs` and `body.rs` poll and drop what is the
//! request's inside of that scope; `request.rs` turns it into ids and tags when somebody asks; `report.rs` says what is
//! reported. [`PropagateLayer`] is for the other end: calls that the service makes itself.

#[cfg(feature = "axum")]
mod axum;
mod beside;
mod body;
mod callbacks;
mod future;
mod identify;
mod layer;
mod options;
mod propagate;
mod report;
mod reported;
mod request;
mod response_error;
mod scope;
mod sent;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use identify::identify;
pub use layer::ContextLayer;
pub use propagate::{Propagate, PropagateLayer};
pub use response_error::ResponseError;
pub use service::ContextService;

/// Tags by name, as [`ContextLayer::map_tags`] gets and returns them.
pub type TagMap = serde_json::Map<String, serde_json::Value>;

/// Runs the code of the pages about this crate as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../docs/tower.md")]
struct Pages;
