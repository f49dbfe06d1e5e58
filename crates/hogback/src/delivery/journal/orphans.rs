//! Sends what processes have left behind that died, or ended before their server was back.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::folder::{self, Folder};
use super::ledger::Ledger;
use super::segment::{self, Found, Header, Records};
use super::{Location, Place, settled};
use crate::event::Event;

/// How often somebody who has nothing else to do looks for directories whose process is gone.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The directories beside this process's own.
#[derive(Debug)]
pub(in crate::delivery) struct Orphans {
    location: Location,
    own: PathBuf,
    adopted: Option<Adopted>,
    /// Directories of which something could not be read, or was written by a newer version: left for another process.
    set_aside: HashSet<PathBuf>,
    next_look: Duration,
}

/// Events of an orphan, for one request.
#[derive(Debug)]
pub(in crate::delivery) struct OrphanBatch {
    pub(in crate::delivery) events: Vec<Event>,
    last: Place,
}

impl Orphans {
    pub(super) fn beside(own: &Folder, location: Location) -> Self {
        Self {
            location,
            own: own.path().to_owned(),
            adopted: None,
            set_aside: HashSet::new(),
            next_look: Duration::ZERO,
        }
    }

    /// Whether there may be something to send now.
    pub(in crate::delivery) fn are_due(&self, now: Duration) -> bool {
        now >= self.next_look
    }

    /// The next events of an orphan: at most so many, and so many bytes.
    pub(in crate::delivery) fn next_batch(
        &mut self,
        now: Duration,
        max_events: usize,
        max_bytes: usize,
    ) -> Option<OrphanBatch> {
        loop {
            if self.adopted.is_none() {
                self.adopted = self.adopt();
            }
            let Some(adopted) = &mut self.adopted else {
                self.next_look = now + LOOK_EVERY;
                return None;
            };
            if let Some(batch) = adopted.next_batch(max_events, max_bytes) {
                return Some(batch);
            }
            // Settled as a whole: its files go, and the next one's turn has come.
            if let Some(mut adopted) = self.adopted.take() {
                if adopted.is_understood {
                    adopted.ledger.clear();
                } else {
                    self.set_aside.insert(adopted.folder.path().to_owned());
                }
            }
        }
    }

    /// The events of a batch are settled.
    pub(in crate::delivery) fn settle(&mut self, batch: &OrphanBatch) -> std::io::Result<()> {
        match &mut self.adopted {
            Some(adopted) => adopted.settle(batch.last),
            None => Ok(()),
        }
    }

    /// The server cannot take them now.
    pub(in crate::delivery) fn put_off(&mut self, now: Duration) {
        self.next_look = now + LOOK_EVERY;
        if let Some(adopted) = &mut self.adopted {
            adopted.begin_again();
        }
    }

    fn adopt(&self) -> Option<Adopted> {
        let paths = folder::orphans(&self.location.root, &self.location.project, &self.own);
        paths
            .iter()
            .filter(|path| !self.set_aside.contains(*path))
            .find_map(|path| Folder::claim(path).ok().flatten())
            .map(Adopted::of)
    }
}

/// A directory whose process is gone. Its lock is ours.
#[derive(Debug)]
struct Adopted {
    folder: Arc<Folder>,
    ledger: Ledger,
    segments: VecDeque<u32>,
    /// Whether all of it could be read.
    is_understood: bool,
    /// The first of them, as far as it is not settled.
    bytes: Vec<u8>,
    offset: usize,
}

impl Adopted {
    fn of(folder: Folder) -> Self {
        let folder = Arc::new(folder);
        let segments: VecDeque<u32> = folder.segments().unwrap_or_default().into();
        let oldest = segments.front().copied().unwrap_or(1);
        let mut adopted = Self {
            ledger: Ledger::of(Arc::clone(&folder), oldest),
            folder,
            segments,
            is_understood: true,
            bytes: Vec::new(),
            offset: 0,
        };
        adopted.begin_again();
        adopted
    }

    /// Reads the first segment from where it is not settled.
    fn begin_again(&mut self) {
        (self.bytes, self.offset) = (Vec::new(), 0);
        let Some(&number) = self.segments.front() else {
            return;
        };
        // What cannot be read now is not empty: it is left alone. Nor is it ours to send what a newer version has written.
        let Ok(bytes) = folder::read(&self.folder.segment_path(number)) else {
            self.is_understood = false;
            return;
        };
        if segment::check_header(&bytes) == Header::Newer {
            self.is_understood = false;
            return;
        }
        let marks = folder::read(&self.folder.settled_path(number)).unwrap_or_default();
        self.offset = segment::HEADER_BYTES.max(settled::furthest(&marks) as usize);
        self.bytes = bytes;
    }

    fn next_batch(&mut self, max_events: usize, max_bytes: usize) -> Option<OrphanBatch> {
        while let Some(&number) = self.segments.front() {
            let (mut events, mut taken) = (Vec::new(), 0);
            for found in Records::from(&self.bytes, self.offset) {
                let Found::Record { payload, end } = found else {
                    continue;
                };
                if !events.is_empty()
                    && (events.len() >= max_events || taken + payload.len() > max_bytes)
                {
                    break;
                }
                taken += payload.len();
                events.push(Event::stored(payload));
                self.offset = end;
            }
            if !events.is_empty() {
                let end = u32::try_from(self.offset).unwrap_or(u32::MAX);
                let last = Place {
                    segment: number,
                    start: 0,
                    end,
                };
                return Some(OrphanBatch { events, last });
            }
            self.segments.pop_front();
            self.begin_again();
        }
        None
    }

    fn settle(&mut self, last: Place) -> std::io::Result<()> {
        self.ledger.settle(last)
    }
}
