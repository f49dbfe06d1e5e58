//! A server, a clock to move by hand, and a journal below a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hogback::Config;
use hogback::testing::{ManualClock, MemoryTransport};

use crate::support::wait_for;

pub(crate) struct Place {
    pub(crate) root: tempfile::TempDir,
    pub(crate) server: MemoryTransport,
    pub(crate) clock: Arc<ManualClock>,
}

impl Place {
    #[expect(clippy::unwrap_used, reason = "a test without a folder cannot go on")]
    pub(crate) fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            server: MemoryTransport::default(),
            clock: Arc::new(ManualClock::default()),
        }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.path().join("journal")
    }

    pub(crate) fn in_memory(&self) -> Config {
        let config = Config::new("key").transport(self.server.factory());
        config.clock(self.clock.clone())
    }

    pub(crate) fn on_disk(&self) -> Config {
        self.in_memory().journal(self.journal())
    }

    /// Moves the clock on until `what` holds.
    pub(crate) fn until(&self, what: impl Fn() -> bool) {
        wait_for(|| {
            self.clock.advance(Duration::from_millis(500));
            what()
        });
    }
}
