//! Lets pages of every origin send events here: the application under development is always another origin.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const ASKS_FOR_LOOPBACK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const MAY_USE_LOOPBACK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Answers preflights itself and marks every other answer as readable by the page that asked.
pub(crate) async fn any_origin(request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        next.run(request).await
    };
    allow(response.headers_mut(), &asked);
    response
}

fn allow(answer: &mut HeaderMap, asked: &HeaderMap) {
    // The origin is named rather than `*`, since older versions of posthog-js send credentials.
    let origin = asked
        .get(header::ORIGIN)
        .cloned()
        .unwrap_or(HeaderValue::from_static("*"));
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.append(header::VARY, HeaderValue::from_static("Origin"));
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
    answer.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    // A page may read these of an answer; posthog-js waits as long as Retry-After says.
    answer.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Retry-After, PostHog-Request-Id"),
    );
    if let Some(headers) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
    }
    if asked.contains_key(ASKS_FOR_LOOPBACK) {
        answer.insert(MAY_USE_LOOPBACK, HeaderValue::from_static("true"));
    }
    answer.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}
