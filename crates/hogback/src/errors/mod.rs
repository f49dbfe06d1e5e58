//! Errors and panics of Rust programs, as exceptions.
//!
//! ```text
//! capture_error -> Call: the stack, as the binary names it      call.rs
//!               -> Frame: own code or not, file, source lines   frames.rs, own_code.rs
//!               -> the error and its sources, by name and text  chain.rs, names.rs
//!               -> an event `$exception`, captured as any other
//! ```
//!
//! An error has no stack of its own in Rust. The one that is sent is that of the call that captured it, and says so
//! (`synthetic`); that of a panic is where it happened.

mod call;
mod chain;
mod frames;
mod names;
mod own_code;
pub(crate) mod panics;

use std::any::Any;
use std::error::Error;

pub(crate) use self::call::At;
use self::call::Call;
pub(crate) use self::own_code::OwnCode;
use self::panics::Place;
use crate::client::Client;
use crate::draft::{Draft, Kind};
use crate::exception::{Boundary, Exception, ExceptionList};
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
        let draft = self.error_draft(error, None, boundary);
        self.capture(draft)
    }

    /// Captures what [`catch_unwind`](std::panic::catch_unwind) has caught, or a task's join error carries.
    ///
    /// `location` is `file:line:column`, where it is known; the stack is that of this call, with the location at its end.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub fn capture_panic(
        &self,
        payload: &(dyn Any + Send),
        location: Option<&str>,
        boundary: &Boundary,
    ) -> Result<String, Refusal> {
        let place = location.and_then(Place::parse);
        let mut calls = call::here(At::Capture);
        calls.extend(place.as_ref().map(Place::call));
        let message = panics::message(payload);
        let draft = self.panic_draft(message, place.as_ref(), &calls, boundary, true);
        self.capture(draft)
    }

    /// The event of an error whose outermost type may be known.
    pub(crate) fn error_draft(
        &self,
        error: &(dyn Error + 'static),
        kind: Option<String>,
        boundary: &Boundary,
    ) -> Draft {
        let calls = call::here(At::Capture);
        let frames = frames::frames(
            &calls,
            &ExceptionList::new(),
            self.own_code(),
            self.clock_now(),
        );
        let root = boundary.root(!frames.is_empty());
        let list = chain::list(error, kind, root, frames);
        self.exception_draft(&list, boundary)
    }

    fn panic_draft(
        &self,
        message: &str,
        place: Option<&Place>,
        calls: &[Call],
        boundary: &Boundary,
        synthetic: bool,
    ) -> Draft {
        let mut list = ExceptionList::new();
        let frames = frames::frames(calls, &list, self.own_code(), self.clock_now());
        list.push(Exception {
            kind: panics::KIND.to_owned(),
            value: message.to_owned(),
            module: None,
            mechanism: boundary.root(synthetic),
            frames,
        });
        let mut draft = self.exception_draft(&list, boundary);
        if let Some(Place { file, line, column }) = place {
            draft.properties.insert_text(wire::PANIC_FILE, file);
            draft.properties.insert(wire::PANIC_LINE, line);
            draft.properties.insert(wire::PANIC_COLUMN, column);
        }
        draft
    }

    fn exception_draft(&self, list: &ExceptionList, boundary: &Boundary) -> Draft {
        let mut draft = self.draft(Kind::Event(wire::EXCEPTION.to_owned()));
        let mut properties = Properties::new();
        properties.insert(wire::EXCEPTION_LIST, list);
        properties.insert(wire::EXCEPTION_LEVEL, &boundary.level);
        if let Some(source) = &boundary.source {
            properties.insert_text(wire::EXCEPTION_SOURCE, source);
        }
        draft.properties = properties;
        draft
    }
}
