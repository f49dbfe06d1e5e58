//! What a layer adds to a request that captures nothing.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hogback_tower::ContextLayer;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Empty, Full};
use posthog_rs::tower::PostHogLayer;
use sentry_tower::{NewSentryLayer, SentryHttpLayer};
use tower::{Layer, Service, ServiceBuilder, service_fn};

use crate::peers::Peers;
use crate::rounds::{median, nanoseconds, taken_in_turns};

const BATCH: usize = 100;

const HEADERS: [(&str, &str); 10] = [
    ("host", "shop.example"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("connection", "keep-alive"),
    ("cookie", "session=0191e8a5; theme=dark"),
    ("x-forwarded-for", "203.0.113.7"),
    (
        "x-posthog-session-id",
        "0191e8a5-5f0a-7b6e-8f3f-0a1b2c3d4e5f",
    ),
    (
        "x-posthog-distinct-id",
        "0191e8a5-5f0a-7b6e-8f3f-0a1b2c3d4e60",
    ),
];

type Asked = Request<Empty<Bytes>>;

fn hello(_: Asked) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::new(Bytes::from_static(b"hello")))))
}

/// A request whose values are parts of one buffer, as those that hyper has read.
fn request() -> Asked {
    let all: String = HEADERS.iter().map(|(_, value)| *value).collect();
    let read = Bytes::from(format!("/books/7?page=2{all}"));
    let target = read.slice(.."/books/7?page=2".len());
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = http::Uri::from_maybe_shared(target).expect("a target");
    let mut start = "/books/7?page=2".len();
    for (name, value) in HEADERS {
        let end = start + value.len();
        let value = HeaderValue::from_maybe_shared(read.slice(start..end)).expect("a value");
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
        start = end;
    }
    request
}

/// Answers a request, and makes the body of the answer.
fn answer<S, B>(service: &mut S, request: Asked)
where
    S: Service<Asked, Response = Response<B>>,
    B: Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut answer = pin!(service.call(request));
    let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else {
        panic!("the service answers at once");
    };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(part)) = body.as_mut().poll_frame(&mut cx) {
        black_box(part.is_ok());
    }
}

/// Nanoseconds of one request, without what makes and frees the request itself.
fn time<S, B>(service: &mut S) -> f64
where
    S: Service<Asked, Response = Response<B>>,
    B: Body,
{
    let mut requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
    nanoseconds(BATCH, || {
        if let Some(request) = requests.pop() {
            answer(service, request);
        }
    })
}

pub fn measure(peers: &Peers, rounds: usize) -> Vec<(&'static str, f64)> {
    let client = || peers.in_memory.clone();
    let mut bare = service_fn(hello);
    let mut ours = ContextLayer::new(client()).layer(service_fn(hello));
    let mut with_head = ContextLayer::new(client())
        .extra_tags(|_| [("tenant", "acme")])
        .layer(service_fn(hello));
    let mut sentry = ServiceBuilder::new()
        .layer(NewSentryLayer::<Asked>::new_from_top())
        .layer(SentryHttpLayer::new())
        .service(service_fn(hello));
    let mut posthog = PostHogLayer::new().layer(service_fn(hello));
    let times = taken_in_turns::<5>(rounds, |peer| match peer {
        0 => time(&mut bare),
        1 => time(&mut ours),
        2 => time(&mut with_head),
        3 => time(&mut sentry),
        _ => time(&mut posthog),
    });
    let added = |peer: usize| {
        let pairs = times[peer].iter().zip(&times[0]);
        median(pairs.map(|(with, without)| with - without).collect())
    };
    vec![
        ("layer_bare_ns", median(times[0].clone())),
        ("layer_ours_ns", added(1)),
        ("layer_ours_with_head_ns", added(2)),
        ("layer_sentry_ns", added(3)),
        ("layer_posthog_ns", added(4)),
    ]
}
