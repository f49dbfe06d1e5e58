//! What the worker does for the files while others capture: makes the next one ready, packs those that have to wait.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{self, Folder};
use super::writer::SEGMENT_BYTES;
use super::{room, segment};

/// More than one segment is made ready only while all journals take no more than one part in so many of what they may.
const SHARE_OF_SPARES: u64 = 4;

/// The files of one process's journal.
#[derive(Debug)]
pub(in crate::delivery) struct Care {
    root: PathBuf,
    max_bytes: u64,
    folder: Arc<Folder>,
}

impl Care {
    pub(super) fn of(root: PathBuf, max_bytes: u64, folder: Arc<Folder>) -> Self {
        Self {
            root,
            max_bytes,
            folder,
        }
    }

    /// Makes so many of the next segments, as far as there is room, and returns how many it has made: files of full length. Who
    /// captures only writes over them, which is half the work of making a file longer, and finds a full disk here and not there.
    pub(in crate::delivery) fn make_spares(&self, count: usize) -> usize {
        let paths = self.folder.spare_paths();
        let free = paths.iter().filter(|path| !path.exists()).take(count);
        let made = free.enumerate().map_while(|(more, path)| {
            // Without a spare the file grows as it is written, and the disk speaks for itself.
            let share = if more == 0 { 1 } else { SHARE_OF_SPARES };
            self.make_spare(path, share).ok()
        });
        made.count()
    }

    fn make_spare(&self, path: &Path, share: u64) -> io::Result<()> {
        static ZEROES: [u8; 64 * 1024] = [0; 64 * 1024];
        // Who captures makes room where there is none: it knows which events of this process are the oldest.
        room::check_share(&self.root, self.max_bytes, share, SEGMENT_BYTES as u64)?;
        let unfinished = self.folder.unfinished_path();
        let _ = fs::remove_file(&unfinished);
        let file = folder::create_file(&unfinished)?;
        let mut at = 0;
        while at < SEGMENT_BYTES as u64 {
            if let Err(error) = file.write_all_at(&ZEROES, at) {
                let _ = fs::remove_file(&unfinished);
                return Err(error);
            }
            at += ZEROES.len() as u64;
        }
        fs::rename(&unfinished, path)
    }

    /// Packs a segment to which nothing will be added, so that a long outage takes little of the disk. One that is gone or
    /// packed already is left alone.
    pub(in crate::delivery) fn pack(&self, number: u32) -> io::Result<()> {
        let path = self.folder.segment_path(number);
        let plain = match folder::read(&path) {
            Ok(plain) => plain,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if segment::check_header(&plain) != segment::Header::Ours {
            return Ok(());
        }
        let packed = segment::packed(&plain)?;
        let unfinished = self.folder.unfinished_path();
        let _ = fs::remove_file(&unfinished);
        let file = folder::create_file(&unfinished)?;
        file.write_all_at(&packed, 0)?;
        // The one or the other is there at any time, whoever dies; and should the power fail, the packed one must not be
        // there in name only: what it takes the place of may have been on the disk for long.
        folder::sync(&file)?;
        fs::rename(&unfinished, &path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Location, Writer};
    use super::*;

    fn journal() -> (tempfile::TempDir, Writer) {
        let root = tempfile::tempdir().unwrap();
        let location = Location::of(root.path().to_owned(), "host", "key", false);
        let writer = Writer::open(&location).unwrap();
        (root, writer)
    }

    /// Fills a segment, and begins the next.
    fn fill(writer: &mut Writer) {
        let filled = writer.segment().max(1);
        while writer.segment() == filled || writer.segment() == 0 {
            writer.append(&[b'x'; 10_000]).unwrap();
        }
    }

    #[test]
    fn the_next_segment_is_made_ready_when_the_last_is_used_and_taken_when_it_is_full() {
        let (_root, mut writer) = journal();
        writer.append(b"{}").unwrap();
        assert_eq!(writer.missing_spares(), 0, "one event fills no segment");
        writer.append(&vec![b'x'; 300_000]).unwrap();
        assert_eq!(writer.missing_spares(), 1);
        make_missing(&mut writer);
        assert_eq!((writer.missing_spares(), spares(&writer)), (0, 1));
        fill(&mut writer);
        assert_eq!(spares(&writer), 0);
        let second = fs::metadata(writer.care().folder.segment_path(2)).unwrap();
        assert_eq!(second.len(), SEGMENT_BYTES as u64);
    }

    #[test]
    fn as_many_segments_are_made_ready_as_were_filled_before_up_to_four() {
        let (_root, mut writer) = journal();
        for filled in [2, 3, 9] {
            (0..filled).for_each(|_| fill(&mut writer));
            make_missing(&mut writer);
            assert_eq!(spares(&writer), filled.min(4));
        }
    }

    #[test]
    fn where_room_is_scarce_one_is_made_ready_and_where_there_is_none_it_is_tried_once_a_segment() {
        for (max_bytes, expected) in [(64, 2), (8, 1), (3, 0)] {
            let root = tempfile::tempdir().unwrap();
            let mut location = Location::of(root.path().to_owned(), "host", "key", false);
            location.max_bytes = max_bytes * SEGMENT_BYTES as u64;
            let mut writer = Writer::open(&location).unwrap();
            for _ in 0..3 {
                writer.append(&vec![b'x'; 900_000]).unwrap();
            }
            make_missing(&mut writer);
            assert_eq!((spares(&writer), writer.missing_spares()), (expected, 0));
        }
    }

    fn make_missing(writer: &mut Writer) {
        let missing = writer.missing_spares();
        writer.spares_are_tried();
        let made = writer.care().make_spares(missing);
        writer.spares_are_made(made);
    }

    fn spares(writer: &Writer) -> usize {
        let paths = writer.care().folder.spare_paths();
        paths.iter().filter(|spare| spare.exists()).count()
    }

    #[test]
    fn a_segment_that_waits_is_packed_once_and_read_as_before() {
        let (_root, mut writer) = journal();
        fill(&mut writer);
        let care = writer.care();
        let path = care.folder.segment_path(1);
        let plain = segment::unpacked(folder::read(&path).unwrap());
        care.pack(1).unwrap();
        let packed = folder::read(&path).unwrap();
        assert!(packed.len() < plain.len() / 10);
        assert_eq!(segment::unpacked(packed.clone()), plain);
        care.pack(1).unwrap();
        assert_eq!(folder::read(&path).unwrap(), packed);
        care.pack(77).unwrap();
    }
}
