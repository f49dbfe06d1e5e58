//! What was reported on this thread just now, so that a layer further out does not report it again.
//!
//! A failure passes the layers from the inside out, on one thread and without a pause: whatever was reported since a layer
//! began to poll has come out of what it polled.

use std::any::Any;
use std::cell::Cell;

/// A failure that was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    /// The panic with the payload at this address.
    Panic(usize),
    /// The error that a service, or a body, has returned.
    Error,
    /// The error beside a response.
    Response,
}

thread_local! {
    static LAST: Cell<Option<Reported>> = const { Cell::new(None) };
}

impl Reported {
    pub(crate) fn panic(payload: &(dyn Any + Send)) -> Self {
        Self::Panic(std::ptr::from_ref(payload).addr())
    }

    /// Whether it is news; then the caller reports it.
    pub(crate) fn is_news(self) -> bool {
        LAST.replace(Some(self)) != Some(self)
    }

    /// Forgets what was reported before.
    pub(crate) fn forget() {
        LAST.set(None);
    }
}
