//! Errors and panics of Rust programs, as exceptions.
//!
//! ```text
//! capture_error -> Call: the stack, as the binary names it      call.rs
//!               -> Frame: own code or not, file, source lines   frames.rs, own_code.rs
//!               -> the error and its sources, by name and text  chain.rs, names.rs
//!               -> an event `$exception`, captured as any other
//! ```
//!
//! An error has no stack of its own in Rust. The one that is sent is that of the call that captured it, or that handed it on
//! to be captured, and says so (`synthetic`); that of a panic is where it happened.

#[cfg(feature = "anyhow")]
mod anyhow;
mod as_error;
mod call;
mod chain;
#[cfg(feature = "eyre")]
mod eyre;
mod frames;
mod names;
mod own_code;
pub(crate) mod panics;
#[cfg(any(feature = "anyhow", feature = "eyre"))]
mod printed;

use std::any::Any;
use std::error::Error;

pub use self::as_error::AsError;
pub use self::call::Stack;
pub(crate) use self::call::{At, Call};
pub(crate) use self::own_code::OwnCode;
pub(crate) use self::panics::Place;
use crate::capture::Capture;
use crate::captured_panics;
use crate::client::Client;
use crate::draft::Kind;
use crate::exception::{Boundary, Exception, ExceptionList};
#[cfg(feature = "tracing")]
use crate::exception::{Frame, Mechanism};
use crate::loss::Refusal;
use crate::properties::Properties;
use crate::wire;

impl Client {
    /// Captures an error and its sources, caught by hand, in the current context; returns the event's id.
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// if let Err(error) = "twelve".parse::<u32>() {
    ///     client.capture_error(&error)?;
    /// }
    /// # client.flush(None);
    /// # let list = &server.events()[0]["properties"]["$exception_list"];
    /// # assert_eq!(list[0]["type"], "ParseIntError");
    /// # Ok::<(), hogback::Refusal>(())
    /// ```
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_error(&self, error: &(dyn Error + 'static)) -> Result<String, Refusal> {
        self.capture_error_at(error, &Boundary::default())
    }

    /// Captures an error and its sources, and tells where it was caught.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_error_at(
        &self,
        error: &(dyn Error + 'static),
        boundary: &Boundary,
    ) -> Result<String, Refusal> {
        self.capture_error_from(error, Stack::here, boundary)
    }

    /// Captures an error and its sources with the stack of another moment: for integrations that are told of an error
    /// where it came about, and report it later.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    #[doc(hidden)]
    pub fn capture_error_from(
        &self,
        error: &(dyn Error + 'static),
        stack: impl FnOnce() -> Stack,
        boundary: &Boundary,
    ) -> Result<String, Refusal> {
        if self.is_disabled() {
            return Err(Refusal::Disabled);
        }
        let mut draft = self.draft(Kind::Event(wire::EXCEPTION.to_owned()));
        let calls = stack().calls(At::Capture);
        draft.properties = self.error_properties(error, None, &calls, true, boundary);
        self.capture(draft)
    }

    /// Captures what [`catch_unwind`](std::panic::catch_unwind) has caught, or a task's join error carries.
    ///
    /// `location` is `file:line:column`, where it is known; the stack is that of this call, with the location at its end.
    /// A panic of any thread that the [hook](crate::Config::capture_panics) of this client's has captured is not captured
    /// once more: the event's id is returned, once.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_panic(
        &self,
        payload: &(dyn Any + Send),
        location: Option<&str>,
        boundary: &Boundary,
    ) -> Result<String, Refusal> {
        if self.is_disabled() {
            return Err(Refusal::Disabled);
        }
        if let Some(uuid) = captured_panics::take(self, payload) {
            return Ok(uuid);
        }
        let message = panics::message(payload);
        let place = location.and_then(Place::parse);
        let mut calls = Stack::here().calls(At::Capture);
        calls.extend(place.as_ref().map(Place::call));
        let mut draft = self.draft(Kind::Event(wire::EXCEPTION.to_owned()));
        draft.properties = self.panic_properties(message, place.as_ref(), &calls, boundary, true);
        self.capture(draft)
    }

    /// Begins the event of an error, for who has more to say of it; what it carries of the error is not replaced.
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// if let Err(error) = std::fs::read("/no/such/order") {
    ///     client.error(&error).property("order", 7).send();
    /// }
    /// # client.flush(None);
    /// # let properties = &server.events()[0]["properties"];
    /// # assert_eq!(properties["order"], 7);
    /// # assert_eq!(properties["$exception_list"][0]["type"], "io::Error");
    /// ```
    pub fn error<E: AsError + ?Sized>(&self, error: &E) -> Capture {
        self.error_at(error, &Boundary::default())
    }

    /// Begins the event of an error as [`error`](Self::error) does, and tells where it was caught.
    pub fn error_at<E: AsError + ?Sized>(&self, error: &E, boundary: &Boundary) -> Capture {
        self.begin_error(|client| {
            let calls = Stack::here().calls(At::Capture);
            client.error_properties(error.as_error(), error.kind(), &calls, true, boundary)
        })
    }

    /// Begins the event of an error; a disabled client does not even look at it.
    pub(crate) fn begin_error(&self, properties: impl FnOnce(&Self) -> Properties) -> Capture {
        let fixed = if self.is_disabled() {
            Properties::new()
        } else {
            properties(self)
        };
        let draft = self.draft(Kind::Event(wire::EXCEPTION.to_owned()));
        Capture::new(self.clone(), draft, fixed)
    }

    /// What the event of an error carries, whose outermost type may be known.
    pub(crate) fn error_properties(
        &self,
        error: &(dyn Error + 'static),
        kind: Option<String>,
        calls: &[Call],
        synthetic: bool,
        boundary: &Boundary,
    ) -> Properties {
        let list = ExceptionList::new();
        let frames = frames::frames(calls, &list, self.own_code(), self.clock_now());
        let root = boundary.root(synthetic && !frames.is_empty());
        properties_of(&chain::list(error, kind, root, frames), boundary)
    }

    /// How an exception was caught whose stack is the one of this call, and that stack.
    #[cfg(feature = "tracing")]
    pub(crate) fn captured_here(&self, boundary: &Boundary) -> (Mechanism, Vec<Frame>) {
        let calls = Stack::here().calls(At::Capture);
        let list = ExceptionList::new();
        let frames = frames::frames(&calls, &list, self.own_code(), self.clock_now());
        (boundary.root(!frames.is_empty()), frames)
    }

    /// What the event of a panic carries.
    pub(crate) fn panic_properties(
        &self,
        message: &str,
        place: Option<&Place>,
        calls: &[Call],
        boundary: &Boundary,
        synthetic: bool,
    ) -> Properties {
        let mut list = ExceptionList::new();
        let frames = frames::frames(calls, &list, self.own_code(), self.clock_now());
        list.push(Exception {
            kind: panics::KIND.to_owned(),
            value: message.to_owned(),
            module: None,
            mechanism: boundary.root(synthetic),
            frames,
        });
        let mut properties = properties_of(&list, boundary);
        if let Some(Place { file, line, column }) = place {
            properties.insert_text(wire::PANIC_FILE, file);
            properties.insert(wire::PANIC_LINE, line);
            properties.insert(wire::PANIC_COLUMN, column);
        }
        properties
    }
}

/// An error and its sources, where its type is not known.
#[cfg(feature = "tracing")]
pub(crate) fn described(
    error: &(dyn Error + 'static),
    root: Mechanism,
    frames: Vec<Frame>,
) -> ExceptionList {
    chain::list(error, None, root, frames)
}

pub(crate) fn properties_of(list: &ExceptionList, boundary: &Boundary) -> Properties {
    let mut properties = Properties::new();
    properties.insert(wire::EXCEPTION_LIST, list);
    properties.insert(wire::EXCEPTION_LEVEL, &boundary.level);
    if let Some(source) = &boundary.source {
        properties.insert_text(wire::EXCEPTION_SOURCE, source);
    }
    properties
}
