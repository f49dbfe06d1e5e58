//! Futures that run in a context.

use std::future::Future;
use std::pin::Pin;
use std::task;

use pin_project_lite::pin_project;

use super::Context;
use super::current::attach;

pin_project! {
    /// A future whose context is current whenever it is polled, and while it is dropped.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WithContext<F> {
        // `None` only while dropping, so that the future is dropped in its context.
        #[pin]
        future: Option<F>,
        context: Option<Context>,
    }

    impl<F> PinnedDrop for WithContext<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _current = attach(this.context.as_ref());
            this.future.set(None);
        }
    }
}

/// Runs futures in a context.
pub trait FutureExt: Future + Sized {
    /// Makes `context` current whenever this future is polled, on whatever thread that is.
    fn with_context(self, context: Context) -> WithContext<Self> {
        WithContext {
            future: Some(self),
            context: Some(context),
        }
    }

    /// Makes the context that is current now current whenever this future is polled: for a task that is spawned and would
    /// run without one. Without a current context it runs in none, whoever polls it.
    ///
    /// ```
    /// use hogback::{Context, FutureExt};
    ///
    /// let request: Context = Context::root();
    /// let task = request.scope(|| {
    ///     // tokio::spawn(
    ///     async { Context::current().is_some() }.in_current_context()
    ///     // )
    /// });
    /// assert!(run(task));
    /// # fn run<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
    /// #             return output;
    /// #         }
    /// #     }
    /// # }
    /// ```
    fn in_current_context(self) -> WithContext<Self> {
        WithContext {
            future: Some(self),
            context: Context::current(),
        }
    }
}

impl<F: Future> FutureExt for F {}

impl<F: Future> Future for WithContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<Self::Output> {
        let this = self.project();
        let _current = attach(this.context.as_ref());
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx),
            None => task::Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn two_futures_polled_in_turns_each_see_their_own_context() {
        let contexts = [Context::root(), Context::root()];
        let mut futures = contexts.clone().map(|expected| {
            let context = expected.clone();
            Box::pin(
                std::future::poll_fn(move |_| {
                    assert!(Context::current().is_some_and(|current| current.is(&expected)));
                    task::Poll::<()>::Pending
                })
                .with_context(context),
            )
        });
        for _ in 0..2 {
            for future in &mut futures {
                let poll = future
                    .as_mut()
                    .poll(&mut task::Context::from_waker(Waker::noop()));
                assert!(poll.is_pending());
            }
            assert!(Context::current().is_none());
        }
    }

    #[test]
    fn a_future_takes_the_context_along_in_which_it_was_made() {
        let context = Context::root();
        let expected = context.clone();
        let sees = async move { Context::current().is_some_and(|now| now.is(&expected)) };
        let mut future = Box::pin(context.scope(|| sees.in_current_context()));
        let mut cx = task::Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut cx), task::Poll::Ready(true));
    }

    #[test]
    fn a_future_made_without_a_context_runs_in_none() {
        let future = async { Context::current().is_none() }.in_current_context();
        Context::root().scope(|| {
            let mut future = Box::pin(future);
            let mut cx = task::Context::from_waker(Waker::noop());
            assert_eq!(future.as_mut().poll(&mut cx), task::Poll::Ready(true));
            assert!(Context::current().is_some());
        });
    }

    #[test]
    fn a_future_is_dropped_in_its_context() {
        struct SeesOnDrop(std::sync::mpsc::Sender<bool>);
        impl Drop for SeesOnDrop {
            fn drop(&mut self) {
                self.0.send(Context::current().is_some()).unwrap();
            }
        }
        let (sender, seen) = std::sync::mpsc::channel();
        let held = SeesOnDrop(sender);
        drop(async move { drop(held) }.with_context(Context::root()));
        assert!(seen.recv().unwrap());
    }
}
