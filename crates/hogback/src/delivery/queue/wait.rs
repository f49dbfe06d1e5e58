//! Waiting: for the next try, for a slower pace, and for events to be settled.

use std::time::Duration;

use super::super::batch;
use super::Queue;
use super::state::Life;

impl Queue {
    /// Waits between two batches while what waits is sent slowly; not if somebody waits for it, or for the end.
    pub(in crate::delivery) fn pace(&self, pause: Duration, meanwhile: impl Fn()) {
        let until = self.clock.now() + pause;
        loop {
            let state = self.lock();
            let remaining = until.saturating_sub(self.clock.now());
            if remaining.is_zero() || state.life != Life::Open || state.wanted > state.done {
                return;
            }
            drop(self.wait(&self.work, state, Some(remaining.min(batch::TICK))));
            meanwhile();
        }
    }

    /// Waits before the next try; `false` when there shall be none. Once no more events are taken, somebody waits for
    /// the end: then a server's wish to be left alone is obeyed no longer than `longest_at_end`, and what is on disk does
    /// not wait at all. `meanwhile` is called several times a second.
    pub(in crate::delivery) fn pause(
        &self,
        pause: Duration,
        longest_at_end: Duration,
        meanwhile: impl Fn(),
    ) -> bool {
        let mut until = self.clock.now() + pause;
        let mut end = None;
        let mut state = self.lock();
        loop {
            if state.life == Life::Closed && state.in_flight_end.is_some() {
                return true;
            }
            if state.life == Life::Closed {
                until = until.min(*end.get_or_insert_with(|| self.clock.now() + longest_at_end));
            }
            let remaining = until.saturating_sub(self.clock.now());
            if state.life == Life::Abandoned || remaining.is_zero() {
                return state.life != Life::Abandoned;
            }
            drop(self.wait(&self.work, state, Some(remaining.min(batch::TICK))));
            meanwhile();
            state = self.lock();
        }
    }

    /// Waits until the first `target` events ever pushed are settled; `false` when `limit` passed first.
    pub(in crate::delivery) fn wait_until_settled(
        &self,
        target: u64,
        limit: Option<Duration>,
    ) -> bool {
        let until = limit.map(|limit| self.clock.now() + limit);
        let mut state = self.lock();
        // A forked child has pushed fewer than its parent, who may have counted.
        let target = target.min(state.pushed);
        state.wanted = state.wanted.max(target);
        self.work.notify_one();
        loop {
            let now = self.clock.now();
            let is_pointless = state.life == Life::Abandoned || state.is_nobody_waiting(now);
            if state.done >= target || is_pointless {
                return state.done >= target;
            }
            let remaining = until.map(|until| until.saturating_sub(now));
            if remaining.is_some_and(|remaining| remaining.is_zero()) {
                return false;
            }
            // Looks now and then whether the server takes anything at all.
            let pause = remaining.map_or(batch::TICK, |remaining| remaining.min(batch::TICK));
            state = self.wait(&self.settled, state, Some(pause));
        }
    }

    /// Says whether the worker has given up trying fast. Nobody waits for a server that is away.
    /// What was given up stays so, whatever the server says to a request that was on its way.
    pub(in crate::delivery) fn set_circuit(&self, is_open: bool) {
        let mut state = self.lock();
        if state.life == Life::Abandoned {
            return;
        }
        let is_open = is_open && state.in_flight_end.is_some();
        let changed = std::mem::replace(&mut state.circuit_is_open, is_open) != is_open;
        drop(state);
        if changed && is_open {
            self.settled.notify_all();
        }
    }

    /// Whether the worker has given up trying fast: what waits is on disk, and nobody should wait for it.
    pub(in crate::delivery) fn is_circuit_open(&self) -> bool {
        self.lock().is_nobody_waiting(self.clock.now())
    }
}
