//! Gets events to the server, on a thread of its own.
//!
//! ```text
//! submit -> Queue -> Batch -> Transport -> Outcome -> settled: delivered, or lost and counted
//!  (the caller's thread)  (the worker's thread)            \-> wait and try again
//! ```
//!
//! * [`queue`] holds what waits, bounded in count and bytes, and knows when everything up to a point is settled.
//! * [`journal`] keeps it on disk too, for clients that have one: then a failing server costs no event, and what a
//!   process leaves behind is sent by another.
//! * [`batch`] decides when a batch is due and how much goes into it; [`outcome`] what an answer means; [`parts`] what of
//!   the batch is still to be sent, and in which requests; [`retry`] whether and when to try again. These four are pure.
//! * [`transport`] is the door to the network, [`http`] the one behind it, with [`lookup`] and [`proxy`]; [`encoding`]
//!   packs what goes through.
//! * [`self::core`] is what a client has in one process; [`sending`] makes the requests of one batch; [`worker`] is the
//!   loop that obeys them all.
//!
//! Submitting never waits for a network. The worker never runs code of the program's: what it has to say waits in
//! [`notes`] until a thread of the program asks. After a fork the child starts with a queue, a worker and connections
//! of its own (see [`crate::fork`]).

mod batch;
mod core;
mod encoding;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod http;
mod journal;
mod lookup;
mod notes;
mod on_disk;
mod outcome;
mod parts;
mod proxy;
mod queue;
mod report;
mod retry;
mod sending;
mod transport;
mod worker;

use self::core::Core;
pub use encoding::Encoding;
pub use notes::{LostBatch, Note};
pub use outcome::Failure;
pub use transport::{Request, Response, Transport, Unreachable};

pub(crate) use http::HttpTransport;
pub use journal::default_directory as default_journal_directory;
pub(crate) use journal::{DEFAULT_MAX_BYTES as DEFAULT_JOURNAL_BYTES, Location};

/// What lies in journals, for people who want to know, or to have it gone.
pub mod journals {
    pub use super::journal::{Journal, Survey, project_name, purge, survey};
}

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use crate::clock::Clock;
use crate::event::Event;
use crate::fork::PerProcess;
use crate::loss::{Counters, Loss, Refusal, Stats};
use crate::wire::CaptureMode;
use notes::Notes;
use queue::Queue;
use report::LossReport;

/// The names of the worker, of the threads that look hosts up for it, and of those that capture panics.
pub(crate) const THREADS: [&str; 3] = ["hogback", "hogback-dns", "hogback-panic"];

/// Whether this thread is one of ours, which never captures anything of its own.
pub(crate) fn is_own_thread() -> bool {
    let name = std::thread::current();
    name.name().is_some_and(|name| THREADS.contains(&name))
}

/// How a client's events travel.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) api_key: String,
    pub(crate) historical_migration: bool,
    pub(crate) flush_at: usize,
    pub(crate) flush_interval: Duration,
    /// Events that may wait, if the program has said how many.
    pub(crate) max_queue_events: Option<usize>,
    pub(crate) max_queue_bytes: usize,
    /// Where events are kept on disk, if they are.
    pub(crate) journal: Option<Location>,
    pub(crate) mode: CaptureMode,
    pub(crate) encoding: Option<Encoding>,
    /// `<name>/<version>` of the library that captures.
    pub(crate) library: String,
    pub(crate) max_retries: u32,
    /// Keeps batches that were lost until the program has seen them.
    pub(crate) report_lost: bool,
    /// Tells the server what was lost.
    pub(crate) tell_losses: bool,
}

/// Makes the transport of a process, when it is first needed.
pub(crate) type MakeTransport = Arc<dyn Fn() -> Box<dyn Transport> + Send + Sync>;

/// The way out for one client's events.
#[derive(Debug)]
pub(crate) struct Delivery {
    core: PerProcess<Arc<Core>>,
}

/// The cores of this process, so that its exit can wait for all of them under one deadline.
static CORES: LazyLock<PerProcess<Mutex<Vec<Weak<Core>>>>> =
    LazyLock::new(|| PerProcess::new(Mutex::default));

impl Delivery {
    pub(crate) fn new(
        policy: Policy,
        clock: Arc<dyn Clock>,
        make_transport: MakeTransport,
    ) -> Self {
        let core = move || {
            let queue = Queue::new(&policy, Arc::clone(&clock));
            Arc::new(Core {
                policy: policy.clone(),
                clock: Arc::clone(&clock),
                queue,
                counters: Counters::default(),
                notes: Notes::default(),
                make_transport: Arc::clone(&make_transport),
                transport: OnceLock::new(),
                worker: worker::Switch::default(),
                told_full: AtomicBool::new(false),
                untold: AtomicUsize::new(0),
                report: LossReport::default(),
            })
        };
        Self {
            core: PerProcess::new(core),
        }
    }

    /// Puts an event in the queue; the first one starts the worker.
    pub(crate) fn submit(&self, event: Event) -> Result<(), Refusal> {
        let core = self.core.get();
        core.counters.captured();
        if let Err(refusal) = core.queue.push(event) {
            let reason = if refusal == Refusal::Closed {
                Loss::Closed
            } else {
                Loss::QueueFull
            };
            core.counters.lost(reason, 1);
            return Err(refusal);
        }
        worker::ensure_running(core);
        Ok(())
    }

    /// Sends one event on the calling thread, once.
    pub(crate) fn send_now(&self, event: &Event) -> Result<(), Failure> {
        let core = self.core.get();
        core.counters.captured();
        let result = if core.queue.takes_no_more() {
            Err(Failure::Closed)
        } else {
            core.send_alone(event)
        };
        match &result {
            Ok(()) => core.counters.delivered(1),
            Err(failure) => core.counters.lost(failure.loss(), 1),
        }
        result
    }

    /// Sends what processes that are gone have left in the journal: see [`crate::Client::send_left`].
    pub(crate) fn send_left(&self, limit: Option<Duration>) -> (u64, Option<String>) {
        let core = self.core.get();
        let before = core.counters.adopted_so_far();
        let sent = worker::send_left(core, limit);
        (core.counters.adopted_so_far() - before, sent.err())
    }

    /// How many events were submitted, refused ones aside.
    pub(crate) fn submitted(&self) -> u64 {
        self.core.get().queue.pushed()
    }

    /// Waits until the first `target` events are settled; `false` when `limit` passed first.
    pub(crate) fn flush_until(&self, target: u64, limit: Option<Duration>) -> bool {
        let core = self.core.get();
        if core.queue.is_settled() {
            return true;
        }
        worker::ensure_running(core);
        core.queue.wait_until_settled(target, limit)
    }

    /// Whether the server is away, and what waits is on disk: see [`crate::Client::is_server_away`].
    pub(crate) fn is_server_away(&self) -> bool {
        self.core.get().queue.is_circuit_open()
    }

    /// Whether what waited was given up: see [`crate::Client::is_given_up`].
    pub(crate) fn is_given_up(&self) -> bool {
        self.core.get().queue.is_given_up()
    }

    /// Takes no more events, and waits for all events; what is left after `limit` is counted as lost.
    pub(crate) fn shutdown(&self, limit: Option<Duration>) -> bool {
        self.core.get().shutdown(limit)
    }

    /// Takes no more events.
    pub(crate) fn close(&self) {
        self.core.get().queue.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.core.get().queue.is_closed()
    }

    pub(crate) fn stats(&self) -> Stats {
        let core = self.core.get();
        let (level, oldest) = core.queue.level();
        let last_error = core.notes.last_error();
        core.counters
            .stats(core.queue.len(), oldest, level, last_error)
    }

    /// Has something to say.
    pub(crate) fn note(&self, note: Note) {
        let notes = &self.core.get().notes;
        match note {
            Note::Warning(line) => notes.warn(line),
            Note::Error(line) => notes.error(line),
        }
    }

    /// Log lines of the worker that nobody has read yet.
    pub(crate) fn take_notes(&self) -> Vec<Note> {
        self.core.get().notes.take()
    }

    /// Batches that were lost and that nobody has seen yet.
    pub(crate) fn take_lost(&self) -> Vec<LostBatch> {
        self.core.get().notes.take_lost()
    }

    /// Whether either of them has something; one load.
    pub(crate) fn has_notes(&self) -> bool {
        self.core.get().notes.any()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // Not waited for: the worker sends what it has and then ends.
        self.core.get().queue.let_go();
    }
}

/// Ends every client of this process: sends what waits, for at most `limit` together.
///
/// Returns what still had to be said (see [`crate::Client::take_notes`]). For the exit of the process.
pub fn close_all(clock: &dyn Clock, limit: Duration) -> Vec<Note> {
    let cores: Vec<_> =
        std::mem::take(&mut *cores().lock().unwrap_or_else(PoisonError::into_inner));
    let deadline = clock.now() + limit;
    let cores: Vec<_> = cores.iter().filter_map(Weak::upgrade).collect();
    // All at once, and only then one after the other: a client whose server is dead must not take the others' time.
    for core in &cores {
        core.queue.close();
    }
    let mut notes = Vec::new();
    for core in cores {
        core.shutdown(Some(deadline.saturating_sub(clock.now())));
        notes.extend(core.notes.take());
    }
    notes
}

fn cores() -> &'static Mutex<Vec<Weak<Core>>> {
    CORES.get()
}

/// Remembers a core whose worker starts.
fn register(core: &Arc<Core>) {
    let mut cores = cores().lock().unwrap_or_else(PoisonError::into_inner);
    cores.retain(|known| known.strong_count() > 0);
    cores.push(Arc::downgrade(core));
}
