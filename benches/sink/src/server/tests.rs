//! The routes, asked without a network.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

const ONE_EVENT: &str = r#"{"batch": [
    {"event": "a", "uuid": "00000000-0000-4000-8000-000000000001", "properties": {}}]}"#;
const BAD_EVENT: &str = r#"{"batch": [
    {"event": "a", "uuid": "00000000-0000-4000-8000-000000000001", "properties": {"text": "\ud800"}}]}"#;

async fn app() -> Router {
    let sink = Arc::new(Sink::default());
    let events = events(Arc::clone(&sink));
    let door = Door::open_new(events.clone()).await.unwrap();
    // Both addresses in one: they have the same `/stats` and `/reset`.
    let control = control(sink, door);
    Router::new().nest("/control", control).merge(events)
}

async fn send(app: &Router, path: &str, body: &str) -> Response {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn json_of(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), MAX_BODY_BYTES)
        .await
        .unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

async fn stats_of(app: &Router) -> Value {
    let request = Request::get("/stats").body(Body::empty()).unwrap();
    json_of(app.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn what_was_accepted_is_in_the_stats_until_a_reset() {
    let app = app().await;
    let answer = send(&app, "/batch/", ONE_EVENT).await;
    assert_eq!(json_of(answer).await["status"], 1);
    assert_eq!(stats_of(&app).await["events"], 1);
    send(&app, "/reset", "").await;
    assert_eq!(stats_of(&app).await["requests"], 0);
}

#[tokio::test]
async fn a_v1_answer_names_each_event() {
    let answer = json_of(send(&app().await, "/i/v1/analytics/events", ONE_EVENT).await).await;
    let results = answer["results"].as_object().unwrap();
    assert_eq!(
        results["00000000-0000-4000-8000-000000000001"]["result"],
        "ok"
    );
}

#[tokio::test]
async fn a_body_that_is_no_batch_or_no_json_is_refused_and_counted() {
    let app = app().await;
    for body in ["{}", BAD_EVENT] {
        assert_eq!(
            send(&app, "/batch/", body).await.status(),
            StatusCode::BAD_REQUEST
        );
    }
    let stats = stats_of(&app).await;
    assert_eq!(
        (&stats["bad_requests"], &stats["events"]),
        (&2.into(), &0.into())
    );
}

#[tokio::test]
async fn a_scripted_sink_answers_as_told_and_tells_duplicates() {
    let app = app().await;
    let script = r#"{"steps": ["lose_ack", {"status": 503}, {"busy": 60}], "then": "accept"}"#;
    assert!(
        send(&app, "/control/script", script)
            .await
            .status()
            .is_success()
    );
    assert!(
        send(&app, "/batch/", ONE_EVENT)
            .await
            .extensions()
            .get::<Cut>()
            .is_some()
    );
    assert_eq!(send(&app, "/batch/", ONE_EVENT).await.status(), 503);
    let postponed = send(&app, "/batch/", ONE_EVENT).await;
    assert_eq!(postponed.headers()[header::RETRY_AFTER], "60");
    assert_eq!(send(&app, "/batch/", ONE_EVENT).await.status(), 200);
    let stored = &stats_of(&app).await["stored"]["a"];
    assert_eq!(
        (&stored["unique"], &stored["duplicates"]),
        (&1.into(), &1.into())
    );
}
