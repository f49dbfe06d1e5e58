//! `GET /api/stream`: rows as they arrive, as server-sent events.
//!
//! A message's data is an array of rows, its id the last row's. A client that was cut off sends that id back
//! (`Last-Event-ID`, which browsers do by themselves, or `?after=`) and goes on where it stopped, also after a restart of
//! the server; `?replay=N` begins with the last N rows. Each stream reads the store at its own pace, so a slow client holds nobody
//! up. One that falls too far behind gets a `gap` event with the number of rows it will not see, and `cleared` says that
//! all events were deleted.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, stream};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use crate::Inspector;
use crate::store::{Change, StoreError};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// As many rows as a page holds.
const MOST_REPLAYED: usize = 10_000;

/// Rows in one message, at most.
const ROWS_PER_MESSAGE: usize = 500;

/// Rows of this time travel together: a burst becomes few messages instead of thousands.
const GATHERING: Duration = Duration::from_millis(50);

/// Proxies and browsers drop a connection that is silent for long.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> Router<Inspector> {
    Router::new().route("/api/stream", get(stream))
}

/// Where a client wants to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    After(i64),
    Last(usize),
}

impl Start {
    fn read(headers: &HeaderMap, query: &str) -> Result<Self, String> {
        if let Some(id) = headers.get(LAST_EVENT_ID) {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            return id
                .map(Self::After)
                .ok_or_else(|| "Last-Event-ID must be the id of a message".to_owned());
        }
        let mut start = Self::Last(0);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            start = match name.as_ref() {
                "replay" => Self::Last(replay(&value)?),
                "after" => value
                    .parse()
                    .map(Self::After)
                    .map_err(|_| "after must be the id of a message")?,
                other => {
                    return Err(format!(
                        "there is no parameter {other:?}: use replay or after"
                    ));
                }
            };
        }
        Ok(start)
    }
}

fn replay(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count <= MOST_REPLAYED);
    count.ok_or_else(|| format!("replay must be a number up to {MOST_REPLAYED}, not {text:?}"))
}

async fn stream(
    State(inspector): State<Inspector>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let start = match Start::read(&headers, query.as_deref().unwrap_or_default()) {
        Ok(start) => start,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, &message),
    };
    let Ok(permit) = inspector.stream_permits.clone().try_acquire_owned() else {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many live streams are open: close a tab",
        );
    };
    let reader = match Reader::open(inspector, start, permit).await {
        Ok(reader) => reader,
        Err(cause) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, &cause.to_string()),
    };
    Sse::new(messages(reader))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response()
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "error": message }))).into_response()
}

fn messages(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, async |mut reader| {
        let message = reader.next().await?;
        Some((Ok(message), reader))
    })
}

/// One client's place in the store.
struct Reader {
    inspector: Inspector,
    changes: watch::Receiver<Change>,
    last_id: i64,
    /// How many clears the client knows of; `None` when what it has is not there any more.
    clears: Option<u64>,
    /// Rows may have come since the last look.
    is_behind: bool,
    /// The next message waits until then.
    not_before: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    async fn open(
        inspector: Inspector,
        start: Start,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, StoreError> {
        let changes = inspector.store.changes();
        let now = *changes.borrow();
        // A client whose last row is not there has rows that were cleared since, or of another database.
        let is_foreign = match start {
            Start::After(id) => id != 0 && !inspector.store.has_row(id).await?,
            Start::Last(_) => false,
        };
        let last_id = match start {
            Start::Last(0) => now.last_id,
            Start::Last(count) => inspector.store.skip_to_last(0, count).await?.0,
            Start::After(id) => id,
        };
        Ok(Self {
            inspector,
            changes,
            last_id,
            clears: (!is_foreign).then_some(now.clears),
            is_behind: true,
            not_before: Instant::now(),
            _permit: permit,
        })
    }

    /// The next message; `None` ends the stream, and the client comes back when it can.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let change = *self.changes.borrow_and_update();
            if self.clears != Some(change.clears) {
                self.clears = Some(change.clears);
                // Whatever is there now came after the clear, and the client drops even what it had of that.
                self.last_id = 0;
                return Some(Event::default().event("cleared").id("0").data("{}"));
            }
            if self.is_behind {
                tokio::time::sleep_until(self.not_before).await;
                if let Some(message) = self.read().await.ok()? {
                    return Some(message);
                }
                self.is_behind = false;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = self.inspector.stop_asked() => return None,
            }
            self.is_behind = true;
        }
    }

    async fn read(&mut self) -> Result<Option<Event>, StoreError> {
        let (start, missed) = self
            .inspector
            .store
            .skip_to_last(self.last_id, MOST_REPLAYED)
            .await?;
        if missed > 0 {
            self.last_id = start;
            let gap = Event::default()
                .event("gap")
                .id(start.to_string())
                .data(json!({ "missed": missed }).to_string());
            return Ok(Some(gap));
        }
        let rows = self
            .inspector
            .store
            .rows_after(self.last_id, ROWS_PER_MESSAGE)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        self.last_id = last.id;
        if rows.len() < ROWS_PER_MESSAGE {
            self.not_before = Instant::now() + GATHERING;
        }
        let event = Event::default().id(last.id.to_string());
        // Writing rows as JSON cannot fail: they have no maps and no foreign types.
        Ok(event.json_data(&rows).ok())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use tokio::sync::Semaphore;
    use uuid::Uuid;

    use super::*;
    use crate::store::{NewEvent, Side, Store};

    #[tokio::test]
    async fn rows_that_arrive_beside_a_clear_are_sent_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let inspector = Inspector::new(store.clone());
        let mut reader = Reader::open(inspector, Start::Last(0), permit)
            .await
            .unwrap();
        store.insert("t".to_owned(), vec![event(1)]).await.unwrap();
        store.clear().await.unwrap();
        store.insert("t".to_owned(), vec![event(2)]).await.unwrap();
        // The look at the rows comes before the news of the clear.
        assert!(reader.read().await.unwrap().is_some());
        assert!(reader.next().await.is_some(), "the client drops its rows");
        let row = reader.read().await.unwrap();
        assert!(row.is_some(), "and gets the row that is there again");
    }

    fn event(uuid: u128) -> NewEvent {
        NewEvent {
            uuid: Uuid::from_u128(uuid),
            name: "a".to_owned(),
            distinct_id: "u".to_owned(),
            session_id: None,
            timestamp: Timestamp::UNIX_EPOCH,
            received: Timestamp::UNIX_EPOCH,
            sent_timestamp: None,
            lib: String::new(),
            side: Side::Other,
            title: String::new(),
            properties: "{}".to_owned(),
        }
    }

    fn start(id: Option<&str>, query: &str) -> Result<Start, String> {
        let headers = id.map(|id| (LAST_EVENT_ID, id.parse().unwrap()));
        Start::read(&HeaderMap::from_iter(headers), query)
    }

    #[test]
    fn a_returning_client_goes_on_where_it_stopped() {
        assert_eq!(start(Some("41"), "replay=100"), Ok(Start::After(41)));
        assert_eq!(start(Some("41"), "after=7"), Ok(Start::After(41)));
        assert_eq!(start(None, "after=7"), Ok(Start::After(7)));
        assert_eq!(start(None, "replay=100"), Ok(Start::Last(100)));
        assert_eq!(start(None, ""), Ok(Start::Last(0)));
    }

    #[test]
    fn a_wrong_start_is_an_error() {
        assert!(start(Some("x"), "").is_err());
        assert!(start(None, "replay=10001").is_err());
        assert!(start(None, "after=x").is_err());
        assert!(start(None, "from=1").is_err());
    }
}
