//! What one client has in one process: its queue, the way to its server, and what it has to say.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::notes::Notes;
use super::on_disk::Trouble;
use super::outcome::{self, Delivered, Failure};
use super::queue::Queue;
use super::report::LossReport;
use super::sending::{Attempt, Sending, Stop};
use super::transport::{Request, Transport};
use super::{MakeTransport, Policy, worker};
use crate::clock::Clock;
use crate::event::Event;
use crate::loss::{Counters, Loss};
use crate::timestamp::Timestamp;
use crate::wire::{CaptureMode, v0, v1};

/// One process's part of it.
pub(crate) struct Core {
    pub(super) policy: Policy,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Queue,
    pub(super) counters: Counters,
    pub(super) notes: Notes,
    pub(super) make_transport: MakeTransport,
    pub(super) transport: OnceLock<Box<dyn Transport>>,
    pub(super) worker: worker::Switch,
    /// Whether a full journal has been announced since events were last delivered.
    pub(super) told_full: AtomicBool,
    /// Events that were lost in the outage that goes on, and of which nobody was told yet.
    pub(super) untold: AtomicUsize,
    pub(super) report: LossReport,
}

impl Core {
    fn transport(&self) -> &dyn Transport {
        self.transport
            .get_or_init(|| (self.make_transport)())
            .as_ref()
    }

    /// One request with these events, and what there is to tell the server beside them.
    pub(super) fn attempt(
        &self,
        events: &[&Event],
        attempt: &Attempt<'_>,
    ) -> Result<Delivered, Failure> {
        // Only beside other events, and at the first try: should the server not like it, it costs them nothing.
        let may_tell = self.policy.tell_losses && attempt.number == 1 && events.len() > 1;
        let now = self.clock.now();
        let telling = may_tell
            .then(|| {
                self.report
                    .due(self.counters.losses(), now, self.clock.unix_time())
            })
            .flatten();
        let Some(telling) = telling else {
            return self.request(events, attempt);
        };
        let with_report: Vec<&Event> = events.iter().copied().chain([&telling.event]).collect();
        let delivered = self.request(&with_report, attempt)?;
        self.report.told(&telling, now);
        Ok(delivered)
    }

    /// One request with exactly these events.
    fn request(&self, events: &[&Event], attempt: &Attempt<'_>) -> Result<Delivered, Failure> {
        let now = Timestamp::from_unix_time(self.clock.unix_time());
        let Policy {
            mode,
            encoding,
            historical_migration,
            ..
        } = self.policy;
        let (path, headers, body) = match mode {
            CaptureMode::V0 => {
                let body = v0::body(&self.policy.api_key, historical_migration, now, events);
                (v0::PATH, Vec::new(), body)
            }
            CaptureMode::V1 => {
                let head = v1::Head {
                    api_key: &self.policy.api_key,
                    library: &self.policy.library,
                    request_id: attempt.request_id,
                    attempt: attempt.number,
                    now,
                };
                let body = v1::body(attempt.created_at, historical_migration, events);
                (v1::PATH, v1::headers(&head), body)
            }
        };
        let packed = encoding.and_then(|encoding| encoding.compress(&body));
        let request = Request {
            path,
            headers: &headers,
            encoding: encoding.filter(|_| packed.is_some()),
            body: packed.as_deref().unwrap_or(&body),
        };
        let uuids: Vec<&str> = events.iter().map(|event| event.uuid()).collect();
        outcome::classify(mode, self.transport().send(&request), &uuids)
    }

    /// One event in a request of its own, with a single try.
    pub(super) fn send_alone(&self, event: &Event) -> Result<(), Failure> {
        let mut sending = Sending::of(1, self);
        let events = std::slice::from_ref(event);
        match sending.go_on(self, events) {
            Ok(()) => match sending.report().lost.pop() {
                Some((_, failure)) => Err(failure),
                None => Ok(()),
            },
            Err(Stop::Wait(failure) | Stop::Mend(failure)) => Err(failure),
        }
    }

    /// Takes no more events and waits for those that are there. What is left is given up, and what was lost is said.
    pub(super) fn shutdown(self: &Arc<Self>, limit: Option<Duration>) -> bool {
        let is_settled = self.settle(limit);
        let untold = self.untold.swap(0, Ordering::Relaxed);
        if untold > 0 {
            self.notes.error(format!(
                "{untold} more events are lost, since the server was away"
            ));
        }
        is_settled
    }

    fn settle(self: &Arc<Self>, limit: Option<Duration>) -> bool {
        self.queue.close();
        if self.queue.is_settled() {
            return true;
        }
        worker::ensure_running(self);
        if self.queue.wait_until_settled(self.queue.pushed(), limit) {
            return true;
        }
        self.give_up("the time to shut down is over");
        false
    }

    /// Counts everything that waits as lost, or as left on disk, and says why once.
    pub(super) fn give_up(&self, why: &str) {
        self.queue.abandon(|unsent, on_disk| {
            if unsent > 0 {
                self.counters.lost(Loss::Unsent, unsent);
                self.notes
                    .error(format!("{unsent} events are lost unsent: {why}"));
            }
            self.count_left(on_disk, why);
        });
    }

    /// Counts what is on disk as left there, and goes on with the rest.
    pub(super) fn leave_on_disk(&self, why: &str) {
        self.queue
            .leave_on_disk(|events| self.count_left(events, why));
    }

    fn count_left(&self, events: usize, why: &str) {
        if events > 0 {
            self.counters.journalled(events);
            self.notes.warn(format!(
                "{events} events stay on disk for the next process to send: {why}"
            ));
        }
    }

    /// Says what is wrong with the journal.
    pub(super) fn tell_trouble(&self) {
        let trouble = self.queue.take_trouble(|gone, crowded_out| {
            self.counters.lost(Loss::JournalGone, gone);
            self.counters.lost(Loss::JournalFull, crowded_out);
            if gone > 0 {
                self.notes.error(format!(
                    "{gone} events are lost: their file in the journal is gone"
                ));
            }
            if crowded_out > 0 && !self.told_full.swap(true, Ordering::Relaxed) {
                self.notes.error(
                    "the journal is full: the oldest events are lost to make room, more may follow"
                        .into(),
                );
            }
        });
        for trouble in trouble {
            self.notes.warn(match trouble {
                Trouble::Unusable(error) => {
                    format!("the journal cannot be used, events wait in memory: {error}")
                }
                Trouble::WorksAgain => "the journal works again".into(),
                Trouble::Slow(took) => format!(
                    "the disk is slow: an event has waited {} ms for it; for a second after such waits events are \
                     captured first and written then",
                    took.as_millis()
                ),
                Trouble::OthersCrowdedOut(events) => format!(
                    "the journal is full: {events} events of processes that are gone are lost to make room"
                ),
            });
        }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}
