//! The page: one HTML shell for every address a developer may open or reload, and its script and style.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Inspector;

/// A file of the built page.
struct PageFile {
    name: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// Shown by a binary that was built without the page.
const NOT_BUILT: &str = include_str!("not_built.html");

pub(crate) fn routes() -> Router<Inspector> {
    Router::new()
        .route("/", get(shell))
        .route("/events/{uuid}", get(shell))
        .route("/assets/{name}", get(asset))
}

async fn shell() -> Response {
    let html = file("index.html").unwrap_or(NOT_BUILT.as_bytes());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        // The names of the assets in it change with every build.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, html).into_response()
}

async fn asset(Path(name): Path<String>) -> Response {
    let kind = match name.rsplit_once('.') {
        Some((_, "js")) => "application/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(bytes) = file(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // The name has a hash of the content in it.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, bytes).into_response()
}

fn file(name: &str) -> Option<&'static [u8]> {
    PAGE_FILES
        .iter()
        .find(|file| file.name == name)
        .map(|file| file.bytes)
}
