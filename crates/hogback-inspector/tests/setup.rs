//! What clients ask for before and beside sending events: flags, configuration, files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use axum::http::{Method, StatusCode};
use serde_json::json;
use support::{Service, request, with};

#[tokio::test]
async fn what_is_not_kept_is_still_answered() {
    let service = Service::start();
    for path in [
        "/s/",
        "/i/v1/logs?token=t",
        "/i/v1/metrics",
        "/i/v0/ai",
        "/i/v0/ai/otel",
    ] {
        assert_eq!(
            service.post(path, "[]").await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    for path in [
        "/_readiness",
        "/_liveness",
        "/api/surveys/?token=t",
        "/api/web_experiments/",
        "/api/product_tours/",
    ] {
        assert_eq!(service.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert!(service.events().await.is_empty());
}

#[tokio::test]
async fn clients_that_ask_for_flags_are_told_there_are_none() {
    let service = Service::start();
    for path in ["/flags/?v=2", "/flags?v=4", "/decide/?v=3"] {
        let answer = service.post(path, "{}").await.json();
        assert_eq!(
            (&answer["flags"], &answer["errorsWhileComputingFlags"]),
            (&json!({}), &json!(false)),
            "{path}"
        );
    }
    let answer = service.get("/flags/definitions?token=t&send_cohorts").await;
    assert_eq!(answer.json()["flags"], json!([]));
    let version = answer.header("etag").unwrap();
    let again = with(
        request(Method::GET, "/flags/definitions", ""),
        "if-none-match",
        version,
    );
    assert_eq!(service.send(again).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_remote_configuration_keeps_browsers_quiet() {
    let service = Service::start();
    let config = service.get("/array/phc_dev/config").await.json();
    assert_eq!(config["hasFeatureFlags"], false);
    assert_eq!(config["autocapture_opt_out"], false);
    assert_eq!(config["supportedCompression"], json!(["gzip", "gzip-js"]));
    let script = service.get("/array/%3C%2Fscript%3E/config.js").await;
    assert!(
        script
            .header("content-type")
            .unwrap()
            .starts_with("application/javascript")
    );
    assert!(
        script.text.contains("_POSTHOG_REMOTE_CONFIG") && !script.text.contains("</script>"),
        "{}",
        script.text
    );
}

#[tokio::test]
async fn posthog_js_files_come_from_the_named_directory_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let dist = dir.path().join("dist");
    std::fs::create_dir(&dist).unwrap();
    std::fs::write(dist.join("tracing-headers.js"), "1;").unwrap();
    std::fs::write(dir.path().join("secret.js"), "secret").unwrap();
    let service = Service::with(|inspector| inspector.posthog_js_dir(Some(dist)));
    for path in [
        "/static/tracing-headers.js",
        "/static/1.449.2/tracing-headers.js?v=1",
    ] {
        let answer = service.get(path).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (StatusCode::OK, "1;"),
            "{path}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    for path in [
        "/static/..%2Fsecret.js",
        "/static/1/..%2Fsecret.js",
        "/static/%2e%2e%2fsecret.js",
        "/static/array.js",
    ] {
        assert_eq!(
            service.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        Service::start()
            .get("/static/tracing-headers.js")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}
