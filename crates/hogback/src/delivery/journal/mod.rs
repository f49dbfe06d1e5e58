//! Events on disk, so that they outlive the process that captured them.
//!
//! Every event is appended to a file by the thread that captures it, with one `write(2)` and no `fsync`: what `write`
//! has taken survives any death of the process, and a power cut may cost what the kernel had not written back (some
//! thirty seconds). What is settled, delivered or lost for good, is marked in a second file beside it. No file is ever
//! changed but at its end, and none is needed to read another: whatever breaks, breaks alone.
//!
//! ```text
//! <root>/<project>/<process>/                locked as long as the process lives        folder.rs
//!                            00000001.seg    records: one event each, with a checksum   segment.rs
//!                            00000001.ack    marks: everything up to here is settled    settled.rs
//! <root>/<project>/not-before                until when the server wants to be left alone  not_before.rs
//! <root>/<project>/dead/                     events that the server will not have          dead.rs
//! ```
//!
//! * [`writer`] appends; [`ledger`] marks, and removes what is settled as a whole; [`tail`] reads back what did not fit
//!   into memory.
//! * [`orphans`] takes over the directories of processes that died: they are not locked any more.
//! * [`folder`] makes the directories, which nobody else may read or write.

mod dead;
mod folder;
mod ledger;
mod not_before;
mod orphans;
mod room;
mod segment;
mod settled;
mod tail;
mod writer;

pub use folder::default_directory;

pub(super) use dead::DeadLetters;
pub(super) use ledger::Ledger;
pub(super) use not_before::NotBefore;
pub(super) use orphans::{OrphanBatch, Orphans};
pub(super) use tail::{ReadBack, Tail, Written};
pub(super) use writer::Writer;

use std::path::PathBuf;

/// Where the journal of a client's project lies.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) root: PathBuf,
    /// A name made of host and key, and of whether events are imports: they never reach another project than their own, and
    /// are sent as what they are.
    pub(crate) project: String,
}

impl Location {
    /// The journal below `root`.
    pub(crate) fn of(root: PathBuf, host: &str, api_key: &str, historical_migration: bool) -> Self {
        Self {
            root,
            project: folder::project_name(host, api_key, historical_migration),
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
