//! Dead letters: events that the server will not have, kept for somebody to look at.
//!
//! ```text
//! <root>/<project>/dead/<uuid v7>.jsonl     a line for each event: {"reason":"..","event":{..}}
//! ```
//!
//! The oldest go when they take more than a mebibyte: they are lost and counted already, and here for a look only.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Location, folder};
use crate::event::Event;
use crate::ids;

/// All of a project's dead letters take no more than this.
const MOST_BYTES: u64 = 1024 * 1024;

/// The folder's name among those of processes.
const FOLDER: &str = "dead";

/// The dead letters of a project.
#[derive(Debug)]
pub(in crate::delivery) struct DeadLetters(PathBuf);

#[derive(Serialize)]
struct Letter<'a> {
    reason: &'a str,
    event: &'a RawValue,
}

impl DeadLetters {
    pub(in crate::delivery) fn of(location: &Location) -> Self {
        Self(location.root.join(&location.project).join(FOLDER))
    }

    /// Keeps events; a file of all of them, named by the time.
    ///
    /// # Errors
    /// They are not kept then, or not all of them.
    pub(in crate::delivery) fn keep<'a>(
        &self,
        now: Duration,
        letters: impl IntoIterator<Item = (&'a Event, String)>,
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        for (event, reason) in letters {
            let Ok(json) = serde_json::from_slice(event.json()) else {
                continue; // nothing that anybody could look at
            };
            let (reason, event) = (reason.as_str(), json);
            serde_json::to_writer(&mut lines, &Letter { reason, event })?;
            lines.push(b'\n');
        }
        folder::ensure_private(&self.0)?;
        self.make_room((lines.len() as u64).min(MOST_BYTES))?;
        let path = self.0.join(format!("{}.jsonl", ids::uuid_v7(now)));
        folder::create_file(&path)?.write_all(&lines[..lines.len().min(most())])
    }

    fn make_room(&self, wanted: u64) -> io::Result<()> {
        let mut files = files(&self.0)?;
        let mut used: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        files.reverse();
        while used + wanted > MOST_BYTES
            && let Some((oldest, bytes)) = files.pop()
        {
            let _ = fs::remove_file(oldest);
            used -= bytes;
        }
        Ok(())
    }
}

/// Events among the dead letters of a project; what cannot be read has none.
pub(super) fn count(project: &Path) -> usize {
    let files = files(&project.join(FOLDER)).unwrap_or_default();
    let lines = files.iter().filter_map(|(path, _)| folder::read(path).ok());
    lines
        .map(|lines| lines.split(|byte| *byte == b'\n').count() - 1)
        .sum()
}

/// Removes the dead letters of a project, if it has any.
pub(super) fn remove(project: &Path) -> io::Result<()> {
    let letters = project.join(FOLDER);
    for (path, _) in files(&letters).unwrap_or_default() {
        fs::remove_file(path)?;
    }
    match fs::remove_dir(letters) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn most() -> usize {
    usize::try_from(MOST_BYTES).unwrap_or(usize::MAX)
}

/// The files and their sizes, by name and so by age.
fn files(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.metadata()?;
        if file.is_file() {
            found.push((entry.path(), file.len()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(root: &Path) -> DeadLetters {
        fs::create_dir_all(root.join("project")).unwrap();
        DeadLetters::of(&Location::named(root, "project"))
    }

    fn event(name: &str, bytes: usize) -> Event {
        let json = serde_json::json!({"event": name, "uuid": "u", "body": "x".repeat(bytes)});
        Event::stored(json.to_string().as_bytes())
    }

    #[test]
    fn a_letter_says_what_came_of_the_event_and_why() {
        let root = tempfile::tempdir().unwrap();
        let letters = letters(root.path());
        let (one, two) = (event("one", 1), event("two", 1));
        let kept = [(&one, "too large".into()), (&two, "status 400".into())];
        letters.keep(Duration::from_secs(1), kept).unwrap();
        let (path, _) = files(&letters.0).unwrap().pop().unwrap();
        let lines = fs::read_to_string(path).unwrap();
        let lines: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            (&lines[0]["reason"], &lines[0]["event"]["event"]),
            (&"too large".into(), &"one".into())
        );
        assert_eq!(lines[1]["event"]["event"], "two");
    }

    #[test]
    fn the_oldest_letters_go_when_there_are_too_many() {
        let root = tempfile::tempdir().unwrap();
        let letters = letters(root.path());
        for second in 0..5 {
            let event = event(&format!("{second}"), 300_000);
            letters
                .keep(Duration::from_secs(second), [(&event, String::new())])
                .unwrap();
        }
        let files = files(&letters.0).unwrap();
        assert_eq!(files.len(), 3);
        assert!(files.iter().map(|(_, bytes)| bytes).sum::<u64>() <= MOST_BYTES);
        let newest = fs::read_to_string(&files[2].0).unwrap();
        assert!(newest.contains(r#""event":"4""#));
    }
}
