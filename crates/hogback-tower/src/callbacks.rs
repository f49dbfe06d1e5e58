//! Asks functions of the program: one that panics costs what it would have said and one warning.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use hogback::Client;

/// A function of the program, by the name under which it was given.
#[derive(Debug)]
pub(crate) struct Callback {
    name: &'static str,
    /// What becomes of the request's events without it.
    without: &'static str,
    told: Once,
}

pub(crate) static FILTER: Callback = Callback::new("filter", "the request is tracked");
pub(crate) static EXTRA_TAGS: Callback = Callback::new("extra_tags", "its tags are missing");
pub(crate) static MAP_TAGS: Callback = Callback::new("map_tags", "no tags are sent");
pub(crate) static PEER: Callback = Callback::new("peer_address", "the peer is not known");
pub(crate) static FAILURE: Callback = Callback::new("capture_status", "nothing is reported");
pub(crate) static FIND: Callback = Callback::new("response_error", "nothing is reported");

impl Callback {
    const fn new(name: &'static str, without: &'static str) -> Self {
        Self {
            name,
            without,
            told: Once::new(),
        }
    }

    /// What the function says, or nothing if it panics; the program is told once in each process.
    pub(crate) fn ask<T>(&self, client: &Client, ask: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(ask)) {
            Ok(said) => Some(said),
            Err(payload) => {
                forget(payload);
                self.told.call_once(|| {
                    client.warn(format!(
                        "`{}` of a ContextLayer panicked: {}",
                        self.name, self.without
                    ));
                });
                None
            }
        }
    }
}

/// Lets a panic's payload go, whatever its own destructor does.
fn forget(payload: Box<dyn std::any::Any + Send>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_panics_says_nothing_is_told_of_once_and_may_be_asked_again() {
        static CALLBACK: Callback = Callback::new("test", "nothing happens");
        let client = Client::new(hogback::Config::new("").no_journal());
        for _ in 0..2 {
            assert_eq!(CALLBACK.ask(&client, || -> u8 { panic!("a bug") }), None);
        }
        assert_eq!(client.take_notes().len(), 1);
        assert_eq!(CALLBACK.ask(&client, || 7), Some(7));
    }
}
