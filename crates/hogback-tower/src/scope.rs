//! One request's context, from its opening to the end of the response's body.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use hogback::Context;
use http::request::Parts;
use http::{Extensions, StatusCode};

use crate::callbacks::Callback;
use crate::options::Options;
use crate::report;
use crate::reported::{Failure, Reported};
use crate::request::Request;

/// Keeps a request's context; dropping it ends the context.
pub(crate) struct Scope {
    context: Context,
    request: Arc<Request>,
}

impl Scope {
    /// The context of a request, below the one that is current; none where the program's filter turns the request away.
    pub(crate) fn open(parts: &Parts, options: &Arc<Options>) -> Option<Self> {
        if let Some(filter) = &options.filter
            && options.ask(Callback::Filter, || filter(parts)) == Some(false)
        {
            return None;
        }
        let parent = Context::current();
        let reported = Reported::below(parent.as_ref());
        let request = Arc::new(Request::of(parts, options, reported));
        let asked = Arc::clone(&request);
        let kept = Arc::clone(&request);
        let context =
            Context::deferred_with(parent.as_ref(), kept, move |context| asked.answer(context));
        Some(Self { context, request })
    }

    /// Does `work` with the context current; a panic is reported, and goes on.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _current = self.context.attach();
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(done) => done,
            Err(payload) => {
                self.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }

    /// Does `work` with the context current, where nothing is to be reported.
    pub(crate) fn within(&self, work: impl FnOnce()) {
        let _current = self.context.attach();
        work();
    }

    /// Takes note of the response: reports the error that it answers for, and finishes the events that wait.
    pub(crate) fn answered(&self, status: StatusCode, extensions: &mut Extensions) {
        self.request.answered(status, &self.context);
        if self.request.options.capture_errors {
            let _current = self.context.attach();
            report::response(&self.request.options, status, extensions);
        }
        self.context.end();
    }

    /// Reports an error that left the service or its body.
    pub(crate) fn failed<E: Display + 'static>(&self, error: &E) {
        if self.request.options.capture_errors {
            let _current = self.context.attach();
            report::error(&self.request.options, &self.request.reported, error);
        }
    }

    fn panicked(&self, payload: &(dyn Any + Send)) {
        if self.request.options.capture_errors
            && self.request.reported.is_news(&[Failure::panic(payload)])
        {
            report::panic(&self.request.options, payload);
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // Finishing events runs the program's code, and a scope may be dropped by a panic.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            self.context.end();
            drop(self.request.take_head());
        }));
    }
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A request holds cookies and the like.
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
