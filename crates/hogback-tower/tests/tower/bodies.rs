//! The context lasts as long as the response's body, and is current whenever code of the request runs.

use std::io;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{self, Poll};

use axum::body::Body;
use bytes::Bytes;
use hogback::Context;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Site, get_as, poll_once};

/// Tells, when it is dropped, who the current context is about.
struct SeesOnDrop(Sender<Option<String>>);

impl Drop for SeesOnDrop {
    fn drop(&mut self) {
        let seen = Context::current().and_then(|context| context.distinct_id());
        let _ = self.0.send(seen);
    }
}

/// A body that captures an event with each of its two parts.
struct Parts {
    site: Site,
    left: usize,
    _sees: SeesOnDrop,
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.site.capture("part");
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"part")))))
    }
}

#[tokio::test]
async fn each_part_of_a_body_is_made_and_dropped_in_the_context_and_between_them_there_is_none() {
    let site = Site::new();
    let (sender, seen) = channel();
    let handler = (site.clone(), sender);
    let service = site.layer().layer(service_fn(move |_: Request<Body>| {
        let (site, sender) = handler.clone();
        let body = Parts {
            site,
            left: 2,
            _sees: SeesOnDrop(sender),
        };
        async move { Ok::<_, io::Error>(Response::new(body)) }
    }));
    let mut body = service.oneshot(get_as("user-7")).await.unwrap().into_body();
    while let Some(part) = body.frame().await {
        assert!(part.is_ok() && Context::current().is_none());
    }
    drop(body);
    assert_eq!(seen.recv().unwrap().as_deref(), Some("user-7"));
    let events = site.events();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(event["distinct_id"], "user-7");
        assert_eq!(event["properties"]["$request_path"], "/");
    }
}

#[tokio::test]
async fn the_services_future_is_dropped_in_the_context_whether_it_is_done_or_not() {
    for is_done in [true, false] {
        let (sender, seen) = channel();
        let site = Site::new();
        let service = site.layer().layer(service_fn(move |_: Request<Body>| {
            let held = SeesOnDrop(sender.clone());
            async move {
                if !is_done {
                    std::future::pending::<()>().await;
                }
                drop(held);
                Ok::<_, io::Error>(Response::new(Body::empty()))
            }
        }));
        let mut request = Box::pin(service.oneshot(get_as("user-7")));
        assert_eq!(poll_once(&mut request).is_ready(), is_done);
        drop(request);
        assert_eq!(seen.recv().unwrap().as_deref(), Some("user-7"));
        assert!(Context::current().is_none());
    }
}

#[tokio::test]
async fn a_body_says_its_size_and_its_end_as_without_the_layer() {
    let site = Site::new();
    let mut service = site.layer().layer(service_fn(|_: Request<Body>| async {
        Ok::<_, io::Error>(Response::new(Full::new(Bytes::from_static(b"hello"))))
    }));
    let response = service.call(get_as("user-7")).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(5));
    assert!(!response.body().is_end_stream());
}

/// Neither `Send` nor `Unpin`, and no body at all: the layer asks nothing of what it only hands on.
struct Odd(
    #[expect(dead_code, reason = "only its type matters")] *const u8,
    std::marker::PhantomPinned,
);

#[tokio::test]
async fn requests_and_responses_of_any_body_pass() {
    let site = Site::new();
    let service = site
        .layer()
        .layer(service_fn(|request: Request<Odd>| async {
            Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
        }));
    let request = Request::new(Odd(std::ptr::null(), std::marker::PhantomPinned));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
}
