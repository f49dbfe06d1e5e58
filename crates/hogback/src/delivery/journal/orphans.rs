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
    /// Directories that this process is done with, if they are still there: something in them could not be read, was
    /// written by a newer version, or is no file of ours. Left for another process.
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
                    adopted.ledger.clear_of(adopted.read);
                }
                // In any case: whatever keeps a directory from being removed would have it adopted again at once.
                self.set_aside.insert(adopted.folder.path().to_owned());
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

    /// The server cannot take them before this time.
    pub(in crate::delivery) fn put_off(&mut self, until: Duration) {
        self.next_look = until;
    }

    /// What was taken and not settled is taken once more.
    pub(in crate::delivery) fn begin_again(&mut self) {
        if let Some(adopted) = &mut self.adopted {
            adopted.begin_again();
        }
    }

    fn adopt(&mut self) -> Option<Adopted> {
        let paths = folder::orphans(&self.location.root, &self.location.project, &self.own);
        // Those that are gone do not come back, and processes come and go for ever.
        self.set_aside.retain(|path| paths.contains(path));
        paths
            .iter()
            .filter(|path| !self.set_aside.contains(*path))
            .find_map(|path| Folder::claim(path).ok().flatten())
            .map(Adopted::of)
    }
}

/// A directory whose process is gone. It is ours, and locked.
#[derive(Debug)]
struct Adopted {
    folder: Arc<Folder>,
    ledger: Ledger,
    /// What is to be read, the first of it being read; nothing behind what cannot be understood.
    segments: VecDeque<u32>,
    /// What was read as a whole, and is settled. Nothing else is removed: it may have come since, or be somebody's.
    read: Vec<u32>,
    /// Whether all of it could be read.
    is_understood: bool,
    /// The first of the segments, as far as it is not settled.
    bytes: Vec<u8>,
    offset: usize,
}

impl Adopted {
    fn of(folder: Folder) -> Self {
        folder.remove_spares();
        let folder = Arc::new(folder);
        let listed = folder.segments();
        let mut adopted = Self {
            ledger: Ledger::of(Arc::clone(&folder), 1),
            folder,
            is_understood: listed.is_ok(),
            segments: listed.unwrap_or_default().into(),
            read: Vec::new(),
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
        // A mark speaks for everything before it, so what is behind has to wait too.
        let read = folder::read(&self.folder.segment_path(number)).map(segment::unpacked);
        let understood = read
            .ok()
            .filter(|it| segment::check_header(it) != Header::Newer);
        let Some(bytes) = understood else {
            self.is_understood = false;
            self.segments.clear();
            return;
        };
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
            self.read.extend(self.segments.pop_front());
            self.begin_again();
        }
        None
    }

    fn settle(&mut self, last: Place) -> std::io::Result<()> {
        for number in self.read.drain(..) {
            self.ledger.remove(number);
        }
        self.ledger.mark(last)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    /// A project with one process that lives, and a directory whose process is gone.
    struct Project {
        _root: TempDir,
        orphans: Orphans,
        left: PathBuf,
    }

    impl Project {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let project = String::from("0123456789abcdef");
            let own = Folder::create(root.path(), &project).unwrap();
            let left = Folder::create(root.path(), &project).unwrap();
            let location = Location::named(root.path(), &project);
            Self {
                orphans: Orphans::beside(&own, location),
                left: left.path().to_owned(),
                _root: root,
            }
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            fs::write(self.left.join(name), bytes).unwrap();
        }

        /// Sends everything, with a server that takes it.
        fn send(&mut self) -> Vec<String> {
            let mut sent = Vec::new();
            while let Some(batch) = self.orphans.next_batch(NOW, 100, 1 << 20) {
                let names = batch.events.iter().map(|event| event.name().to_owned());
                sent.extend(names);
                self.orphans.settle(&batch).unwrap();
            }
            sent
        }

        fn files(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.left).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let mut names: Vec<_> = names.collect();
            names.sort_unstable();
            names
        }
    }

    fn segment_with(names: &[&str]) -> Vec<u8> {
        let mut bytes = segment::header().to_vec();
        for name in names {
            let json = format!(r#"{{"uuid":"u","event":"{name}"}}"#);
            segment::write_record(json.as_bytes(), &mut bytes);
        }
        bytes
    }

    fn newer_segment() -> Vec<u8> {
        let mut bytes = segment_with(&["newer"]);
        bytes[8] = 2;
        let checksum = crc32fast::hash(&bytes[..28]).to_le_bytes();
        bytes[28..32].copy_from_slice(&checksum);
        bytes
    }

    #[test]
    fn a_directory_is_removed_when_its_events_are_sent() {
        let mut project = Project::new();
        project.write("00000001.seg", &segment_with(&["one", "two"]));
        project.write("00000002.seg", &segment_with(&["three"]));
        assert_eq!(project.send(), ["one", "two", "three"]);
        assert!(!project.left.exists());
    }

    /// Names of the next events.
    fn names(batch: &OrphanBatch) -> Vec<&str> {
        batch.events.iter().map(Event::name).collect()
    }

    #[test]
    fn a_batch_has_at_most_so_many_events_and_bytes_but_one_event_at_least() {
        let bytes = r#"{"uuid":"u","event":"one"}"#.len();
        for (events, bytes, expected) in [
            (2, 1 << 20, &["one", "two"][..]),
            (100, 2 * bytes, &["one", "two"]),
            (100, 3 * bytes - 1, &["one", "two"]),
            (100, 1, &["one"]),
            (1, 1, &["one"]),
        ] {
            let mut project = Project::new();
            project.write("00000001.seg", &segment_with(&["one", "two", "six"]));
            let batch = project.orphans.next_batch(NOW, events, bytes).unwrap();
            assert_eq!(names(&batch), expected, "{events} events, {bytes} bytes");
        }
    }

    #[test]
    fn what_was_taken_and_not_settled_is_taken_once_more_and_the_rest_never() {
        let mut project = Project::new();
        project.write("00000001.seg", &segment_with(&["one", "two", "six"]));
        let batch = project.orphans.next_batch(NOW, 1, 1 << 20).unwrap();
        project.orphans.settle(&batch).unwrap();
        let batch = project.orphans.next_batch(NOW, 1, 1 << 20).unwrap();
        assert_eq!(names(&batch), ["two"]);
        project.orphans.begin_again();
        let batch = project.orphans.next_batch(NOW, 1, 1 << 20).unwrap();
        assert_eq!(names(&batch), ["two"]);
        let (own, location) = (
            project.orphans.own.clone(),
            project.orphans.location.clone(),
        );
        let mut other = Orphans {
            location,
            own,
            adopted: None,
            set_aside: HashSet::new(),
            next_look: NOW,
        };
        assert!(other.next_batch(NOW, 9, 1 << 20).is_none(), "it is taken");
        project.orphans.adopted = None;
        let batch = other.next_batch(NOW, 9, 1 << 20).unwrap();
        assert_eq!(names(&batch), ["two", "six"]);
    }

    #[test]
    fn who_finds_nothing_looks_again_after_half_a_minute_and_who_is_put_off_then() {
        let mut orphans = Project::new().orphans;
        let now = Duration::from_secs(1_000);
        assert!(orphans.are_due(now));
        assert!(orphans.next_batch(now, 1, 1).is_none());
        let next = now + LOOK_EVERY;
        assert!(!orphans.are_due(next.saturating_sub(Duration::from_millis(1))));
        assert!(orphans.are_due(next) && orphans.are_due(next * 2));
        orphans.put_off(next * 2);
        assert!(!orphans.are_due(next));
        assert!(orphans.are_due(next * 2));
    }

    #[test]
    fn a_directory_with_a_file_of_somebody_else_is_looked_at_once_and_keeps_that_file() {
        let mut project = Project::new();
        project.write("00000001.seg", &segment_with(&["one"]));
        project.write("notes", b"mine");
        assert_eq!(project.send(), ["one"]);
        assert_eq!(project.files(), ["notes"]);
        assert!(project.send().is_empty());
    }

    #[test]
    fn marks_without_a_segment_go_with_their_directory() {
        let mut project = Project::new();
        project.write("00000007.ack", &settled::mark(100));
        assert!(project.send().is_empty());
        assert!(!project.left.exists());
    }

    #[test]
    fn events_that_are_deleted_while_they_are_sent_leave_no_marks() {
        let mut project = Project::new();
        project.write("00000001.seg", &segment_with(&["one"]));
        let batch = project.orphans.next_batch(NOW, 100, 1 << 20).unwrap();
        fs::remove_file(project.left.join("00000001.seg")).unwrap();
        project.orphans.settle(&batch).unwrap();
        assert!(project.files().is_empty());
    }

    #[test]
    fn nothing_behind_a_segment_that_is_not_understood_is_sent_or_removed() {
        let newer = newer_segment();
        let too_large = vec![0; 64 * 1024 * 1024 + 1];
        for bytes in [&newer, &too_large] {
            let mut project = Project::new();
            project.write("00000001.seg", &segment_with(&["before"]));
            project.write("00000002.seg", bytes);
            project.write("00000003.seg", &segment_with(&["behind"]));
            assert_eq!(project.send(), ["before"]);
            let files = project.files();
            assert!(files.contains(&"00000002.seg".into()), "{files:?}");
            assert!(files.contains(&"00000003.seg".into()), "{files:?}");
            assert!(!files.contains(&"00000003.ack".into()), "{files:?}");
            assert!(project.send().is_empty(), "another process may");
        }
    }

    #[test]
    fn what_comes_into_a_directory_while_it_is_sent_stays() {
        let mut project = Project::new();
        project.write("00000001.seg", &segment_with(&["one"]));
        let batch = project.orphans.next_batch(NOW, 100, 1 << 20).unwrap();
        project.write("00000002.seg", &segment_with(&["late"]));
        project.orphans.settle(&batch).unwrap();
        assert!(project.send().is_empty());
        assert_eq!(project.files(), ["00000002.seg"]);
    }

    #[test]
    fn a_directory_that_cannot_be_listed_is_not_understood() {
        let project = Project::new();
        let folder = Folder::claim(&project.left).unwrap().unwrap();
        fs::remove_dir_all(&project.left).unwrap();
        assert!(!Adopted::of(folder).is_understood);
    }
}
