//! The part of a queue that is on disk: every event while the journal works, and those alone that memory has no room for.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::journal::{Care, Ledger, Location, Orphans, Place, ReadBack, Tail, TailReader, Writer};
use crate::clock::Clock;
use crate::event::Event;
use crate::loss::Level;

/// After a failure the journal is tried again after this time: a disk may have room again.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// A disk is slow when two events in a row have waited longer than this. One alone tells nothing: on a busy machine a thread
/// waits as long for its turn. Then the worker writes ...
const SLOW: Duration = Duration::from_millis(2);

/// ... for this time, and what is captured in it is what a kill may cost.
const SLOW_FOR: Duration = Duration::from_secs(1);

/// A disk that is slow is said again after this time.
const SAY_AGAIN: Duration = Duration::from_secs(600);

/// What marks events as settled, once there is a journal. Apart from the rest, and from the queue's lock: whoever captures
/// must not wait while files are marked and removed.
pub(super) type Marks = Arc<Mutex<Option<Ledger>>>;

/// A client's journal as its queue sees it.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
pub(super) struct OnDisk {
    location: Option<Location>,
    /// The first event opens it: a client that captures nothing makes no file.
    journal: Option<Writer>,
    /// Whether the worker has it in its hands.
    is_lent: bool,
    /// Whether it was deleted, and nobody has asked yet.
    has_vanished: bool,
    /// When it is tried again, while it does not work and events wait in memory.
    again: Option<Duration>,
    /// Whether the last event has waited long for the disk.
    has_waited: bool,
    /// Until when the worker writes, since the disk is slow.
    slow_until: Duration,
    /// The last events in memory, which the worker has to write yet.
    behind: usize,
    /// What is on disk only, behind what waits in memory.
    tail: Tail,
    marks: Marks,
    /// Whether anything was written since it was last synced, and when that was.
    is_unsynced: bool,
    synced: Duration,
    /// Segments up to this one are packed, or were looked at.
    packed: u32,
    told_slow: Option<Duration>,
    /// What nobody has been told yet. Events in it are not settled before they are counted.
    trouble: Vec<Trouble>,
    gone: usize,
    crowded_out: usize,
}

/// What the log should say of the journal.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It does not work: events wait in memory.
    Unusable(io::Error),
    WorksAgain,
    /// An event has waited so long for the disk.
    Slow(Duration),
    /// So many events of processes that are gone had to make room.
    OthersCrowdedOut(usize),
}

/// What the worker has to write: the journal, and the events.
pub(super) struct Behind {
    writer: Writer,
    events: Vec<Bytes>,
}

/// What came of it.
pub(super) struct Written {
    writer: Writer,
    pub(super) places: Vec<Place>,
    error: Option<io::Error>,
}

impl Behind {
    pub(super) fn write(mut self) -> Written {
        let (mut places, mut error) = (Vec::with_capacity(self.events.len()), None);
        for event in self.events {
            match self.writer.append(&event) {
                Ok(place) => places.push(place),
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            }
        }
        Written {
            writer: self.writer,
            places,
            error,
        }
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

    /// Events that are gone, or had to make room for others, and are not counted yet.
    pub(super) const fn uncounted(&self) -> usize {
        self.gone + self.crowded_out
    }

    /// Where events are kept now.
    pub(super) fn level(&self, now: Duration) -> Level {
        if self.location.is_none() || self.again.is_some() {
            Level::Memory
        } else if self.writes_behind(now) {
            Level::SlowDisk
        } else {
            Level::Journal
        }
    }

    fn writes_behind(&self, now: Duration) -> bool {
        self.is_lent || self.behind > 0 || now < self.slow_until
    }

    /// Puts an event on disk, if the client has a journal and it works. While the disk is slow the worker does it later, if
    /// `may_wait` says that memory has room for the event.
    pub(super) fn append(
        &mut self,
        event: &Event,
        clock: &dyn Clock,
        now: Duration,
        may_wait: bool,
    ) -> Option<Place> {
        if self.location.is_none() || self.again.is_some_and(|again| now < again) {
            return None;
        }
        if self.writes_behind(now) {
            // Behind others that are on disk only it would overtake them in memory.
            if may_wait && self.tail.len() == 0 {
                self.behind += 1;
                return None;
            }
            // In front of those that the worker has to write it would overtake them on disk.
            if self.is_lent || self.behind > 0 {
                return None;
            }
        }
        let segment = self.journal.as_ref().map(Writer::segment);
        match self.make_room_and_append(event) {
            Ok(place) => {
                if self.again.take().is_some() {
                    self.trouble.push(Trouble::WorksAgain);
                }
                self.is_unsynced = true;
                // To make a file takes its time on any disk, and happens rarely.
                if segment == Some(place.segment) {
                    self.notice_slowness(clock.now(), now);
                }
                Some(place)
            }
            Err(error) => {
                self.fail(error, now);
                None
            }
        }
    }

    fn notice_slowness(&mut self, after: Duration, before: Duration) {
        let took = after.saturating_sub(before);
        let waited = took >= SLOW;
        if !(std::mem::replace(&mut self.has_waited, waited) && waited) {
            return;
        }
        self.slow_until = after + SLOW_FOR;
        if self.told_slow.is_none_or(|then| after >= then + SAY_AGAIN) {
            self.told_slow = Some(after);
            self.trouble.push(Trouble::Slow(took));
        }
    }

    fn fail(&mut self, error: io::Error, now: Duration) {
        // Deleted, directory and all: the next try makes a new one. Not before what is there only is counted as gone, for
        // its places say nothing about another journal. A file that is still open takes events until it is full, and this
        // goes unnoticed.
        if error.kind() == io::ErrorKind::NotFound && self.tail.len() == 0 {
            self.has_vanished = self.journal.take().is_some();
        }
        if self.again.is_none() {
            self.trouble.push(Trouble::Unusable(error));
        }
        self.again = Some(now + TRY_AGAIN);
    }

    /// Where there is no room the oldest events go that are on disk only.
    fn make_room_and_append(&mut self, event: &Event) -> io::Result<Place> {
        loop {
            let error = match self.try_to_append(event) {
                Ok(place) => return Ok(place),
                Err(error) if error.kind() == io::ErrorKind::StorageFull => error,
                Err(error) => return Err(error),
            };
            let oldest = (self.journal.as_ref())
                .and_then(|journal| self.tail.give_up_oldest(journal.segment()));
            let (Some((segment, events)), Some(journal)) = (oldest, &self.journal) else {
                return Err(error);
            };
            journal.forget(segment);
            self.crowded_out += events;
        }
    }

    fn try_to_append(&mut self, event: &Event) -> io::Result<Place> {
        let journal = match (&mut self.journal, &self.location) {
            (Some(journal), _) => journal,
            (unopened, Some(location)) => {
                let journal = Writer::open(location)?;
                *self.marks.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal.ledger());
                self.packed = 0;
                unopened.insert(journal)
            }
            (None, None) => return Err(io::ErrorKind::Unsupported.into()),
        };
        let place = journal.append(&event.json);
        let others = journal.take_crowded_out();
        if others > 0 {
            self.trouble.push(Trouble::OthersCrowdedOut(others));
        }
        place
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
    pub(super) fn reader(&self) -> Option<TailReader> {
        Some(self.tail.reader(self.journal.as_ref()?.written()))
    }

    /// Takes note of what was read back; returns the events.
    pub(super) fn take_over(&mut self, read: ReadBack) -> Vec<(Event, Place)> {
        let (events, gone) = self.tail.take(read);
        self.gone += gone;
        events
    }

    /// Nothing is read back any more, and nothing written.
    pub(super) fn give_up(&mut self) {
        self.tail = Tail::default();
        self.behind = 0;
    }

    /// What takes care of the directories beside this process's journal, if there is one.
    pub(super) fn orphans(&self) -> Option<Orphans> {
        let location = self.location.clone()?;
        Some(self.journal.as_ref()?.orphans(location))
    }

    /// Whether there is something for the worker to do for the files.
    pub(super) fn wants_care(&self, now: Duration) -> bool {
        self.behind > 0
            || self.is_sync_due(now)
            || self
                .journal
                .as_ref()
                .is_some_and(|journal| journal.missing_spares() > 0)
    }

    /// How many of the last events in memory are not on disk yet.
    pub(super) const fn behind(&self) -> usize {
        self.behind
    }

    /// Hands out the journal to write these events, the first of those that are [behind](Self::behind).
    pub(super) fn lend(&mut self, events: Vec<Bytes>) -> Option<Behind> {
        let writer = self.journal.take()?;
        self.is_lent = true;
        Some(Behind { writer, events })
    }

    /// Takes it back.
    pub(super) fn take_back(&mut self, written: Written, now: Duration) {
        self.is_lent = false;
        self.is_unsynced = true;
        self.journal = Some(written.writer);
        self.behind = self.behind.saturating_sub(written.places.len());
        if let Some(error) = written.error {
            self.behind = 0; // they are in memory, as everything is now
            self.fail(error, now);
        }
    }

    /// What makes the next segments ready, and how many of them should be, if one should.
    pub(super) fn take_spare_wish(&mut self) -> Option<(Care, usize)> {
        let journal = self.journal.as_mut()?;
        let missing = journal.missing_spares();
        (missing > 0).then(|| {
            journal.spares_are_tried();
            (journal.care(), missing)
        })
    }

    /// Takes note that so many were made ready.
    pub(super) fn take_spares(&mut self, made: usize) {
        if let Some(journal) = &mut self.journal {
            journal.spares_are_made(made);
        }
    }

    /// What packs the next segment that waits, and its number.
    pub(super) fn next_to_pack(&mut self) -> Option<(Care, u32)> {
        let journal = self.journal.as_ref()?;
        if self.packed + 1 >= journal.segment() {
            return None; // the last one is being written
        }
        self.packed += 1;
        Some((journal.care(), self.packed))
    }

    fn is_sync_due(&self, now: Duration) -> bool {
        let every = self
            .location
            .as_ref()
            .and_then(|location| location.sync_every);
        self.is_unsynced && every.is_some_and(|every| now >= self.synced + every)
    }

    /// The files to sync, if it is time.
    pub(super) fn take_unsynced(&mut self, now: Duration) -> Vec<Arc<File>> {
        if !self.is_sync_due(now) {
            return Vec::new();
        }
        (self.is_unsynced, self.synced) = (false, now);
        self.journal
            .as_mut()
            .map(Writer::take_unsynced)
            .unwrap_or_default()
    }

    /// A file could not be synced: nobody knows what of it is on the disk, and trying again would not tell.
    pub(super) fn sync_failed(&mut self, error: io::Error) {
        if let Some(journal) = &mut self.journal {
            journal.seal();
        }
        self.trouble.push(Trouble::Unusable(error));
    }

    pub(super) const fn has_trouble(&self) -> bool {
        !self.trouble.is_empty() || self.uncounted() > 0
    }

    /// What nobody has been told yet, and how many events are gone from the journal and how many had to make room.
    pub(super) fn take_trouble(&mut self) -> (Vec<Trouble>, usize, usize) {
        (
            std::mem::take(&mut self.trouble),
            std::mem::take(&mut self.gone),
            std::mem::take(&mut self.crowded_out),
        )
    }
}
