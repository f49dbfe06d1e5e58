//! Who may reach what.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use axum::http::{Method, StatusCode, header};
use hogback_inspector::hosts::Hosts;
use support::{Service, event, request, with};

const EVERY_KIND_OF_ROUTE: [(Method, &str); 8] = [
    (Method::GET, "/"),
    (Method::GET, "/api/events"),
    (Method::GET, "/api/stream"),
    (Method::POST, "/batch/"),
    (Method::OPTIONS, "/e/"),
    (Method::GET, "/static/array.js"),
    (Method::GET, "/assets/app.js"),
    (Method::GET, "/no/such/route"),
];

#[tokio::test]
async fn a_foreign_host_name_is_refused_on_every_route() {
    let service = Service::start();
    for (method, path) in EVERY_KIND_OF_ROUTE {
        // As Chromium sends it after a name was made to point here: origin and host agree.
        let rebound = with(
            with(request(method, path, ""), "host", "evil.test:4640"),
            "origin",
            "http://evil.test:4640",
        );
        let answer = service.send(rebound).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(
            answer.text.contains("--allow-host evil.test"),
            "{}",
            answer.text
        );
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn a_request_without_a_host_is_refused() {
    let service = Service::start();
    let mut request = request(Method::GET, "/", "");
    request.headers_mut().remove(header::HOST);
    assert_eq!(
        service.send(request).await.status,
        StatusCode::MISDIRECTED_REQUEST
    );
}

#[tokio::test]
async fn an_allowed_host_name_is_answered() {
    let service = Service::with(|inspector| inspector.hosts(Hosts::default().allow("inspector")));
    let request = with(
        request(Method::GET, "/api/events", ""),
        "host",
        "inspector:4640",
    );
    assert_eq!(service.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_sites_can_neither_read_nor_clear() {
    let service = Service::start();
    service.post("/batch/", event("a", 1)).await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.test:4100"),
        ("origin", "http://localhost:8000"),
        ("origin", "null"),
    ] {
        for path in [
            "/api/events",
            "/api/stream",
            "/api/events/00000000-0000-7000-8000-000000000001",
        ] {
            let answer = service
                .send(with(request(Method::GET, path, ""), header, value))
                .await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{path} {header}: {value}"
            );
            assert!(!answer.text.contains("session-1"));
        }
        let clear = with(
            with(request(Method::DELETE, "/api/events", ""), "x-hogback", "1"),
            header,
            value,
        );
        assert_eq!(
            service.send(clear).await.status,
            StatusCode::FORBIDDEN,
            "{header}: {value}"
        );
    }
    let without_header = request(Method::DELETE, "/api/events", "");
    assert_eq!(
        service.send(without_header).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(service.events().await.len(), 1);
}

#[tokio::test]
async fn the_api_grants_nothing_to_a_preflight() {
    let service = Service::start();
    let mut preflight = request(Method::OPTIONS, "/api/events", "");
    for (name, value) in [
        ("origin", "http://localhost:8000"),
        ("access-control-request-method", "DELETE"),
        ("access-control-request-headers", "x-hogback"),
    ] {
        preflight = with(preflight, name, value);
    }
    let answer = service.send(preflight).await;
    assert!(!answer.status.is_success(), "{}", answer.status);
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control-")),
        "{:?}",
        answer.headers
    );
}

#[tokio::test]
async fn pages_and_answers_carry_the_headers_that_shut_others_out() {
    let service = Service::start();
    for path in [
        "/",
        "/events/00000000-0000-7000-8000-000000000001",
        "/api/events",
    ] {
        let answer = service.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            Some("same-origin"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn any_page_may_send_events_and_its_preflight_is_granted() {
    let service = Service::start();
    let mut preflight = request(Method::OPTIONS, "/i/v0/e/", "");
    for (name, value) in [
        ("origin", "http://localhost:8000"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-custom"),
    ] {
        preflight = with(preflight, name, value);
    }
    let answer = service.send(preflight).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("http://localhost:8000")
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        Some("true")
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("content-type,x-custom")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert_eq!(answer.header("vary"), Some("Origin"));
    let event = with(
        request(Method::POST, "/i/v0/e/", event("a", 1)),
        "sec-fetch-site",
        "cross-site",
    );
    let answer = service.send(event).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("Retry-After, PostHog-Request-Id"),
        "a page may read no other header than those named"
    );
}

#[tokio::test]
async fn the_page_is_whole_or_says_how_to_build_it() {
    let service = Service::start();
    let page = service.get("/").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let assets: Vec<&str> = page
        .text
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .collect();
    if assets.is_empty() {
        assert!(page.text.contains("make build"), "{}", page.text);
        return;
    }
    assert_eq!(assets.len(), 2, "a script and a style sheet: {assets:?}");
    for asset in assets {
        let answer = service.get(asset).await;
        assert_eq!(answer.status, StatusCode::OK, "{asset}");
        assert!(
            answer
                .header("cache-control")
                .unwrap()
                .contains("immutable")
        );
        let kind = answer.header("content-type").unwrap();
        assert!(
            kind.starts_with("text/css") || kind.starts_with("application/javascript"),
            "{kind}"
        );
    }
    assert_eq!(
        service.get("/assets/index.html").await.status,
        StatusCode::NOT_FOUND
    );
}

/// The page shows text from strangers: it must reach the document as text only.
#[test]
fn the_page_never_makes_html_from_text() {
    let ui = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src");
    let mut files = 0;
    for entry in std::fs::read_dir(ui).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        files += 1;
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(
                !text.contains(forbidden),
                "{} uses {forbidden}",
                path.display()
            );
        }
    }
    assert!(files > 5, "the page has {files} files");
}
