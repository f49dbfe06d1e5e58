//! The events that wait, and the ones that are being sent.
//!
//! This is the seam for storage: everything else in the crate knows a queue only by these few verbs.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Policy;
use super::batch::{self, Limits, Step, Waiting};
use crate::clock::Clock;
use crate::event::Event;
use crate::loss::Refusal;

/// A queue bounded in events and in bytes. Who pushes never waits, but for the lock.
pub(super) struct Queue {
    limits: Limits,
    max_events: usize,
    max_bytes: usize,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Wakes the worker.
    work: Condvar,
    /// Wakes those who wait for events to be settled.
    settled: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Duration, Event)>,
    waiting_bytes: usize,
    /// The batch in the worker's hands; it stays here, so that a worker that dies leaves it behind.
    in_flight: Arc<Vec<Event>>,
    in_flight_bytes: usize,
    /// Events ever pushed, and ever settled: delivered or lost. They are settled in order.
    pushed: u64,
    done: u64,
    /// Events up to this count should be sent without waiting for company.
    wanted: u64,
    /// Whether the worker sleeps until it is woken.
    asleep: bool,
    /// Whether a full queue has been announced since it was last empty.
    announced_full: bool,
    life: Life,
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Open,
    /// No more events are taken; what waits is sent.
    Closed,
    /// What waited is given up.
    Abandoned,
}

impl State {
    fn len(&self) -> usize {
        self.waiting.len() + self.in_flight.len()
    }

    fn bytes(&self) -> usize {
        self.waiting_bytes + self.in_flight_bytes
    }
}

impl Queue {
    pub(super) fn new(policy: &Policy, clock: Arc<dyn Clock>) -> Self {
        Self {
            limits: Limits {
                // A queue that is full before a batch is must not wait for more.
                events: policy.flush_at.min(policy.max_queue_events),
                age: policy.flush_interval,
            },
            max_events: policy.max_queue_events,
            max_bytes: policy.max_queue_bytes,
            clock,
            state: Mutex::default(),
            work: Condvar::new(),
            settled: Condvar::new(),
        }
    }

    /// Adds an event, or refuses it.
    pub(super) fn push(&self, event: Event) -> Result<(), Refusal> {
        let size = event.json.len();
        let now = self.clock.now();
        let mut state = self.lock();
        if state.life != Life::Open {
            return Err(Refusal::Closed);
        }
        if state.len() >= self.max_events || state.bytes() + size > self.max_bytes {
            let first = !std::mem::replace(&mut state.announced_full, true);
            return Err(Refusal::QueueFull {
                queued: state.len(),
                first,
            });
        }
        state.waiting.push_back((now, event));
        state.waiting_bytes += size;
        state.pushed += 1;
        let wake = state.asleep
            || batch::is_urgent(
                self.limits,
                self.max_events,
                state.waiting.len(),
                state.waiting_bytes,
            );
        state.asleep = false;
        drop(state);
        if wake {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Waits for the next batch that is due; `None` when there will be none any more.
    pub(super) fn next_batch(&self) -> Option<Arc<Vec<Event>>> {
        let mut state = self.lock();
        let mut idle = 0;
        loop {
            if state.life == Life::Abandoned || (state.life == Life::Closed && state.len() == 0) {
                return None;
            }
            if !state.in_flight.is_empty() {
                return Some(Arc::clone(&state.in_flight));
            }
            state = match batch::next_step(self.limits, self.waiting(&state), idle) {
                Step::Send => {
                    self.take_batch(&mut state);
                    continue;
                }
                Step::Look(pause) => self.wait(&self.work, state, Some(pause)),
                Step::Sleep => {
                    state.asleep = true;
                    self.wait(&self.work, state, None)
                }
            };
            idle = if state.waiting.is_empty() {
                idle + 1
            } else {
                0
            };
        }
    }

    fn waiting(&self, state: &State) -> Waiting {
        let oldest = state.waiting.front().map(|(since, _)| *since);
        Waiting {
            events: state.waiting.len(),
            bytes: state.waiting_bytes,
            age: oldest.map_or(Duration::ZERO, |since| {
                self.clock.now().saturating_sub(since)
            }),
            wanted: state.life == Life::Closed || state.wanted > state.done,
        }
    }

    fn take_batch(&self, state: &mut State) {
        let count = batch::cut(
            self.limits,
            state.waiting.iter().map(|(_, event)| event.json.len()),
        );
        let events: Vec<Event> = state
            .waiting
            .drain(..count)
            .map(|(_, event)| event)
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
        state.done += state.in_flight.len() as u64;
        state.in_flight = Arc::default();
        state.in_flight_bytes = 0;
        if state.waiting.is_empty() {
            state.announced_full = false;
        }
        drop(state);
        self.settled.notify_all();
        true
    }

    /// Waits before the next try; `false` when there shall be none. Once no more events are taken, somebody waits for
    /// the end: then a server's wish to be left alone is obeyed no longer than `longest_at_end`.
    pub(super) fn pause(&self, pause: Duration, longest_at_end: Duration) -> bool {
        let mut until = self.clock.now() + pause;
        let mut end = None;
        let mut state = self.lock();
        loop {
            if state.life == Life::Closed {
                until = until.min(*end.get_or_insert_with(|| self.clock.now() + longest_at_end));
            }
            let remaining = until.saturating_sub(self.clock.now());
            if state.life == Life::Abandoned || remaining.is_zero() {
                return state.life != Life::Abandoned;
            }
            state = self.wait(&self.work, state, Some(remaining));
        }
    }

    /// Whether nothing waits and nothing is in flight.
    pub(super) fn is_settled(&self) -> bool {
        self.lock().len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// How many events were ever pushed.
    pub(super) fn pushed(&self) -> u64 {
        self.lock().pushed
    }

    /// Waits until the first `target` events ever pushed are settled; `false` when `limit` passed first.
    pub(super) fn wait_until_settled(&self, target: u64, limit: Option<Duration>) -> bool {
        let until = limit.map(|limit| self.clock.now() + limit);
        let mut state = self.lock();
        // A forked child has pushed fewer than its parent, who may have counted.
        let target = target.min(state.pushed);
        state.wanted = state.wanted.max(target);
        self.work.notify_one();
        loop {
            if state.done >= target || state.life == Life::Abandoned {
                return state.done >= target;
            }
            let remaining = until.map(|until| until.saturating_sub(self.clock.now()));
            if remaining.is_some_and(|remaining| remaining.is_zero()) {
                return false;
            }
            state = self.wait(&self.settled, state, remaining);
        }
    }

    /// Takes no more events.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        if state.life == Life::Open {
            state.life = Life::Closed;
        }
        drop(state);
        self.work.notify_one();
    }

    /// Whether events are still taken.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().life != Life::Open
    }

    /// Gives up what is left: `count` gets how many events that is, then those who wait are told.
    pub(super) fn abandon(&self, count: impl FnOnce(usize)) {
        let mut state = self.lock();
        count(state.len());
        state.life = Life::Abandoned;
        state.waiting.clear();
        state.waiting_bytes = 0;
        state.in_flight = Arc::default();
        state.in_flight_bytes = 0;
        drop(state);
        self.work.notify_one();
        self.settled.notify_all();
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
