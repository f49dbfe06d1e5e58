//! How much of the disk the journal may take.

use std::fs;
use std::io;
use std::path::Path;

use nix::sys::statvfs::statvfs;

/// The journals of all processes and projects below one directory take no more than this ...
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// ... and no more than one part in so many of what is free: a small disk is the program's, not ours.
const SHARE_OF_FREE: u64 = 20;

/// Says whether so many bytes more may be written below `root`.
///
/// # Errors
/// [`io::ErrorKind::StorageFull`] if not, and what reading the directory fails with.
pub(super) fn check(root: &Path, wanted: u64) -> io::Result<()> {
    let used = size(root, 3);
    let limit = limit(free(root)?, used);
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
fn limit(free: u64, used: u64) -> u64 {
    MOST_BYTES.min((free + used) / SHARE_OF_FREE)
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
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_large_disk_gives_256_mib_and_a_small_one_a_twentieth() {
        assert_eq!(limit(1_000_000 * MIB, 0), 256 * MIB);
        assert_eq!(limit(190 * MIB, 10 * MIB), 10 * MIB);
    }

    #[test]
    fn what_all_processes_have_written_counts() {
        let root = tempfile::tempdir().unwrap();
        let process = root.path().join("project/process");
        fs::create_dir_all(&process).unwrap();
        fs::write(process.join("00000001.seg"), [0; 1000]).unwrap();
        fs::write(root.path().join("project/other"), [0; 10]).unwrap();
        assert_eq!(size(root.path(), 3), 1010);
        assert!(check(root.path(), 1).is_ok());
        let refused = check(root.path(), MOST_BYTES).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    }
}
