//! The events, in one `SQLite` file.
//!
//! One thread writes, so that nothing ever waits for a lock: it takes batches from a bounded channel, commits what has
//! gathered there in one transaction, and answers after the commit. Readers have connections of their own, which WAL
//! lets work beside it. Who wants to know of new events watches [`Store::changes`] and reads from where it stopped, so a
//! slow reader misses nothing and holds nobody up.

mod event;
mod read;
mod schema;
mod write;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use uuid::Uuid;

pub use event::{Filter, NewEvent, Row, Side, StoredEvent};
use read::Readers;
use write::{Job, Writer};

/// Why the store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The data directory or the file in it cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the data directory.
    #[error("another hogback uses the data directory {}: stop it, or name another with --data-dir", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error(
        "the data has schema {found}, this hogback knows {known}: use a newer hogback, or another --data-dir"
    )]
    Newer {
        /// The version in the file.
        found: usize,
        /// The newest version this program can read.
        known: usize,
    },
    /// The thread that writes cannot be started.
    #[error("cannot start the thread of the database: {0}")]
    Thread(#[source] io::Error),
    /// `SQLite` failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The store is closing.
    #[error("the store has stopped")]
    Stopped,
}

/// How far the store has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The id of the newest event that was ever stored.
    pub last_id: i64,
    /// How often the store was emptied since it was opened.
    pub clears: u64,
}

/// A handle to the database; clones share it. The file closes with the last one.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // In this order they are dropped: the lock goes when nobody writes any more.
    writer: Writer,
    readers: Readers,
    changes: watch::Receiver<Change>,
    _lock: File,
}

impl Store {
    /// Opens the database in a directory, creating both if need be.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let lock = schema::take_directory(dir)?;
        let file = dir.join("hogback.db");
        let (writer, changes) = Writer::start(schema::open_writer(&file)?)?;
        Ok(Self(Arc::new(Inner {
            writer,
            readers: Readers::new(file),
            changes,
            _lock: lock,
        })))
    }

    /// Stores the events of one project and returns once they are on disk. An event whose uuid the project already has
    /// is only counted: clients repeat what they are not sure arrived.
    pub async fn insert(&self, token: String, events: Vec<NewEvent>) -> Result<(), StoreError> {
        let (reply, done) = oneshot::channel();
        self.0
            .writer
            .send(Job::Insert {
                token,
                events,
                reply,
            })
            .await?;
        done.await.map_err(|_| StoreError::Stopped)?
    }

    /// Deletes all events and returns how many there were.
    pub async fn clear(&self) -> Result<usize, StoreError> {
        let (reply, done) = oneshot::channel();
        self.0.writer.send(Job::Clear { reply }).await?;
        done.await.map_err(|_| StoreError::Stopped)?
    }

    /// The newest events that match, newest first by arrival.
    pub async fn events(&self, filter: Filter) -> Result<Vec<StoredEvent>, StoreError> {
        self.0
            .readers
            .run(move |connection| read::events(connection, &filter))
            .await
    }

    /// The event with this uuid; of several projects' the newest.
    pub async fn event(&self, uuid: Uuid) -> Result<Option<StoredEvent>, StoreError> {
        self.0
            .readers
            .run(move |connection| read::event(connection, uuid))
            .await
    }

    /// At most `limit` rows that arrived after the row `id`, oldest first.
    pub async fn rows_after(&self, id: i64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.0
            .readers
            .run(move |connection| read::rows_after(connection, id, limit))
            .await
    }

    /// Whether there is a row with this id.
    pub async fn has_row(&self, id: i64) -> Result<bool, StoreError> {
        self.0
            .readers
            .run(move |connection| read::has_row(connection, id))
            .await
    }

    /// The id after which exactly `count` rows follow, and how many rows were passed over to get there from `id`.
    pub async fn skip_to_last(&self, id: i64, count: usize) -> Result<(i64, i64), StoreError> {
        self.0
            .readers
            .run(move |connection| read::skip_to_last(connection, id, count))
            .await
    }

    /// Changes whenever events arrive or are deleted.
    pub fn changes(&self) -> watch::Receiver<Change> {
        self.0.changes.clone()
    }
}
