//! The body of a response, made and dropped in the request's context.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{self, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::scope::Scope;

pin_project! {
    /// The body of a response of a [`ContextService`](crate::ContextService).
    ///
    /// The request's context is current while a part of it is made, and while it is dropped; then the context ends.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` only while dropping, so that the body is dropped in its context.
        #[pin]
        body: Option<B>,
        // `None` if the request is not tracked.
        scope: Option<Scope>,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(scope) = this.scope {
                scope.within(|| this.body.set(None));
            }
        }
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn new(body: B, scope: Option<Scope>) -> Self {
        let body = Some(body);
        Self { body, scope }
    }
}

impl<B: Default> Default for ResponseBody<B> {
    /// An empty body of no request.
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Display + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(scope) = this.scope else {
            return body.poll_frame(cx);
        };
        let polled = scope.run(|| body.poll_frame(cx));
        if let Poll::Ready(Some(Err(error))) = &polled {
            scope.failed(error);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.as_ref().map(Body::size_hint);
        hint.unwrap_or_else(|| SizeHint::with_exact(0))
    }
}
