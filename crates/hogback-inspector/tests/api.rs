//! The JSON API: filters, waiting, one event, clearing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{DEADLINE, Service, event, request, with};

async fn names(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("/api/events?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    let name = |event: &Value| event["event"].as_str().unwrap().to_owned();
    answer.json()["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

#[tokio::test]
async fn events_come_newest_first_and_no_more_than_asked_for() {
    let service = Service::start();
    for (uuid, name) in [(1, "one"), (2, "two"), (3, "three")] {
        service.post("/batch/", event(name, uuid)).await;
    }
    assert_eq!(names(&service, "").await, ["three", "two", "one"]);
    assert_eq!(names(&service, "limit=2").await, ["three", "two"]);
}

#[tokio::test]
async fn filters_are_exact_and_all_must_match() {
    let service = Service::start();
    for (uuid, name, person, session) in [
        (1, "paid", "u1", "s1"),
        (2, "paid", "u2", "s1"),
        (3, "paid later", "u1", "s2"),
        (4, "Paid", "u1", "s1"),
    ] {
        let body = event(name, uuid)
            .replace("user-1", person)
            .replace("session-1", session);
        service.post("/batch/", body).await;
    }
    assert_eq!(names(&service, "name=paid").await.len(), 2);
    assert_eq!(
        names(&service, "distinct_id=u1").await,
        ["Paid", "paid later", "paid"]
    );
    assert_eq!(names(&service, "session_id=s2").await, ["paid later"]);
    assert_eq!(
        names(&service, "name=paid&distinct_id=u1&session_id=s1").await,
        ["paid"]
    );
    assert!(names(&service, "name=pai").await.is_empty());
    assert!(names(&service, "name=%27+OR+1%3D1+--").await.is_empty());
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_with_what_is_allowed() {
    let service = Service::start();
    for query in [
        "limit=10001",
        "limit=0",
        "limit=x",
        "wait=9",
        "wait=61s",
        "event=a",
    ] {
        let answer = service.get(&format!("/api/events?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.json()["error"].is_string(), "{query}");
    }
}

#[tokio::test]
async fn the_shortest_wait_still_finds_what_is_there() {
    let service = Service::start();
    // So many that reading them takes longer than nothing.
    let events = vec![json!({ "event": "there", "distinct_id": "u" }); 5_000];
    let body = json!({ "api_key": "t", "batch": events });
    service.post("/batch/", body.to_string()).await;
    let found = names(&service, "name=there&limit=10000&wait=0s").await;
    assert_eq!(found.len(), 5_000);
    assert!(names(&service, "name=missing&wait=0s").await.is_empty());
}

#[tokio::test]
async fn waiting_ends_with_the_first_event_that_matches() {
    let service = Service::start();
    let waiting = {
        let app = service.app.clone();
        tokio::spawn(async move {
            let request = request(Method::GET, "/api/events?name=wanted&wait=60s", "");
            let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
            axum::body::to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap()
        })
    };
    service.post("/batch/", event("other", 1)).await;
    assert!(
        !waiting.is_finished(),
        "another event must not end the waiting"
    );
    service.post("/batch/", event("wanted", 2)).await;
    let body = tokio::time::timeout(DEADLINE, waiting)
        .await
        .unwrap()
        .unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["events"][0]["event"], "wanted");
}

#[tokio::test]
async fn waiting_for_what_is_there_already_ends_at_once() {
    let service = Service::start();
    service.post("/batch/", event("wanted", 1)).await;
    let asked = tokio::time::timeout(
        Duration::from_secs(30),
        names(&service, "name=wanted&wait=60s"),
    );
    assert_eq!(asked.await.unwrap(), ["wanted"]);
}

#[tokio::test]
async fn waiting_in_vain_gives_an_empty_list() {
    assert!(
        names(&Service::start(), "name=never&wait=20ms")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn one_event_is_found_by_its_uuid() {
    let service = Service::start();
    service.post("/batch/", event("a", 5)).await;
    let found = service
        .get("/api/events/00000000-0000-7000-8000-000000000005")
        .await;
    assert_eq!(found.status, StatusCode::OK);
    assert_eq!(
        found.json()["properties"],
        json!({ "$session_id": "session-1" })
    );
    assert_eq!(
        service
            .get("/api/events/00000000-0000-7000-8000-000000000006")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        service.get("/api/events/nonsense").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn clearing_deletes_all_events_and_the_next_one_is_new() {
    let service = Service::start();
    service.post("/batch/", event("a", 1)).await;
    service.post("/batch/", event("b", 2)).await;
    let first_id = service.events().await[0]["id"].as_i64().unwrap();
    let cleared = service
        .send(with(
            request(Method::DELETE, "/api/events", ""),
            "x-hogback",
            "1",
        ))
        .await;
    assert_eq!(cleared.json(), json!({ "deleted": 2 }));
    assert!(service.events().await.is_empty());
    service.post("/batch/", event("a", 1)).await;
    let events = service.events().await;
    assert_eq!(events[0]["sends"], 1);
    assert!(
        events[0]["id"].as_i64().unwrap() > first_id,
        "ids are never used twice"
    );
}

#[tokio::test]
async fn what_was_cleared_is_gone_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = hogback_inspector::store::Store::open(dir.path()).unwrap();
    let app = hogback_inspector::app(hogback_inspector::Inspector::new(store.clone()));
    for uuid in 0..200 {
        let body = event("a", uuid).replace("session-1", &"secret ".repeat(500));
        let post = request(Method::POST, "/batch/", body);
        assert_eq!(
            tower::ServiceExt::oneshot(app.clone(), post)
                .await
                .unwrap()
                .status(),
            StatusCode::OK
        );
    }
    let on_disk = || -> Vec<u8> {
        let files = std::fs::read_dir(dir.path()).unwrap();
        files
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    };
    let has_secret = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"secret");
    let before = on_disk();
    assert!(has_secret(&before));
    assert_eq!(store.clear().await.unwrap(), 200);
    let after = on_disk();
    assert!(
        after.len() < before.len() / 4,
        "{} bytes of {}",
        after.len(),
        before.len()
    );
    assert!(!has_secret(&after));
}

#[tokio::test]
async fn events_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    for round in 1..=2_u64 {
        let store = hogback_inspector::store::Store::open(dir.path()).unwrap();
        let app = hogback_inspector::app(hogback_inspector::Inspector::new(store.clone()));
        let post = request(Method::POST, "/batch/", event("a", round));
        assert_eq!(
            tower::ServiceExt::oneshot(app, post)
                .await
                .unwrap()
                .status(),
            StatusCode::OK
        );
        let filter = hogback_inspector::store::Filter {
            limit: 10,
            name: None,
            distinct_id: None,
            session_id: None,
        };
        assert_eq!(store.events(filter).await.unwrap().len() as u64, round);
    }
}
