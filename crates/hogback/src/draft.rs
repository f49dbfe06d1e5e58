//! What the caller of `capture()` said, before identity and the other layers are known.

use crate::Properties;
use crate::timestamp::Timestamp;
use crate::wire;

/// An event that is not sealed yet: its id and time are stamped, its own properties are serialised.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What kind of event.
    pub kind: Kind,
    /// The event's id, as it will be on the wire.
    pub uuid: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who, when the caller said so. An empty text is as good as none.
    pub distinct_id: Option<String>,
    /// The caller's properties; for group and alias events the fixed ones.
    pub properties: Properties,
    /// The groups the event belongs to, by type.
    pub groups: Option<Properties>,
    /// Overrides the client's setting for this event.
    pub disable_geoip: Option<bool>,
}

/// The kinds of events, which differ in what they carry (see [`crate::seal`]).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Something that happened, by name; exceptions are among them.
    Event(String),
    /// Properties of a person.
    Set,
    /// Properties of a person that are not set yet.
    SetOnce,
    /// Properties of a group.
    GroupIdentify,
    /// Another id of the same person.
    Alias,
}

impl Kind {
    /// The event's name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Event(name) => name,
            Self::Set => wire::SET,
            Self::SetOnce => wire::SET_ONCE,
            Self::GroupIdentify => wire::GROUP_IDENTIFY,
            Self::Alias => wire::CREATE_ALIAS,
        }
    }
}

impl Draft {
    /// A draft without properties.
    pub fn new(kind: Kind, uuid: impl Into<String>, timestamp: Timestamp) -> Self {
        Self {
            kind,
            uuid: uuid.into(),
            timestamp,
            distinct_id: None,
            properties: Properties::new(),
            groups: None,
            disable_geoip: None,
        }
    }
}
