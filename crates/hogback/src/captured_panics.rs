//! The panics that the hook has captured, for who catches one: it is not captured once more.
//!
//! One may be caught on another thread, as that of a task whose handler goes on with it. The hook does not see the payload
//! that will be caught, which the runtime makes later, but its type and what it says.

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use crate::client::{Client, WeakClient};
use crate::errors::panics;

/// Panics that are remembered, at most: most are never caught, and the oldest go.
const MAX_PANICS: usize = 64;

static PANICS: Mutex<VecDeque<Captured>> = Mutex::new(VecDeque::new());

/// What is the same for a panic in the hook and where it is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Likeness {
    kind: TypeId,
    message: u64,
}

impl Likeness {
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Self {
        let mut hasher = DefaultHasher::new();
        panics::message(payload).hash(&mut hasher);
        Self {
            kind: payload.type_id(),
            message: hasher.finish(),
        }
    }
}

struct Captured {
    client: WeakClient,
    thread: ThreadId,
    likeness: Likeness,
    uuid: String,
}

/// Remembers a panic of this thread.
pub(crate) fn remember(client: &Client, likeness: Likeness, uuid: String) {
    let captured = Captured {
        client: client.downgrade(),
        thread: thread::current().id(),
        likeness,
        uuid,
    };
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let gone = (panics.len() == MAX_PANICS).then(|| panics.pop_front());
    panics.push_back(captured);
    drop(panics);
    drop(gone);
}

/// The id under which `client` has captured this panic, if it has. It is said once.
///
/// The last one of this thread is meant, else the last one of another: an older one like it was caught by somebody else.
pub(crate) fn take(client: &Client, payload: &(dyn Any + Send)) -> Option<String> {
    let (here, likeness) = (thread::current().id(), Likeness::of(payload));
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |panic: &Captured| panic.likeness == likeness && panic.client.is(client);
    let found = panics
        .iter()
        .rposition(|panic| is_it(panic) && panic.thread == here)
        .or_else(|| panics.iter().rposition(is_it))?;
    panics.remove(found).map(|panic| panic.uuid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn client() -> Client {
        Client::new(Config::new("").no_journal())
    }

    #[test]
    fn a_panic_is_known_once_to_its_client_by_its_type_and_message() {
        let [client, other] = [client(), client()];
        let payload: &(dyn Any + Send) = &"known once";
        remember(&client, Likeness::of(payload), "1".into());
        assert_eq!(take(&other, payload), None);
        assert_eq!(take(&client, &String::from("known once")), None);
        assert_eq!(take(&client, &"something else"), None);
        assert_eq!(take(&client, payload).as_deref(), Some("1"));
        assert_eq!(take(&client, payload), None);
    }

    #[test]
    fn of_panics_that_are_alike_the_last_one_of_the_thread_is_meant_and_then_that_of_another() {
        let client = client();
        let payload: &(dyn Any + Send) = &"alike";
        for uuid in ["1", "2"] {
            remember(&client, Likeness::of(payload), uuid.into());
        }
        let elsewhere = client.clone();
        let thread =
            thread::spawn(move || remember(&elsewhere, Likeness::of(&"alike"), "3".into()));
        thread.join().unwrap();
        let taken: Vec<_> = std::iter::from_fn(|| take(&client, payload)).collect();
        assert_eq!(taken, ["2", "1", "3"]);
    }

    #[test]
    fn a_client_that_is_gone_is_not_kept() {
        let client = client();
        remember(&client, Likeness::of(&"of nobody"), "1".into());
        assert!(client.is_the_only_handle());
    }
}
