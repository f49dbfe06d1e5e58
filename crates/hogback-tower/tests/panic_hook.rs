//! With the hook of a program that captures panics, one panic is still one event, and it has its place.
//!
//! A process of its own: it has one hook, and one global client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use futures_util::FutureExt as _;
use hogback::testing::MemoryTransport;
use hogback::{Config, FutureExt as _};
use hogback_tower::ContextLayer;
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};

fn get_as(distinct_id: &str) -> Request<Body> {
    let request = Request::get("/order").header("x-posthog-distinct-id", distinct_id);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_panic_in_a_handler_or_in_a_task_of_it_is_one_event_and_one_of_a_layers_function_is_none()
{
    let server = MemoryTransport::default();
    let config = Config::new("phc_key").capture_panics(true);
    let guard = hogback::init(config.transport(server.factory()));
    let layer = ContextLayer::new(guard.client().clone());

    let breaks = service_fn(|_: Request<Body>| async { panic!("in the handler") });
    let breaks = layer.layer(breaks.map_response(|()| Response::new(Body::empty())));
    let breaks = breaks.map_err(|error: std::io::Error| error);
    let ended = AssertUnwindSafe(breaks.oneshot(get_as("user-1")))
        .catch_unwind()
        .await;
    assert!(ended.is_err());

    let spawns = layer.layer(service_fn(|_: Request<Body>| async {
        let task = async { panic!("in the task") }.in_current_context();
        let ended: Result<(), _> = tokio::spawn(task).await;
        assert!(ended.is_err());
        Ok::<_, std::io::Error>(Response::new(Body::empty()))
    }));
    assert!(spawns.oneshot(get_as("user-2")).await.is_ok());

    let resumes = layer.layer(service_fn(|_: Request<Body>| async {
        let task = async { panic!("in a task that the handler resumes") }.in_current_context();
        let ended: Result<(), _> = tokio::spawn(task).await;
        std::panic::resume_unwind(ended.unwrap_err().into_panic());
        #[expect(unreachable_code, reason = "names the types")]
        Ok::<_, std::io::Error>(Response::new(Body::empty()))
    }));
    let ended = AssertUnwindSafe(resumes.oneshot(get_as("user-3")));
    assert!(ended.catch_unwind().await.is_err());

    let asks = layer.clone().filter(|_| panic!("a bug of the filter"));
    let asks = asks.layer(service_fn(|_: Request<Body>| async {
        Ok::<_, std::io::Error>(Response::new(Body::empty()))
    }));
    assert!(asks.oneshot(get_as("user-4")).await.is_ok());

    assert!(guard.client().flush(None));
    let events = server.events();
    let said: Vec<_> = events
        .iter()
        .map(|event| {
            let properties = &event["properties"];
            assert_eq!(properties["$request_path"], "/order");
            let file = properties["$exception_panic_file"].as_str().unwrap();
            assert!(file.ends_with("panic_hook.rs"), "{file}");
            (
                properties["$exception_list"][0]["value"].as_str().unwrap(),
                event["distinct_id"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("in the handler", "user-1"),
            ("in the task", "user-2"),
            ("in a task that the handler resumes", "user-3"),
        ]
    );
}
