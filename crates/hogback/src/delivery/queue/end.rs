//! How a queue ends: let go, closed, given up.

use std::sync::Arc;

use super::Queue;
use super::state::Life;

impl Queue {
    /// Whether what waited was given up: see [`abandon`](Self::abandon).
    pub(in crate::delivery) fn is_given_up(&self) -> bool {
        self.lock().life == Life::Abandoned
    }

    /// Takes no more events, since the program has let the client go.
    pub(in crate::delivery) fn let_go(&self) {
        let mut state = self.lock();
        if state.life == Life::Open {
            state.life = Life::LetGo;
        }
        drop(state);
        self.work.notify_one();
    }

    /// Takes no more events, and somebody waits for the end.
    pub(in crate::delivery) fn close(&self) {
        let mut state = self.lock();
        if matches!(state.life, Life::Open | Life::LetGo) {
            state.life = Life::Closed;
            state.progressed = self.clock.now();
        }
        drop(state);
        self.work.notify_one();
    }

    /// Whether no more events are taken.
    pub(in crate::delivery) fn takes_no_more(&self) -> bool {
        self.lock().life != Life::Open
    }

    /// Whether somebody waits for the end, or it has come.
    pub(in crate::delivery) fn is_closed(&self) -> bool {
        matches!(self.lock().life, Life::Closed | Life::Abandoned)
    }

    /// Leaves what is on disk there for another process, once no more events are taken: `count` gets how many events that
    /// is. Those in memory alone are still sent, and then it ends as if [given up](Self::abandon).
    ///
    /// All of it and not only the batch in flight: a mark behind it would say that it is settled.
    pub(in crate::delivery) fn leave_on_disk(&self, count: impl FnOnce(usize)) {
        let mut state = self.lock();
        if state.life == Life::Closed {
            count(state.leave_on_disk());
        }
    }

    /// Gives up what is left: `count` gets how many events are lost, and how many stay on disk for another process;
    /// then those who wait are told.
    pub(in crate::delivery) fn abandon(&self, count: impl FnOnce(usize, usize)) {
        let mut state = self.lock();
        let on_disk = state.leave_on_disk();
        // What is gone from the journal is counted as that.
        count(state.len() - state.disk.uncounted(), on_disk);
        state.life = Life::Abandoned;
        state.waiting.clear();
        state.waiting_bytes = 0;
        state.in_flight = Arc::default();
        state.in_flight_bytes = 0;
        drop(state);
        self.work.notify_one();
        self.settled.notify_all();
    }
}
