//! Source files in memory, so that a second exception at the same place reads nothing.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::source::SourceFile;

/// Enough for the files of a large project that ever appear in tracebacks.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What one entry weighs besides its text: many missing files must not escape the bound.
const ENTRY_BYTES: usize = 256;

/// How long a file is taken to be unchanged: code on disk changes under a running program only while developing.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Source files by path, bounded in bytes; a file that changed on disk is read again.
#[derive(Debug)]
pub struct SourceCache {
    files: Mutex<Files>,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Files {
    by_path: HashMap<String, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    /// `None`: nobody can read it.
    file: Option<Arc<SourceFile>>,
    /// `None`: there is no such file.
    stamp: Option<Stamp>,
    checked: Duration,
}

/// What changes when a file's content does.
type Stamp = (SystemTime, u64);

impl Default for SourceCache {
    fn default() -> Self {
        Self::with_max_bytes(MAX_BYTES)
    }
}

impl SourceCache {
    /// An empty cache for files of that many bytes altogether.
    #[must_use]
    pub fn with_max_bytes(max_bytes: usize) -> Self {
        Self {
            files: Mutex::default(),
            max_bytes,
        }
    }

    /// The text of the file at `path`; what `load` knows of it when there is no such file, or it is not in UTF-8.
    ///
    /// `now` is the time of any clock that runs forward. The disk is looked at, or `load` asked, once a second for each
    /// path; both happen under no lock.
    pub fn file(
        &self,
        path: &str,
        now: Duration,
        load: impl FnOnce() -> Option<SourceFile>,
    ) -> Option<Arc<SourceFile>> {
        let known = self
            .lock()
            .by_path
            .get(path)
            .map(|entry| (entry.checked, entry.stamp, entry.file.clone()));
        // The difference, not the age: two clients may have clocks with different starts.
        if let Some((checked, _, file)) = &known
            && now.abs_diff(*checked) < CHECK_EVERY
        {
            return file.clone();
        }
        let stamp = stamp(path);
        let file = match known {
            Some((_, old, file)) if stamp.is_some() && old == stamp => file,
            _ if stamp.is_some() => read(Path::new(path), load).map(Arc::new),
            _ => load().map(Arc::new),
        };
        self.put(
            path,
            Entry {
                file: file.clone(),
                stamp,
                checked: now,
            },
        );
        file
    }

    fn put(&self, path: &str, entry: Entry) {
        let mut files = self.lock();
        files.remove(path);
        files.bytes += entry.bytes(path);
        files.by_path.insert(path.to_owned(), entry);
        while files.bytes > self.max_bytes && files.remove_oldest() {}
    }

    /// Nothing in here can be half changed: a panic elsewhere is no reason to stop showing source lines.
    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    fn remove(&mut self, path: &str) {
        if let Some(entry) = self.by_path.remove(path) {
            self.bytes -= entry.bytes(path);
        }
    }

    fn remove_oldest(&mut self) -> bool {
        let oldest = self
            .by_path
            .iter()
            .min_by_key(|(_, entry)| entry.checked)
            .map(|(path, _)| path.clone());
        let Some(path) = oldest else { return false };
        self.remove(&path);
        true
    }
}

impl Entry {
    fn bytes(&self, path: &str) -> usize {
        self.file.as_ref().map_or(0, |file| file.bytes()) + path.len() + ENTRY_BYTES
    }
}

fn read(path: &Path, load: impl FnOnce() -> Option<SourceFile>) -> Option<SourceFile> {
    match SourceFile::read(path) {
        Ok(file) => Some(file),
        // Whoever knows the language knows how a file names its encoding.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            load().or_else(|| SourceFile::read_lossy(path).ok())
        }
        Err(_) => None,
    }
}

fn stamp(path: &str) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::source::SourceContext;
    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const LATER: Duration = Duration::from_secs(101);

    /// A folder of its own for one test, removed at its end.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!(
                "hogback-sources-{}-{}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, content: &[u8]) -> String {
            let path = self.0.join(name);
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn read(cache: &SourceCache, path: &str, now: Duration) -> Option<Arc<SourceFile>> {
        cache.file(path, now, || None)
    }

    fn first_line(cache: &SourceCache, path: &str, now: Duration) -> Option<String> {
        Some(
            SourceContext::new(read(cache, path, now)?, 1)?
                .line()
                .to_owned(),
        )
    }

    #[test]
    fn a_changed_file_is_read_again_after_a_second_and_not_before() {
        let folder = Folder::new();
        let path = folder.write("a.py", b"old");
        let cache = SourceCache::default();
        assert_eq!(first_line(&cache, &path, NOW).as_deref(), Some("old"));
        folder.write("a.py", b"newer");
        assert_eq!(first_line(&cache, &path, NOW).as_deref(), Some("old"));
        assert_eq!(first_line(&cache, &path, LATER).as_deref(), Some("newer"));
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let folder = Folder::new();
        let path = folder.write("a.py", b"text");
        let cache = SourceCache::default();
        let first = read(&cache, &path, NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &read(&cache, &path, LATER).unwrap()));
    }

    #[test]
    fn a_file_that_appears_or_goes_is_noticed_after_a_second() {
        let folder = Folder::new();
        let path = folder.write("a.py", b"text");
        let cache = SourceCache::default();
        fs::remove_file(&path).unwrap();
        assert!(read(&cache, &path, NOW).is_none());
        folder.write("a.py", b"text");
        assert!(read(&cache, &path, NOW).is_none());
        assert!(read(&cache, &path, LATER).is_some());
        fs::remove_file(&path).unwrap();
        assert!(read(&cache, &path, LATER * 2).is_none());
    }

    #[test]
    fn what_is_no_file_is_asked_for_once_a_second() {
        let cache = SourceCache::default();
        let asked = std::cell::Cell::new(0);
        for now in [NOW, NOW, LATER] {
            let file = cache.file("/app.zip/a.py", now, || {
                asked.set(asked.get() + 1);
                Some(SourceFile::new(format!("answer {}", asked.get())))
            });
            assert_eq!(
                SourceContext::new(file.unwrap(), 1).unwrap().line(),
                format!("answer {}", asked.get())
            );
        }
        assert_eq!(asked.get(), 2);
    }

    #[test]
    fn the_bound_holds_for_files_and_for_missing_ones() {
        let folder = Folder::new();
        let cache = SourceCache::with_max_bytes(8 * 1024);
        for n in 0..100_u32 {
            let path = folder.write(&format!("{n}.py"), &[b'x'; 1024]);
            assert!(read(&cache, &path, NOW + Duration::from_millis(n.into())).is_some());
            read(&cache, &format!("/nowhere/{n}"), NOW);
            assert!(cache.lock().bytes <= 8 * 1024);
        }
        let counted = cache
            .lock()
            .by_path
            .iter()
            .map(|(path, entry)| entry.bytes(path))
            .sum::<usize>();
        assert_eq!(cache.lock().bytes, counted);
    }

    #[test]
    fn a_file_that_is_not_utf_8_is_shown_as_far_as_it_is_text() {
        let folder = Folder::new();
        let path = folder.write("a.py", b"name = 'Ren\xe9'");
        assert_eq!(
            first_line(&SourceCache::default(), &path, NOW).as_deref(),
            Some("name = 'Ren\u{fffd}'")
        );
        let decoded = SourceCache::default().file(&path, NOW, || {
            Some(SourceFile::new("name = 'René'".to_owned()))
        });
        assert_eq!(
            SourceContext::new(decoded.unwrap(), 1).unwrap().line(),
            "name = 'René'"
        );
        let path = folder.write("b.py", b"\xef\xbb\xbfimport os");
        assert_eq!(
            first_line(&SourceCache::default(), &path, NOW).as_deref(),
            Some("import os")
        );
    }

    #[test]
    fn only_ordinary_files_of_a_sensible_size_are_source() {
        let folder = Folder::new();
        let cache = SourceCache::default();
        assert!(read(&cache, folder.0.to_str().unwrap(), NOW).is_none());
        assert!(read(&cache, "/dev/zero", NOW).is_none());
        assert!(read(&cache, "nul\0inside", NOW).is_none());
        let path = folder.write("generated.py", &vec![b'\n'; 2 * 1024 * 1024 + 1]);
        assert!(read(&cache, &path, NOW).is_none());
    }
}
