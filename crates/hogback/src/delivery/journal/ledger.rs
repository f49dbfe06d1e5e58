//! Marks what is settled, and removes what is settled as a whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::Arc;

use super::folder::{self, Folder};
use super::{Place, settled};

/// The marks of one journal. Events are settled in the order in which they stand in it.
#[derive(Debug)]
pub(in crate::delivery) struct Ledger {
    folder: Arc<Folder>,
    /// The oldest segment that is still there.
    oldest: u32,
    marks: Option<(u32, File)>,
}

impl Ledger {
    pub(super) fn of(folder: Arc<Folder>, oldest: u32) -> Self {
        Self {
            folder,
            oldest,
            marks: None,
        }
    }

    /// Everything up to and with the event at `place` is settled.
    ///
    /// # Errors
    /// The events may be sent again, should the process die before a later mark.
    pub(in crate::delivery) fn settle(&mut self, place: Place) -> io::Result<()> {
        for number in self.oldest..place.segment {
            self.remove(number);
        }
        self.oldest = self.oldest.max(place.segment);
        self.mark(place)
    }

    /// The same, but nothing is removed.
    pub(super) fn mark(&mut self, place: Place) -> io::Result<()> {
        let file = match &mut self.marks {
            Some((segment, file)) if *segment == place.segment => file,
            marks => {
                // Somebody has removed it: there is nothing to send again, and marks alone would only lie about.
                if !self.folder.segment_path(place.segment).exists() {
                    return Ok(());
                }
                let file = folder::open_append(&self.folder.settled_path(place.segment))?;
                cut_to_whole_marks(&file)?;
                &mut marks.insert((place.segment, file)).1
            }
        };
        let written = file.write_all(&settled::mark(place.end));
        if written.is_err() {
            self.marks = None; // a part of the mark may be there
        }
        written
    }

    /// Removes everything: the journal is settled as a whole and nothing will be appended any more.
    pub(in crate::delivery) fn clear(&mut self) {
        let segments = self.folder.segments().unwrap_or_default();
        self.clear_of(segments);
    }

    /// Removes what no event is in.
    pub(in crate::delivery) fn leave(&self) {
        self.folder.remove_spares();
    }

    /// Removes these segments, marks that have none, and the directory if nothing else is in it.
    pub(super) fn clear_of(&mut self, segments: impl IntoIterator<Item = u32>) {
        self.marks = None;
        for number in segments {
            self.remove(number);
        }
        for number in self.folder.settled().unwrap_or_default() {
            if !self.folder.segment_path(number).exists() {
                let _ = fs::remove_file(self.folder.settled_path(number));
            }
        }
        self.folder.remove_spares();
        // Whatever else lies there stays there.
        let _ = self.folder.remove();
    }

    pub(super) fn remove(&self, number: u32) {
        // The segment first: marks without a segment say nothing, a segment without marks is sent once more. A file
        // that cannot be removed is found settled by whoever adopts the directory.
        let _ = fs::remove_file(self.folder.segment_path(number));
        let _ = fs::remove_file(self.folder.settled_path(number));
    }
}

/// Takes away what a full disk or a death has left of a mark: those behind it would not be found.
fn cut_to_whole_marks(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    let whole = length - length % settled::MARK_BYTES as u64;
    if whole == length {
        Ok(())
    } else {
        file.set_len(whole)
    }
}
