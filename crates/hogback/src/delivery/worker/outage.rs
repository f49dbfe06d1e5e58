//! What an outage has to say: once that it begins, once that it is over. It is no reason to fill a log.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::Core;
use super::super::outcome::Failure;

/// A key or host that is wrong is said again after this time: somebody has to do something about it.
const SAY_AGAIN: Duration = Duration::from_secs(600);

/// What was said, and what has to be said at the end.
#[derive(Debug, Default)]
pub(super) struct Outage {
    lost: usize,
    waits: bool,
    complained: Option<Duration>,
}

impl Outage {
    /// Events are lost.
    pub(super) fn lost(&mut self, core: &Core, failure: &Failure, events: usize) {
        if self.lost == 0 {
            core.notes.error(format!(
                "error uploading: {failure}; {events} events are lost, more may follow"
            ));
        } else {
            core.untold.fetch_add(events, Ordering::Relaxed);
        }
        self.lost += events;
    }

    /// Events wait on disk for a server that is away.
    pub(super) fn waits(&mut self, core: &Core, failure: &Failure) {
        if !std::mem::replace(&mut self.waits, true) {
            core.notes.warn(format!(
                "error uploading: {failure}; events wait on disk until the server is back"
            ));
        }
    }

    /// Events wait on disk for somebody who corrects the key or the host.
    pub(super) fn complain(&mut self, core: &Core, failure: &Failure) {
        self.waits = true;
        let now = core.clock.now();
        if self.complained.is_none_or(|then| now >= then + SAY_AGAIN) {
            self.complained = Some(now);
            core.notes.error(format!(
                "error uploading: {failure}; events wait on disk until the project's key and host are right"
            ));
        }
    }

    /// Events arrive.
    pub(super) fn over(&mut self, core: &Core) {
        core.untold.store(0, Ordering::Relaxed);
        if self.lost > 0 {
            core.notes.warn(format!(
                "events are delivered again; {} were lost meanwhile",
                self.lost
            ));
        } else if self.waits {
            core.notes.warn("events are delivered again".into());
        }
        *self = Self::default();
    }
}
