//! The folders in which journals are, and the locks that say whose each is.
//!
//! ```text
//! <root>/<project>/<process>/                locked for as long as the process lives
//!                            NNNNNNNN.seg    see `segment`
//!                            NNNNNNNN.ack    see `settled`
//! ```
//!
//! The kernel drops a lock when its process dies, however it dies; then another process may [claim](Folder::claim) the
//! folder and send what was left. The folder itself is locked, with `flock(2)`: what cleans `/var/tmp` would remove a lock
//! file that is old, and the folder would pass for a dead one's, while `systemd-tmpfiles` leaves a locked folder alone
//! with all that is in it (tmpfiles.d(5)).
//!
//! Events are private and the root may stand among everybody's files, so all of this is for one user only, and a folder
//! that somebody else could have prepared is refused.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{O_DIRECTORY, O_NOFOLLOW};
use nix::unistd::geteuid;

use crate::fork::{CloseInChildren, close_in_children};

/// Beyond this a file is none of ours: reading it whole would take too much memory.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// How the names of segments end, and those of their marks.
const SEGMENT: &str = ".seg";
const MARKS: &str = ".ack";

/// Segments that are made ready and not used yet, and a file that is being made. Whoever finds them removes them.
const SPARES: [&str; 4] = ["spare-1", "spare-2", "spare-3", "spare-4"];
const UNFINISHED: &str = "unfinished";

/// As many as a burst fills before the worker looks again, and no large part of what the journal may take.
pub(super) const MOST_SPARES: usize = SPARES.len();

/// A new folder may be taken for a dead one's between its making and its locking. It happens once in a blue moon; this
/// often in a row it means something else.
const TRIES: usize = 5;

/// A place for journals that is there on every machine, `/var/tmp/hogback-` and the user's number: it survives a restart
/// of the machine, as `/tmp` may not.
pub fn default_directory() -> PathBuf {
    PathBuf::from(format!("/var/tmp/hogback-{}", geteuid()))
}

/// The name of the folder for events of this project, so that a client with another key or host never sends them, nor one
/// that sends live events those that are imported from the past.
///
/// 16 hex characters, the FNV-1a hash of all three. It need not be secret: the key is public, as browsers show it, and
/// whoever can read the folder's name can read the events in it.
pub(super) fn project_name(host: &str, api_key: &str, historical_migration: bool) -> String {
    // Written out, since the standard library's hashes may change with any release. No host or key has a zero byte.
    let imported: &[u8] = if historical_migration {
        b"\0imported"
    } else {
        b""
    };
    let bytes = host.bytes().chain([0]).chain(api_key.bytes());
    let bytes = bytes.chain(imported.iter().copied());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The journals in the project's folder, sorted by name, but for `own`. Most belong to processes that live:
/// [`Folder::claim`] tells. None if the folder cannot be read or is not to be trusted.
pub(super) fn orphans(root: &Path, project: &str, own: &Path) -> Vec<PathBuf> {
    let orphans = || {
        let root = absolute(root)?;
        check_private(&root)?;
        processes(&root.join(project))
    };
    let mut found = orphans().unwrap_or_default();
    found.retain(|path| path.file_name() != own.file_name());
    found
}

/// The journals in a project's folder, sorted by name.
pub(super) fn processes(project: &Path) -> io::Result<Vec<PathBuf>> {
    // Whoever ends last removes it, at any moment.
    if unless_gone(check_private(project))?.is_none() {
        return Ok(Vec::new());
    }
    let Some(entries) = unless_gone(fs::read_dir(project)).map_err(at(project))? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if is_process_name(&entry.file_name()) && entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The names of the projects below a root, sorted; none if it is not there.
pub(super) fn projects(root: &Path) -> io::Result<Vec<String>> {
    let root = absolute(root)?;
    if unless_gone(fs::symlink_metadata(&root))
        .map_err(at(&root))?
        .is_none()
    {
        return Ok(Vec::new());
    }
    check_private(&root)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(&root).map_err(at(&root))? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if is_project_name(&name) && entry.file_type()?.is_dir() {
            found.push(name);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Makes a file that was not there, readable and writable by this user only.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    private()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(at(path))
}

/// Opens a file for appending, and makes it if it is not there, as [`create_file`] does.
pub(super) fn open_append(path: &Path) -> io::Result<File> {
    private()
        .append(true)
        .create(true)
        .open(path)
        .map_err(at(path))
}

/// Opens a file to write over what it has, and makes it if it is not there, for this user only.
pub(super) fn open_overwrite(path: &Path) -> io::Result<File> {
    let mut options = private();
    options.write(true).create(true).truncate(false);
    options.open(path).map_err(at(path))
}

/// Brings what a file holds to the disk.
pub(super) fn sync(file: &File) -> io::Result<()> {
    #[cfg(test)]
    super::model::note_synced(file);
    file.sync_data()
}

/// Makes a folder for this user only, below one that is, unless it is there.
pub(super) fn ensure_private(path: &Path) -> io::Result<()> {
    match make_directory(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => check_private(path),
    }
}

/// What a file holds. An error if that is more than 64 MiB, or if it is no file but a link to one.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(O_NOFOLLOW)
        .open(path)
        .map_err(at(path))?;
    let length = file.metadata().map_err(at(path))?.len();
    let mut bytes = Vec::new();
    if length <= MAX_FILE_BYTES {
        // One byte more than it should have, to see whether it has grown.
        let mut limited = file.take(MAX_FILE_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(at(path))?;
    }
    if length.max(bytes.len() as u64) > MAX_FILE_BYTES {
        return Err(refused(path, "is larger than 64 MiB"));
    }
    Ok(bytes)
}

/// A process's journal, ours for as long as this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute, since the program may go to another directory.
    path: PathBuf,
    /// A forked child shares the lock until it closes its copy: one that outlives this process would keep the folder from
    /// being claimed. It stands before the lock, to be dropped first.
    _closes_in_children: CloseInChildren,
    /// Never unlocked: closing the file does it, in the last process that has it.
    _lock: File,
}

impl Folder {
    /// Makes a folder for this process, and those above it. What holds the root must be there.
    ///
    /// The error names the path and the reason: besides those of the file system, that the root or the project's folder
    /// is no directory (but a link to one, say), is another user's, or can be changed by others.
    pub(super) fn create(root: &Path, project: &str) -> io::Result<Self> {
        let root = absolute(root)?;
        let project = root.join(project);
        ensure_private(&root)?;
        for _ in 0..TRIES {
            ensure_private(&project)?;
            let path = project.join(new_process_name());
            match make_directory(&path) {
                // The last who was there has just removed the project's folder.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                made => made?,
            }
            match Self::claim(&path) {
                Ok(Some(folder)) => return Ok(folder),
                // Somebody took it for a dead one's. That one finds nothing in it and removes it.
                Ok(None) => {}
                Err(error) => {
                    // A file system without locks, most likely: leave no litter behind at every start.
                    let _ = fs::remove_dir(&path);
                    return Err(error);
                }
            }
        }
        Err(refused(&project, "folders in it are taken at once"))
    }

    /// Takes a folder over; `None` if it is somebody's, or is there no more.
    pub(super) fn claim(path: &Path) -> io::Result<Option<Self>> {
        let path = absolute(path)?;
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(O_DIRECTORY | O_NOFOLLOW)
            .open(&path);
        let Some(lock) = unless_gone(opened).map_err(at(&path))? else {
            return Ok(None);
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        // Between the two, whoever had the folder may have removed it: then this is a lock on nothing.
        let ours = lock.metadata().map_err(at(&path))?;
        let named = unless_gone(fs::symlink_metadata(&path)).map_err(at(&path))?;
        let same =
            named.is_some_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino()));
        Ok(same.then(|| Self {
            path,
            _closes_in_children: close_in_children(lock.as_raw_fd()),
            _lock: lock,
        }))
    }

    /// Where it is; absolute.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its files.
    pub(super) fn files(&self) -> Files {
        Files::at(&self.path)
    }

    /// The numbers of its segments, ascending.
    pub(super) fn segments(&self) -> io::Result<Vec<u32>> {
        self.files().segments()
    }

    /// The numbers of its files of marks, ascending.
    pub(super) fn settled(&self) -> io::Result<Vec<u32>> {
        self.files().settled()
    }

    /// The segment of this number, up to 99 999 999: those beyond it are not found again.
    pub(super) fn segment_path(&self, number: u32) -> PathBuf {
        self.files().segment_path(number)
    }

    /// The marks of that segment.
    pub(super) fn settled_path(&self, number: u32) -> PathBuf {
        self.files().settled_path(number)
    }

    /// Where segments are that were made ready.
    pub(super) fn spare_paths(&self) -> [PathBuf; MOST_SPARES] {
        SPARES.map(|name| self.path.join(name))
    }

    /// Where a file is that is being made.
    pub(super) fn unfinished_path(&self) -> PathBuf {
        self.path.join(UNFINISHED)
    }

    /// Makes a spare a segment and opens it; none if there is none that can be had.
    pub(super) fn take_spare(&self, segment: &Path) -> Option<File> {
        if segment.exists() {
            return None;
        }
        self.spare_paths().into_iter().find_map(|spare| {
            let file = private().write(true).open(&spare).ok()?;
            fs::rename(&spare, segment).ok()?;
            Some(file)
        })
    }

    /// Removes what no event is in.
    pub(super) fn remove_spares(&self) {
        for spare in self.spare_paths() {
            let _ = fs::remove_file(spare);
        }
        let _ = fs::remove_file(self.unfinished_path());
    }

    /// Removes the folder if nothing is in it, and the project's if nothing else is there; else everything stays, for another
    /// to claim.
    pub(super) fn remove(&self) -> io::Result<()> {
        let removed = fs::remove_dir(&self.path);
        if let (Ok(()), Some(project)) = (&removed, self.path.parent()) {
            let _ = fs::remove_dir(project);
        }
        match unless_gone(removed) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            result => result.map(drop).map_err(at(&self.path)),
        }
    }
}

/// The files in a process's folder, whoever has it.
#[derive(Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    pub(super) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The numbers of its segments, ascending.
    pub(super) fn segments(&self) -> io::Result<Vec<u32>> {
        self.numbers(SEGMENT)
    }

    /// The numbers of its files of marks, ascending.
    pub(super) fn settled(&self) -> io::Result<Vec<u32>> {
        self.numbers(MARKS)
    }

    fn numbers(&self, end: &str) -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(at(&self.0))? {
            let entry = entry.map_err(at(&self.0))?;
            if let Some(number) = file_number(&entry.file_name(), end)
                && entry.file_type().map_err(at(&self.0))?.is_file()
            {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The segment of this number, up to 99 999 999: those beyond it are not found again.
    pub(super) fn segment_path(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number:08}{SEGMENT}"))
    }

    /// The marks of that segment.
    pub(super) fn settled_path(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number:08}{MARKS}"))
    }
}

/// What all files here are opened with, besides close-on-exec, which the standard library always asks for.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(O_NOFOLLOW);
    options
}

/// The path from `/` on, and without a slash at its end, which would make a link be followed.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path).map_err(at(path))?;
    Ok(path.components().collect())
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path).map_err(at(path))
}

/// An error unless the path is a directory, and only this user can change what is in it.
fn check_private(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path).map_err(at(path))?;
    let user = geteuid();
    if !found.is_dir() {
        Err(refused(path, "is not a directory"))
    } else if found.uid() != user.as_raw() {
        let reason = format!("belongs to user {} and not to {user}", found.uid());
        Err(refused(path, &reason))
    } else if found.mode() & 0o022 != 0 {
        Err(refused(path, "can be written to by other users"))
    } else {
        Ok(())
    }
}

/// Process ids come round again, and are the same in every container: the rest tells these apart.
fn new_process_name() -> String {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    format!("{}-{random:016x}", std::process::id())
}

fn is_project_name(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(is_hex)
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn is_process_name(name: &OsStr) -> bool {
    let parts = name.to_str().and_then(|name| name.split_once('-'));
    parts.is_some_and(|(pid, random)| {
        !pid.is_empty()
            && pid.bytes().all(|byte| byte.is_ascii_digit())
            && random.len() == 16
            && random.bytes().all(is_hex)
    })
}

fn file_number(name: &OsStr, end: &str) -> Option<u32> {
    let digits = name.to_str()?.strip_suffix(end)?;
    // The standard library would also take a sign.
    let strict = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    strict.then(|| digits.parse().ok()).flatten()
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same error, naming the path.
fn at(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn refused(path: &Path, reason: &str) -> io::Error {
    io::Error::other(format!("{} {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    const PROJECT: &str = "0123456789abcdef";

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    fn parent() -> (TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("root");
        (parent, root)
    }

    fn refusal(root: &Path) -> String {
        Folder::create(root, PROJECT).unwrap_err().to_string()
    }

    fn lock_again(path: &Path) -> Result<(), TryLockError> {
        File::open(path).unwrap().try_lock()
    }

    #[test]
    fn folders_and_files_are_for_this_user_only() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let project = root.join(PROJECT);
        assert_eq!(folder.path().parent(), Some(&*project));
        for path in [&root, &project, folder.path()] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        create_file(&folder.segment_path(1)).unwrap();
        open_append(&folder.settled_path(1)).unwrap();
        for name in ["00000001.seg", "00000001.ack"] {
            assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn processes_share_a_root_and_not_a_folder() {
        let (_parent, root) = parent();
        let one = Folder::create(&root, PROJECT).unwrap();
        let other = Folder::create(&root, PROJECT).unwrap();
        assert_ne!(one.path(), other.path());
        for folder in [&one, &other] {
            let name = folder.path().file_name().unwrap();
            assert!(is_process_name(name), "{}", name.display());
            let pid = format!("{}-", std::process::id());
            assert!(name.to_str().unwrap().starts_with(&pid));
        }
    }

    #[test]
    fn a_project_that_has_just_gone_has_no_processes() {
        let (_parent, root) = parent();
        Folder::create(&root, PROJECT).unwrap().remove().unwrap();
        let gone = root.join("fedcba9876543210");
        assert_eq!(processes(&gone).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_holds_the_root_is_not_made() {
        let (_parent, root) = parent();
        let error = Folder::create(&root.join("deeper"), PROJECT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("root/deeper"), "{error}");
    }

    #[test]
    fn a_root_that_is_a_link_is_refused_with_a_slash_too() {
        let (parent, root) = parent();
        let elsewhere = parent.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &root).unwrap();
        let expected = format!("{} is not a directory", root.display());
        assert_eq!(refusal(&root), expected);
        assert_eq!(refusal(&root.join("")), expected);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }

    #[test]
    fn a_root_that_is_a_file_is_refused() {
        let (_parent, root) = parent();
        File::create(&root).unwrap();
        let expected = format!("{} is not a directory", root.display());
        assert_eq!(refusal(&root), expected);
    }

    #[test]
    fn a_folder_that_others_can_change_is_refused() {
        let (_parent, root) = parent();
        drop(Folder::create(&root, PROJECT).unwrap());
        for path in [root.join(PROJECT), root.clone()] {
            for mode in [0o720, 0o702, 0o1777] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let expected = format!("{} can be written to by other users", path.display());
                assert_eq!(refusal(&root), expected);
                assert_eq!(
                    orphans(&root, PROJECT, Path::new("")),
                    [""; 0].map(PathBuf::from)
                );
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            Folder::create(&root, PROJECT).unwrap();
        }
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let (_parent, root) = parent();
        fs::create_dir(&root).unwrap();
        // Only root can give a directory away; `/` is another user's for everybody else.
        let (path, owner) = if geteuid().is_root() {
            std::os::unix::fs::chown(&root, Some(12345), None).unwrap();
            (&*root, 12345)
        } else {
            (Path::new("/"), 0)
        };
        let expected = format!(
            "{} belongs to user {owner} and not to {}",
            path.display(),
            geteuid()
        );
        assert_eq!(check_private(path).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_folder_is_nobody_elses_until_it_is_dropped() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.path().to_owned();
        assert!(matches!(lock_again(&path), Err(TryLockError::WouldBlock)));
        assert!(Folder::claim(&path).unwrap().is_none());
        drop(folder);
        let claimed = Folder::claim(&path).unwrap().expect("it is free");
        assert_eq!(claimed.path(), path);
        assert!(matches!(lock_again(&path), Err(TryLockError::WouldBlock)));
    }

    #[test]
    fn a_folder_that_is_gone_is_not_claimed() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.path().to_owned();
        folder.remove().unwrap();
        assert!(Folder::claim(&path).unwrap().is_none());
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_was_removed_and_made_anew_is_another_one() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.path().to_owned();
        fs::remove_dir_all(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let anew = Folder::claim(&path).unwrap().expect("nobody has locked it");
        assert!(Folder::claim(&path).unwrap().is_none());
        drop(folder);
        assert!(Folder::claim(&path).unwrap().is_none());
        drop(anew);
        assert!(Folder::claim(&path).unwrap().is_some());
    }

    #[test]
    fn a_folder_stays_its_process_own_when_somebody_cleans_it_up() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        create_file(&folder.segment_path(1)).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        assert!(Folder::claim(folder.path()).unwrap().is_none());
    }

    #[test]
    fn what_is_a_link_to_a_folder_or_a_file_is_not_claimed() {
        let (parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.path().to_owned();
        drop(folder);
        let link = parent.path().join("link");
        symlink(&path, &link).unwrap();
        Folder::claim(&link).unwrap_err();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        Folder::claim(&file).unwrap_err();
    }

    #[test]
    fn orphans_are_the_other_folders_of_the_project_by_name() {
        let (_parent, root) = parent();
        let own = Folder::create(&root, PROJECT).unwrap();
        Folder::create(&root, "fedcba9876543210").unwrap();
        let project = root.join(PROJECT);
        let names = [
            "7-00000000000000ff",
            "12-0123456789abcdef",
            "8-00000000000000ff",
        ];
        for name in names {
            fs::create_dir(project.join(name)).unwrap();
        }
        for name in [
            "7-00000000000000FF",
            "7-ff",
            "-00000000000000ff",
            "7",
            "+7-00000000000000ff",
        ] {
            fs::create_dir(project.join(name)).unwrap();
        }
        File::create(project.join("9-00000000000000ff")).unwrap();
        symlink("/", project.join("10-00000000000000ff")).unwrap();
        let expected = [names[1], names[0], names[2]].map(|name| project.join(name));
        assert_eq!(orphans(&root, PROJECT, own.path()), expected);
        assert_eq!(orphans(&root.join(""), PROJECT, own.path()), expected);
        assert!(orphans(&root, "nothing", own.path()).is_empty());
    }

    #[test]
    fn names_that_are_no_segments_are_ignored() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        for number in [12, 1, 99_999_999] {
            create_file(&folder.segment_path(number)).unwrap();
        }
        let others = [
            "00000002.ack",
            "2.seg",
            "000000002.seg",
            "+0000002.seg",
            "0000000x.seg",
            "00000002.seg~",
            "00000002",
            "00000002.SEG",
            ".seg",
        ];
        for name in others {
            File::create(folder.path().join(name)).unwrap();
        }
        fs::create_dir(folder.segment_path(3)).unwrap();
        symlink(folder.segment_path(1), folder.segment_path(4)).unwrap();
        assert_eq!(folder.segments().unwrap(), [1, 12, 99_999_999]);
    }

    #[test]
    fn what_is_appended_is_read() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.segment_path(1);
        create_file(&path).unwrap().write_all(b"one ").unwrap();
        open_append(&path).unwrap().write_all(b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"one two");
        let error = create_file(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(
            read(&folder.settled_path(1)).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn links_in_place_of_files_are_not_followed() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        create_file(&folder.segment_path(1)).unwrap();
        let link = folder.segment_path(2);
        symlink(folder.segment_path(1), &link).unwrap();
        read(&link).unwrap_err();
        open_append(&link).unwrap_err();
        create_file(&link).unwrap_err();
    }

    #[test]
    fn a_file_is_read_up_to_64_mebibytes() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.segment_path(1);
        let file = create_file(&path).unwrap();
        file.set_len(MAX_FILE_BYTES + 1).unwrap();
        let expected = format!("{} is larger than 64 MiB", path.display());
        assert_eq!(read(&path).unwrap_err().to_string(), expected);
    }

    #[test]
    fn only_an_empty_folder_is_removed() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        let path = folder.path().to_owned();
        let segment = folder.segment_path(1);
        create_file(&segment).unwrap();
        folder.remove().unwrap();
        assert!(segment.exists());
        drop(folder);
        let folder = Folder::claim(&path).unwrap().expect("it is free");
        fs::remove_file(segment).unwrap();
        folder.remove().unwrap();
        assert!(!path.exists());
        assert!(!root.join(PROJECT).exists(), "nobody else is there");
        assert!(root.exists());
    }

    #[test]
    fn the_projects_folder_stays_while_another_process_is_there() {
        let (_parent, root) = parent();
        let stays = Folder::create(&root, PROJECT).unwrap();
        let goes = Folder::create(&root, PROJECT).unwrap();
        goes.remove().unwrap();
        assert!(stays.path().exists());
    }

    #[test]
    fn removing_what_is_gone_is_no_error() {
        let (_parent, root) = parent();
        let folder = Folder::create(&root, PROJECT).unwrap();
        fs::remove_dir(folder.path()).unwrap();
        folder.remove().unwrap();
    }

    #[test]
    fn another_key_or_host_is_another_project_and_imports_are_one_too() {
        let name = project_name("https://eu.example.com", "phc_1", false);
        // For good: another name would leave what older versions wrote behind.
        assert_eq!(name, "4ad7eca05713322e");
        assert_ne!(name, project_name("https://us.example.com", "phc_1", false));
        assert_ne!(name, project_name("https://eu.example.com", "phc_1", true));
        assert_ne!(name, project_name("https://eu.example.com", "phc_2", false));
        assert_ne!(
            project_name("a", "bc", false),
            project_name("ab", "c", false)
        );
        assert_eq!(project_name("", "", true).len(), 16);
    }

    #[test]
    fn the_default_root_is_this_users() {
        let expected = format!("/var/tmp/hogback-{}", geteuid());
        assert_eq!(default_directory(), Path::new(&expected));
    }
}
