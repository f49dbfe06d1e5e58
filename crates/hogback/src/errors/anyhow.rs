//! Errors of the crate `anyhow`, which has a stack of where they were made.

use std::backtrace::BacktraceStatus;

use anyhow::Error;

use super::call::{At, Call, Stack};
use super::printed;
use crate::capture::Capture;
use crate::client::Client;
use crate::exception::Boundary;

impl Client {
    /// Begins the event of an [`anyhow::Error`]: [`error`](Self::error) for errors that have a stack.
    ///
    /// The stack is that of where the error was made, if it has one (`RUST_BACKTRACE=1`), else that of this call.
    ///
    /// ```
    /// # use anyhow::Context as _;
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// # fn parsed() -> anyhow::Result<u32> {
    /// #     "twelve".parse::<u32>().context("no amount")
    /// # }
    /// if let Err(error) = parsed() {
    ///     client.anyhow(&error).property("order", 7).send();
    /// }
    /// # client.flush(None);
    /// # let list = &server.events()[0]["properties"]["$exception_list"];
    /// # assert_eq!((&list[0]["value"], &list[1]["type"]), (&"no amount".into(), &"ParseIntError".into()));
    /// ```
    pub fn anyhow(&self, error: &Error) -> Capture {
        self.anyhow_at(error, &Boundary::default())
    }

    /// Begins the event of an [`anyhow::Error`], and tells where it was caught.
    pub fn anyhow_at(&self, error: &Error, boundary: &Boundary) -> Capture {
        self.begin_error(|client| {
            let (calls, synthetic) = calls(error);
            client.error_properties(error.as_ref(), None, &calls, synthetic, boundary)
        })
    }
}

/// The stack of the error, or of this call; and whether it is this call's.
fn calls(error: &Error) -> (Vec<Call>, bool) {
    let own = error.backtrace();
    let printed =
        (own.status() == BacktraceStatus::Captured).then(|| printed::calls(&own.to_string()));
    match printed.filter(|calls| !calls.is_empty()) {
        Some(calls) => (calls, false),
        None => (Stack::here().calls(At::Capture), true),
    }
}
