//! A real directory that can lose power: it knows what of each file was synced.
//!
//! Files are known by their inodes. A second link to each, in a directory beside, keeps what a file had when its name is
//! gone: a removal that was not synced can be undone, and so can a rename. Directories are never synced; the name that a
//! file has when it is synced counts as synced with it, as the file systems of Linux have it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fastrand::Rng;

const PAGE: usize = 4096;
const SECTOR: usize = 512;

thread_local! {
    static SYNCED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The code under test has synced a file.
pub(in super::super) fn note_synced(file: &File) {
    if let Ok(file) = file.metadata() {
        SYNCED.with_borrow_mut(|synced| synced.push(file.ino()));
    }
}

/// The files two levels below a directory, and what of them is safe.
pub(super) struct Disk {
    root: PathBuf,
    links: PathBuf,
    /// What each path names.
    names: BTreeMap<PathBuf, u64>,
    safe_names: BTreeMap<PathBuf, u64>,
    safe_bytes: HashMap<u64, Vec<u8>>,
    /// What a file was called before it was renamed.
    earlier: HashMap<u64, PathBuf>,
}

impl Disk {
    pub(super) fn of(root: &Path, links: &Path) -> Self {
        SYNCED.take();
        fs::create_dir(links).unwrap();
        Self {
            root: root.to_owned(),
            links: links.to_owned(),
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            safe_bytes: HashMap::new(),
            earlier: HashMap::new(),
        }
    }

    /// Every file, whosever it is.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let below = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten();
        let processes = below(self.root.clone()).flat_map(|project| below(project.path()));
        let files = processes.flat_map(|process| below(process.path()));
        let mut files: Vec<_> = files.map(|file| file.path()).collect();
        files.sort_unstable();
        files
    }

    /// Takes note of what an action has done.
    pub(super) fn look(&mut self) {
        let mut names = BTreeMap::new();
        for path in self.files() {
            let inode = fs::metadata(&path).unwrap().ino();
            let link = self.link(inode);
            if !link.exists() {
                fs::hard_link(&path, link).unwrap();
            }
            names.insert(path, inode);
        }
        for (path, inode) in &self.names {
            if names.get(path) != Some(inode) {
                self.earlier.insert(*inode, path.clone());
            }
        }
        self.names = names;
        for inode in SYNCED.take() {
            self.sync_bytes(inode);
        }
    }

    /// A file is brought to the disk under the name that it has.
    pub(super) fn sync(&mut self, file: &File) {
        self.look();
        let inode = file.metadata().unwrap().ino();
        self.sync_bytes(inode);
        let path = self.names.iter().find(|(_, named)| **named == inode);
        if let Some((path, _)) = path {
            self.safe_names.insert(path.clone(), inode);
        }
    }

    /// What is safe of a file under its name: nothing if that is not.
    pub(super) fn safe(&self, path: &Path) -> Vec<u8> {
        let inode = self.safe_names.get(path);
        let bytes = inode.and_then(|inode| self.safe_bytes.get(inode));
        bytes.cloned().unwrap_or_default()
    }

    /// Somebody has written into a file, and that is on the disk.
    pub(super) fn harmed(&mut self, path: &Path) {
        self.look();
        let inode = self.names.get(path).copied();
        if let Some(inode) = inode.filter(|inode| self.safe_bytes.contains_key(inode)) {
            self.sync_bytes(inode);
        }
    }

    /// Somebody has removed a file, for good.
    pub(super) fn removed(&mut self, path: &Path) {
        self.safe_names.remove(path);
        self.look();
    }

    /// What was not synced may be lost, each part of it for itself.
    pub(super) fn lose_power(&mut self, random: &mut Rng) {
        self.look();
        let mut left: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        for (path, inode) in self.left_names(random) {
            let now = fs::read(self.link(inode)).unwrap();
            left.insert(path, self.left_bytes(inode, &now, random));
        }
        for path in self.names.keys() {
            fs::remove_file(path).unwrap();
        }
        fs::remove_dir_all(&self.links).unwrap();
        let (root, links) = (self.root.clone(), self.links.clone());
        *self = Self::of(&root, &links);
        for (path, bytes) in left {
            let folder = path.parent().unwrap();
            if !folder.exists() {
                fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
            }
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        self.look();
        self.safe_names = self.names.clone();
        for inode in self.names.clone().into_values() {
            self.sync_bytes(inode);
        }
    }

    fn left_names(&self, random: &mut Rng) -> BTreeMap<PathBuf, u64> {
        let paths: BTreeSet<&PathBuf> = self.names.keys().chain(self.safe_names.keys()).collect();
        let mut left = BTreeMap::new();
        for path in paths {
            let (now, safe) = (self.names.get(path), self.safe_names.get(path));
            let is_new = random.u8(..3) > 0;
            let chosen = if is_new { now } else { safe };
            if let Some(inode) = chosen {
                left.insert(path.clone(), *inode);
            } else if let Some(earlier) = now.and_then(|inode| self.earlier.get(inode))
                && !self.names.contains_key(earlier)
                && random.bool()
            {
                left.extend(now.map(|inode| (earlier.clone(), *inode)));
            }
        }
        left
    }

    fn left_bytes(&self, inode: u64, now: &[u8], random: &mut Rng) -> Vec<u8> {
        let nothing = Vec::new();
        let safe = self.safe_bytes.get(&inode).unwrap_or(&nothing);
        let least = safe.len().min(now.len());
        let length = match random.u8(..4) {
            0 => random.usize(least..=now.len()),
            1 => (random.usize(least..=now.len())).next_multiple_of(PAGE),
            _ => now.len(),
        };
        let mut left = now[..length.min(now.len())].to_vec();
        for at in (0..left.len()).step_by(PAGE) {
            let page = &mut left[at..];
            let end = page.len().min(PAGE);
            let kept = match random.u8(..8) {
                0 => 0,
                1 => (random.usize(..8) * SECTOR).min(end),
                _ => end,
            };
            for (place, byte) in page[kept..end].iter_mut().enumerate() {
                *byte = safe.get(at + kept + place).copied().unwrap_or(0);
            }
        }
        left
    }

    fn sync_bytes(&mut self, inode: u64) {
        let bytes = fs::read(self.link(inode)).unwrap_or_default();
        self.safe_bytes.insert(inode, bytes);
    }

    fn link(&self, inode: u64) -> PathBuf {
        self.links.join(inode.to_string())
    }
}
