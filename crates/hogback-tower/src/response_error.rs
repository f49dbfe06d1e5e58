//! The error that a response answers for.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hogback::Stack;

/// The error that made a response what it is, for the layer to report: put it in the response's extensions.
///
/// The layer reports it once, if the response is a failure of the server ([statuses 500 to
/// 599](crate::ContextLayer::capture_status) unless told otherwise), with everything the request's context knows, and with
/// the stack of the call that made this value. A response that something further in turns into another one is judged by
/// its final status.
///
/// ```
/// use hogback_tower::ResponseError;
/// use http::{Response, StatusCode};
///
/// fn failed(error: std::io::Error) -> Response<String> {
///     let mut response = Response::new("try again later".to_owned());
///     *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
///     response.extensions_mut().insert(ResponseError::new(error));
///     response
/// }
/// # assert!(failed(std::io::Error::other("disk")).extensions().get::<ResponseError>().is_some());
/// ```
#[derive(Clone, Debug)]
pub struct ResponseError(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    error: Box<dyn Error + Send + Sync>,
    /// Where the program has made the response: the layer sees it when that code has returned.
    stack: Stack,
    is_reported: AtomicBool,
}

impl ResponseError {
    /// Takes an error, or what can become one, such as a text or an `anyhow::Error`, and the stack of this call. That takes
    /// 5 to 20 microseconds, by its depth; its calls get their names when it is reported.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::new(Inner {
            error: error.into(),
            stack: Stack::here(),
            is_reported: AtomicBool::new(false),
        }))
    }

    /// The error.
    pub fn error(&self) -> &(dyn Error + 'static) {
        &*self.0.error
    }

    pub(crate) fn stack(&self) -> &Stack {
        &self.0.stack
    }

    /// Whether nobody has reported it yet; the caller does.
    pub(crate) fn is_news(&self) -> bool {
        !self.0.is_reported.swap(true, Ordering::AcqRel)
    }
}
