//! What goes into the store and what comes out.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

/// On which side of the network an event happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// In a web page.
    Browser,
    /// In a server program.
    Server,
    /// In an app, or unknown.
    Other,
}

impl Side {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Server => "server",
            Self::Other => "other",
        }
    }

    pub(super) fn from_text(text: &str) -> Self {
        match text {
            "browser" => Self::Browser,
            "server" => Self::Server,
            _ => Self::Other,
        }
    }
}

/// An event on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Names the event within its project.
    pub uuid: Uuid,
    /// The event's name.
    pub name: String,
    /// Who did it.
    pub distinct_id: String,
    /// During which visit.
    pub session_id: Option<String>,
    /// When it happened, by our clock.
    pub timestamp: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
    /// When it happened as the client wrote it.
    pub sent_timestamp: Option<String>,
    /// The library that sent it.
    pub lib: String,
    /// Where that library runs.
    pub side: Side,
    /// One line that tells it from others of its name.
    pub title: String,
    /// The properties, a JSON object.
    pub properties: String,
}

/// What a list shows of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its place in the order of arrival.
    pub id: i64,
    /// Names the event within its project.
    pub uuid: Uuid,
    /// The event's name.
    pub event: String,
    /// Who did it.
    pub distinct_id: String,
    /// During which visit.
    pub session_id: Option<String>,
    /// When it happened, by our clock.
    #[serde(serialize_with = "iso")]
    pub timestamp: Timestamp,
    /// When it arrived.
    #[serde(serialize_with = "iso")]
    pub received: Timestamp,
    /// The library that sent it.
    pub lib: String,
    /// Where that library runs.
    pub side: Side,
    /// One line that tells it from others of its name.
    pub title: String,
    /// How often it was sent; more than once after retries.
    pub sends: i64,
}

/// A whole event as the API gives it.
#[derive(Clone, Debug, Serialize)]
pub struct StoredEvent {
    /// What lists show.
    #[serde(flatten)]
    pub row: Row,
    /// When it happened as the client wrote it.
    pub sent_timestamp: Option<String>,
    /// The project's token.
    pub token: String,
    /// All properties, each value as it was sent.
    pub properties: Box<RawValue>,
}

/// Which events to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// At most so many.
    pub limit: usize,
    /// With exactly this name.
    pub name: Option<String>,
    /// With exactly this distinct id.
    pub distinct_id: Option<String>,
    /// With exactly this session id.
    pub session_id: Option<String>,
}

/// ISO 8601 in UTC, always with six decimals: the texts sort as the times do.
fn iso<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.6}"))
}
