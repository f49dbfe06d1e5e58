//! The events that are in the journal only, since memory is full; the worker reads them back in order.

use std::io;
use std::sync::Arc;

use super::Place;
use super::folder::{self, Folder};
use super::segment::{self, Found, Records};
use crate::event::Event;

/// Events read back at once, by their size.
const READ_BYTES: usize = 512 * 1024;

/// What of the journal is not in memory: all events from a place on.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::delivery) struct Tail {
    events: usize,
    segment: u32,
    offset: usize,
}

/// How far a journal is written.
#[derive(Debug)]
pub(in crate::delivery) struct Written {
    pub(super) folder: Arc<Folder>,
    /// The last segment, and the bytes in it.
    pub(super) segment: u32,
    pub(super) length: usize,
}

/// Events that were read back.
#[derive(Debug, Default)]
pub(in crate::delivery) struct ReadBack {
    pub(in crate::delivery) events: Vec<(Event, Place)>,
    /// Events that are no longer there, or not readable: somebody has removed or damaged the file.
    pub(in crate::delivery) gone: usize,
    pub(in crate::delivery) rest: Tail,
}

impl Tail {
    /// Events that are in the journal only.
    pub(in crate::delivery) const fn len(&self) -> usize {
        self.events
    }

    /// Leaves one more event on disk.
    pub(in crate::delivery) fn add(&mut self, place: Place) {
        if self.events == 0 {
            (self.segment, self.offset) = (place.segment, place.start as usize);
        }
        self.events += 1;
    }

    /// This tail with so many more events at its end.
    pub(in crate::delivery) fn with_more(self, events: usize) -> Self {
        let events = self.events + events;
        Self { events, ..self }
    }

    /// Reads the next events of a journal.
    pub(in crate::delivery) fn read(self, written: &Written) -> ReadBack {
        let mut found = ReadBack {
            rest: self,
            ..ReadBack::default()
        };
        let mut bytes_read = 0;
        while bytes_read < READ_BYTES && found.rest.events > 0 {
            let (number, start) = (found.rest.segment, found.rest.offset);
            if number > written.segment {
                // Everything that is there was read: the rest has been taken away.
                found.gone += found.rest.events;
                found.rest.events = 0;
                break;
            }
            let bytes = match folder::read(&written.folder.segment_path(number)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                Err(_) => break, // it is there, and may be readable in a moment
            };
            let end = if number == written.segment {
                written.length.min(bytes.len())
            } else {
                bytes.len()
            };
            let mut whole = true;
            for record in Records::from(&bytes[..end], start) {
                let Found::Record { payload, end } = record else {
                    continue;
                };
                let place = Place {
                    segment: number,
                    start: u32::try_from(found.rest.offset).unwrap_or(u32::MAX),
                    end: u32::try_from(end).unwrap_or(u32::MAX),
                };
                found.rest.offset = end;
                found.rest.events = found.rest.events.saturating_sub(1);
                found.events.push((Event::stored(payload), place));
                bytes_read += payload.len();
                if bytes_read >= READ_BYTES || found.rest.events == 0 {
                    whole = false;
                    break;
                }
            }
            if whole {
                (found.rest.segment, found.rest.offset) = (number + 1, segment::HEADER_BYTES);
            }
        }
        found
    }
}
