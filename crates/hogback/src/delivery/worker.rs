//! The one thread that sends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow};

use super::batch::MAX_BATCH_BYTES;
use super::journal::Orphans;
use super::notes::LostBatch;
use super::outcome::Failure;
use super::queue::{End, Next};
use super::{Core, retry};
use crate::event::Event;
use crate::ids;
use crate::loss::Loss;

/// A worker that panics this often in its life is not started again: something is badly wrong.
const MAX_PANICS: u32 = 10;

/// How often an idle worker looks for directories whose process is gone.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// TLS needs some stack; only what is touched takes memory.
const STACK_BYTES: usize = 1024 * 1024;

/// Whether the worker runs.
#[derive(Debug, Default)]
pub(super) struct Switch(AtomicBool);

/// Starts the worker unless it runs.
///
/// A thread that cannot be had now (a limit on processes, say) is asked for again by the next event.
pub(super) fn ensure_running(core: &Arc<Core>) {
    if core.worker.0.load(Ordering::Acquire) || core.worker.0.swap(true, Ordering::AcqRel) {
        return;
    }
    super::register(core);
    let theirs = Arc::clone(core);
    let spawn = || {
        let worker = thread::Builder::new()
            .name("hogback".into())
            .stack_size(STACK_BYTES);
        worker.spawn(move || run(&theirs))
    };
    if let Err(error) = with_signals_blocked(spawn) {
        core.worker.0.store(false, Ordering::Release);
        core.notes.warn(format!(
            "cannot start the thread that sends events: {error}"
        ));
    }
}

/// A new thread inherits the mask: signals go to the program's threads, where its handlers are expected to run.
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).ok();
    let started = start();
    if let Some(before) = before {
        // Restoring a mask that was just read cannot fail.
        let _ = before.thread_set_mask();
    }
    started
}

fn run(core: &Core) {
    let mut log = Outage::default();
    let mut orphans = None;
    for _ in 0..MAX_PANICS {
        let finished = catch_unwind(AssertUnwindSafe(|| serve(core, &mut orphans, &mut log)));
        if finished.is_ok() {
            return;
        }
        if let Some(orphans) = &mut orphans {
            orphans.put_off(core.clock.now()); // what was in hand is sent once more
        }
        core.notes.error(
            "the thread that sends events failed and starts again; its batch is sent once more"
                .into(),
        );
    }
    core.give_up("the thread that sends them fails again and again");
}

/// Sends what is due, this process's own and what others have left behind by turns, until there will be nothing more.
fn serve(core: &Core, orphans: &mut Option<Orphans>, log: &mut Outage) {
    loop {
        // The journal may work only now: a disk may have been full, or the directory not there.
        if orphans.is_none() {
            *orphans = core.queue.orphans();
        }
        let due = orphans.as_mut().is_some_and(|orphans| adopt(core, orphans));
        // Who has orphans to care for does not sleep: their processes cannot wake anybody.
        let patience = orphans
            .as_ref()
            .map(|_| if due { Duration::ZERO } else { LOOK_AGAIN });
        match core.queue.next(patience) {
            Next::Batch(batch) => deliver(core, &batch, log),
            Next::Idle => {}
            Next::End(End::Settled) => return core.queue.clear_journal(),
            Next::End(End::GivenUp) => return,
        }
        core.tell_trouble();
    }
}

/// Sends one batch of a process that is gone; returns whether there may be more.
fn adopt(core: &Core, orphans: &mut Orphans) -> bool {
    let now = core.clock.now();
    if core.queue.is_closed() || !orphans.are_due(now) {
        return false;
    }
    let Some(batch) = orphans.next_batch(now, core.policy.flush_at, MAX_BATCH_BYTES) else {
        return false;
    };
    match core.attempt(&batch.events) {
        Ok(()) => core.counters.adopted(batch.events.len()),
        Err(failure) if failure.loss() == Loss::Undelivered => {
            orphans.put_off(now);
            return false;
        }
        Err(failure) => core.notes.error(format!(
            "error uploading: {failure}; {} events that a process has left behind are lost",
            batch.events.len()
        )),
    }
    // A mark that cannot be written costs no event: the batch may come twice, with the same ids.
    let _ = orphans.settle(&batch);
    true
}

/// Tries until the batch is settled, or nobody waits for it any more.
fn deliver(core: &Core, batch: &Arc<Vec<Event>>, log: &mut Outage) {
    let mut tries = 0;
    let failure = loop {
        tries += 1;
        let result = core.attempt(batch);
        let is_away = |failure: &Failure| failure.loss() == Loss::Undelivered;
        if !result.as_ref().is_err_and(is_away) {
            core.queue.set_circuit(false); // it is back, whatever it says
        }
        let failure = match result {
            Ok(()) => {
                if core.queue.settle(|| core.counters.delivered(batch.len())) {
                    log.over(core);
                }
                return;
            }
            Err(failure) => failure,
        };
        let is_kept = is_away(&failure) && core.queue.is_in_flight_on_disk();
        if is_kept && core.queue.is_closed() {
            core.leave_on_disk("the server cannot be reached and the client is shutting down");
            return;
        }
        let pause = match retry::pause(&failure, tries, core.policy.max_retries, ids::jitter()) {
            Some(pause) => pause,
            None if is_kept => {
                log.waits(core, &failure);
                core.queue.set_circuit(true);
                retry::probe_pause(&failure, ids::jitter())
            }
            None => break failure,
        };
        if !core.queue.pause(pause, retry::LONGEST_PAUSE) {
            return;
        }
        core.tell_trouble(); // an outage may be long, and fill the disk
    };
    // One batch has had all its tries. When the program is waiting to end, the others would only repeat them.
    let pointless = failure.loss() == Loss::Undelivered && core.queue.is_closed();
    core.queue.settle(|| {
        core.counters.lost(failure.loss(), batch.len());
        log.lost(core, &failure, batch.len());
        if core.policy.report_lost {
            core.notes.lost(LostBatch {
                failure,
                events: batch.to_vec(),
            });
        }
    });
    if pointless {
        core.give_up("the server cannot be reached and the client is shutting down");
    }
}

/// Says once that events are being lost or wait, and once when that is over: an outage is no reason to fill a log.
#[derive(Debug, Default)]
struct Outage {
    lost: usize,
    waits: bool,
}

impl Outage {
    fn lost(&mut self, core: &Core, failure: &Failure, events: usize) {
        if self.lost == 0 {
            core.notes.error(format!(
                "error uploading: {failure}; {events} events are lost, more may follow"
            ));
        }
        self.lost += events;
    }

    fn waits(&mut self, core: &Core, failure: &Failure) {
        if !std::mem::replace(&mut self.waits, true) {
            core.notes.warn(format!(
                "error uploading: {failure}; events wait on disk until the server is back"
            ));
        }
    }

    fn over(&mut self, core: &Core) {
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
