//! Until when a server wants to be left alone, for all processes that send to it.
//!
//! A file beside the processes' directories, so that eight workers do not ask eight times what one was told:
//!
//! ```text
//! <root>/<project>/not-before    milliseconds since 1970 u64 | crc32 of these 8 bytes u32     12 bytes, little-endian
//! ```
//!
//! It is overwritten in place, which one `pwrite(2)` of so few bytes does as a whole; should it ever not, the checksum says
//! so, and the file counts as absent. What it says is never believed beyond the longest wish that is obeyed: wall clocks jump.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Location, folder};

const BYTES: usize = 12;

/// The file of one project.
#[derive(Debug)]
pub(in crate::delivery) struct NotBefore {
    path: PathBuf,
    /// No wish reaches further into the future.
    longest: Duration,
}

impl NotBefore {
    pub(in crate::delivery) fn of(location: &Location, longest: Duration) -> Self {
        let path = location.root.join(&location.project).join("not-before");
        Self { path, longest }
    }

    /// How long to leave the server alone from `now` on, by the wall clock; zero when nothing is asked, or readable.
    pub(in crate::delivery) fn pause(&self, now: Duration) -> Duration {
        let bytes = folder::read(&self.path).unwrap_or_default();
        pause(&bytes, now, self.longest)
    }

    /// Tells all processes. One that cannot be told asks the server itself.
    pub(in crate::delivery) fn ask(&self, now: Duration, pause: Duration) {
        if let Ok(file) = folder::open_overwrite(&self.path) {
            let until = now + pause.min(self.longest);
            let _ = file.write_all_at(&written(until), 0);
        }
    }

    /// The server takes requests again.
    pub(in crate::delivery) fn clear(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

pub(super) fn pause(bytes: &[u8], now: Duration, longest: Duration) -> Duration {
    let until = parse(bytes).unwrap_or_default();
    let pause = until.saturating_sub(now);
    if pause > longest {
        Duration::ZERO
    } else {
        pause
    }
}

pub(super) fn written(until: Duration) -> [u8; BYTES] {
    let millis = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(&millis.to_le_bytes());
    bytes[8..].copy_from_slice(&crc32fast::hash(&millis.to_le_bytes()).to_le_bytes());
    bytes
}

pub(super) fn parse(bytes: &[u8]) -> Option<Duration> {
    let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
    let (millis, _) = bytes.split_first_chunk::<8>()?;
    let until = Duration::from_millis(u64::from_le_bytes(*millis));
    (written(until) == *bytes).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const NOW: Duration = Duration::from_secs(1_900_000_000);

    fn not_before() -> (tempfile::TempDir, NotBefore) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("project")).unwrap();
        let location = Location::named(root.path(), "project");
        (root, NotBefore::of(&location, HOUR))
    }

    #[test]
    fn what_one_process_is_told_others_read() {
        let (_root, file) = not_before();
        assert_eq!(file.pause(NOW), Duration::ZERO);
        file.ask(NOW, Duration::from_secs(60));
        file.ask(NOW, Duration::from_secs(90));
        assert_eq!(
            file.pause(NOW + Duration::from_secs(30)),
            Duration::from_secs(60)
        );
        assert_eq!(file.pause(NOW + Duration::from_secs(90)), Duration::ZERO);
        file.clear();
        assert_eq!(file.pause(NOW), Duration::ZERO);
    }

    #[test]
    fn no_wish_is_obeyed_longer_than_the_longest_and_none_from_another_age() {
        let (_root, file) = not_before();
        file.ask(NOW, HOUR * 100);
        assert_eq!(file.pause(NOW), HOUR);
        assert_eq!(
            file.pause(NOW.saturating_sub(HOUR)),
            Duration::ZERO,
            "the clock was set back"
        );
    }

    #[test]
    fn damage_asks_for_nothing() {
        let (_root, file) = not_before();
        file.ask(NOW, HOUR);
        let whole = fs::read(&file.path).unwrap();
        for bit in 0..BYTES * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&bytes), None, "bit {bit}");
        }
        for length in 0..BYTES {
            assert_eq!(parse(&whole[..length]), None);
        }
    }

    #[test]
    fn a_project_without_a_folder_is_nobodys_business() {
        let location = Location::named("/nonexistent".as_ref(), "project");
        let file = NotBefore::of(&location, HOUR);
        file.ask(NOW, HOUR);
        assert_eq!(file.pause(NOW), Duration::ZERO);
    }
}
