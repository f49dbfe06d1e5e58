//! What goes wrong in a request is reported once, and goes on as it would have gone without the layer.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::task::{self, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use hogback_tower::{ContextLayer, ResponseError};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Site, answered, exception, get_as};

#[derive(Debug)]
struct OutOfStock(io::Error);

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("book 7 is out of stock")
    }
}

impl Error for OutOfStock {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn out_of_stock() -> OutOfStock {
    OutOfStock(io::Error::other("the shelf is empty"))
}

fn answer(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
        .extensions_mut()
        .insert(ResponseError::new(out_of_stock()));
    response
}

/// What the mechanism of an exception says: its kind, and whether the error was handled.
fn mechanism(event: &serde_json::Value) -> (&str, bool) {
    let mechanism = &event["properties"]["$exception_list"][0]["mechanism"];
    (
        mechanism["type"].as_str().unwrap(),
        mechanism["handled"].as_bool().unwrap(),
    )
}

#[tokio::test]
async fn the_error_of_a_response_that_is_a_failure_is_reported_with_its_status_and_its_request() {
    let site = Site::new();
    let service = site.layer().layer(service_fn(|_: Request<Body>| async {
        Ok::<_, io::Error>(answer(StatusCode::SERVICE_UNAVAILABLE))
    }));
    assert_eq!(answered(service, get_as("user-7")).await.status(), 503);
    let event = site.event();
    assert_eq!(exception(&event), ("OutOfStock", "book 7 is out of stock"));
    let list = &event["properties"]["$exception_list"];
    assert_eq!(list[1]["value"], "the shelf is empty");
    assert_eq!(mechanism(&event), ("middleware", true));
    assert_eq!(event["distinct_id"], "user-7");
    assert_eq!(event["properties"]["$response_status_code"], 503);
    assert_eq!(event["properties"]["$exception_source"], "tower.layer");
}

#[tokio::test]
async fn the_stack_of_a_responses_error_is_that_of_the_code_which_made_it() {
    let site = Site::new();
    let service = site.layer().layer(service_fn(|_: Request<Body>| async {
        Ok::<_, io::Error>(answer(StatusCode::SERVICE_UNAVAILABLE))
    }));
    answered(service, get_as("user-7")).await;
    let event = site.event();
    let frames = &event["properties"]["$exception_list"][0]["stacktrace"]["frames"];
    let innermost = frames.as_array().unwrap().last().unwrap();
    assert_eq!(innermost["function"], "tower::failures::answer");
    assert_eq!(innermost["in_app"], true);
}

#[tokio::test]
async fn the_status_decides_which_errors_of_responses_are_reported() {
    for (status, layer_of, reports) in [
        (
            404,
            (|site: &Site| site.layer()) as fn(&Site) -> ContextLayer,
            0,
        ),
        (500, |site| site.layer().capture_errors(false), 0),
        (
            404,
            |site| site.layer().capture_status(|status| status == 404),
            1,
        ),
        (
            500,
            |site| site.layer().capture_status(|_| panic!("a bug")),
            0,
        ),
    ] {
        let site = Site::new();
        let status = StatusCode::from_u16(status).unwrap();
        let service = layer_of(&site).layer(service_fn(move |_: Request<Body>| async move {
            Ok::<_, io::Error>(answer(status))
        }));
        answered(service, get_as("user-7")).await;
        assert_eq!(site.events().len(), reports, "{status}");
    }
}

#[tokio::test]
async fn a_failure_that_a_layer_further_in_turns_into_something_else_is_silent() {
    let site = Site::new();
    let service = ServiceBuilder::new()
        .layer(site.layer())
        .map_response(|mut response: Response<Body>| {
            *response.status_mut() = StatusCode::FOUND;
            response
        })
        .service(service_fn(|_: Request<Body>| async {
            Ok::<_, io::Error>(answer(StatusCode::INTERNAL_SERVER_ERROR))
        }));
    answered(service, get_as("user-7")).await;
    assert!(site.events().is_empty());
}

#[tokio::test]
async fn an_error_that_leaves_the_service_is_reported_with_its_causes_and_comes_out_as_it_is() {
    let site = Site::new();
    let service = site.layer().layer(service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, BoxError>(Box::new(out_of_stock()))
    }));
    let error = service.oneshot(get_as("user-7")).await.unwrap_err();
    assert!(error.is::<OutOfStock>());
    let event = site.event();
    assert_eq!(exception(&event).1, "book 7 is out of stock");
    assert_eq!(
        event["properties"]["$exception_list"][1]["value"],
        "the shelf is empty"
    );
    assert_eq!(mechanism(&event), ("middleware", false));
}

#[tokio::test]
async fn an_error_of_a_type_that_is_not_known_is_reported_by_name_and_text() {
    for knows in [false, true] {
        let site = Site::new();
        let layer = site.layer();
        let layer = if knows {
            layer.service_error::<OutOfStock>()
        } else {
            layer
        };
        let service = layer.layer(service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, _>(out_of_stock())
        }));
        assert!(service.oneshot(get_as("user-7")).await.is_err());
        let event = site.event();
        assert_eq!(exception(&event), ("OutOfStock", "book 7 is out of stock"));
        let list = event["properties"]["$exception_list"].as_array().unwrap();
        assert_eq!(list.len(), if knows { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_panic_is_reported_and_goes_on_with_its_own_payload() {
    let site = Site::new();
    for panics_at_once in [true, false] {
        let service = site.layer().layer(service_fn(move |_: Request<Body>| {
            if panics_at_once {
                std::panic::panic_any(7_u8);
            }
            async { std::panic::panic_any(7_u8) }
                .map(|()| Ok::<Response<Body>, io::Error>(answer(StatusCode::OK)))
        }));
        let request = AssertUnwindSafe(service.oneshot(get_as("user-7")));
        let payload = request.catch_unwind().await.unwrap_err();
        assert_eq!(payload.downcast_ref::<u8>(), Some(&7));
    }
    let events = site.events();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(exception(&event).0, "Panic");
        assert_eq!(mechanism(&event), ("panic", false));
        assert_eq!(event["distinct_id"], "user-7");
    }
}

/// A body that fails in the middle.
struct Breaks {
    panics: bool,
    parts: u8,
}

impl http_body::Body for Breaks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.parts += 1;
        match (self.parts, self.panics) {
            (1, _) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"part"))))),
            (2, false) => Poll::Ready(Some(Err(io::Error::other("the disk is gone")))),
            (2, true) => panic!("out of pages"),
            _ => Poll::Ready(None),
        }
    }
}

#[tokio::test]
async fn a_body_that_fails_or_panics_is_reported_once_with_the_requests_status() {
    for (panics, expected) in [(false, "the disk is gone"), (true, "out of pages")] {
        let site = Site::new();
        let service = site.layer().layer(site.layer().layer(service_fn(
            move |_: Request<Body>| async move {
                Ok::<_, io::Error>(Response::new(Breaks { panics, parts: 0 }))
            },
        )));
        let body = service.oneshot(get_as("user-7")).await.unwrap().into_body();
        let whole = AssertUnwindSafe(body.collect()).catch_unwind().await;
        assert_eq!(whole.is_err(), panics);
        let event = site.event();
        assert_eq!(exception(&event).1, expected);
        assert_eq!(event["properties"]["$response_status_code"], 200);
    }
}

#[tokio::test]
async fn a_layer_that_is_there_twice_reports_once_and_tells_the_inner_ones_tags() {
    type Fails = fn() -> Result<Response<Body>, BoxError>;
    let failing: [Fails; 3] = [
        || Ok(answer(StatusCode::INTERNAL_SERVER_ERROR)),
        || Err(Box::new(out_of_stock())),
        || panic!("a bug"),
    ];
    for fails in failing {
        let site = Site::new();
        let inner = site.layer().extra_tags(|_| [("part", "shop")]);
        let service = ServiceBuilder::new()
            .layer(site.layer())
            .layer(inner)
            .service(service_fn(move |_: Request<Body>| async move { fails() }));
        let request = AssertUnwindSafe(service.oneshot(get_as("user-7")));
        let _ = request.catch_unwind().await;
        assert_eq!(site.event()["properties"]["part"], "shop");
    }
}

#[tokio::test]
async fn a_second_failure_of_one_request_is_news_when_it_is_another_one() {
    let site = Site::new();
    let service = ServiceBuilder::new()
        .layer(site.layer())
        .then(|answered: Result<Response<_>, BoxError>| async move {
            assert!(answered.is_err());
            resume_unwind(Box::new("no fallback either"));
            #[expect(unreachable_code, reason = "names the type")]
            answered
        })
        .layer(site.layer())
        .service(service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, BoxError>(Box::new(out_of_stock()))
        }));
    let request = AssertUnwindSafe(service.oneshot(get_as("user-7")));
    assert!(request.catch_unwind().await.is_err());
    let events = site.events();
    let said: Vec<_> = events.iter().map(|event| exception(event).1).collect();
    assert_eq!(said, ["book 7 is out of stock", "no fallback either"]);
}

/// What is said by the errors that are reported of a request to a service with a layer around it, and one in it.
async fn reported<S, B>(site: &Site, service: S) -> Vec<String>
where
    S: tower::Service<Request<Body>, Response = Response<B>, Error = BoxError>,
{
    let request = AssertUnwindSafe(site.layer().layer(service).oneshot(get_as("user-7")));
    let _ = request.catch_unwind().await;
    let events = site.events();
    events
        .iter()
        .map(|event| exception(event).1.to_owned())
        .collect()
}

#[derive(Debug)]
struct Unavailable(BoxError);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shop is not available")
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test]
async fn an_error_that_comes_out_late_or_wrapped_or_boxed_is_reported_once() {
    let site = Site::new();
    let inner = site.layer().service_error::<OutOfStock>();
    let service = ServiceBuilder::new()
        .then(|answered: Result<Response<_>, BoxError>| async move {
            tokio::task::yield_now().await;
            answered.map_err(|error| BoxError::from(Unavailable(error)))
        })
        .map_err(BoxError::from)
        .layer(inner)
        .service(service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, _>(out_of_stock())
        }));
    assert_eq!(reported(&site, service).await, ["book 7 is out of stock"]);
}

#[tokio::test]
async fn an_error_beside_a_response_that_comes_out_late_is_reported_once_and_another_one_too() {
    for (replaces, expected) in [
        (false, &["the shelf is empty"][..]),
        (true, &["the shelf is empty", "the shop is closed"]),
    ] {
        let site = Site::new();
        let layer = |site: &Site| {
            site.layer()
                .response_error(|_: &std::sync::Arc<io::Error>| true)
        };
        let service = ServiceBuilder::new()
            .layer(layer(&site))
            .then(move |answered: Result<Response<_>, io::Error>| async move {
                tokio::task::yield_now().await;
                let mut response = answered?;
                if replaces {
                    let closed = std::sync::Arc::new(io::Error::other("the shop is closed"));
                    response.extensions_mut().insert(closed);
                }
                Ok::<_, io::Error>(response)
            })
            .layer(layer(&site))
            .service(service_fn(|_: Request<Body>| async {
                let mut response = Response::new(Body::empty());
                let empty = std::sync::Arc::new(io::Error::other("the shelf is empty"));
                response.extensions_mut().insert(empty);
                Ok::<_, io::Error>(response)
            }));
        answered(service, get_as("user-7")).await;
        let events = site.events();
        let said: Vec<_> = events.iter().map(|event| exception(event).1).collect();
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn an_error_after_one_that_the_program_has_dealt_with_is_reported_too() {
    let site = Site::new();
    let cache = site.layer().layer(service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, BoxError>("the cache is gone".into())
    }));
    let service = service_fn(move |request: Request<Body>| {
        let cache = cache.clone();
        async move {
            assert!(cache.oneshot(request).await.is_err());
            Err::<Response<Body>, BoxError>("the database is gone too".into())
        }
    });
    assert_eq!(
        reported(&site, service).await,
        ["the cache is gone", "the database is gone too"]
    );
}

/// An error whose code has a bug.
struct Buggy;

impl fmt::Display for Buggy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a bug")
    }
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_shown_is_reported_without_its_text_and_goes_on() {
    let site = Site::new();
    let service = site.layer().layer(service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, _>(Buggy)
    }));
    assert!(service.oneshot(get_as("user-7")).await.is_err());
    let event = site.event();
    assert_eq!(
        exception(&event),
        ("Buggy", "<no text: showing it panicked>")
    );
}
