//! posthog-js's own files, for the parts of itself that it loads later.
//!
//! Served from a directory the developer names, normally `node_modules/posthog-js/dist`, so that they are exactly the
//! application's version. Without that directory they are absent, which posthog-js survives, except that it then sends
//! no tracing headers.

use std::path::Path;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Inspector;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Scripts, source maps and styles; nothing else lies there that a browser would ask for.
const KINDS: [(&str, &str); 3] = [
    (".js", "application/javascript; charset=utf-8"),
    (".js.map", "application/json"),
    (".css", "text/css; charset=utf-8"),
];

pub(crate) fn routes() -> Router<Inspector> {
    Router::new()
        .route(
            "/static/{name}",
            get(async |state, UrlPath(name): UrlPath<String>| asset(state, name).await),
        )
        .route(
            // The version is the caller's own: the files in the directory are the ones it was built from.
            "/static/{version}/{name}",
            get(
                async |state, UrlPath((_, name)): UrlPath<(String, String)>| {
                    asset(state, name).await
                },
            ),
        )
        .route(
            "/array/{token}/array.js",
            get(async |state| asset(state, "array.js".to_owned()).await),
        )
}

async fn asset(State(inspector): State<Inspector>, name: String) -> Response {
    let Some(dir) = &inspector.posthog_js_dir else {
        return missing(
            "start hogback with --posthog-js-dir node_modules/posthog-js/dist to serve this file\n",
        );
    };
    let Some(kind) = kind_of(&name) else {
        return missing("no such file\n");
    };
    let file = Path::new(&**dir).join(&name);
    match tokio::task::spawn_blocking(move || std::fs::read(file)).await {
        Ok(Ok(bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
                (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            ];
            (headers, bytes).into_response()
        }
        _ => missing("no such file in the directory of --posthog-js-dir\n"),
    }
}

/// The content type of a plain file name, `None` for every other name: no separators, no hidden files, no `..`.
fn kind_of(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.starts_with('.') || name.contains("..") || !name.chars().all(plain) {
        return None;
    }
    KINDS
        .iter()
        .find(|(suffix, _)| name.ends_with(suffix))
        .map(|(_, kind)| *kind)
}

fn missing(reason: &'static str) -> Response {
    (StatusCode::NOT_FOUND, reason).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_scripts_maps_and_styles_are_files() {
        for name in [
            "array.js",
            "tracing-headers.js",
            "array.js.map",
            "toolbar.css",
        ] {
            assert!(kind_of(name).is_some(), "{name}");
        }
        for name in [
            "",
            ".js",
            "..",
            "../a.js",
            "a/b.js",
            "a\\b.js",
            "a..js",
            ".env",
            "package.json",
            "é.js",
            "a.js\0",
        ] {
            assert!(kind_of(name).is_none(), "{name:?}");
        }
    }
}
