//! The service as the shop calls it, without a socket, and the events it sends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum_shop::{Catalogue, app};
use hogback::testing::MemoryTransport;
use hogback::{Client, Config};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The service, and what has arrived of it.
struct Service {
    server: MemoryTransport,
    client: Client,
    app: Router,
}

impl Service {
    fn new() -> Self {
        let server = MemoryTransport::default();
        let client = Client::new(Config::new("phc_key").transport(server.factory()));
        let app = app(client.clone(), Catalogue::example().unwrap());
        Self {
            server,
            client,
            app,
        }
    }

    /// What the service answers to the shop, on a visitor's behalf.
    async fn answers(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(format!("http://127.0.0.1:8641{path}"))
            .header("X-POSTHOG-DISTINCT-ID", "visitor-7")
            .header("X-POSTHOG-SESSION-ID", "visit-3")
            .body(Body::empty())
            .unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into());
        (status, body)
    }

    fn events(&self) -> Vec<Value> {
        assert!(self.client.flush(None));
        self.server.events()
    }

    fn event(&self) -> Value {
        let events = self.events();
        assert_eq!(events.len(), 1, "{events:#?}");
        events.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn the_list_has_every_product_with_its_price_and_captures_nothing() {
    let service = Service::new();
    let (status, body) = service.answers("/products").await;
    assert_eq!(status, 200);
    assert_eq!(body.as_array().unwrap().len(), 6);
    assert_eq!(
        body[2],
        json!({ "slug": "trail-mug", "name": "Trail Mug", "price_cents": 1450 })
    );
    assert!(service.events().is_empty());
}

#[tokio::test]
async fn a_look_up_is_one_event_of_the_visit_that_asked() {
    let service = Service::new();
    let (status, body) = service.answers("/products/trail-mug").await;
    assert_eq!(
        (status, &body["price_cents"]),
        (StatusCode::OK, &json!(1450))
    );
    let event = service.event();
    assert_eq!(event["event"], "catalogue_searched");
    assert_eq!(event["distinct_id"], "visitor-7");
    let properties = &event["properties"];
    assert_eq!(properties["$session_id"], "visit-3");
    assert_eq!(properties["product"], "trail-mug");
    assert_eq!(properties["found"], true);
    assert_eq!(properties["price_cents"], 1450);
    assert_eq!(properties["service"], "catalogue");
    assert_eq!(properties["$request_route"], "/products/{slug}");
}

#[tokio::test]
async fn a_product_that_is_not_there_is_an_event_too_and_no_exception() {
    let service = Service::new();
    let (status, body) = service.answers("/products/tent").await;
    assert_eq!(status, 404);
    assert_eq!(body["error"], r#"no product is called "tent""#);
    let event = service.event();
    assert_eq!(event["event"], "catalogue_searched");
    assert_eq!(event["properties"]["found"], false);
    assert_eq!(event["properties"]["price_cents"], Value::Null);
}

#[tokio::test]
async fn a_known_day_of_delivery_is_answered_and_captures_nothing() {
    let service = Service::new();
    let answer = service.answers("/products/trail-mug/delivery").await;
    assert_eq!(answer, (StatusCode::OK, json!({ "days": 2 })));
    let (status, _) = service.answers("/products/tent/delivery").await;
    assert_eq!(status, 404);
    assert!(service.events().is_empty());
}

#[tokio::test]
async fn a_failure_is_reported_once_with_its_cause_and_its_visit_and_keeps_its_words_from_the_caller()
 {
    let service = Service::new();
    let (status, body) = service.answers("/products/gift-voucher/delivery").await;
    assert_eq!(status, 500);
    assert_eq!(body, json!({ "error": "the day of delivery is not known" }));
    let event = service.event();
    assert_eq!(event["event"], "$exception");
    assert_eq!(event["distinct_id"], "visitor-7");
    let properties = &event["properties"];
    assert_eq!(properties["$session_id"], "visit-3");
    assert_eq!(properties["$response_status_code"], 500);
    let list = &properties["$exception_list"];
    assert_eq!(list[0]["type"], "DeliveryError");
    assert_eq!(
        list[0]["value"],
        r#"no day of delivery for gift-voucher: the depot says "by mail""#
    );
    assert_eq!(list[1]["value"], "invalid digit found in string");
}

#[tokio::test]
async fn a_health_check_is_not_tracked() {
    let service = Service::new();
    let (status, body) = service.answers("/health").await;
    assert_eq!((status, body), (StatusCode::OK, json!("ok")));
    assert!(service.events().is_empty());
}
