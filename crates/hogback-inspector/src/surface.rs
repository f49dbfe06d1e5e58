//! What keeps other sites away from the API and the pages.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::hosts::host_of;

/// A header that no form and no plain link can send: a page that tries makes its browser ask us first, and we refuse.
const CHANGE_HEADER: HeaderName = HeaderName::from_static("x-hogback");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Refuses requests that another site's page made.
pub(crate) async fn same_origin_only(request: Request, next: Next) -> Response {
    match refusal(request.method(), request.headers()) {
        None => next.run(request).await,
        Some(message) => (StatusCode::FORBIDDEN, Json(json!({ "error": message }))).into_response(),
    }
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return Some("this API is not for pages of other origins");
    }
    // The host has been found to be ours, so an origin equal to it is our own page, whatever port the developer maps.
    let foreign = |origin: &HeaderValue| {
        let origin = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"));
        origin.map(|(_, host)| host) != host_of(headers)
    };
    if headers.get(header::ORIGIN).is_some_and(foreign) {
        return Some("this API is not for pages of other origins");
    }
    let is_change = !matches!(*method, Method::GET | Method::HEAD);
    if is_change && headers.get(CHANGE_HEADER).is_none_or(|value| value != "1") {
        return Some("a request that changes something needs the header X-Hogback: 1");
    }
    None
}

/// Tells the browser to keep our pages to themselves: no foreign script, no frame, no guessing of types.
pub(crate) async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    for policy in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(
            HeaderName::from_static(policy),
            HeaderValue::from_static("same-origin"),
        );
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let mut map =
            HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("localhost:4640"))]);
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        refusal(method, &map).is_some()
    }

    #[test]
    fn our_own_page_and_plain_programs_may_read() {
        assert!(!refused(&Method::GET, &[]));
        assert!(!refused(&Method::GET, &[("sec-fetch-site", "none")]));
        assert!(!refused(
            &Method::GET,
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://localhost:4640")
            ]
        ));
    }

    #[test]
    fn pages_of_other_origins_may_not() {
        assert!(refused(&Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(refused(&Method::GET, &[("sec-fetch-site", "same-site")]));
        assert!(refused(
            &Method::GET,
            &[("origin", "http://localhost:3000")]
        ));
        assert!(refused(
            &Method::GET,
            &[("origin", "http://127.0.0.1:4640")]
        ));
        assert!(refused(&Method::GET, &[("origin", "null")]));
    }

    #[test]
    fn a_change_needs_our_header() {
        assert!(refused(&Method::DELETE, &[]));
        assert!(refused(&Method::DELETE, &[("x-hogback", "0")]));
        assert!(!refused(&Method::DELETE, &[("x-hogback", "1")]));
        assert!(refused(
            &Method::DELETE,
            &[("x-hogback", "1"), ("origin", "http://evil.test")]
        ));
    }
}
