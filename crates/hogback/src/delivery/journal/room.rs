//! How much of the disk the journal may take, and who goes when that is used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;

use super::folder::{self, Folder};
use super::survey;

/// No file of a journal is longer.
const LONGEST_FILE: u64 = 2 * 1024 * 1024;

/// However much it may take, it takes no more than one part in so many of what is free: a small disk is the program's, not
/// ours.
const SHARE_OF_FREE: u64 = 20;

/// Says whether so many bytes more may be written below `root`, where `most` may be. Where they may not, the oldest events of
/// processes that are gone make room.
///
/// Adds to `lost` how many events those were, also when it was not enough.
///
/// # Errors
/// [`io::ErrorKind::StorageFull`] if there is no room to be made, and what reading the directory fails with.
pub(super) fn make(root: &Path, most: u64, wanted: u64, lost: &mut usize) -> io::Result<()> {
    let Err(full) = check(root, most, wanted) else {
        return Ok(());
    };
    if full.kind() != io::ErrorKind::StorageFull {
        return Err(full);
    }
    for path in by_age(root) {
        let Ok(Some(orphan)) = Folder::claim(&path) else {
            continue; // its process lives, or another one sends it
        };
        orphan.remove_spares();
        if check(root, most, wanted).is_ok() {
            return Ok(());
        }
        for number in orphan.segments().unwrap_or_default() {
            *lost += survey::unsettled(&orphan.files(), number);
            let _ = fs::remove_file(orphan.segment_path(number));
            let _ = fs::remove_file(orphan.settled_path(number));
            if check(root, most, wanted).is_ok() {
                return Ok(());
            }
        }
        let _ = orphan.remove();
    }
    check(root, most, wanted)
}

/// The directories of all processes, whichever project they are of, those first that were used last long ago.
fn by_age(root: &Path) -> Vec<PathBuf> {
    let below = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let processes = below(root).flat_map(|project| below(&project.path()));
    let mut found: Vec<(SystemTime, PathBuf)> = processes
        .filter(|process| folder::is_process_name(&process.file_name()))
        .filter_map(|process| Some((process.metadata().ok()?.modified().ok()?, process.path())))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, path)| path).collect()
}

/// Says whether so many bytes more may be written below `root`.
///
/// # Errors
/// As [`make`].
pub(super) fn check(root: &Path, most: u64, wanted: u64) -> io::Result<()> {
    check_share(root, most, 1, wanted)
}

/// As [`check`], for what shall not be there unless one part in `share` of what may be is enough.
///
/// # Errors
/// As [`make`].
pub(super) fn check_share(root: &Path, most: u64, share: u64, wanted: u64) -> io::Result<()> {
    // Writing beyond it would not only fail: the kernel kills a process that has not seen to the signal (setrlimit(2)).
    let (longest, _) = getrlimit(Resource::RLIMIT_FSIZE)?;
    if longest < LONGEST_FILE {
        let said = format!("files may not grow beyond {longest} bytes here (RLIMIT_FSIZE)");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, said));
    }
    let used = size(root, 3);
    let limit = limit(most, free(root)?, used) / share;
    if used + wanted <= limit {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::StorageFull,
        format!(
            "the journal in {} has {used} bytes, and may have no more than {limit}",
            root.display()
        ),
    ))
}

/// What the journal takes is not the program's to use, but it is no reason to take less either.
fn limit(most: u64, free: u64, used: u64) -> u64 {
    most.min((free + used) / SHARE_OF_FREE)
}

fn free(root: &Path) -> io::Result<u64> {
    let disk = statvfs(root)?;
    Ok(disk.blocks_available() * disk.fragment_size())
}

/// Bytes of the files below a directory, down to a depth; what cannot be read takes nothing.
fn size(directory: &Path, depth: u32) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() && depth > 1 => size(&entry.path(), depth - 1),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |file| file.len()),
        _ => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::super::{Location, Writer};
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_large_disk_gives_what_is_allowed_and_a_small_one_a_twentieth() {
        assert_eq!(limit(256 * MIB, 1_000_000 * MIB, 0), 256 * MIB);
        assert_eq!(limit(256 * MIB, 190 * MIB, 10 * MIB), 10 * MIB);
    }

    #[test]
    fn what_all_processes_have_written_counts() {
        let root = tempfile::tempdir().unwrap();
        let process = root.path().join("project/process");
        fs::create_dir_all(&process).unwrap();
        fs::write(process.join("00000001.seg"), [0; 1000]).unwrap();
        fs::write(root.path().join("project/other"), [0; 10]).unwrap();
        assert_eq!(size(root.path(), 3), 1010);
        assert!(check(root.path(), 1011, 1).is_ok());
        let refused = check(root.path(), 1010, 1).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn the_events_of_processes_that_are_gone_make_room_and_those_of_the_living_do_not() {
        let root = tempfile::tempdir().unwrap();
        let open =
            |key| Writer::open(&Location::of(root.path().to_owned(), "host", key, false)).unwrap();
        let (mut gone, mut lives) = (open("key"), open("another key"));
        for writer in [&mut gone, &mut lives] {
            for _ in 0..10 {
                writer.append(b"{}").unwrap();
            }
        }
        let folder = gone.written().folder.path().to_owned();
        drop(gone);
        let used = size(root.path(), 3);
        let mut lost = 0;
        make(root.path(), used + 10, 10, &mut lost).unwrap();
        assert_eq!(lost, 0, "there is room");
        make(root.path(), used, 10, &mut lost).unwrap();
        assert_eq!(lost, 10);
        assert!(!folder.exists() || fs::read_dir(&folder).unwrap().count() == 0);
        let refused = make(root.path(), used, used, &mut lost).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert_eq!(lives.written().folder.segments().unwrap(), [1]);
    }

    #[test]
    fn what_a_process_that_is_gone_had_made_ready_goes_before_its_events() {
        let root = tempfile::tempdir().unwrap();
        let location = Location::of(root.path().to_owned(), "host", "key", false);
        let mut gone = Writer::open(&location).unwrap();
        gone.append(b"{}").unwrap();
        assert_eq!(gone.care().make_spares(4), 4);
        drop(gone);
        let mut lost = 0;
        make(root.path(), 4 * MIB, MIB, &mut lost).unwrap();
        assert_eq!(lost, 0);
        assert!(size(root.path(), 3) < MIB);
    }

    #[test]
    fn events_that_had_to_go_are_counted_also_when_there_is_no_room_all_the_same() {
        let root = tempfile::tempdir().unwrap();
        let location = Location::of(root.path().to_owned(), "host", "key", false);
        Writer::open(&location).unwrap().append(b"{}").unwrap();
        let mut lost = 0;
        let refused = make(root.path(), 10, 20, &mut lost).unwrap_err();
        assert_eq!((refused.kind(), lost), (io::ErrorKind::StorageFull, 1));
    }
}
