//! A call to another service takes the ids along.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use hogback::{Context, FutureExt};
use hogback_tower::PropagateLayer;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Layer, ServiceExt};

use crate::servers::serve;
use crate::support::Site;

type Nothing = Empty<bytes::Bytes>;

async fn body_of<S, E, B>(client: S, uri: String) -> String
where
    S: tower::Service<Request<Nothing>, Response = http::Response<B>, Error = E>,
    E: std::fmt::Debug,
    B: http_body::Body<Data = bytes::Bytes, Error: std::fmt::Debug>,
{
    let request = Request::get(uri).body(Nothing::new()).unwrap();
    let response = client.oneshot(request).await.unwrap();
    let whole = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(whole.to_vec()).unwrap()
}

#[tokio::test]
async fn a_service_that_is_called_shares_the_visit_and_one_that_is_not_named_hears_nothing() {
    let catalogue = Site::new();
    let handler = catalogue.clone();
    let books = move |headers: HeaderMap| {
        let site = handler.clone();
        async move {
            site.capture("books listed");
            let sent = headers.get("x-posthog-session-id");
            sent.map_or("nothing", |id| id.to_str().unwrap()).to_owned()
        }
    };
    let app = Router::new()
        .route("/", get(books))
        .layer(catalogue.layer());
    let address = serve(app).await;

    let client = Client::builder(TokioExecutor::new()).build_http::<Nothing>();
    let client = PropagateLayer::new(["127.0.0.1"]).layer(client);
    let request: Context = Context::root();
    request.set_distinct_id("user-7");
    request.set_session_id("visit-3");
    for (host, heard) in [("127.0.0.1", "visit-3"), ("localhost", "nothing")] {
        let uri = format!("http://{host}:{}/", address.port());
        let call = body_of(client.clone(), uri).with_context(request.clone());
        assert_eq!(call.await, heard);
    }
    let uri = format!("http://{address}/");
    assert_eq!(
        body_of(client, uri).await,
        "nothing",
        "outside of a request"
    );
    let events = catalogue.events();
    assert_eq!(events[0]["distinct_id"], "user-7");
    assert_eq!(events[0]["properties"]["$session_id"], "visit-3");
    assert_ne!(events[1]["distinct_id"], "user-7");
}
