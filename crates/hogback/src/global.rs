//! The program's client, and functions that need none in their hands.
//!
//! A program calls [`init`] once, keeps the guard, and captures from anywhere:
//!
//! ```
//! # use hogback::{Config, testing::MemoryTransport};
//! # let server = MemoryTransport::default();
//! # let config = Config::new("phc_key").transport(server.factory());
//! let guard = hogback::init(config);
//!
//! hogback::capture("order placed").distinct_id("user-7").property("total", 12.5).send();
//!
//! drop(guard); // sends what waits
//! # assert_eq!(server.events()[0]["event"], "order placed");
//! ```
//!
//! Without a client these functions do nothing, in silence: libraries call them too, and not every program that uses one
//! wants events.

use std::error::Error;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::capture::Capture;
use crate::client::Client;
use crate::config::Config;
use crate::delivery::Note;
use crate::errors::AsError;
use crate::panic_hook;

static CLIENT: RwLock<Option<Client>> = RwLock::new(None);

/// Keeps the program's client; dropping it sends what waits and shuts the client down.
///
/// It waits as long as [`Config::shutdown_timeout`] says. A guard that is never dropped, as in a program that ends by
/// [`exit`](std::process::exit) or a signal, loses nothing where there is a [journal](Config::journal): another process
/// sends what is left there.
#[must_use = "the client is shut down when this guard is dropped: keep it until the program ends"]
#[derive(Debug)]
pub struct Guard {
    client: Client,
    limit: Duration,
}

impl Guard {
    /// The client it keeps.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.client.shutdown(Some(self.limit));
        let mut current = CLIENT.write().unwrap_or_else(PoisonError::into_inner);
        let gone = current.take_if(|current| current.is(&self.client));
        drop(current);
        // The last handle may run code of the program's when it goes: not under the lock.
        drop(gone);
    }
}

/// Makes the program's client, which is there until the guard is dropped; one that was there before is so no longer.
pub fn init(config: Config) -> Guard {
    let limit = config.shutdown_timeout;
    let hears_panics = !config.capture_panics || panic_hook::install();
    let client = Client::new(config);
    if !hears_panics {
        // Not told here: the program's code may not run in a panic.
        client.note(Note::Warning(
            "panics are not captured, since `init` was called by a thread that panics: call it before".to_owned(),
        ));
    }
    let mut current = CLIENT.write().unwrap_or_else(PoisonError::into_inner);
    let before = current.replace(client.clone());
    drop(current);
    drop(before);
    Guard { client, limit }
}

/// The program's client, while there is one.
pub fn client() -> Option<Client> {
    CLIENT
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn begin(event: impl FnOnce(&Client) -> Capture) -> Capture {
    client().map_or_else(Capture::nobodys, |client| event(&client))
}

/// Begins an event of this name: [`Client::event`] of the program's client.
pub fn capture(name: impl Into<String>) -> Capture {
    begin(|client| client.event(name))
}

/// Begins a change of a person's properties: [`Client::set`].
pub fn set() -> Capture {
    begin(Client::set)
}

/// Begins a change of a person's properties that are not set yet: [`Client::set_once`].
pub fn set_once() -> Capture {
    begin(Client::set_once)
}

/// Begins to say that two ids are one person: [`Client::alias`].
pub fn alias(previous_id: impl AsRef<str>) -> Capture {
    begin(|client| client.alias(previous_id))
}

/// Begins a change of a group's properties: [`Client::group_identify`].
pub fn group_identify(kind: impl AsRef<str>, key: impl ToString) -> Capture {
    begin(|client| client.group_identify(kind, key))
}

/// Begins the event of an error, to say more of it: [`Client::error`].
pub fn error<E: AsError + ?Sized>(error: &E) -> Capture {
    begin(|client| client.error(error))
}

/// Captures an error and its sources: [`Client::capture_error`]. Returns the event's id, or `None` where it was not taken.
pub fn capture_error(error: &(dyn Error + 'static)) -> Option<String> {
    client()?.capture_error(error).ok()
}

/// Waits until everything captured so far is delivered or counted as lost, or `limit` has passed: [`Client::flush`].
///
/// `true` where there is nothing to wait for.
pub fn flush(limit: Duration) -> bool {
    client().is_none_or(|client| client.flush(Some(limit)))
}
