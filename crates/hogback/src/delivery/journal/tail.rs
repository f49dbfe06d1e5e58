//! The events that are in the journal only, since memory is full; the worker reads them back in order.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::Place;
use super::folder::{self, Folder};
use super::segment::{self, Found, Records};
use crate::event::Event;

/// Events read back at once, by their size.
const READ_BYTES: usize = 512 * 1024;

/// What of the journal is not in memory: all events from a place on, but for those that were given up.
#[derive(Debug, Default)]
pub(in crate::delivery) struct Tail {
    parts: VecDeque<Part>,
    events: usize,
}

/// What of one segment is not in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    segment: u32,
    /// Where the first of these events begins.
    start: usize,
    events: usize,
}

/// How far a journal is written.
#[derive(Debug)]
pub(in crate::delivery) struct Written {
    pub(super) folder: Arc<Folder>,
    /// The last segment, and the bytes in it.
    pub(super) segment: u32,
    pub(super) length: usize,
}

/// Events that were read back, by the segments they are in.
#[derive(Debug, Default)]
pub(in crate::delivery) struct ReadBack(Vec<ReadPart>);

#[derive(Debug)]
struct ReadPart {
    segment: u32,
    events: Vec<(Event, Place)>,
    /// Events of those that were wanted which are not there.
    missing: usize,
    /// Where to go on in this segment; `None` when nothing will be added to it any more.
    rest: Option<usize>,
}

impl Tail {
    /// Events that are in the journal only.
    pub(in crate::delivery) const fn len(&self) -> usize {
        self.events
    }

    /// Leaves one more event on disk.
    pub(in crate::delivery) fn add(&mut self, place: Place) {
        self.events += 1;
        match self.parts.back_mut() {
            Some(part) if part.segment == place.segment => part.events += 1,
            _ => self.parts.push_back(Part {
                segment: place.segment,
                start: place.start as usize,
                events: 1,
            }),
        }
    }

    /// What reads the next events without holding this.
    pub(in crate::delivery) fn reader(&self, written: Written) -> TailReader {
        TailReader {
            parts: self.parts.iter().copied().collect(),
            written,
        }
    }

    /// Takes the events that were read out, and returns them, with the number of those that are gone: somebody has removed or
    /// damaged the file.
    pub(in crate::delivery) fn take(&mut self, read: ReadBack) -> (Vec<(Event, Place)>, usize) {
        let (mut events, mut gone) = (Vec::new(), 0);
        for read in read.0 {
            let at = self
                .parts
                .iter()
                .position(|part| part.segment == read.segment);
            let Some(part) = at.and_then(|at| self.parts.get_mut(at)) else {
                continue; // it was given up meanwhile, and counted
            };
            // More than that was added since, or is nothing that anybody waits for.
            let taken = read.events.len().min(part.events);
            events.extend(read.events.into_iter().take(taken));
            let left = part.events - taken;
            let missing = if read.rest.is_none() {
                left
            } else {
                read.missing.min(left)
            };
            gone += missing;
            part.events = left - missing;
            self.events -= taken + missing;
            part.start = read.rest.unwrap_or(part.start);
        }
        self.parts.retain(|part| part.events > 0);
        (events, gone)
    }

    /// Gives up the oldest segment that may be: not the first, which is being read, nor the one that is being `written`.
    /// Returns which, and how many events that is.
    pub(in crate::delivery) fn give_up_oldest(&mut self, written: u32) -> Option<(u32, usize)> {
        let part = *self.parts.get(1).filter(|part| part.segment != written)?;
        self.parts.remove(1);
        self.events -= part.events;
        Some((part.segment, part.events))
    }
}

/// Reads events back.
#[derive(Debug)]
pub(in crate::delivery) struct TailReader {
    parts: Vec<Part>,
    written: Written,
}

impl TailReader {
    pub(in crate::delivery) fn read(self) -> ReadBack {
        let (mut found, mut bytes) = (Vec::new(), 0);
        for part in self.parts {
            if bytes >= READ_BYTES {
                break;
            }
            match read_part(part, &self.written, &mut bytes) {
                Ok(read) => found.push(read),
                Err(_) => break, // it is there, and may be readable in a moment
            }
        }
        ReadBack(found)
    }
}

fn read_part(part: Part, written: &Written, bytes: &mut usize) -> io::Result<ReadPart> {
    let path = written.folder.segment_path(part.segment);
    let file = match folder::read(&path) {
        Ok(file) => segment::unpacked(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let is_written = part.segment == written.segment;
    let end = if is_written {
        written.length.min(file.len())
    } else {
        file.len()
    };
    let mut read = ReadPart {
        segment: part.segment,
        events: Vec::new(),
        missing: 0,
        rest: None,
    };
    let mut start = part.start;
    for record in Records::from(&file[..end], part.start) {
        let Found::Record { payload, end } = record else {
            continue;
        };
        if *bytes >= READ_BYTES || read.events.len() == part.events {
            read.rest = Some(start);
            break;
        }
        *bytes += payload.len();
        let place = Place {
            segment: part.segment,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        };
        read.events.push((Event::stored(payload), place));
        start = end;
    }
    if read.rest.is_none() {
        read.missing = part.events - read.events.len();
        // Events may be added to it while this is read: those are there.
        read.rest = is_written.then_some(written.length);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::super::{Location, Writer};
    use super::*;

    /// A journal with so many events of a kilobyte, all of them there only.
    fn journal(events: usize) -> (tempfile::TempDir, Writer, Tail) {
        let root = tempfile::tempdir().unwrap();
        let location = Location::of(root.path().to_owned(), "host", "key", false);
        let (mut writer, mut tail) = (Writer::open(&location).unwrap(), Tail::default());
        for _ in 0..events {
            tail.add(writer.append(&[b'x'; 1_000]).unwrap());
        }
        (root, writer, tail)
    }

    fn read_all(writer: &Writer, tail: &mut Tail) -> (usize, usize) {
        let (mut events, mut gone) = (0, 0);
        while tail.len() > 0 {
            let (read, missing) = tail.take(tail.reader(writer.written()).read());
            assert!(!read.is_empty() || missing > 0, "it does not end");
            events += read.len();
            gone += missing;
        }
        (events, gone)
    }

    #[test]
    fn everything_is_read_back_over_several_segments() {
        let (_root, writer, mut tail) = journal(3_500);
        assert!(writer.segment() > 2);
        assert_eq!(read_all(&writer, &mut tail), (3_500, 0));
    }

    #[test]
    fn half_a_mebibyte_is_read_at_a_time() {
        let (_root, writer, mut tail) = journal(1_500);
        let (read, _) = tail.take(tail.reader(writer.written()).read());
        assert_eq!(read.len(), READ_BYTES.div_ceil(1_000));
        assert_eq!(READ_BYTES, 524_288);
    }

    #[test]
    fn what_cannot_be_read_now_is_not_gone() {
        let (_root, writer, mut tail) = journal(10);
        let path = writer.written().folder.segment_path(1);
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, &path).unwrap();
        let (read, gone) = tail.take(tail.reader(writer.written()).read());
        assert_eq!((read.len(), gone, tail.len()), (0, 0, 10));
        std::fs::rename(&aside, &path).unwrap();
        assert_eq!(read_all(&writer, &mut tail), (10, 0));
    }

    #[test]
    fn a_segment_that_was_read_as_a_whole_is_not_among_those_that_are_given_up() {
        let (_root, writer, mut tail) = journal(3_500);
        let full = 1_039;
        let mut events = 0;
        while events <= full {
            events += tail.take(tail.reader(writer.written()).read()).0.len();
        }
        // The second is being read now.
        assert_eq!(tail.give_up_oldest(writer.segment()), Some((3, full)));
    }

    #[test]
    fn events_that_are_added_while_others_are_read_are_read_next() {
        let (_root, mut writer, mut tail) = journal(10);
        let reader = tail.reader(writer.written());
        for _ in 0..5 {
            tail.add(writer.append(b"{}").unwrap());
        }
        let (read, gone) = tail.take(reader.read());
        assert_eq!((read.len(), gone, tail.len()), (10, 0, 5));
        assert_eq!(read_all(&writer, &mut tail), (5, 0));
    }

    #[test]
    fn a_damaged_event_takes_none_with_it_that_is_added_while_it_is_read() {
        let (_root, mut writer, mut tail) = journal(10);
        let path = writer.written().folder.segment_path(1);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let reader = tail.reader(writer.written());
        for _ in 0..5 {
            tail.add(writer.append(b"{}").unwrap());
        }
        let (read, gone) = tail.take(reader.read());
        assert_eq!((read.len(), gone, tail.len()), (9, 1, 5));
        assert_eq!(read_all(&writer, &mut tail), (5, 0));
    }

    #[test]
    fn a_damaged_event_is_counted_once_its_segment_has_been_read() {
        let (_root, writer, mut tail) = journal(1_500);
        let path = writer.written().folder.segment_path(1);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let (read, gone) = tail.take(tail.reader(writer.written()).read());
        assert_eq!((read.len(), gone), (525, 0));
        assert_eq!(read_all(&writer, &mut tail), (1_500 - 525 - 1, 1));
    }

    #[test]
    fn what_somebody_removes_is_counted_as_gone() {
        let (_root, writer, mut tail) = journal(3_500);
        std::fs::remove_file(writer.written().folder.segment_path(2)).unwrap();
        let (events, gone) = read_all(&writer, &mut tail);
        assert_eq!(events + gone, 3_500);
        assert!(gone > 1_000);
    }

    #[test]
    fn the_oldest_segment_goes_and_its_events_are_counted_once_also_when_they_are_being_read() {
        let (_root, writer, mut tail) = journal(3_500);
        let reader = tail.reader(writer.written());
        let (segment, lost) = tail.give_up_oldest(writer.segment()).unwrap();
        assert_eq!(segment, 2);
        let (read, _) = tail.take(reader.read());
        writer.forget(segment);
        let (more, gone) = read_all(&writer, &mut tail);
        assert_eq!((read.len() + more + lost, gone), (3_500, 0));
    }

    #[test]
    fn neither_what_is_read_nor_what_is_written_is_given_up() {
        let (_root, writer, mut tail) = journal(1_500);
        assert_eq!(writer.segment(), 2);
        assert_eq!(tail.give_up_oldest(2), None);
    }
}
