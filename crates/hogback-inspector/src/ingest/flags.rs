//! Feature flags and remote configuration: enough of both for clients to be quiet and send events.
//!
//! An empty configuration would make posthog-js fall back to base64 and preflighted JSON and ask for flags every few
//! minutes; this one makes it compress, capture exceptions and ask for nothing else.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::both;
use crate::Inspector;

/// Changes when the answer of [`definitions`] does.
const DEFINITIONS_VERSION: &str = "\"hogback-no-flags\"";

pub(super) fn routes() -> Router<Inspector> {
    let mut router = Router::new();
    router = both(router, "/flags", post(flags).get(flags));
    router = both(router, "/decide", post(decide).get(decide));
    for path in ["/flags/definitions", "/api/feature_flag/local_evaluation"] {
        router = both(router, path, get(definitions));
    }
    for (path, name) in [
        ("/api/surveys", "surveys"),
        ("/api/early_access_features", "earlyAccessFeatures"),
        ("/api/product_tours", "product_tours"),
    ] {
        router = both(router, path, get(async move || Json(json!({ name: [] }))));
    }
    router = both(
        router,
        "/api/web_experiments",
        get(async || Json(json!({ "experiments": [] }))),
    );
    router
        .route("/array/{token}/config", get(async || Json(remote_config())))
        .route("/array/{token}/config.js", get(config_script))
}

/// Drops the body unread: there are no flags for anybody.
async fn flags(State(_): State<Inspector>) -> Json<Value> {
    Json(no_flags())
}

/// The older form of the same question, which expects the configuration in the answer.
async fn decide(State(_): State<Inspector>) -> Json<Value> {
    let mut answer = remote_config();
    if let (Some(answer), Value::Object(flags)) = (answer.as_object_mut(), no_flags()) {
        answer.extend(flags);
    }
    Json(answer)
}

fn no_flags() -> Value {
    json!({
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": false,
        "quotaLimited": [],
        "requestId": Uuid::now_v7(),
    })
}

/// The definitions from which servers compute flags themselves, with a version that saves sending them again.
async fn definitions(headers: HeaderMap) -> Response {
    let version = [(header::ETAG, HeaderValue::from_static(DEFINITIONS_VERSION))];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == DEFINITIONS_VERSION)
    {
        return (StatusCode::NOT_MODIFIED, version).into_response();
    }
    let body = json!({ "flags": [], "group_type_mapping": {}, "cohorts": {} });
    (version, Json(body)).into_response()
}

fn remote_config() -> Value {
    json!({
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": false,
        "surveys": false,
        "productTours": false,
        "conversations": false,
        "heatmaps": false,
        "capturePerformance": false,
        "captureDeadClicks": false,
        "sessionRecording": false,
        // Must be there: without it autocapture stays off for new visitors.
        "autocapture_opt_out": false,
        "autocaptureExceptions": true,
        "errorTracking": { "autocaptureExceptions": true, "suppressionRules": [] },
        "defaultIdentifiedOnly": true,
        "elementsChainAsString": true,
        "toolbarParams": {},
        "siteApps": [],
        "isAuthenticated": false,
    })
}

async fn config_script(Path(token): Path<String>) -> Response {
    let script = format!(
        "(function () {{\n  var all = window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {{}};\n  \
         all[{}] = {{ config: {}, siteApps: [] }};\n}})();\n",
        script_text(&token),
        remote_config()
    );
    let kind = [(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/javascript; charset=utf-8"),
    )];
    (kind, script).into_response()
}

/// A JavaScript string: JSON, without the characters that could end a script or a line in it.
fn script_text(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_leave_its_string() {
        assert_eq!(script_text(r#""];alert(1)//"#), r#""\"];alert(1)//""#);
        assert_eq!(
            script_text("</script>\u{2028}"),
            r#""\u003c/script>\u2028""#
        );
    }
}
