//! The events that wait, and the ones that are being sent.
//!
//! This is the seam for storage: everything else in the crate knows a queue only by these few verbs. With a
//! [journal](super::journal) every event is on disk before it is in memory; what does not fit into memory is on disk
//! only, and read back when its turn comes.

mod care;
mod end;
mod state;
mod wait;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::state::{Life, State, Waits};
use super::Policy;
use super::batch::{self, Limits, Step, Waiting};
use super::journal::{Ledger, Orphans, ReadBack};
use super::on_disk::{Marks, OnDisk, Trouble};
use crate::clock::Clock;
use crate::event::Event;
use crate::loss::{Level, Refusal};

/// Events that wait in memory, at most, unless the program says otherwise.
const MAX_EVENTS: usize = 10_000;

/// Events that a slow disk may be behind with, at most: then who captures waits for it after all.
const MOST_BEHIND: usize = 1_000;

/// A queue bounded in events and in bytes. Who pushes never waits, but for the lock and the disk.
pub(super) struct Queue {
    limits: Limits,
    max_events: usize,
    max_bytes: usize,
    /// Whether the program has said how many events may wait: then the journal takes no more either.
    is_limited: bool,
    /// The most bytes of events in a request, as far as the server is known.
    request_bytes: AtomicUsize,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    marks: Marks,
    /// Wakes the worker.
    work: Condvar,
    /// Wakes those who wait for events to be settled.
    settled: Condvar,
}

/// What the worker does next.
pub(super) enum Next {
    Batch(Arc<Vec<Event>>),
    /// Nothing is due.
    Idle,
    /// There will be nothing any more.
    End(End),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Every event is delivered, or lost and counted.
    Settled,
    /// What was left is given up, and stays on disk if it is there.
    GivenUp,
}

impl Queue {
    pub(super) fn new(policy: &Policy, clock: Arc<dyn Clock>) -> Self {
        let max_events = policy.max_queue_events.unwrap_or(MAX_EVENTS);
        let disk = OnDisk::at(policy.journal.clone());
        Self {
            limits: Limits {
                // A queue that is full before a batch is must not wait for more.
                events: policy.flush_at.min(max_events),
                age: policy.flush_interval,
            },
            max_events,
            max_bytes: policy.max_queue_bytes,
            is_limited: policy.max_queue_events.is_some(),
            request_bytes: AtomicUsize::new(batch::MAX_BATCH_BYTES),
            clock,
            marks: disk.marks(),
            state: Mutex::new(State {
                disk,
                ..State::default()
            }),
            work: Condvar::new(),
            settled: Condvar::new(),
        }
    }

    /// Adds an event, or refuses it.
    pub(super) fn push(&self, event: Event) -> Result<(), Refusal> {
        let size = event.json.len();
        let has_room =
            |state: &State| state.len() < self.max_events && state.bytes() + size <= self.max_bytes;
        let mut state = self.lock();
        if !has_room(&state) || state.disk.behind() >= MOST_BEHIND {
            state = self.catch_up(state);
        }
        // Only now: others may have had the lock meanwhile, and this event would seem to have waited for the disk, too.
        let now = self.clock.now();
        if state.life != Life::Open {
            return Err(Refusal::Closed);
        }
        let fits = has_room(&state);
        let place = if fits || !self.is_limited {
            state.disk.append(&event, &*self.clock, now, fits)
        } else {
            None
        };
        if state.disk.has_vanished() {
            state.forget_places();
        }
        // The journal has stopped working while events are there only: this one would overtake them all.
        let overtakes = place.is_none() && state.disk.only() > 0;
        match place {
            // Behind others that are on disk only, whatever room there is: they keep their order.
            Some(place) if !fits || state.disk.only() > 0 => state.disk.leave_there(place),
            _ if !fits || overtakes => {
                let first = !std::mem::replace(&mut state.announced_full, true);
                return Err(Refusal::QueueFull {
                    queued: state.len(),
                    first,
                });
            }
            place => {
                state.waiting.push_back(Waits {
                    since: now,
                    event,
                    place,
                });
                state.waiting_bytes += size;
            }
        }
        state.pushed += 1;
        let wake = state.asleep
            || batch::is_urgent(
                self.limits,
                self.max_events,
                state.waiting.len(),
                state.waiting_bytes,
                size,
            );
        state.asleep = false;
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(())
    }

    /// What nobody has been told yet about the journal. Events that are gone from it, and those that had to make room for
    /// others, are settled when `count` has counted them.
    pub(super) fn take_trouble(&self, count: impl FnOnce(usize, usize)) -> Vec<Trouble> {
        let mut state = self.lock();
        let (trouble, gone, crowded_out) = state.disk.take_trouble();
        if gone + crowded_out > 0 {
            count(gone, crowded_out);
            state.done += (gone + crowded_out) as u64;
            self.settled.notify_all();
        }
        trouble
    }

    /// Where events are kept now, and how long the oldest in memory has waited.
    pub(super) fn level(&self) -> (Level, Option<Duration>) {
        let now = self.clock.now();
        let state = self.lock();
        let oldest = state.oldest().map(|since| now.saturating_sub(since));
        (state.disk.level(now), oldest)
    }

    /// Whether events may wait on disk, as many as there is room for.
    pub(super) fn has_room_on_disk(&self) -> bool {
        !self.is_limited && self.level().0 != Level::Memory
    }

    /// What takes care of the directories beside this process's journal, if there is one.
    pub(super) fn orphans(&self) -> Option<Orphans> {
        self.lock().disk.orphans()
    }

    /// Waits for the next batch that is due, for as long as `patience` if nothing is.
    pub(super) fn next(&self, patience: Option<Duration>) -> Next {
        let mut state = self.lock();
        let (begun, mut idle) = (self.clock.now(), 0);
        loop {
            match state.life {
                Life::Abandoned => return Next::End(End::GivenUp),
                Life::LetGo | Life::Closed if state.len() == 0 && state.left_on_disk == 0 => {
                    return Next::End(End::Settled);
                }
                Life::LetGo | Life::Closed if state.len() == 0 => {
                    state.life = Life::Abandoned;
                    self.settled.notify_all();
                    return Next::End(End::GivenUp);
                }
                Life::Open | Life::LetGo | Life::Closed => {}
            }
            if !state.in_flight.is_empty() {
                return Next::Batch(Arc::clone(&state.in_flight));
            }
            if state.disk.wants_care(self.clock.now()) {
                return Next::Idle;
            }
            if state.waiting.len() < self.limits.events && state.disk.only() > 0 {
                let before = state.disk.only();
                state = self.read_back(state);
                if state.life == Life::Abandoned {
                    continue;
                }
                if state.disk.has_trouble() {
                    return Next::Idle; // it has to be said
                }
                if state.disk.only() >= before && state.waiting.is_empty() {
                    state = self.wait(&self.work, state, Some(batch::TICK));
                    continue;
                }
            }
            let patience = patience
                .map(|patience| patience.saturating_sub(self.clock.now().saturating_sub(begun)));
            state = match batch::next_step(self.limits, self.waiting(&state), idle) {
                Step::Send => {
                    self.take_batch(&mut state);
                    continue;
                }
                _ if patience.is_some_and(|patience| patience.is_zero()) => return Next::Idle,
                Step::Look(pause) => {
                    let pause = pause.min(patience.unwrap_or(pause));
                    self.wait(&self.work, state, Some(pause))
                }
                Step::Sleep => {
                    state.asleep = true;
                    self.wait(&self.work, state, patience)
                }
            };
            idle = if state.waiting.is_empty() {
                idle + 1
            } else {
                0
            };
        }
    }

    /// Fills memory with the next events that are on disk only; capturing goes on meanwhile.
    fn read_back<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(reader) = state.disk.reader() else {
            return state; // without a journal nothing is there only
        };
        drop(state);
        self.take_over(reader.read())
    }

    fn take_over(&self, read: ReadBack) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if state.life == Life::Abandoned {
            return state; // meanwhile, and what was there only is counted
        }
        for (event, place) in state.disk.take_over(read) {
            state.waiting_bytes += event.json.len();
            state.waiting.push_back(Waits {
                since: Duration::ZERO,
                event,
                place: Some(place),
            });
        }
        state
    }

    fn waiting(&self, state: &State) -> Waiting {
        let oldest = state.waiting.front().map(|waits| waits.since);
        Waiting {
            events: state.waiting.len(),
            bytes: state.waiting_bytes,
            age: oldest.map_or(Duration::ZERO, |since| {
                self.clock.now().saturating_sub(since)
            }),
            wanted: state.life != Life::Open || state.wanted > state.done,
        }
    }

    /// The events of a batch as requests.
    pub(super) fn requests<'a>(&self, events: &'a [Event]) -> Vec<&'a [Event]> {
        batch::requests(self.limits, self.request_bytes(), events, |event| {
            event.json.len()
        })
    }

    /// The most bytes of events in a request, as far as the server is known.
    pub(super) fn request_bytes(&self) -> usize {
        self.request_bytes.load(Ordering::Relaxed)
    }

    /// The server has found a request with so many bytes of events too large.
    pub(super) fn learn_that_is_too_large(&self, bytes: usize) {
        let limit = batch::after_too_large(bytes);
        self.request_bytes.store(limit, Ordering::Relaxed);
    }

    /// The server has taken a request with so many.
    pub(super) fn learn_that_fits(&self, bytes: usize) {
        let limit = batch::after_fitting(self.request_bytes(), bytes);
        self.request_bytes.store(limit, Ordering::Relaxed);
    }

    fn take_batch(&self, state: &mut State) {
        let is_on_disk = |waits: &Waits| waits.place.is_some();
        let alike = state.waiting.front().is_some_and(is_on_disk);
        let sizes = state
            .waiting
            .iter()
            .take_while(|waits| is_on_disk(waits) == alike);
        let sizes: Vec<usize> = sizes
            .map(|waits| waits.event.json.len())
            .take(2 * self.limits.events)
            .collect();
        let requests = batch::requests(self.limits, self.request_bytes(), &sizes, |size| *size);
        let is_backlog = state.disk.only() > 0 || state.waiting_bytes >= batch::LARGE_BACKLOG;
        let at_a_time = if is_backlog { 2 } else { 1 };
        let count: usize = requests
            .iter()
            .take(at_a_time)
            .map(|request| request.len())
            .sum();
        state.in_flight_since = state
            .waiting
            .front()
            .map_or(Duration::ZERO, |waits| waits.since);
        state.in_flight_end = state.waiting.get(count - 1).and_then(|waits| waits.place);
        let events: Vec<Event> = state
            .waiting
            .drain(..count)
            .map(|waits| waits.event)
            .collect();
        state.in_flight_bytes = events.iter().map(|event| event.json.len()).sum();
        state.waiting_bytes -= state.in_flight_bytes;
        state.in_flight = Arc::new(events);
    }

    /// The batch in flight is delivered or lost: `count` it, then tell those who wait. `false` when it was given up
    /// before, and counted then.
    pub(super) fn settle(&self, count: impl FnOnce()) -> bool {
        let mut state = self.lock();
        if state.life == Life::Abandoned {
            return false;
        }
        count();
        state.progressed = self.clock.now();
        state.done += state.in_flight.len() as u64;
        state.in_flight = Arc::default();
        state.in_flight_bytes = 0;
        // The marks while the queue is locked: a journal that is opened anew has others, and this place is not in it.
        let marks = state.in_flight_end.take().map(|end| (end, self.marks()));
        if state.waiting.is_empty() {
            state.announced_full = false;
        }
        drop(state);
        if let Some((end, mut marks)) = marks
            && let Some(ledger) = &mut *marks
        {
            // A mark that cannot be written costs no event: the batch may come twice, with the same ids.
            let _ = ledger.settle(end);
        }
        self.settled.notify_all();
        true
    }

    /// Whether the batch in flight is on disk, and so may wait as long as it takes.
    pub(super) fn is_in_flight_on_disk(&self) -> bool {
        self.lock().in_flight_end.is_some()
    }

    /// Removes the journal of a process that has nothing more to send.
    pub(super) fn clear_journal(&self) {
        if let Some(ledger) = &mut *self.marks() {
            ledger.clear();
        }
    }

    /// Leaves the journal to the next process, but for what no event is in.
    pub(super) fn leave_journal(&self) {
        if let Some(ledger) = &mut *self.marks() {
            ledger.leave();
        }
    }

    fn marks(&self) -> MutexGuard<'_, Option<Ledger>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether every event is delivered, or lost and counted: nothing waits, is in flight, or was left on disk.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.lock();
        state.len() == 0 && state.left_on_disk == 0
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// How many events were ever pushed.
    pub(super) fn pushed(&self) -> u64 {
        self.lock().pushed
    }

    fn wait<'a>(
        &self,
        condition: &Condvar,
        state: MutexGuard<'a, State>,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match limit {
            Some(limit) => {
                let waited = condition.wait_timeout(state, self.clock.block_for(limit));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => condition
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::Config;
    use crate::testing::ManualClock;

    fn event() -> Event {
        Event::stored(br#"{"uuid":"u","event":"e"}"#)
    }

    /// A queue with a journal, and so many events.
    fn queue_of(events: usize) -> (TempDir, Queue) {
        let root = tempfile::tempdir().unwrap();
        let policy = Config::new("key").journal(root.path()).policy();
        let queue = Queue::new(&policy, Arc::new(ManualClock::default()));
        for _ in 0..events {
            queue.push(event()).unwrap();
        }
        (root, queue)
    }

    #[test]
    fn what_is_given_up_while_it_is_read_back_is_counted_once() {
        let (_root, queue) = queue_of(MAX_EVENTS + 10);
        let reader = queue.lock().disk.reader().unwrap();
        let read = reader.read();
        let mut counted = (0, 0);
        queue.abandon(|lost, left| counted = (lost, left));
        assert_eq!(counted, (0, MAX_EVENTS + 10));
        assert_eq!(queue.take_over(read).len(), 0);
    }

    #[test]
    fn no_event_overtakes_those_on_disk_when_the_journal_stops_working() {
        let (root, queue) = queue_of(MAX_EVENTS + 10);
        queue.take_care();
        assert!(matches!(queue.next(Some(Duration::ZERO)), Next::Batch(_)));
        queue.settle(|| ());
        let only = |directory: std::path::PathBuf| {
            let mut entries = std::fs::read_dir(directory).unwrap();
            entries.next().unwrap().unwrap().path()
        };
        // Where the next file would be made; this event needs one.
        let process = only(only(root.path().to_owned()));
        std::fs::write(process.join("00000002.seg"), "").unwrap();
        let large = Event::stored(&vec![b'x'; 1_000_000]);
        let refusal = queue.push(large).unwrap_err();
        assert!(matches!(refusal, Refusal::QueueFull { .. }));
        assert_eq!(queue.len(), MAX_EVENTS + 10 - 2 * 100);
    }
}
