//! A site whose events arrive in memory, and requests to it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{self, Poll, Waker};

use axum::body::Body;
use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Kind};
use hogback_tower::{ContextLayer, ContextService};
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::{Layer, Service, ServiceExt, service_fn};

/// The client of a site, and what has arrived of it.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) server: MemoryTransport,
    pub(crate) client: Client,
}

impl Site {
    pub(crate) fn new() -> Self {
        let server = MemoryTransport::default();
        let client = Client::new(Config::new("phc_key").transport(server.factory()));
        Self { server, client }
    }

    pub(crate) fn layer(&self) -> ContextLayer {
        ContextLayer::new(self.client.clone())
    }

    pub(crate) fn capture(&self, name: &str) {
        self.client
            .capture(self.client.draft(Kind::Event(name.into())))
            .unwrap();
    }

    /// All events that were captured, in the order in which they arrived.
    pub(crate) fn events(&self) -> Vec<Value> {
        assert!(self.client.flush(None));
        self.server.events()
    }

    /// The only event that was captured.
    pub(crate) fn event(&self) -> Value {
        let events = self.events();
        assert_eq!(events.len(), 1, "{events:#?}");
        events.into_iter().next().unwrap()
    }

    /// A service around `layer` that captures an event in every request.
    pub(crate) fn capturing(
        &self,
        layer: &ContextLayer,
    ) -> ContextService<
        impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + use<>,
    > {
        let site = self.clone();
        layer.layer(service_fn(move |_: Request<Body>| {
            let site = site.clone();
            async move {
                site.capture("seen");
                Ok(Response::new(Body::empty()))
            }
        }))
    }

    /// The tags of the event that a request causes.
    pub(crate) async fn tags_of(&self, layer: &ContextLayer, request: Request<Body>) -> Value {
        answered(self.capturing(layer), request).await;
        self.event()["properties"].clone()
    }
}

/// Sends a request to a service, and reads the response to its end.
pub(crate) async fn answered<S, B>(service: S, request: Request<Body>) -> Response<Vec<u8>>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    let whole = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, whole.to_vec())
}

/// Polls a future as often as nobody wakes it: once.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut task::Context::from_waker(Waker::noop()))
}

pub(crate) fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

pub(crate) fn get_as(distinct_id: &str) -> Request<Body> {
    let request = Request::get("/").header("x-posthog-distinct-id", distinct_id);
    request.body(Body::empty()).unwrap()
}

/// What the first exception of an event says.
pub(crate) fn exception(event: &Value) -> (&str, &str) {
    assert_eq!(event["event"], "$exception", "{event:#}");
    let first = &event["properties"]["$exception_list"][0];
    (
        first["type"].as_str().unwrap(),
        first["value"].as_str().unwrap(),
    )
}
