//! When the worker does not send: between two tries, while the server wants to be left alone, after a long outage.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::journal::NotBefore;
use super::super::sending::Stop;
use super::super::{Core, retry};
use super::Worker;

impl Worker<'_> {
    /// Waits for as long as the server has asked for, this process or another; `false` when the batch in flight shall not
    /// be sent any more.
    pub(super) fn leave_the_server_alone(&mut self) -> bool {
        let core = self.core;
        loop {
            let pause = asked_pause(core, self.not_before.as_ref());
            if pause.is_zero() {
                return true;
            }
            self.was_asked = true;
            let is_kept = core.queue.is_in_flight_on_disk();
            if is_kept && core.queue.is_closed() {
                core.leave_on_disk(
                    "the server wants to be left alone and the client is shutting down",
                );
                return false;
            }
            if pause > retry::LONGEST_PAUSE {
                core.queue.set_circuit(true);
            }
            if !self.pause(pause) {
                return false;
            }
            if core.queue.is_closed() && !is_kept {
                return true; // it is their last chance
            }
        }
    }

    /// Passes on what the server has asked for.
    pub(super) fn listen_to(&mut self, stop: &Stop) {
        if let Some(file) = &self.not_before
            && let Some(pause) = stop.failure().retry_after()
        {
            file.ask(self.core.clock.unix_time(), pause);
            self.was_asked = true;
        }
    }

    pub(super) fn the_server_is_back(&mut self) {
        let core = self.core;
        core.told_full.store(false, Ordering::Relaxed);
        if let Some(since) = self.away_since.take() {
            let batches = core.queue.len().div_ceil(core.policy.flush_at.max(1));
            self.pace = retry::pace(core.clock.now().saturating_sub(since), batches);
        }
        if std::mem::take(&mut self.was_asked)
            && let Some(file) = &self.not_before
        {
            file.clear();
        }
    }

    /// Waits before the next try, and takes care of the journal meanwhile: an outage may be long, and fill the disk.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let core = self.core;
        core.queue
            .pause(pause, retry::LONGEST_PAUSE, || self.care())
    }

    pub(super) fn care(&self) {
        self.core.queue.take_care();
        self.core.queue.pack();
        self.core.tell_trouble();
    }

    /// Waits between two batches after a long outage: see [`retry::pace`].
    pub(super) fn keep_pace(&mut self) {
        let core = self.core;
        let has_caught_up = core.queue.len() < core.policy.flush_at;
        // Where there is room for so many events only, sending slowly would have others refused.
        if has_caught_up || !core.queue.has_room_on_disk() {
            self.pace = Duration::ZERO;
        }
        if !self.pace.is_zero() {
            core.queue.pace(self.pace, || self.care());
        }
    }
}

/// How long the server has asked to be left alone, this process or another.
pub(super) fn asked_pause(core: &Core, not_before: Option<&NotBefore>) -> Duration {
    not_before.map_or(Duration::ZERO, |file| file.pause(core.clock.unix_time()))
}
