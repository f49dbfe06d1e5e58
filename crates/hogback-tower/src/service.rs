//! The service that opens contexts.

use std::fmt::Display;
use std::sync::Arc;
use std::task;

use http::{Request, Response};
use tower_service::Service;

use crate::body::ResponseBody;
use crate::future::ResponseFuture;
use crate::options::Options;
use crate::scope::Scope;

/// Gives every request a context. Made by [`ContextLayer`](crate::ContextLayer).
#[derive(Clone, Debug)]
pub struct ContextService<S> {
    inner: S,
    options: Arc<Options>,
}

impl<S> ContextService<S> {
    pub(crate) fn new(inner: S, options: Arc<Options>) -> Self {
        Self { inner, options }
    }
}

impl<S, B, RB> Service<Request<B>> for ContextService<S>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: Display + 'static,
{
    type Response = Response<ResponseBody<RB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let scope = Scope::open(&parts, &self.options);
        let request = Request::from_parts(parts, body);
        let future = match &scope {
            Some(scope) => scope.run(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        ResponseFuture::new(future, scope)
    }
}
