//! Reading, on connections of its own.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::StoreError;
use super::event::{Filter, Row, Side, StoredEvent};
use super::schema::open_reader;

/// Queries at a time; each may hold a large answer in memory.
const CONNECTIONS: usize = 4;

const ROW: &str = "e.id, e.uuid, e.name, e.distinct_id, e.session_id, e.ts, e.received, e.lib, e.side, e.title, e.sends";
const WHOLE: &str = "e.sent_ts, p.token, b.body
  FROM event e JOIN project p ON p.id = e.project JOIN event_body b ON b.id = e.id";

/// Connections that wait for the next question.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file,
            idle: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS),
        }
    }

    /// Asks the database on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| StoreError::Stopped)?;
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let file = self.file.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let connection = match idle {
                Some(connection) => connection,
                None => open_reader(&file)?,
            };
            let answer = question(&connection)?;
            Ok::<_, rusqlite::Error>((answer, connection))
        });
        let (answer, connection) = answered.await.map_err(|_| StoreError::Stopped)??;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(answer)
    }
}

pub(super) fn events(
    connection: &Connection,
    filter: &Filter,
) -> rusqlite::Result<Vec<StoredEvent>> {
    let mut sql = format!("SELECT {ROW}, {WHOLE}");
    let mut values = Vec::new();
    let conditions = [
        ("e.name", &filter.name),
        ("e.distinct_id", &filter.distinct_id),
        ("e.session_id", &filter.session_id),
    ];
    for (column, wanted) in conditions {
        if let Some(wanted) = wanted {
            sql.push_str(if values.is_empty() {
                " WHERE "
            } else {
                " AND "
            });
            sql.push_str(column);
            sql.push_str(" = ?");
            values.push(Sql::from(wanted.clone()));
        }
    }
    sql.push_str(" ORDER BY e.id DESC LIMIT ?");
    values.push(Sql::from(sql_count(filter.limit)));
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), stored_event)?
        .collect()
}

pub(super) fn event(connection: &Connection, uuid: Uuid) -> rusqlite::Result<Option<StoredEvent>> {
    let sql = format!("SELECT {ROW}, {WHOLE} WHERE e.uuid = ?1 ORDER BY e.id DESC LIMIT 1");
    connection
        .prepare_cached(&sql)?
        .query_row([uuid], stored_event)
        .optional()
}

pub(super) fn rows_after(
    connection: &Connection,
    id: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Row>> {
    let sql = format!("SELECT {ROW} FROM event e WHERE e.id > ?1 ORDER BY e.id LIMIT ?2");
    connection
        .prepare_cached(&sql)?
        .query_map(params![id, sql_count(limit)], row)?
        .collect()
}

pub(super) fn has_row(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM event WHERE id = ?1")?
        .exists([id])
}

pub(super) fn skip_to_last(
    connection: &Connection,
    id: i64,
    count: usize,
) -> rusqlite::Result<(i64, i64)> {
    let start: Option<i64> = connection
        .prepare_cached("SELECT id FROM event WHERE id > ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2")?
        .query_row(params![id, sql_count(count)], |row| row.get(0))
        .optional()?;
    let Some(start) = start else {
        return Ok((id, 0));
    };
    let passed = connection
        .prepare_cached("SELECT count(*) FROM event WHERE id > ?1 AND id <= ?2")?
        .query_row(params![id, start], |row| row.get(0))?;
    Ok((start, passed))
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        uuid: row.get(1)?,
        event: row.get(2)?,
        distinct_id: row.get(3)?,
        session_id: row.get(4)?,
        timestamp: time(row.get(5)?),
        received: time(row.get(6)?),
        lib: row.get(7)?,
        side: Side::from_text(row.get_ref(8)?.as_str()?),
        title: row.get(9)?,
        sends: row.get(10)?,
    })
}

fn stored_event(source: &rusqlite::Row<'_>) -> rusqlite::Result<StoredEvent> {
    let body = String::from_utf8_lossy(source.get_ref(13)?.as_blob()?).into_owned();
    Ok(StoredEvent {
        row: row(source)?,
        sent_timestamp: source.get(11)?,
        token: source.get(12)?,
        properties: RawValue::from_string(body).map_err(|cause| {
            rusqlite::Error::FromSqlConversionFailure(
                13,
                rusqlite::types::Type::Blob,
                Box::new(cause),
            )
        })?,
    })
}

fn time(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or_default()
}

fn sql_count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
