//! The real journal below a directory of its own, and beside it what is true of every event.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;

use super::super::folder::{Files, Folder};
use super::super::writer::SEGMENT_BYTES;
use super::super::{
    Ledger, Location, OrphanBatch, Orphans, Place, ReadBack, Tail, Writer, segment, settled,
};
use super::disk::Disk;
use super::{Death, Harm};
use crate::event::Event;

const PROJECT: &str = "0123456789abcdef";
const NOW: Duration = Duration::ZERO;

/// Bytes that a journal with little room may take.
const LITTLE: u64 = SEGMENT_BYTES as u64 + 300_000;

/// What is true of an event that was captured.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
struct Truth {
    json: Vec<u8>,
    folder: PathBuf,
    place: Place,
    /// Whether it was synced, and so survives a power cut.
    is_safe: bool,
    /// It has been delivered, and marked.
    is_settled: bool,
    /// Its marks may be lost: it may come again.
    may_return: bool,
    /// What was done to its file explains that it is gone.
    is_excused: bool,
}

/// A process that captures.
struct Process {
    folder: PathBuf,
    writer: Writer,
    ledger: Ledger,
    is_tight: bool,
    /// Events in memory, and those that are on disk only; all in order.
    memory: VecDeque<usize>,
    tail: Tail,
    only: VecDeque<usize>,
    /// Events that others were read behind, and that are counted as gone when the rest of their segment is.
    uncounted: usize,
    read: Option<ReadBack>,
    packed: u32,
}

/// A process that sends what others have left behind.
struct Adopter {
    _own: Folder,
    orphans: Orphans,
    batch: Option<OrphanBatch>,
}

pub(super) struct World {
    parent: TempDir,
    disk: Disk,
    random: Rng,
    events: Vec<Truth>,
    /// Segments without their file, so that whatever is written into it is nowhere.
    removed: BTreeSet<(PathBuf, u32)>,
    /// Segments whose marks were damaged or removed: later ones may be of no use.
    unmarked: BTreeSet<(PathBuf, u32)>,
    process: Option<Process>,
    adopter: Option<Adopter>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let path = |name| parent.path().join(name);
        for name in ["root", "copy"] {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(path(name))
                .unwrap();
        }
        Self {
            disk: Disk::of(&path("root"), &path("links")),
            random: Rng::with_seed(seed),
            events: Vec::new(),
            removed: BTreeSet::new(),
            unmarked: BTreeSet::new(),
            process: None,
            adopter: None,
            parent,
        }
    }

    fn root(&self) -> PathBuf {
        self.parent.path().join("root")
    }

    fn process(&mut self) -> &mut Process {
        if self.process.is_none() {
            self.start(false);
        }
        self.process.as_mut().unwrap()
    }

    /// A process starts; with little room the oldest of the others' events have to go.
    pub(super) fn start(&mut self, is_tight: bool) {
        self.process = None;
        let mut location = Location::named(&self.root(), PROJECT);
        location.sync_every = Some(Duration::ZERO);
        if is_tight {
            location.max_bytes = LITTLE;
        }
        let writer = Writer::open(&location).unwrap();
        self.process = Some(Process {
            folder: writer.written().folder.path().to_owned(),
            ledger: writer.ledger(),
            writer,
            is_tight,
            memory: VecDeque::new(),
            tail: Tail::default(),
            only: VecDeque::new(),
            uncounted: 0,
            read: None,
            packed: 0,
        });
    }

    pub(super) fn capture(&mut self, bytes: usize, on_disk_only: bool) {
        let id = self.events.len();
        let body: String = std::iter::repeat_with(|| self.random.alphanumeric())
            .take(bytes.min(2_000))
            .collect();
        let body = body.repeat(bytes.div_ceil(2_000).max(1));
        let json = format!(r#"{{"uuid":"{id}","event":"e","body":"{body}"}}"#).into_bytes();
        let process = self.process();
        let appended = process.writer.append(&json);
        let crowded_out = process.writer.take_crowded_out();
        if let Ok(place) = appended {
            if on_disk_only || process.tail.len() > 0 {
                process.tail.add(place);
                process.only.push_back(id);
            } else {
                process.memory.push_back(id);
            }
            let folder = process.folder.clone();
            let is_excused = self.removed.contains(&(folder.clone(), place.segment));
            self.events.push(Truth {
                json,
                folder,
                place,
                is_safe: false,
                is_settled: false,
                may_return: false,
                is_excused,
            });
        } else {
            assert!(process.is_tight, "{appended:?}");
        }
        self.count_crowded_out(crowded_out);
    }

    /// Whose files have made room: they are gone, and all of them were counted.
    fn count_crowded_out(&mut self, counted: usize) {
        let folders = [self.process.as_ref().map(|process| process.folder.clone())];
        let (mut least, mut most) = (0, 0);
        for event in &mut self.events {
            let path = segment_path(&event.folder, event.place.segment);
            let was_removed = self
                .removed
                .contains(&(event.folder.clone(), event.place.segment));
            if folders.contains(&Some(event.folder.clone())) || was_removed || path.exists() {
                continue;
            }
            if !event.is_settled && !event.is_excused {
                event.is_excused = true;
                least += 1;
            }
            most += 1;
        }
        assert!(
            least <= counted && counted <= most,
            "{counted} events made room, and {least} to {most} are gone"
        );
    }

    /// The server has taken the next events of the process.
    pub(super) fn settle(&mut self, events: usize) {
        let Some(process) = &mut self.process else {
            return;
        };
        let events = events.min(process.memory.len());
        let settled: Vec<usize> = process.memory.drain(..events).collect();
        let Some(last) = settled.last() else {
            return;
        };
        process.ledger.settle(self.events[*last].place).unwrap();
        self.are_settled(&settled);
    }

    fn are_settled(&mut self, events: &[usize]) {
        for id in events {
            let event = &mut self.events[*id];
            event.is_settled = true;
            let at = (event.folder.clone(), event.place.segment);
            event.may_return |= self.unmarked.contains(&at);
        }
    }

    pub(super) fn rotate(&mut self) {
        if let Some(process) = &mut self.process {
            process.writer.seal();
        }
    }

    pub(super) fn sync(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        for file in process.writer.take_unsynced() {
            self.disk.sync(&file);
        }
        for event in &mut self.events {
            if event.folder == process.folder && !event.is_safe {
                let path = segment_path(&event.folder, event.place.segment);
                event.is_safe = is_intact(event, &segment::unpacked(self.disk.safe(&path)));
            }
        }
    }

    pub(super) fn make_spare(&mut self) {
        if let Some(process) = &mut self.process {
            process.writer.spares_are_tried();
            let made = process.writer.care().make_spares(1);
            process.writer.spares_are_made(made);
        }
    }

    pub(super) fn pack(&mut self) {
        if let Some(process) = &mut self.process
            && process.packed + 1 < process.writer.segment()
        {
            process.packed += 1;
            process.writer.care().pack(process.packed).unwrap();
        }
    }

    /// Reads back what is on disk only; others capture before it is [taken over](Self::take_over).
    pub(super) fn read_back(&mut self) {
        if let Some(process) = &mut self.process {
            let reader = process.tail.reader(process.writer.written());
            process.read = Some(reader.read());
        }
    }

    pub(super) fn take_over(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        let Some(read) = process.read.take() else {
            return;
        };
        let (events, gone) = process.tail.take(read);
        let mut missing = process.uncounted;
        for (event, place) in events {
            let id = id(&event);
            while let Some(next) = process.only.pop_front()
                && next != id
            {
                assert!(self.events[next].is_excused, "event {next} was passed over");
                missing += 1;
            }
            assert_eq!(place.end, self.events[id].place.end);
            assert_eq!(event.json(), self.events[id].json);
            process.memory.push_back(id);
        }
        // What is gone at the end of a segment, with nothing behind it.
        while missing < gone {
            let next = process.only.pop_front().expect("an event that is gone");
            assert!(
                self.events[next].is_excused,
                "event {next} is said to be gone"
            );
            missing += 1;
        }
        process.uncounted = missing - gone;
        assert_eq!(process.tail.len(), process.only.len() + process.uncounted);
        assert!(
            process.tail.len() > 0 || process.uncounted == 0,
            "what is gone is counted in the end"
        );
    }

    /// The oldest events that are on disk only have to make room.
    pub(super) fn give_up_oldest(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        let Some((segment, lost)) = process.tail.give_up_oldest(process.writer.segment()) else {
            return;
        };
        process.writer.forget(segment);
        let before = process.only.len();
        for id in &process.only {
            if self.events[*id].place.segment == segment {
                self.events[*id].is_excused = true;
            }
        }
        process
            .only
            .retain(|id| self.events[*id].place.segment != segment);
        assert_eq!(lost, before - process.only.len());
        self.removed.insert((process.folder.clone(), segment));
    }

    /// `kill -9`.
    pub(super) fn die(&mut self, death: Death, share: f64) {
        let Some(process) = self.process.take() else {
            return;
        };
        let number = process.writer.segment();
        let folder = Files::at(&process.folder);
        match death {
            Death::Idle => {}
            Death::Appending => {
                let mut record = Vec::new();
                segment::write_record(br#"{"uuid":"half","event":"e"}"#, &mut record);
                let part = part(&record, share);
                let length = process.writer.written().length as u64;
                let opened = fs::OpenOptions::new()
                    .write(true)
                    .open(folder.segment_path(number));
                if let Ok(file) = opened
                    && length > 0
                {
                    file.write_all_at(part, length).unwrap();
                }
            }
            Death::Marking => {
                let path = folder.settled_path(number);
                let mark = settled::mark(40);
                if path.exists() {
                    let mut bytes = fs::read(&path).unwrap();
                    bytes.extend(part(&mark, share));
                    fs::write(&path, bytes).unwrap();
                }
            }
            Death::MakingSpare => {
                fs::write(process.folder.join("unfinished"), part(&[0; 10_000], share)).unwrap();
            }
            Death::Packing => {
                if let Ok(plain) = fs::read(folder.segment_path(1)) {
                    let packed = segment::packed(&plain).unwrap();
                    fs::write(process.folder.join("unfinished"), part(&packed, share)).unwrap();
                }
            }
        }
    }

    /// Another process adopts what was left, and takes the next events of it.
    pub(super) fn adopt(&mut self, max_events: usize, max_bytes: usize) {
        let root = self.root();
        let adopter = self.adopter.get_or_insert_with(|| {
            let own = Folder::create(&root, PROJECT).unwrap();
            let orphans = Orphans::beside(&own, Location::named(&root, PROJECT));
            Adopter {
                _own: own,
                orphans,
                batch: None,
            }
        });
        if adopter.batch.is_none() {
            adopter.batch = adopter.orphans.next_batch(NOW, max_events, max_bytes);
            if let Some(batch) = &adopter.batch {
                assert!(batch.events.len() <= max_events);
                for event in &batch.events {
                    let truth = &self.events[id(event)];
                    assert_eq!(event.json(), truth.json);
                    assert!(
                        !truth.is_settled || truth.may_return,
                        "{} again",
                        event.uuid()
                    );
                }
            }
        }
    }

    pub(super) fn settle_adopted(&mut self) {
        if let Some(adopter) = &mut self.adopter
            && let Some(batch) = adopter.batch.take()
        {
            adopter.orphans.settle(&batch).unwrap();
            let settled: Vec<usize> = batch.events.iter().map(id).collect();
            self.are_settled(&settled);
        }
    }

    pub(super) fn begin_again(&mut self) {
        if let Some(adopter) = &mut self.adopter {
            adopter.orphans.begin_again();
            adopter.batch = None;
        }
    }

    pub(super) fn adopter_dies(&mut self) {
        self.adopter = None;
    }

    /// Somebody does something to a file of the journal.
    pub(super) fn harm(&mut self, which: usize, harm: Harm, share: f64, bytes: usize) {
        let files = self.disk.files();
        let files: Vec<_> = files
            .iter()
            .filter(|path| number_of(path).is_some())
            .collect();
        if files.is_empty() {
            return;
        }
        let path = files[which % files.len()];
        let mut content = fs::read(path).unwrap();
        let at = part(&content, share).len();
        let end = content.len().min(at + bytes);
        match harm {
            Harm::Remove => {
                fs::remove_file(path).unwrap();
                self.disk.removed(path);
                content.clear();
            }
            Harm::Cut => content.truncate(at),
            Harm::Zeroes => content[at..end].fill(0),
            Harm::Noise => self.random.fill(&mut content[at..end]),
            Harm::Append => {
                content.extend(std::iter::repeat_with(|| self.random.u8(..)).take(bytes));
            }
            Harm::Flip => {
                if let Some(byte) = content.get_mut(at) {
                    *byte ^= 1 << self.random.u8(..8);
                }
            }
        }
        if harm != Harm::Remove {
            fs::write(path, &content).unwrap(); // in place: whoever has it open goes on with it
            self.disk.harmed(path);
        }
        let at = (path.parent().unwrap().to_owned(), number_of(path).unwrap());
        if path.extension().is_some_and(|end| end == "ack") {
            self.unmarked.insert(at);
        } else if harm == Harm::Remove {
            self.removed.insert(at);
        }
        self.excuse(path.parent().unwrap(), false);
    }

    /// The machine loses its power, and is started again.
    pub(super) fn lose_power(&mut self) {
        (self.process, self.adopter) = (None, None);
        self.disk.lose_power(&mut self.random);
        self.removed.clear();
        for folder in self.folders() {
            self.excuse(&folder, true);
        }
        for event in &mut self.events {
            event.may_return = true; // marks are never synced
        }
    }

    /// What has just been done to the files of a folder explains that those events are gone whose bytes are not there. After
    /// a power cut this holds for events only that were not synced.
    fn excuse(&mut self, folder: &Path, spares_safe: bool) {
        for event in &mut self.events {
            let at = (event.folder.clone(), event.place.segment);
            if event.folder != *folder {
                continue;
            }
            event.may_return |= self.unmarked.contains(&at);
            if spares_safe && event.is_safe {
                continue;
            }
            let path = segment_path(folder, event.place.segment);
            let bytes = segment::unpacked(fs::read(path).unwrap_or_default());
            event.is_excused |= !is_intact(event, &bytes);
        }
    }

    /// The folders in which events were captured.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let folders = self.events.iter().map(|event| event.folder.clone());
        folders.collect()
    }

    /// What must hold after every step.
    pub(super) fn check(&mut self) {
        self.disk.look();
        for folder in self.folders() {
            self.check_folder(&folder);
        }
    }

    fn check_folder(&self, folder: &Path) {
        let found = self.recovered(folder);
        let mut ids: Vec<usize> = found.iter().map(id).collect();
        for (event, id) in found.iter().zip(&ids) {
            let truth = &self.events[*id];
            assert_eq!(
                event.json(),
                truth.json,
                "event {id} is not what was captured"
            );
            assert_eq!(truth.folder, folder);
            assert!(
                !truth.is_settled || truth.may_return,
                "event {id} was settled"
            );
        }
        assert!(ids.is_sorted(), "events change places: {ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), found.len(), "an event is there twice");
        for (id, truth) in self.events.iter().enumerate() {
            assert!(
                truth.folder != folder || truth.is_settled || truth.is_excused || ids.contains(&id),
                "event {id} is lost: {:?}",
                truth.place
            );
        }
    }

    /// What the next process would send of a folder: from a copy of it, so that nothing is changed.
    fn recovered(&self, folder: &Path) -> Vec<Event> {
        let root = self.parent.path().join("copy");
        let own = Folder::create(&root, PROJECT).unwrap();
        let copy = root.join(PROJECT).join(folder.file_name().unwrap());
        fs::DirBuilder::new().mode(0o700).create(&copy).unwrap();
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let to = copy.join(file.file_name());
            // Segments are only ever removed.
            if file.path().extension().is_some_and(|end| end == "seg") {
                fs::hard_link(file.path(), to).unwrap();
            } else {
                fs::copy(file.path(), to).unwrap();
            }
        }
        let mut orphans = Orphans::beside(&own, Location::named(&root, PROJECT));
        let mut found = Vec::new();
        while let Some(batch) = orphans.next_batch(NOW, 100, 1 << 20) {
            orphans.settle(&batch).unwrap();
            found.extend(batch.events);
        }
        drop(orphans);
        assert!(!copy.exists(), "a folder that is settled is removed");
        own.remove().unwrap();
        found
    }
}

fn id(event: &Event) -> usize {
    event.uuid().parse().expect("an event that was captured")
}

fn is_intact(event: &Truth, bytes: &[u8]) -> bool {
    let mut record = Vec::new();
    segment::write_record(&event.json, &mut record);
    bytes.get(event.place.start as usize..event.place.end as usize) == Some(&record)
}

fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.seg"))
}

fn number_of(path: &Path) -> Option<u32> {
    path.file_stem()?.to_str()?.parse().ok()
}

fn part(bytes: &[u8], share: f64) -> &[u8] {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "any place in the file will do"
    )]
    let length = (bytes.len() as f64 * share) as usize;
    &bytes[..length.min(bytes.len())]
}
