//! Appends events, on the thread that captures them.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::folder::{self, Folder};
use super::{Ledger, Location, Orphans, Place, Written, room, segment};

/// A segment is full at this size: large enough that files are made rarely, small enough that one is soon settled as a
/// whole and goes.
const SEGMENT_BYTES: usize = 1024 * 1024;

/// The end of a process's journal.
#[derive(Debug)]
pub(in crate::delivery) struct Writer {
    root: PathBuf,
    folder: Arc<Folder>,
    file: Option<File>,
    segment: u32,
    length: usize,
    record: Vec<u8>,
}

impl Writer {
    /// A journal of this process, in a directory of its own.
    pub(in crate::delivery) fn open(location: &Location) -> io::Result<Self> {
        let folder = Folder::create(&location.root, &location.project)?;
        Ok(Self {
            root: location.root.clone(),
            folder: Arc::new(folder),
            file: None,
            segment: 0,
            length: 0,
            record: Vec::new(),
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
            self.file = None;
            self.file = Some(self.begin_segment()?);
        }
        let start = self.length;
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(&self.record)
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
        room::check(&self.root, SEGMENT_BYTES as u64)?;
        // Whatever comes of it, the number is used.
        self.segment += 1;
        self.length = 0;
        let mut file = folder::create_file(&self.folder.segment_path(self.segment))?;
        let header = segment::header();
        file.write_all(&header)?;
        self.length = header.len();
        Ok(file)
    }
}

/// Segments are far below 4 GiB: one event has less than 1 MiB.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
