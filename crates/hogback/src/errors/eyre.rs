//! Errors of the crate `eyre`, whose reports may have a stack of where they were made.

use eyre::{DefaultHandler, Report};

use super::call::{At, Call, Stack};
use super::printed;
use crate::capture::Capture;
use crate::client::Client;
use crate::exception::Boundary;

/// What stands before the stack in a report.
const HEADING: &str = "Stack backtrace:";

impl Client {
    /// Begins the event of an [`eyre::Report`]: [`error`](Self::error) for errors that have a stack.
    ///
    /// The stack is that of where the report was made, if it has one of `eyre`'s own (`RUST_BACKTRACE=1`), else that of
    /// this call. Handlers of other crates keep theirs to themselves.
    ///
    /// ```
    /// # use eyre::WrapErr as _;
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// # fn parsed() -> eyre::Result<u32> {
    /// #     "twelve".parse::<u32>().wrap_err("no amount")
    /// # }
    /// if let Err(report) = parsed() {
    ///     client.eyre(&report).property("order", 7).send();
    /// }
    /// # client.flush(None);
    /// # let list = &server.events()[0]["properties"]["$exception_list"];
    /// # assert_eq!((&list[0]["value"], &list[1]["type"]), (&"no amount".into(), &"ParseIntError".into()));
    /// ```
    pub fn eyre(&self, report: &Report) -> Capture {
        self.eyre_at(report, &Boundary::default())
    }

    /// Begins the event of an [`eyre::Report`], and tells where it was caught.
    pub fn eyre_at(&self, report: &Report, boundary: &Boundary) -> Capture {
        self.begin_error(|client| {
            let (calls, synthetic) = calls(report);
            client.error_properties(report.as_ref(), None, &calls, synthetic, boundary)
        })
    }
}

/// The stack of the report, or of this call; and whether it is this call's.
fn calls(report: &Report) -> (Vec<Call>, bool) {
    match printed_stack(report).filter(|calls| !calls.is_empty()) {
        Some(calls) => (calls, false),
        None => (Stack::here().calls(At::Capture), true),
    }
}

/// The stack as the report prints it: there is no other way to it.
fn printed_stack(report: &Report) -> Option<Vec<Call>> {
    report.handler().downcast_ref::<DefaultHandler>()?;
    let text = crate::hooks::guarded(|| format!("{report:?}"))?;
    let (_, stack) = text.rsplit_once(HEADING)?;
    Some(printed::calls(stack))
}
