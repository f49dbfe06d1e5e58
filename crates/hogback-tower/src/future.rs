//! The future of a response, polled and dropped in the request's context.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::body::ResponseBody;
use crate::scope::Scope;

pin_project! {
    /// The response of a [`ContextService`](crate::ContextService).
    ///
    /// The request's context is current whenever it is polled, and while it is dropped. Dropped before the response is
    /// there, as when the client went away, it ends the context; that is no error.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // `None` once it is done, and while dropping, so that it is dropped in its context.
        #[pin]
        future: Option<F>,
        // `None` if the request is not tracked, and once the body has it.
        scope: Option<Scope>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(scope) = this.scope {
                scope.within(|| this.future.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(future: F, scope: Option<Scope>) -> Self {
        let future = Some(future);
        Self { future, scope }
    }
}

impl<F, RB, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<RB>, E>>,
    E: Display + 'static,
{
    type Output = Result<Response<ResponseBody<RB>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let Some(scope) = this.scope else {
            let answered = ready!(future.poll(cx));
            return Poll::Ready(answered.map(|response| bodied(response, None)));
        };
        let answered = ready!(scope.run(|| future.poll(cx)));
        scope.within(|| this.future.set(None));
        match answered {
            Ok(mut response) => {
                scope.answered(response.status(), response.extensions_mut());
                Poll::Ready(Ok(bodied(response, this.scope.take())))
            }
            Err(error) => {
                scope.failed(&error);
                *this.scope = None;
                Poll::Ready(Err(error))
            }
        }
    }
}

fn bodied<RB>(response: Response<RB>, scope: Option<Scope>) -> Response<ResponseBody<RB>> {
    response.map(|body| ResponseBody::new(body, scope))
}
