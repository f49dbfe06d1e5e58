//! The one thread that writes.

use std::fmt;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use tokio::sync::{mpsc, oneshot, watch};

use super::event::NewEvent;
use super::{Change, StoreError};

/// Batches that may wait; more senders wait for a place, which slows them down instead of filling our memory.
const WAITING_BATCHES: usize = 64;

/// Batches of one commit stop here, so that the first sender's answer does not wait for all the others.
const EVENTS_PER_COMMIT: usize = 500;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One thing to do.
pub(super) enum Job {
    /// Store the events of a project.
    Insert {
        token: String,
        events: Vec<NewEvent>,
        reply: Reply<()>,
    },
    /// Delete all events.
    Clear { reply: Reply<usize> },
}

/// The way to the thread. Dropping it lets the thread finish what was sent, and waits for that.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which owns the connection from now on.
    pub(super) fn start(
        connection: Connection,
    ) -> Result<(Self, watch::Receiver<Change>), StoreError> {
        let last_id = connection
            .query_row(
                "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
                [],
                |row| row.get(0),
            )
            .optional()?
            .unwrap_or(0);
        let (teller, changes) = watch::channel(Change { last_id, clears: 0 });
        let (jobs, waiting) = mpsc::channel(WAITING_BATCHES);
        let work = Work {
            connection,
            changed: teller,
        };
        let thread = thread::Builder::new()
            .name("hogback-writer".to_owned())
            .spawn(move || work.run(waiting))
            .map_err(StoreError::Thread)?;
        Ok((
            Self {
                jobs: Some(jobs),
                thread: Some(thread),
            },
            changes,
        ))
    }

    /// Hands a job over, waiting while too many wait already.
    pub(super) async fn send(&self, job: Job) -> Result<(), StoreError> {
        match &self.jobs {
            Some(jobs) => jobs.send(job).await.map_err(|_| StoreError::Stopped),
            None => Err(StoreError::Stopped),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

struct Work {
    connection: Connection,
    changed: watch::Sender<Change>,
}

impl Work {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut next = waiting.blocking_recv();
        while let Some(job) = next {
            next = match job {
                Job::Insert {
                    token,
                    events,
                    reply,
                } => self.insert((token, events, reply), &mut waiting),
                Job::Clear { reply } => {
                    // Whoever asked may have gone away; the work is done all the same.
                    let _ = reply.send(self.clear());
                    None
                }
            };
            if next.is_none() {
                next = waiting.blocking_recv();
            }
        }
    }

    /// Commits this batch and those that wait behind it; gives back the first job of another kind.
    fn insert(
        &mut self,
        first: (String, Vec<NewEvent>, Reply<()>),
        waiting: &mut mpsc::Receiver<Job>,
    ) -> Option<Job> {
        let (mut batches, mut replies, mut other) = (Vec::new(), Vec::new(), None);
        let mut count = first.1.len();
        batches.push((first.0, first.1));
        replies.push(first.2);
        while count < EVENTS_PER_COMMIT && other.is_none() {
            match waiting.try_recv() {
                Ok(Job::Insert {
                    token,
                    events,
                    reply,
                }) => {
                    count += events.len();
                    batches.push((token, events));
                    replies.push(reply);
                }
                Ok(job) => other = Some(job),
                Err(_) => break,
            }
        }
        match self.commit(&batches) {
            Ok(last_id) => {
                self.changed.send_if_modified(|change| {
                    let is_new = last_id > change.last_id;
                    change.last_id = change.last_id.max(last_id);
                    is_new
                });
                for reply in replies {
                    let _ = reply.send(Ok(()));
                }
            }
            // Each tries again alone, so that one sender's batch cannot spoil another's, and each hears its own error.
            Err(_) => self.insert_each(batches, replies),
        }
        other
    }

    fn insert_each(&mut self, batches: Vec<(String, Vec<NewEvent>)>, replies: Vec<Reply<()>>) {
        for (batch, reply) in batches.into_iter().zip(replies) {
            let stored = self.commit(&[batch]).map(|last_id| {
                self.changed
                    .send_modify(|change| change.last_id = change.last_id.max(last_id));
            });
            let _ = reply.send(stored.map_err(StoreError::Sqlite));
        }
    }

    /// Stores the batches in one transaction; the id of the newest row.
    fn commit(&mut self, batches: &[(String, Vec<NewEvent>)]) -> rusqlite::Result<i64> {
        let transaction = self.connection.transaction()?;
        let mut last_id = 0;
        for (token, events) in batches {
            let Some(first) = events.first() else {
                continue;
            };
            let project = project(&transaction, token, first.received.as_microsecond())?;
            for event in events {
                last_id = last_id.max(insert_event(&transaction, project, event)?);
            }
        }
        transaction.commit()?;
        Ok(last_id)
    }

    fn clear(&mut self) -> Result<usize, StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM event_body", [])?;
        let deleted = transaction.execute("DELETE FROM event", [])?;
        transaction.execute("DELETE FROM project", [])?;
        transaction.commit()?;
        self.changed.send_modify(|change| change.clears += 1);
        self.shrink()?;
        Ok(deleted)
    }

    /// What was deleted is to be gone from the disk too, from the file and from its log. A reader may still look at the
    /// old pages; then the log is emptied with a later commit.
    fn shrink(&self) -> rusqlite::Result<()> {
        // This pragma frees one page per step, so it has to be run to its end.
        for pragma in [
            "PRAGMA incremental_vacuum",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ] {
            let mut statement = self.connection.prepare(pragma)?;
            let mut steps = statement.query([])?;
            while steps.next()?.is_some() {}
        }
        Ok(())
    }
}

fn project(transaction: &Transaction<'_>, token: &str, now: i64) -> rusqlite::Result<i64> {
    let mut find = transaction.prepare_cached("SELECT id FROM project WHERE token = ?1")?;
    if let Some(id) = find.query_row([token], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    transaction.execute(
        "INSERT INTO project(token, created) VALUES(?1, ?2)",
        params![token, now],
    )?;
    Ok(transaction.last_insert_rowid())
}

/// Stores one event and gives its row's id; 0 when it was there already.
fn insert_event(
    transaction: &Transaction<'_>,
    project: i64,
    event: &NewEvent,
) -> rusqlite::Result<i64> {
    let mut repeat = transaction
        .prepare_cached("UPDATE event SET sends = sends + 1 WHERE uuid = ?1 AND project = ?2")?;
    if repeat.execute(params![event.uuid, project])? > 0 {
        return Ok(0);
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO event(project, uuid, name, distinct_id, session_id, ts, received, sent_ts, lib, side, title)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let id = insert.insert(params![
        project,
        event.uuid,
        event.name,
        event.distinct_id,
        event.session_id,
        event.timestamp.as_microsecond(),
        event.received.as_microsecond(),
        event.sent_timestamp,
        event.lib,
        event.side.as_str(),
        event.title,
    ])?;
    let mut body =
        transaction.prepare_cached("INSERT INTO event_body(id, codec, body) VALUES(?1, 0, ?2)")?;
    body.execute(params![id, event.properties.as_bytes()])?;
    Ok(id)
}
