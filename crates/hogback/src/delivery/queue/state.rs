//! What is in a queue, behind its lock: what waits, what is being sent, and how far the end has come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::super::journal::Place;
use super::super::on_disk::OnDisk;
use crate::event::Event;

/// At the end of a process nobody waits longer than this for a server that takes nothing.
const STUCK: Duration = Duration::from_secs(2);

/// An event that waits in memory.
pub(super) struct Waits {
    pub(super) since: Duration,
    pub(super) event: Event,
    /// Where it is on disk, if it is.
    pub(super) place: Option<Place>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) waiting: VecDeque<Waits>,
    pub(super) waiting_bytes: usize,
    /// What of this is on disk, and what is there only.
    pub(super) disk: OnDisk,
    /// The batch in the worker's hands; it stays here, so that a worker that dies leaves it behind.
    pub(super) in_flight: Arc<Vec<Event>>,
    pub(super) in_flight_bytes: usize,
    /// When its first event came.
    pub(super) in_flight_since: Duration,
    /// Where its last event is on disk; all of a batch are there, or none.
    pub(super) in_flight_end: Option<Place>,
    /// Whether the server has failed so often that the worker only looks whether it is back.
    pub(super) circuit_is_open: bool,
    /// Events ever pushed, and ever settled: delivered or lost. They are settled in order.
    pub(super) pushed: u64,
    pub(super) done: u64,
    /// When events were last settled, or the end began.
    pub(super) progressed: Duration,
    /// Events up to this count should be sent without waiting for company.
    pub(super) wanted: u64,
    /// Whether the worker sleeps until it is woken.
    pub(super) asleep: bool,
    /// Events that were left on disk for another process.
    pub(super) left_on_disk: usize,
    /// Whether a full queue has been announced since it was last empty.
    pub(super) announced_full: bool,
    pub(super) life: Life,
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Life {
    #[default]
    Open,
    /// The program has let the client go: no more events are taken, and what waits is sent as if it had not.
    LetGo,
    /// No more events are taken, and somebody waits until what waits is sent.
    Closed,
    /// What waited is given up.
    Abandoned,
}

impl State {
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.in_flight.len() + self.disk.only() + self.disk.uncounted()
    }

    /// When the oldest event came that is not settled, as far as memory knows.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let in_flight = (!self.in_flight.is_empty()).then_some(self.in_flight_since);
        in_flight.or_else(|| Some(self.waiting.front()?.since))
    }

    pub(super) fn bytes(&self) -> usize {
        self.waiting_bytes + self.in_flight_bytes
    }

    /// Whether nobody waits for events to be settled, since the server is away and they are on disk. At the end those that
    /// are in memory alone are waited for: it is their last chance. Then a server is away, too, that has taken nothing for a
    /// while.
    pub(super) fn is_nobody_waiting(&self, now: Duration) -> bool {
        let on_disk = || {
            (self.in_flight.is_empty() || self.in_flight_end.is_some())
                && self.waiting.iter().all(|waits| waits.place.is_some())
        };
        let is_ending = self.life == Life::Closed;
        let is_stuck = is_ending && now >= self.progressed + STUCK;
        (self.circuit_is_open || is_stuck) && (!is_ending || on_disk())
    }

    /// What was on disk is in memory alone now: the journal has been deleted.
    pub(super) fn forget_places(&mut self) {
        for waits in &mut self.waiting {
            waits.place = None;
        }
        self.in_flight_end = None;
        self.circuit_is_open = false;
    }

    /// Forgets what is on disk; returns how many events that is.
    pub(super) fn leave_on_disk(&mut self) -> usize {
        let before = self.len();
        self.waiting.retain(|waits| waits.place.is_none());
        self.waiting_bytes = (self.waiting.iter())
            .map(|waits| waits.event.json.len())
            .sum();
        if self.in_flight_end.take().is_some() {
            self.in_flight = Arc::default();
            self.in_flight_bytes = 0;
        }
        self.disk.give_up();
        let left = before - self.len();
        self.left_on_disk += left;
        left
    }
}
