//! What lies in the journals below a directory, for people who want to know, or to have it gone.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::folder::{self, Folder};
use super::segment::{self, Found, Records};
use super::{dead, settled};

/// The journal of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The name of its project's folder, made of host and key: see [`project_name`].
    pub project: String,
    /// The name of its folder, which begins with the number of the process.
    pub process: String,
    /// Whether the process lives.
    pub lives: bool,
    /// Events that are not delivered yet.
    pub events: usize,
    /// Bytes of all its files.
    pub bytes: u64,
    /// When anything was last written there; `None` if that cannot be told.
    pub written: Option<SystemTime>,
}

/// What lies below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The journals of all processes, by project.
    pub journals: Vec<Journal>,
    /// Projects that have dead letters, and how many events those are.
    pub dead_letters: Vec<(String, usize)>,
}

/// The name of a project's folder: events for this host and key are in it, imports apart from all others.
pub fn project_name(host: &str, api_key: &str, historical_migration: bool) -> String {
    folder::project_name(
        crate::wire::ingestion_host(host),
        api_key,
        historical_migration,
    )
}

/// Looks at all journals below `root`. A directory that is not there has none.
///
/// # Errors
/// It, or a project's folder in it, cannot be read, or is not this user's alone.
pub fn survey(root: &Path) -> io::Result<Survey> {
    let mut found = Survey::default();
    for project in folder::projects(root)? {
        for path in folder::processes(&root.join(&project))? {
            let orphan = Folder::claim(&path)?;
            let (lives, folder) = match orphan {
                Some(folder) => (false, folder.files()),
                None if path.exists() => (true, folder::Files::at(&path)),
                None => continue, // it went meanwhile
            };
            found.journals.push(Journal {
                process: name(&path),
                project: project.clone(),
                lives,
                events: events(&folder),
                bytes: bytes(&path),
                written: fs::metadata(&path).and_then(|path| path.modified()).ok(),
            });
        }
        let letters = dead::count(&root.join(&project));
        if letters > 0 {
            found.dead_letters.push((project, letters));
        }
    }
    Ok(found)
}

/// Removes the journals of processes that are gone, of one project or of all; what is in them is lost. Dead letters go too
/// when `with_dead_letters` says so.
///
/// Returns how many events were removed, dead letters aside.
///
/// # Errors
/// As [`survey`]; what was removed by then stays removed.
pub fn purge(root: &Path, project: Option<&str>, with_dead_letters: bool) -> io::Result<usize> {
    let mut removed = 0;
    for found in folder::projects(root)? {
        if project.is_some_and(|project| project != found) {
            continue;
        }
        let project = root.join(&found);
        for path in folder::processes(&project)? {
            let Some(orphan) = Folder::claim(&path)? else {
                continue; // its process lives
            };
            removed += events(&orphan.files());
            for number in orphan.segments()? {
                fs::remove_file(orphan.segment_path(number))?;
                let _ = fs::remove_file(orphan.settled_path(number));
            }
            orphan.remove_spares();
            orphan.remove()?;
        }
        if with_dead_letters {
            dead::remove(&project)?;
        }
        let _ = fs::remove_dir(&project); // if nothing else is in it
    }
    Ok(removed)
}

/// Events in a folder, as far as they are not settled; what cannot be read has none.
fn events(files: &folder::Files) -> usize {
    let numbers = files.segments().unwrap_or_default();
    numbers
        .into_iter()
        .map(|number| unsettled(files, number))
        .sum()
}

/// Events in a segment, as far as they are not settled.
pub(super) fn unsettled(files: &folder::Files, number: u32) -> usize {
    let bytes = folder::read(&files.segment_path(number)).map(segment::unpacked);
    let marks = folder::read(&files.settled_path(number)).unwrap_or_default();
    let start = segment::HEADER_BYTES.max(settled::furthest(&marks) as usize);
    let bytes = bytes.unwrap_or_default();
    let records = Records::from(&bytes, start);
    records
        .filter(|found| matches!(found, Found::Record { .. }))
        .count()
}

fn bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = files.map(|file| file.metadata().map_or(0, |file| file.len()));
    sizes.sum()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{Location, Writer};
    use super::*;

    fn journal(root: &Path, key: &str, events: usize) -> Writer {
        let mut writer = Writer::open(&Location::of(root.to_owned(), "host", key, false)).unwrap();
        for _ in 0..events {
            writer.append(b"{}").unwrap();
        }
        writer
    }

    #[test]
    fn every_journal_is_found_with_its_events_and_whether_its_process_lives() {
        let root = tempfile::tempdir().unwrap();
        let _lives = journal(root.path(), "key", 3);
        drop(journal(root.path(), "another", 5));
        let found = survey(root.path()).unwrap().journals;
        let mut seen: Vec<_> = found
            .iter()
            .map(|found| (found.events, found.lives))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, [(3, true), (5, false)]);
        let own = folder::project_name("host", "key", false);
        assert!(
            found
                .iter()
                .any(|found| found.project == own && found.events == 3)
        );
        let pid = std::process::id().to_string();
        assert!(
            found
                .iter()
                .all(|found| found.process.starts_with(&pid) && found.bytes > 0)
        );
    }

    #[test]
    fn what_is_settled_is_not_waiting() {
        let root = tempfile::tempdir().unwrap();
        let mut writer = journal(root.path(), "key", 3);
        let place = writer.append(b"{}").unwrap();
        writer.append(b"{}").unwrap();
        writer.ledger().settle(place).unwrap();
        assert_eq!(survey(root.path()).unwrap().journals[0].events, 1);
    }

    #[test]
    fn only_journals_of_processes_that_are_gone_are_purged() {
        let root = tempfile::tempdir().unwrap();
        let _lives = journal(root.path(), "key", 3);
        drop(journal(root.path(), "key", 5));
        drop(journal(root.path(), "another", 7));
        let another = folder::project_name("host", "another", false);
        assert_eq!(purge(root.path(), Some(&another), false).unwrap(), 7);
        assert!(!root.path().join(another).exists());
        assert_eq!(purge(root.path(), None, false).unwrap(), 5);
        assert_eq!(survey(root.path()).unwrap().journals.len(), 1);
    }

    #[test]
    fn a_directory_that_is_not_there_has_nothing() {
        let root = tempfile::tempdir().unwrap();
        let nowhere = root.path().join("nowhere");
        assert_eq!(survey(&nowhere).unwrap(), Survey::default());
        assert_eq!(purge(&nowhere, None, true).unwrap(), 0);
    }

    #[test]
    fn a_directory_that_others_could_have_prepared_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let said = survey(root.path()).unwrap_err().to_string();
        assert!(said.contains("can be written to by other users"), "{said}");
    }
}
