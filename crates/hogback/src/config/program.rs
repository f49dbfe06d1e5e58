//! Options that concern the program around a client, rather than the way of its events.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Config;
use crate::delivery::Note;

/// Hears what a client has to say.
pub(crate) type OnNote = Arc<dyn Fn(Note) + Send + Sync>;

/// What becomes of what a client captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is sent.
    Sent,
    /// It is sealed, and goes nowhere.
    Kept,
    /// Nothing is captured.
    Disabled,
}

impl Config {
    /// Captures nothing: no event, no thread, no file; off unless set. Contexts work as always.
    #[must_use]
    pub fn disabled(self, disabled: bool) -> Self {
        Self { disabled, ..self }
    }

    /// Sends what is captured; on unless set. A client that does not send makes its events, asks
    /// [`before_send`](Self::before_send) and returns their ids, and that is all.
    #[must_use]
    pub fn send(self, send: bool) -> Self {
        Self { send, ..self }
    }

    pub(crate) fn using(&self) -> Use {
        if self.disabled {
            Use::Disabled
        } else if self.send && !self.api_key.is_empty() {
            Use::Sent
        } else {
            // Without a key there is nowhere to send it.
            Use::Kept
        }
    }

    /// Shows every event to `hook` before it is sent, as its JSON object; nothing is shown unless set.
    ///
    /// What the hook returns is sent instead, `None` drops the event. It runs once per event, on the thread that captures,
    /// under no lock. An event on which it panics is dropped: it may be there to keep secrets in. What the hook captures
    /// itself with this client is [refused](crate::Refusal::InsideHook).
    ///
    /// ```
    /// # use hogback::{Client, Config, testing::MemoryTransport};
    /// # let server = MemoryTransport::default();
    /// let config = Config::new("phc_key").before_send(|mut event| {
    ///     if event["event"] == "health checked" {
    ///         return None;
    ///     }
    ///     if let Some(properties) = event["properties"].as_object_mut() {
    ///         properties.remove("card_number");
    ///     }
    ///     Some(event)
    /// });
    /// # let client = Client::new(config.transport(server.factory()));
    /// # client.event("health checked").send();
    /// # client.event("paid").property("card_number", 4242).send();
    /// # client.flush(None);
    /// # assert_eq!(server.events().len(), 1);
    /// # assert!(server.events()[0]["properties"].get("card_number").is_none());
    /// ```
    #[must_use]
    pub fn before_send(
        self,
        hook: impl Fn(Map<String, Value>) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            before_send: Some(Arc::new(hook)),
            ..self
        }
    }

    /// Tells `hear` what the client has to say: that a server is away, that events were lost, and the like.
    ///
    /// It is told by a thread that captures, flushes or shuts down, never by one of the client's own, and cannot
    /// [capture](crate::Refusal::InsideHook) with this client. Unless set, notes wait
    /// for [`Client::take_notes`](crate::Client::take_notes).
    ///
    /// ```
    /// use hogback::{Config, Note};
    ///
    /// let config = Config::new("phc_key").on_note(|note| match note {
    ///     Note::Warning(line) => eprintln!("hogback: {line}"),
    ///     note => eprintln!("hogback: error: {note}"),
    /// });
    /// ```
    #[must_use]
    pub fn on_note(self, hear: impl Fn(Note) + Send + Sync + 'static) -> Self {
        Self {
            on_note: Some(Arc::new(hear)),
            ..self
        }
    }

    /// Captures panics of all threads, with a hook that [`init`](crate::init) installs before the one that was there; off
    /// unless set.
    #[must_use]
    pub fn capture_panics(self, capture: bool) -> Self {
        Self {
            capture_panics: capture,
            ..self
        }
    }

    /// How long the guard of [`init`](crate::init) waits for what is not sent yet; 2 seconds unless set.
    #[must_use]
    pub fn shutdown_timeout(self, limit: Duration) -> Self {
        Self {
            shutdown_timeout: limit,
            ..self
        }
    }

    /// Only code below this folder is the program's own, in the stacks of errors.
    ///
    /// Unless set that is all Rust code which does not lie where Cargo or rustc keep other people's: a binary knows the
    /// paths of the machine that compiled it, which is often another one than it runs on.
    #[must_use]
    pub fn project_root(mut self, folder: impl AsRef<std::path::Path>) -> Self {
        self.own_code
            .project_root(&folder.as_ref().to_string_lossy());
        self
    }

    /// Code of these crates or modules, as `shared::billing`, is the program's own wherever it lies; none unless set.
    ///
    /// A binary that was compiled with line tables alone does not know in which module an inlined function is.
    #[must_use]
    pub fn in_app(mut self, prefixes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.own_code.prefixes(prefixes.into_iter().map(Into::into));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_disabled_or_not_sent_stays_so_in_whatever_order_it_is_said() {
        let config = || Config::new("phc_key");
        assert_eq!(config().using(), Use::Sent);
        assert_eq!(config().send(false).disabled(false).using(), Use::Kept);
        assert_eq!(config().disabled(false).send(false).using(), Use::Kept);
        assert_eq!(config().disabled(true).send(true).using(), Use::Disabled);
        let again = config().send(false).disabled(true).disabled(false);
        assert_eq!(again.using(), Use::Kept);
        assert_eq!(Config::new("").using(), Use::Kept);
    }
}
