//! The door to the network.

use std::time::Duration;

use super::encoding::Encoding;

/// Sends requests. The client's own speaks HTTP; tests put theirs in its place.
pub trait Transport: Send + Sync {
    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// [`Unreachable`] when there is no answer, for whatever reason; a bad answer is an answer.
    fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable>;
}

/// One request, a `POST` with a JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Path below the client's host.
    pub path: &'a str,
    /// Headers beside those that every request has: `Content-Type`, `User-Agent` and `Content-Encoding`.
    pub headers: &'a [(&'static str, String)],
    /// The body as it travels.
    pub body: &'a [u8],
    /// How the body is compressed, if it is.
    pub encoding: Option<Encoding>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The text of the answer, as far as it was read: 64 KiB at most.
    pub body: String,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// There was no answer: refused, reset, timed out, no such host, a certificate that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer from the server: {0}")]
pub struct Unreachable(pub String);
