//! Requests that run at the same time know nothing of each other.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::routing::get;
use hogback::{Context, FutureExt, Kind};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Barrier;
use tower::ServiceExt;

use crate::servers::serve;
use crate::support::{Site, get_as};

const REQUESTS: usize = 1_000;
const ROUTE: &str = "/visit/{number}";

fn capture(site: &Site, name: &str, number: &str) {
    let mut draft = site.client.draft(Kind::Event(name.into()));
    draft.properties.insert("number", &number);
    site.client.capture(draft).unwrap();
}

/// Captures around waits, in a task of its own, and in a race of two.
async fn visit(site: Site, everybody: Arc<Barrier>, number: String) {
    capture(&site, "begun", &number);
    everybody.wait().await;
    let context = Context::current().unwrap();
    let task = (site.clone(), number.clone());
    let task = tokio::spawn(
        async move {
            tokio::task::yield_now().await;
            capture(&task.0, "in a task", &task.1);
        }
        .with_context(context),
    );
    let slow = async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = slow => unreachable!("it never ends"),
        done = task => done.unwrap(),
    }
    if number.ends_with('3') {
        hogback_tower::identify(format!("user-{number}"));
    }
    capture(&site, "ended", &number);
}

fn app(site: &Site, everybody: &Arc<Barrier>) -> Router {
    let handler = (site.clone(), everybody.clone());
    let visit = move |Path(number): Path<String>, _: HeaderMap| {
        let (site, everybody) = handler.clone();
        async move {
            visit(site, everybody, number).await;
            assert!(Context::current().is_some());
        }
    };
    Router::new().route(ROUTE, get(visit)).layer(site.layer())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_event_of_a_thousand_requests_at_once_has_anothers_id() {
    let site = Site::new();
    let everybody = Arc::new(Barrier::new(REQUESTS));
    let app = app(&site, &everybody);
    let requests = (0..REQUESTS).map(|number| {
        let app = app.clone();
        // A third comes without an id; of those some are named in the end.
        let mut request = get_as(&format!("user-{number}"));
        *request.uri_mut() = format!("/visit/{number}").parse().unwrap();
        if number % 3 == 0 {
            request.headers_mut().clear();
        }
        tokio::spawn(async move {
            let response = app.oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
            drop(response);
            assert!(Context::current().is_none());
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    let events = site.events();
    assert_eq!(events.len(), 3 * REQUESTS);
    let mut strangers = std::collections::HashMap::new();
    for event in &events {
        let properties = &event["properties"];
        let number = properties["number"].as_str().unwrap();
        assert_eq!(properties["$request_path"], format!("/visit/{number}"));
        let id = event["distinct_id"].as_str().unwrap();
        let is_stranger = number.parse::<usize>().unwrap() % 3 == 0;
        if is_stranger && !number.ends_with('3') {
            assert_eq!(
                *strangers.entry(id).or_insert(number),
                number,
                "a shared id"
            );
        } else {
            assert_eq!(id, format!("user-{number}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_on_one_connection_share_nothing() {
    let site = Site::new();
    let handler = site.clone();
    let see = move || {
        let site = handler.clone();
        async move {
            site.capture("seen");
            hogback_tower::identify("nobody else");
        }
    };
    let app = Router::new().route("/", get(see)).layer(site.layer());
    let address = serve(app).await;
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(1)
        .build_http::<Empty<bytes::Bytes>>();
    for id in ["user-1", "user-2", ""] {
        let request = http::Request::get(format!("http://{address}/"))
            .header("x-posthog-distinct-id", id)
            .body(Empty::new())
            .unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        http_body_util::BodyExt::collect(response.into_body())
            .await
            .unwrap();
    }
    let events = site.events();
    let ids: Vec<_> = events
        .iter()
        .map(|e| e["distinct_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["user-1", "user-2", "nobody else"]);
}
