//! The one thread that sends.

mod outage;
mod patience;
mod start;

pub(super) use start::{Switch, ensure_running};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use self::outage::Outage;
use self::patience::asked_pause;
use super::journal::{DeadLetters, NotBefore, OrphanBatch, Orphans, Writer};
use super::notes::LostBatch;
use super::outcome::Failure;
use super::parts::Report;
use super::queue::{End, Next};
use super::sending::{Sending, Stop};
use super::{Core, retry};
use crate::event::Event;
use crate::ids;
use crate::loss::Loss;

/// A worker that panics this often in its life is not started again: something is badly wrong.
const MAX_PANICS: u32 = 10;

/// How often an idle worker looks for directories whose process is gone.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

fn run(core: &Core) {
    let mut worker = Worker::new(core);
    for _ in 0..MAX_PANICS {
        if catch_unwind(AssertUnwindSafe(|| worker.serve())).is_ok() {
            return;
        }
        worker.begin_again();
        core.notes.error(
            "the thread that sends events failed and starts again; its batch is sent once more"
                .into(),
        );
    }
    core.give_up("the thread that sends them fails again and again");
}

/// Sends on the calling thread what processes that are gone have left in the journal.
///
/// # Errors
/// In words, why there is something left.
pub(super) fn send_left(core: &Core, limit: Option<Duration>) -> Result<(), String> {
    let location = core
        .policy
        .journal
        .clone()
        .ok_or("the client has no journal")?;
    // A journal of its own, as everybody has who looks for those of others.
    let own = Writer::open(&location).map_err(|error| error.to_string())?;
    let mut worker = Worker::new(core);
    worker.orphans = Some(own.orphans(location));
    let until = limit.map(|limit| core.clock.now() + limit);
    let is_late = || until.is_some_and(|until| core.clock.now() >= until);
    while worker.adopt() && !is_late() {}
    own.ledger().clear();
    if worker.adopting.is_some() {
        return Err(core.notes.last_error().unwrap_or_default());
    }
    if !asked_pause(core, worker.not_before.as_ref()).is_zero() {
        return Err("the server wants to be left alone".into());
    }
    if is_late() {
        return Err("the time is over".into());
    }
    Ok(())
}

/// What the thread has in its hands.
struct Worker<'a> {
    core: &'a Core,
    log: Outage,
    orphans: Option<Orphans>,
    /// Events of an orphan, as far as they are not settled.
    adopting: Option<(OrphanBatch, Sending)>,
    not_before: Option<NotBefore>,
    /// Since when the server is away, and how slowly what waits is sent since it is back.
    away_since: Option<Duration>,
    pace: Duration,
    /// Whether the server has asked to be left alone, and was not heard of since.
    was_asked: bool,
    dead_letters: Option<DeadLetters>,
}

impl<'a> Worker<'a> {
    fn new(core: &'a Core) -> Self {
        let location = core.policy.journal.as_ref();
        Self {
            core,
            log: Outage::default(),
            orphans: None,
            adopting: None,
            not_before: location.map(|at| NotBefore::of(at, retry::LONGEST_RETRY_AFTER)),
            away_since: None,
            pace: Duration::ZERO,
            was_asked: false,
            dead_letters: location.map(DeadLetters::of),
        }
    }

    /// After a panic: what was in hand is sent once more.
    fn begin_again(&mut self) {
        self.adopting = None;
        if let Some(orphans) = &mut self.orphans {
            orphans.put_off(self.core.clock.now() + LOOK_AGAIN);
            orphans.begin_again();
        }
    }

    /// Sends what is due, this process's own and what others have left behind by turns, until there will be nothing more.
    fn serve(&mut self) {
        let core = self.core;
        loop {
            // The journal may work only now: a disk may have been full, or the directory not there.
            if self.orphans.is_none() {
                self.orphans = core.queue.orphans();
            }
            let may_have_more = self.adopt();
            // Who has orphans to care for does not sleep: their processes cannot wake anybody.
            let patience = self.orphans.as_ref().map(|_| {
                if may_have_more {
                    Duration::ZERO
                } else {
                    LOOK_AGAIN
                }
            });
            match core.queue.next(patience) {
                Next::Batch(batch) => self.deliver(&batch),
                Next::Idle => core.queue.take_care(),
                Next::End(End::Settled) => return core.queue.clear_journal(),
                Next::End(End::GivenUp) => return core.queue.leave_journal(),
            }
            core.tell_trouble();
        }
    }

    /// Sends one batch of a process that is gone; returns whether there may be more.
    fn adopt(&mut self) -> bool {
        let core = self.core;
        let now = core.clock.now();
        let Some(orphans) = &mut self.orphans else {
            return false;
        };
        // Not while this process's own events are sent slowly: together that would be too fast.
        if core.queue.is_closed() || !orphans.are_due(now) || !self.pace.is_zero() {
            return false;
        }
        let asked = asked_pause(core, self.not_before.as_ref());
        if !asked.is_zero() {
            orphans.put_off(now + asked);
            return false;
        }
        let in_hand = self.adopting.take().or_else(|| {
            let batch =
                orphans.next_batch(now, core.policy.flush_at, core.queue.request_bytes())?;
            let sending = Sending::of(batch.events.len(), core);
            Some((batch, sending))
        });
        let Some((batch, mut sending)) = in_hand else {
            return false;
        };
        if let Err(stop) = sending.go_on(core, &batch.events) {
            orphans.put_off(now + retry::until_next_orphan(&stop, ids::jitter()));
            core.notes.remember(stop.failure());
            self.adopting = Some((batch, sending));
            self.listen_to(&stop);
            self.tell_that_events_wait(&stop);
            return false;
        }
        let report = sending.report();
        core.counters.adopted(report.delivered);
        if let Some((_, failure)) = report.lost.first() {
            core.notes.error(format!(
                "error uploading: {failure}; {} events that a process has left behind are lost",
                report.lost.len()
            ));
            self.bury(&report, &batch.events);
        }
        // A mark that cannot be written costs no event: the batch may come twice, with the same ids.
        if let Some(orphans) = &mut self.orphans {
            let _ = orphans.settle(&batch);
        }
        self.the_server_is_back();
        true
    }

    /// Sends a batch until it is settled, or nobody waits for it any more.
    fn deliver(&mut self, batch: &Arc<Vec<Event>>) {
        let core = self.core;
        // Usually one; two where much waits.
        let requests = core.queue.requests(batch);
        let mut sendings: Vec<_> = requests
            .into_iter()
            .map(|events| (Sending::of(events.len(), core), events))
            .collect();
        let mut tries = 0;
        let last = loop {
            if !self.leave_the_server_alone() {
                return;
            }
            let Err(stop) = send_all(core, &mut sendings) else {
                break None;
            };
            tries += 1;
            core.notes.remember(stop.failure());
            self.listen_to(&stop);
            self.away_since.get_or_insert_with(|| core.clock.now());
            let is_kept = core.queue.is_in_flight_on_disk();
            if is_kept && core.queue.is_closed() {
                self.leave_on_disk();
                return;
            }
            let max_retries = core.policy.max_retries;
            let pause = match retry::next(&stop, tries, max_retries, is_kept, ids::jitter()) {
                retry::Next::Retry(pause) => pause,
                retry::Next::Probe(pause) => {
                    self.tell_that_events_wait(&stop);
                    core.queue.set_circuit(true);
                    pause
                }
                retry::Next::GiveUp => break Some(stop),
            };
            if !self.pause(pause) {
                return;
            }
            if core.queue.is_closed() && core.queue.is_circuit_open() {
                self.leave_on_disk(); // who ends asks no server that is away
                return;
            }
        };
        let reports = sendings.into_iter().map(|(mut sending, events)| {
            if let Some(stop) = &last {
                sending.give_up(stop.failure());
            }
            (sending.report(), events.len())
        });
        let report = Report::of_all(reports);
        if last.is_none() {
            core.queue.set_circuit(false); // it is back, whatever it says
            self.the_server_is_back();
        }
        self.settle(batch, &report);
        // One batch has had all its tries. When the program is waiting to end, the others would only repeat them.
        if matches!(last, Some(Stop::Wait(_))) && core.queue.is_closed() {
            core.give_up("the server cannot be reached and the client is shutting down");
        }
        self.keep_pace();
    }

    /// Ends with what is on disk unsent. What of a batch was delivered comes twice then, with the same ids: marks say only how
    /// far everything is settled.
    fn leave_on_disk(&self) {
        let why = "the server cannot be reached and the client is shutting down";
        self.core.leave_on_disk(why);
    }

    /// Counts what came of a batch, and keeps what the program or somebody else may want to see.
    fn settle(&mut self, batch: &[Event], report: &Report) {
        let core = self.core;
        self.bury(report, batch); // first: once they are settled nobody has them any more
        let was_settled = core.queue.settle(|| {
            core.counters.delivered(report.delivered);
            for (_, failure) in &report.lost {
                core.counters.lost(failure.loss(), 1);
            }
            if let Some((_, failure)) = report.lost.first() {
                self.log.lost(core, failure, report.lost.len());
            }
            if core.policy.report_lost {
                lost_batches(batch, report).for_each(|lost| core.notes.lost(lost));
            }
        });
        if was_settled && report.lost.is_empty() {
            self.log.over(core);
        }
    }

    /// Keeps what the server will not have, if there is a journal.
    fn bury(&self, report: &Report, events: &[Event]) {
        let refused = report
            .lost
            .iter()
            .filter(|(_, failure)| failure.loss() == Loss::Rejected);
        let mut letters = (refused
            .filter_map(|(at, failure)| Some((events.get(*at)?, failure.to_string()))))
        .peekable();
        if let Some(dead_letters) = &self.dead_letters
            && letters.peek().is_some()
        {
            // They are counted as lost either way.
            let _ = dead_letters.keep(self.core.clock.unix_time(), letters);
        }
    }

    fn tell_that_events_wait(&mut self, stop: &Stop) {
        match stop {
            Stop::Wait(failure) => self.log.waits(self.core, failure),
            Stop::Mend(failure) => self.log.complain(self.core, failure),
        }
    }
}

/// Makes the requests of a batch, two at a time.
///
/// # Errors
/// One of them has failed; all that are not settled go on when this is called again.
fn send_all(core: &Core, sendings: &mut [(Sending, &[Event])]) -> Result<(), Stop> {
    match sendings {
        [] => Ok(()),
        [(sending, events)] => sending.go_on(core, events),
        [(first, events), others @ ..] => thread::scope(|threads| {
            let others = threads.spawn(|| send_all(core, others));
            let sent = first.go_on(core, events);
            // A panic is the worker's to have.
            let others = others
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            sent.and(others)
        }),
    }
}

/// What was lost, by the reasons.
fn lost_batches<'a>(
    batch: &'a [Event],
    report: &'a Report,
) -> impl Iterator<Item = LostBatch> + 'a {
    let alike = report.lost.chunk_by(|(_, one), (_, other)| one == other);
    alike.filter_map(|lost| {
        let (_, failure): &(usize, Failure) = lost.first()?;
        let events = lost.iter().filter_map(|(at, _)| batch.get(*at));
        Some(LostBatch {
            failure: failure.clone(),
            events: events.cloned().collect(),
        })
    })
}
