//! A sealed event: one JSON object, frozen.

use crate::loss::Refusal;
use crate::wire;

/// An event as it travels. Nothing changes it any more, so a re-send repeats it byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) json: Vec<u8>,
}

impl Event {
    /// Takes an event that a `before_send` hook has had in its hands: `json` is the whole object.
    ///
    /// # Errors
    /// Over [`wire::MAX_EVENT_BYTES`] it is refused: what the program wrote itself is not cut.
    pub fn from_json(
        name: impl Into<String>,
        uuid: impl Into<String>,
        json: Vec<u8>,
    ) -> Result<Self, Refusal> {
        if json.len() > wire::MAX_EVENT_BYTES {
            return Err(Refusal::TooLarge { bytes: json.len() });
        }
        Ok(Self {
            name: name.into(),
            uuid: uuid.into(),
            json,
        })
    }

    /// An event that comes back from the journal, where it was put as it is.
    pub(crate) fn stored(json: &[u8]) -> Self {
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Ids {
            event: String,
            uuid: String,
        }
        let Ids { event, uuid } = serde_json::from_slice(json).unwrap_or_default();
        Self {
            name: event,
            uuid,
            json: json.to_vec(),
        }
    }

    /// The event's name, as `order placed` or `$exception`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The event's id, by which a receiver tells a repeat.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// The JSON object.
    pub fn json(&self) -> &[u8] {
        &self.json
    }
}
