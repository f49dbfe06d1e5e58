//! Events on disk, so that they outlive the process that captured them.
//!
//! Every event is appended to a file by the thread that captures it, with one `pwrite(2)`: what that has taken survives any
//! death of the process. A power cut may cost what the kernel had not written back (some thirty seconds), unless the worker
//! is asked to sync. What is settled, delivered or lost for good, is marked in a second file beside it. Events and marks
//! are only ever added, a file that is packed is replaced as a whole, and none is needed to read another: whatever breaks,
//! breaks alone.
//!
//! ```text
//! <root>/<project>/<process>/                locked as long as the process lives           folder.rs
//!                            00000001.seg    records: one event each, with a checksum      segment.rs
//!                            00000001.ack    marks: everything up to here is settled       settled.rs
//!                            spare-1 ... -4  the next segments; unfinished: one in the making  care.rs
//! <root>/<project>/not-before                until when the server wants to be left alone  not_before.rs
//! <root>/<project>/dead/                     events that the server will not have          dead.rs
//! ```
//!
//! * [`writer`] appends; [`care`] makes files ready for it and packs those that have to wait; [`ledger`] marks, and removes
//!   what is settled as a whole; [`tail`] reads back what did not fit into memory.
//! * [`orphans`] takes over the directories of processes that died: they are not locked any more.
//! * [`mod@survey`] tells people what lies there, and [`room`] how much may.
//! * [`folder`] makes the directories, which nobody else may read or write.

mod care;
mod dead;
mod folder;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod ledger;
#[cfg(test)]
mod model;
mod not_before;
mod orphans;
mod room;
mod segment;
mod settled;
mod survey;
mod tail;
mod writer;

pub use folder::default_directory;
pub use survey::{Journal, Survey, project_name, purge, survey};

pub(super) use care::Care;
pub(super) use dead::DeadLetters;
pub(super) use ledger::Ledger;
pub(super) use not_before::NotBefore;
pub(super) use orphans::{OrphanBatch, Orphans};
pub(super) use tail::{ReadBack, Tail, TailReader, Written};
pub(super) use writer::Writer;

use std::path::PathBuf;
use std::time::Duration;

/// Bytes that the journals of all processes and projects below one directory take together, unless somebody says otherwise.
pub(crate) const DEFAULT_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Where the journal of a client's project lies.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) root: PathBuf,
    /// A name made of host and key, and of whether events are imports: they never reach another project than their own, and
    /// are sent as what they are.
    pub(crate) project: String,
    /// Bytes that all journals below the root may take together.
    pub(crate) max_bytes: u64,
    /// How often what was written is brought to the disk, if ever: what a power cut may cost.
    pub(crate) sync_every: Option<Duration>,
}

impl Location {
    /// The journal below `root`.
    pub(crate) fn of(root: PathBuf, host: &str, api_key: &str, historical_migration: bool) -> Self {
        Self {
            root,
            project: folder::project_name(host, api_key, historical_migration),
            max_bytes: DEFAULT_MAX_BYTES,
            sync_every: None,
        }
    }
}

#[cfg(test)]
impl Location {
    /// The journal of a project of this name, with the defaults.
    fn named(root: &std::path::Path, project: &str) -> Self {
        Self {
            root: root.to_owned(),
            project: project.to_owned(),
            max_bytes: DEFAULT_MAX_BYTES,
            sync_every: None,
        }
    }
}

/// Where one event's record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u32,
    /// Bytes from the file's start to the record's first.
    pub(super) start: u32,
    /// Bytes from the file's start to behind the record.
    pub(super) end: u32,
}
