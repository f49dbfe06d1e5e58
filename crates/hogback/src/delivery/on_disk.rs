//! The part of a queue that is on disk: every event while the journal works, and those alone that memory has no room for.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::journal::{Ledger, Location, Orphans, Place, ReadBack, Tail, Writer, Written};
use crate::event::Event;

/// After a failure the journal is tried again after this time: a disk may have room again.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// What marks events as settled, once there is a journal. Apart from the rest, and from the queue's lock: whoever captures
/// must not wait while files are marked and removed.
pub(super) type Marks = Arc<Mutex<Option<Ledger>>>;

/// A client's journal as its queue sees it.
#[derive(Default)]
pub(super) struct OnDisk {
    location: Option<Location>,
    /// The first event opens it: a client that captures nothing makes no file.
    journal: Option<Writer>,
    /// Whether it was deleted, and nobody has asked yet.
    has_vanished: bool,
    /// When it is tried again, while it does not work and events wait in memory.
    again: Option<Duration>,
    /// What is on disk only, behind what waits in memory.
    tail: Tail,
    marks: Marks,
    /// What nobody has been told yet: why the journal does not work, and how many events are gone from it. The latter are
    /// not settled before they are counted.
    trouble: Option<io::Error>,
    gone: usize,
}

/// Reads events back without holding the queue.
pub(super) struct Reader {
    tail: Tail,
    written: Written,
}

impl Reader {
    pub(super) fn read(self) -> (Self, ReadBack) {
        let read = self.tail.read(&self.written);
        (self, read)
    }
}

impl OnDisk {
    pub(super) fn at(location: Option<Location>) -> Self {
        Self {
            location,
            ..Self::default()
        }
    }

    pub(super) fn marks(&self) -> Marks {
        Arc::clone(&self.marks)
    }

    /// Events that are on disk only.
    pub(super) const fn only(&self) -> usize {
        self.tail.len()
    }

    /// Events that are gone, and not counted yet.
    pub(super) const fn gone(&self) -> usize {
        self.gone
    }

    /// Puts an event on disk, if the client has a journal and it works.
    pub(super) fn append(&mut self, event: &Event, now: Duration) -> Option<Place> {
        if self.location.is_none() || self.again.is_some_and(|again| now < again) {
            return None;
        }
        match self.try_to_append(event) {
            Ok(place) => {
                self.again = None;
                place
            }
            Err(error) => {
                // Deleted, directory and all: the next try makes a new one. Not before what is there only is counted as
                // gone, for its places say nothing about another journal. A file that is still open takes events until it
                // is full, and this goes unnoticed.
                if error.kind() == io::ErrorKind::NotFound && self.tail.len() == 0 {
                    self.has_vanished = self.journal.take().is_some();
                }
                if self.again.is_none() {
                    self.trouble = Some(error);
                }
                self.again = Some(now + TRY_AGAIN);
                None
            }
        }
    }

    fn try_to_append(&mut self, event: &Event) -> io::Result<Option<Place>> {
        let Some(location) = &self.location else {
            return Ok(None);
        };
        let journal = match &mut self.journal {
            Some(journal) => journal,
            unopened => {
                let journal = Writer::open(location)?;
                *self.marks.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal.ledger());
                unopened.insert(journal)
            }
        };
        journal.append(&event.json).map(Some)
    }

    /// Whether the journal has been deleted since this was last asked: no place in it means anything any more.
    pub(super) fn has_vanished(&mut self) -> bool {
        std::mem::take(&mut self.has_vanished)
    }

    /// Leaves an event on disk that memory has no room for.
    pub(super) fn leave_there(&mut self, place: Place) {
        self.tail.add(place);
    }

    /// What reads back the next events that are on disk only.
    pub(super) fn reader(&self) -> Option<Reader> {
        let written = self.journal.as_ref()?.written();
        Some(Reader {
            tail: self.tail,
            written,
        })
    }

    /// Takes note of what was read back; returns the events.
    pub(super) fn take_over(&mut self, (reader, read): (Reader, ReadBack)) -> Vec<(Event, Place)> {
        // Only the worker takes from the tail; others may have added to it meanwhile.
        let added = self.tail.len() - reader.tail.len();
        self.tail = read.rest.with_more(added);
        self.gone += read.gone;
        read.events
    }

    /// Nothing is read back any more.
    pub(super) fn give_up(&mut self) {
        self.tail = Tail::default();
    }

    /// What takes care of the directories beside this process's journal, if there is one.
    pub(super) fn orphans(&self) -> Option<Orphans> {
        let location = self.location.clone()?;
        Some(self.journal.as_ref()?.orphans(location))
    }

    pub(super) const fn has_trouble(&self) -> bool {
        self.trouble.is_some() || self.gone > 0
    }

    /// What nobody has been told yet: why the journal does not work, and how many events are gone from it.
    pub(super) fn take_trouble(&mut self) -> (Option<io::Error>, usize) {
        (self.trouble.take(), std::mem::take(&mut self.gone))
    }
}
