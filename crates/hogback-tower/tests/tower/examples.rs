//! What `examples/settings.rs` shows is so.

#[path = "../../examples/settings.rs"]
#[expect(dead_code, reason = "its `main` is for those who start it")]
mod settings;

use axum::body::Body;
use hogback_tower::ResponseError;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tower::{Layer, service_fn};

use crate::support::{Site, answered};
use settings::Setting;

fn request(path: &str, user: Option<settings::User>) -> Request<Body> {
    let mut request = Request::get(path)
        .header("host", "shop.example")
        .header("user-agent", "curl/8")
        .header("x-posthog-session-id", "visit-3")
        .header("x-posthog-distinct-id", "user-7")
        .body(Body::empty())
        .unwrap();
    if let Some(user) = user {
        request.extensions_mut().insert(user);
    }
    request
}

fn ann() -> settings::User {
    let email = "ann@example.com".to_owned();
    settings::User { id: 7, email }
}

/// The properties of the event of an order, and who has placed it.
async fn order(setting: Setting, user: Option<settings::User>) -> (Value, String) {
    let site = Site::new();
    let shop = settings::shop(site.client.clone(), setting(site.client.clone()));
    assert_eq!(answered(shop, request("/order", user)).await.status(), 200);
    let event = site.event();
    let id = event["distinct_id"].as_str().unwrap().to_owned();
    (event["properties"].clone(), id)
}

/// How many events a failing answer to a path causes.
async fn reports(setting: Setting, path: &str) -> usize {
    let site = Site::new();
    let failing = setting(site.client.clone()).layer(service_fn(|_: Request<Body>| async {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
            .extensions_mut()
            .insert(ResponseError::new("a bug"));
        Ok::<_, std::io::Error>(response)
    }));
    answered(failing, request(path, None)).await;
    site.events().len()
}

#[tokio::test]
async fn the_basic_setup_extracts_session_id_url_and_method_and_reports_errors() {
    let (event, id) = order(settings::basic, None).await;
    assert_eq!(id, "user-7");
    assert_eq!(event["$session_id"], "visit-3");
    assert_eq!(event["$current_url"], "http://shop.example/order");
    assert_eq!(event["$request_method"], "GET");
    assert_eq!(reports(settings::basic, "/").await, 1);
}

#[tokio::test]
async fn errors_can_be_left_unreported() {
    assert_eq!(reports(settings::without_errors, "/").await, 0);
    assert_eq!(order(settings::without_errors, None).await.1, "user-7");
}

#[tokio::test]
async fn a_user_who_is_logged_in_is_on_the_tags() {
    let (event, _) = order(settings::with_user_tags, Some(ann())).await;
    assert_eq!(
        (&event["user_id"], &event["email"]),
        (&7.into(), &"ann@example.com".into())
    );
    let (event, _) = order(settings::with_user_tags, None).await;
    assert_eq!((event.get("user_id"), event.get("email")), (None, None));
}

#[tokio::test]
async fn health_checks_and_the_admins_pages_are_not_tracked() {
    assert_eq!(reports(settings::filtered, "/health/live").await, 0);
    assert_eq!(reports(settings::filtered, "/admin").await, 0);
    assert_eq!(reports(settings::filtered, "/order").await, 1);
}

#[tokio::test]
async fn tags_can_be_removed_and_called_otherwise() {
    let (event, _) = order(settings::customized, None).await;
    assert_eq!(event.get("$current_url"), None);
    assert_eq!(event.get("$request_method"), None);
    assert_eq!(event["http_method"], "GET");
}

#[tokio::test]
async fn the_complete_configuration_does_all_of_it() {
    let (event, id) = order(settings::complete, Some(ann())).await;
    assert_eq!(id, "user-7");
    assert_eq!(event["user_type"], "authenticated");
    assert_eq!(event["user_id"], "7");
    assert_eq!(event.get("user_agent"), None);
    let (event, _) = order(settings::complete, None).await;
    assert_eq!(event["user_type"], "anonymous");
    assert_eq!(reports(settings::complete, "/metrics").await, 0);
    assert_eq!(reports(settings::complete, "/order").await, 1);
}
