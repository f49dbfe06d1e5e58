//! Appends events, on the thread that captures them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::folder::{self, Folder, MOST_SPARES};
use super::{Care, Ledger, Location, Orphans, Place, Written, room, segment};

/// A segment is full at this size: large enough that files are made rarely, small enough that one is soon settled as a
/// whole and goes.
pub(super) const SEGMENT_BYTES: usize = 1024 * 1024;

/// When so much of a segment is used, the next one is made ready.
const ENOUGH_USED: usize = SEGMENT_BYTES / 4;

/// The end of a process's journal.
#[derive(Debug)]
pub(in crate::delivery) struct Writer {
    root: PathBuf,
    max_bytes: u64,
    folder: Arc<Folder>,
    file: Option<Arc<File>>,
    segment: u32,
    length: usize,
    record: Vec<u8>,
    /// How many segments are made ready.
    spares: usize,
    /// Whether that was tried since the last segment was begun: where it cannot be done, once for each is enough.
    are_spares_tried: bool,
    /// How many were filled since that was last done.
    filled: usize,
    /// Files that were written since they were last synced, but for the last.
    unsynced: Vec<Arc<File>>,
    /// Whether sealed files are to be kept for that.
    is_synced: bool,
    /// Events of processes that are gone which had to make room, since this was last asked.
    crowded_out: usize,
}

impl Writer {
    /// A journal of this process, in a directory of its own.
    pub(in crate::delivery) fn open(location: &Location) -> io::Result<Self> {
        let folder = Folder::create(&location.root, &location.project)?;
        Ok(Self {
            root: location.root.clone(),
            max_bytes: location.max_bytes,
            folder: Arc::new(folder),
            file: None,
            segment: 0,
            length: 0,
            record: Vec::new(),
            spares: 0,
            are_spares_tried: false,
            filled: 0,
            unsynced: Vec::new(),
            is_synced: location.sync_every.is_some(),
            crowded_out: 0,
        })
    }

    /// What marks the events of this journal as settled.
    pub(in crate::delivery) fn ledger(&self) -> Ledger {
        Ledger::of(Arc::clone(&self.folder), 1)
    }

    /// What sends the events of the journals beside this one, whose processes are gone.
    pub(in crate::delivery) fn orphans(&self, location: Location) -> Orphans {
        Orphans::beside(&self.folder, location)
    }

    /// The journal as it is at this moment, for whoever reads it back.
    pub(in crate::delivery) fn written(&self) -> Written {
        Written {
            folder: Arc::clone(&self.folder),
            segment: self.segment,
            length: self.length,
        }
    }

    /// What takes care of the files, apart from who captures.
    pub(in crate::delivery) fn care(&self) -> Care {
        Care::of(self.root.clone(), self.max_bytes, Arc::clone(&self.folder))
    }

    /// How many more segments should be made ready now: the next one, or as many as were filled since this was last done, for
    /// bursts come again.
    pub(in crate::delivery) fn missing_spares(&self) -> usize {
        if self.are_spares_tried {
            return 0;
        }
        let soon = usize::from(self.length > ENOUGH_USED);
        let wanted = self.filled.clamp(soon, MOST_SPARES);
        wanted.saturating_sub(self.spares)
    }

    /// Somebody makes ready those that are missing now.
    pub(in crate::delivery) fn spares_are_tried(&mut self) {
        self.are_spares_tried = true;
        self.filled = 0;
    }

    /// So many were made ready.
    pub(in crate::delivery) fn spares_are_made(&mut self, count: usize) {
        self.spares += count;
    }

    /// The number of the segment that is being written.
    pub(in crate::delivery) const fn segment(&self) -> u32 {
        self.segment
    }

    /// What was written since this was last asked, for who syncs it.
    pub(in crate::delivery) fn take_unsynced(&mut self) -> Vec<Arc<File>> {
        let sealed = std::mem::take(&mut self.unsynced);
        sealed.into_iter().chain(self.file.clone()).collect()
    }

    /// Events of processes that are gone which had to make room, since this was last asked.
    pub(in crate::delivery) fn take_crowded_out(&mut self) -> usize {
        std::mem::take(&mut self.crowded_out)
    }

    /// Writes nothing more into the last file: it could not be synced, and nobody knows what is in it on the disk.
    pub(in crate::delivery) fn seal(&mut self) {
        self.file = None;
    }

    /// Removes a sealed segment whose events are lost.
    pub(in crate::delivery) fn forget(&self, number: u32) {
        self.ledger().remove(number);
    }

    /// Appends one event; when this returns it survives the death of the process.
    ///
    /// # Errors
    /// Nothing of the event is in the journal then, and the next one goes to a new file.
    pub(in crate::delivery) fn append(&mut self, json: &[u8]) -> io::Result<Place> {
        if json.len() > segment::MAX_PAYLOAD {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("an event of {} bytes is larger than a record", json.len()),
            ));
        }
        self.record.clear();
        segment::write_record(json, &mut self.record);
        if self.file.is_none() || self.length + self.record.len() > SEGMENT_BYTES {
            let sealed = self.file.take().filter(|_| self.is_synced);
            self.unsynced.extend(sealed);
            self.file = Some(Arc::new(self.begin_segment()?));
        }
        let start = self.length;
        if let Some(file) = &self.file
            && let Err(error) = file.write_all_at(&self.record, start as u64)
        {
            // A part of the record may be there; should even this fail, readers take it for what it is: torn.
            let _ = file.set_len(start as u64);
            self.file = None;
            return Err(error);
        }
        self.length += self.record.len();
        Ok(Place {
            segment: self.segment,
            start: offset(start),
            end: offset(self.length),
        })
    }

    fn begin_segment(&mut self) -> io::Result<File> {
        let path = self.folder.segment_path(self.segment + 1);
        let file = if let Some(spare) = self.folder.take_spare(&path) {
            self.spares = self.spares.saturating_sub(1);
            spare
        } else {
            self.spares = 0;
            let wanted = SEGMENT_BYTES as u64;
            room::make(&self.root, self.max_bytes, wanted, &mut self.crowded_out)?;
            folder::create_file(&path)?
        };
        // Whatever comes of it, the number is used.
        self.filled += usize::from(self.segment > 0);
        self.are_spares_tried = false;
        self.segment += 1;
        self.length = 0;
        let header = segment::header();
        file.write_all_at(&header, 0)?;
        self.length = header.len();
        Ok(file)
    }
}

/// Segments are far below 4 GiB: one event has less than 1 MiB.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
