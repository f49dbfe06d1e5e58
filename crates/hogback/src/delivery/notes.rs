//! What the worker has to say. It may not log or call back itself: it never runs the program's code.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::outcome::Failure;
use crate::event::Event;

/// More than this is not kept: the oldest goes.
const MAX_NOTES: usize = 64;

/// Lost batches hold events, so even fewer are kept for a callback that nobody gives a chance to run.
const MAX_LOST: usize = 16;

/// A log line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Something went wrong, and is being handled.
    Warning(String),
    /// Events were lost.
    Error(String),
}

impl fmt::Display for Note {
    /// The line alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warning(line) | Self::Error(line) => f.write_str(line),
        }
    }
}

/// Events that will not arrive, for the program's `on_error`.
#[derive(Clone, Debug)]
pub struct LostBatch {
    /// Why.
    pub failure: Failure,
    /// The events of the request.
    pub events: Vec<Event>,
}

/// What waits to be said.
#[derive(Debug, Default)]
pub(super) struct Notes {
    any: AtomicBool,
    lines: Mutex<VecDeque<Note>>,
    lost: Mutex<VecDeque<LostBatch>>,
    last_error: Mutex<Option<String>>,
}

impl Notes {
    pub(super) fn warn(&self, line: String) {
        self.push(&self.lines, MAX_NOTES, Note::Warning(line));
    }

    pub(super) fn error(&self, line: String) {
        self.push(&self.lines, MAX_NOTES, Note::Error(line));
    }

    pub(super) fn lost(&self, batch: LostBatch) {
        self.push(&self.lost, MAX_LOST, batch);
    }

    /// Keeps what went wrong last.
    pub(super) fn remember(&self, failure: &Failure) {
        let mut last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(failure.to_string());
    }

    /// What went wrong last, whether anybody was told or not.
    pub(super) fn last_error(&self) -> Option<String> {
        let last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    fn push<T>(&self, ring: &Mutex<VecDeque<T>>, capacity: usize, item: T) {
        let mut ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == capacity {
            ring.pop_front();
        }
        ring.push_back(item);
        drop(ring);
        self.any.store(true, Ordering::Release);
    }

    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Vec<Note> {
        self.any.store(false, Ordering::Release);
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect()
    }

    pub(super) fn take_lost(&self) -> Vec<LostBatch> {
        self.lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect()
    }
}
