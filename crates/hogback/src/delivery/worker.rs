//! The one thread that sends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow};

use super::notes::LostBatch;
use super::outcome::Failure;
use super::{Core, retry};
use crate::event::Event;
use crate::ids;
use crate::loss::Loss;

/// A worker that panics this often in its life is not started again: something is badly wrong.
const MAX_PANICS: u32 = 10;

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
    for _ in 0..MAX_PANICS {
        let finished = catch_unwind(AssertUnwindSafe(|| {
            while let Some(batch) = core.queue.next_batch() {
                deliver(core, &batch, &mut log);
            }
        }));
        if finished.is_ok() {
            return;
        }
        core.notes.error(
            "the thread that sends events failed and starts again; its batch is sent once more"
                .into(),
        );
    }
    core.give_up("the thread that sends them fails again and again");
}

/// Tries until the batch is settled, or nobody waits for it any more.
fn deliver(core: &Core, batch: &Arc<Vec<Event>>, log: &mut Outage) {
    let mut tries = 0;
    let failure = loop {
        tries += 1;
        let failure = match core.attempt(batch) {
            Ok(()) => {
                if core.queue.settle(|| core.counters.delivered(batch.len())) {
                    log.over(core);
                }
                return;
            }
            Err(failure) => failure,
        };
        match retry::pause(&failure, tries, core.policy.max_retries, ids::jitter()) {
            None => break failure,
            Some(pause) => {
                if !core.queue.pause(pause, retry::LONGEST_PAUSE) {
                    return;
                }
            }
        }
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

/// Says once that events are being lost, and once how many it were: an outage is no reason to fill a log.
#[derive(Debug, Default)]
struct Outage {
    lost: usize,
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

    fn over(&mut self, core: &Core) {
        if self.lost > 0 {
            core.notes.warn(format!(
                "events are delivered again; {} were lost meanwhile",
                self.lost
            ));
            self.lost = 0;
        }
    }
}
