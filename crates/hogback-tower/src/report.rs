//! Reports the failures of requests, in the context that is current.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::{self, Display};

use hogback::Stack;
use hogback::exception::Boundary;
use http::{Extensions, StatusCode};

use crate::callbacks::Callback;
use crate::options::Options;
use crate::reported::{Failure, Reported, hash};
use crate::response_error::ResponseError;

const SOURCE: &str = "tower.layer";

/// An error that left the service, or the body of its response, unless a layer further in has reported it.
pub(crate) fn error<E: Display + 'static>(options: &Options, reported: &Reported, error: &E) {
    let boundary = boundary("middleware").handled(false);
    let told = Told::of(error);
    let seen = options.seen(error);
    if reported.is_news(&Failure::errors(&told.text, seen)) {
        let _ = options
            .client
            .capture_error_at(seen.unwrap_or(&told), &boundary);
    }
}

/// A panic, on its way out.
pub(crate) fn panic(options: &Options, payload: &(dyn Any + Send)) {
    let boundary = boundary("panic").handled(false);
    let _ = options.client.capture_panic(payload, None, &boundary);
}

/// What was reported of a response, among its extensions: a layer further out finds the same error there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ReportedBeside(u64);

/// The error that a response answers for, if it is to be reported.
pub(crate) fn response(options: &Options, status: StatusCode, extensions: &mut Extensions) {
    let found = options.ask(Callback::ResponseError, || {
        let mut others = options.response_errors.iter();
        others.find_map(|find| find(extensions))
    });
    if let Some(error) = found.flatten() {
        let beside = ReportedBeside(hash(Told::of(error).text));
        if extensions.get() != Some(&beside) {
            handled(options, error, Stack::here);
            extensions.insert(beside);
        }
    } else if let Some(error) = extensions.get::<ResponseError>()
        && options.ask(Callback::CaptureStatus, || (options.is_failure)(status)) == Some(true)
        && error.is_news()
    {
        handled(options, error.error(), || error.stack().clone());
    }
}

fn handled(options: &Options, error: &(dyn Error + 'static), stack: impl FnOnce() -> Stack) {
    let boundary = boundary("middleware").handled(true);
    let _ = options.client.capture_error_from(error, stack, &boundary);
}

fn boundary(mechanism: &'static str) -> Boundary {
    Boundary::default().source(SOURCE).mechanism(mechanism)
}

/// An error of a type that need not be one, by its name and what it says.
struct Told {
    kind: &'static str,
    text: String,
}

impl Told {
    fn of<E: Display + ?Sized>(error: &E) -> Self {
        Self {
            kind: type_name::<E>(),
            text: hogback::guarded_text(|| error.to_string()),
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = self.kind.split('<').next().unwrap_or(self.kind);
        f.write_str(bare.rsplit("::").next().unwrap_or(bare))
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Told {}
