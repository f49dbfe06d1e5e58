//! An event while the program says what is in it.

use serde::Serialize;

use crate::client::Client;
use crate::context::Context;
use crate::draft::{Draft, Kind};
use crate::hooks;
use crate::loss::Refusal;
use crate::properties::Properties;
use crate::timestamp::Timestamp;
use crate::wire;

/// An event that is not captured yet: say what it carries, then [`send`](Self::send) it.
///
/// Its id and time are those of the moment it was begun. [`Client::event`] begins one, and so does
/// [`capture`](crate::capture()) for the client of the program; then nothing happens where there is none.
///
/// ```
/// # use hogback::{Client, Config, testing::MemoryTransport};
/// # let server = MemoryTransport::default();
/// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
/// #[derive(serde::Serialize)]
/// struct Order {
///     total: f64,
///     currency: &'static str,
/// }
///
/// client
///     .event("order placed")
///     .distinct_id("user-7")
///     .property("coupon", None::<&str>)
///     .properties(Order { total: 12.5, currency: "EUR" })
///     .group("company", "acme")
///     .send();
/// # client.flush(None);
/// # let event = &server.events()[0];
/// # assert_eq!(event["properties"]["total"], 12.5);
/// # assert_eq!(event["properties"]["$groups"]["company"], "acme");
/// ```
#[derive(Debug)]
#[must_use = "nothing is captured before `send`"]
pub struct Capture(Option<Begun>);

#[derive(Debug)]
struct Begun {
    client: Client,
    draft: Draft,
    /// What the caller's properties do not replace.
    fixed: Properties,
}

impl Capture {
    /// An event that nobody takes.
    pub(crate) const fn nobodys() -> Self {
        Self(None)
    }

    pub(crate) fn new(client: Client, draft: Draft, fixed: Properties) -> Self {
        Self(Some(Begun {
            client,
            draft,
            fixed,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Begun)) -> Self {
        if let Some(begun) = &mut self.0 {
            change(begun);
        }
        self
    }

    /// Puts a property on the event; the last one of a name counts. A value that cannot be serialised, or panics
    /// at it, becomes `null`.
    pub fn property(self, name: impl AsRef<str>, value: impl Serialize) -> Self {
        self.with(|begun| begun.draft.properties.insert(name.as_ref(), &value))
    }

    /// Puts the fields of a map or struct on the event; one that cannot be serialised becomes `null`. Anything else has no
    /// fields: the client then has a [note](Client::take_notes) to tell.
    pub fn properties(self, properties: impl Serialize) -> Self {
        self.with(|begun| {
            if !begun.draft.properties.insert_fields(&properties) {
                let name = begun.draft.kind.name();
                begun.client.warn(format!(
                    "the properties of an event {name:?} are left out: they must be a map or a struct"
                ));
            }
        })
    }

    /// Says whose event it is; the context's unless set, and an empty text is as good as none.
    pub fn distinct_id(self, id: impl Into<String>) -> Self {
        self.with(|begun| begun.draft.distinct_id = Some(id.into()))
    }

    /// Says that the event belongs to the group `key` of this type.
    pub fn group(self, kind: impl AsRef<str>, key: impl Serialize) -> Self {
        self.with(|begun| {
            let groups = begun.draft.groups.get_or_insert_default();
            groups.insert(kind.as_ref(), &key);
        })
    }

    /// Says when it happened; now unless set. A [`SystemTime`](std::time::SystemTime) is a timestamp too.
    pub fn timestamp(self, timestamp: impl Into<Timestamp>) -> Self {
        self.with(|begun| begun.draft.timestamp = timestamp.into())
    }

    /// Gives the event an id, by which a server tells a repeat; a new one unless set. A text that is no UUID is not taken,
    /// and the client has a [note](Client::take_notes) to tell.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is a small copy or a text"
    )]
    pub fn uuid(self, uuid: impl ToString) -> Self {
        let uuid = hooks::guarded_text(|| uuid.to_string());
        self.with(|begun| {
            if uuid::Uuid::parse_str(&uuid).is_ok() {
                begun.draft.uuid = uuid;
            } else {
                begun.client.warn(format!(
                    "{uuid:?} is not a UUID; the event gets an id of its own"
                ));
            }
        })
    }

    /// Says whether the server shall not look up where the event came from; as the client is set unless it is said.
    pub fn disable_geoip(self, disable: bool) -> Self {
        self.with(|begun| begun.draft.disable_geoip = Some(disable))
    }

    /// Captures the event in the current context; returns its id, or `None` where it was not taken.
    ///
    /// It never waits for a network. Whoever wants to know why an event was not taken calls [`try_send`](Self::try_send);
    /// what is lost is counted in any case: see [`Client::stats`].
    pub fn send(self) -> Option<String> {
        self.try_send().ok()
    }

    /// Captures the event as [`send`](Self::send) does, and says why where it was not taken.
    ///
    /// # Errors
    /// As [`Client::capture`]; [`Refusal::NoClient`] without a client, [`Refusal::Incomplete`] for an alias or a group
    /// without the ids it is about.
    pub fn try_send(self) -> Result<String, Refusal> {
        let Begun {
            client,
            draft,
            fixed,
        } = self.0.ok_or(Refusal::NoClient)?;
        client.capture(completed(draft, fixed)?)
    }
}

/// The draft with what its kind of event has of its own.
fn completed(mut draft: Draft, mut fixed: Properties) -> Result<Draft, Refusal> {
    match draft.kind {
        Kind::Alias => {
            let previous = text(&fixed, wire::DISTINCT_ID);
            let current = || Context::current().and_then(|context| context.distinct_id());
            let id = draft.distinct_id.take().or_else(current);
            let (Some(previous), Some(id)) = (previous, id.filter(|id| !id.is_empty())) else {
                return Err(Refusal::Incomplete(
                    "an alias needs the two ids of a person",
                ));
            };
            fixed.insert_text(wire::ALIAS, &id);
            draft.properties = fixed;
            draft.distinct_id = Some(previous);
        }
        Kind::GroupIdentify => {
            if text(&fixed, wire::GROUP_TYPE).is_none() || text(&fixed, wire::GROUP_KEY).is_none() {
                return Err(Refusal::Incomplete("a group needs a type and a key"));
            }
            fixed.insert(wire::GROUP_SET, &draft.properties);
            draft.properties = fixed;
        }
        Kind::Event(_) | Kind::Set | Kind::SetOnce => draft.properties.extend(&fixed),
    }
    Ok(draft)
}

/// A text among properties, unless it is empty.
fn text(properties: &Properties, name: &str) -> Option<String> {
    let text: String = serde_json::from_str(properties.get(name)?).ok()?;
    (!text.is_empty()).then_some(text)
}

impl Client {
    /// Begins an event of this name.
    pub fn event(&self, name: impl Into<String>) -> Capture {
        self.begin(Kind::Event(name.into()), Properties::new())
    }

    /// Begins a change of a person's properties: those that are said on it.
    ///
    /// Whose they are has to be known when it is sent, by its distinct id or the context's.
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// client.set().distinct_id("user-7").property("plan", "pro").send();
    /// # client.flush(None);
    /// # assert_eq!(server.events()[0]["$set"]["plan"], "pro");
    /// ```
    pub fn set(&self) -> Capture {
        self.begin(Kind::Set, Properties::new())
    }

    /// Begins a change as [`set`](Self::set) does, of those properties alone that the person does not have yet.
    pub fn set_once(&self) -> Capture {
        self.begin(Kind::SetOnce, Properties::new())
    }

    /// Begins to say that the person known as `previous_id` is the one of the [distinct id](Capture::distinct_id) that is
    /// set on it, or of the context.
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// client.alias("visitor-31").distinct_id("user-7").send();
    /// # client.flush(None);
    /// # assert_eq!(server.events()[0]["properties"]["alias"], "user-7");
    /// ```
    pub fn alias(&self, previous_id: impl AsRef<str>) -> Capture {
        let fixed = Properties::of_text(wire::DISTINCT_ID, previous_id.as_ref());
        self.begin(Kind::Alias, fixed)
    }

    /// Begins a change of a group's properties: those that are said on it.
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// # let client = Client::new(Config::new("phc_key").transport(server.factory()));
    /// client.group_identify("company", "acme").property("seats", 12).send();
    /// # client.flush(None);
    /// # assert_eq!(server.events()[0]["properties"]["$group_set"]["seats"], 12);
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a key is a number or a text")]
    pub fn group_identify(&self, kind: impl AsRef<str>, key: impl ToString) -> Capture {
        let mut fixed = Properties::of_text(wire::GROUP_TYPE, kind.as_ref());
        let key = hooks::guarded(|| key.to_string()).unwrap_or_default();
        fixed.insert_text(wire::GROUP_KEY, &key);
        self.begin(Kind::GroupIdentify, fixed)
    }

    fn begin(&self, kind: Kind, fixed: Properties) -> Capture {
        Capture::new(self.clone(), self.draft(kind), fixed)
    }
}
