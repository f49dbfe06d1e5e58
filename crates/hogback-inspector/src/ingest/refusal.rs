//! Why a request was not taken, in the words the sender's log will show.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The page that describes the protocol; v1 answers must link to one.
const PROTOCOL_PAGE: &str = "https://posthog.com/docs/api/capture";

/// A refused request: a status that tells the client whether to try again, a tag for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status of the answer.
    pub status: StatusCode,
    /// A short name that stays the same, such as `payload_too_large`.
    pub tag: &'static str,
    /// What was wrong and what to do about it.
    pub message: String,
}

impl Refusal {
    fn new(status: StatusCode, tag: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            tag,
            message: message.into(),
        }
    }

    /// The bytes are not a request of this protocol.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request_parsing_error", message)
    }

    /// A header the protocol demands is absent.
    pub(crate) fn missing_header(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "missing_required_headers", message)
    }

    /// No usable project token.
    pub(crate) fn unauthorized(tag: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, tag, message)
    }

    /// One of the limits was passed.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
    }

    /// An encoding or content type that is not understood here.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_content_type",
            message,
        )
    }

    /// The body did not arrive in time.
    pub(crate) fn slow(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_read_timeout", message)
    }

    /// Nothing wrong with the request: the store cannot take it now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            message,
        )
    }

    /// The same refusal, its message beginning with what it is about.
    pub(crate) fn at(self, place: &str) -> Self {
        Self {
            message: format!("{place} {}", self.message),
            ..self
        }
    }

    /// The answer that clients of the v1 route read.
    pub(crate) fn into_v1_response(self) -> Response {
        let body = json!({
            "error": self.tag,
            "error_description": self.message,
            "error_uri": PROTOCOL_PAGE,
        });
        self.with_headers(Json(body).into_response())
    }

    fn with_headers(&self, mut response: Response) -> Response {
        *response.status_mut() = self.status;
        if matches!(
            self.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE
        ) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer that clients of the older routes read: they log `detail`.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.tag, "detail": self.message });
        self.with_headers(Json(body).into_response())
    }
}
