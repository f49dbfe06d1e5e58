//! Remembers each event by its uuid: what came once, what came again, and when.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

/// What was taken in.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// By the events' names.
    kinds: HashMap<String, Kind>,
    opened: Option<Instant>,
    first: Option<Instant>,
    last_new: Option<Instant>,
}

#[derive(Debug, Default)]
struct Kind {
    uuids: HashSet<Uuid>,
    duplicates: u64,
}

/// What is told about one name.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Count {
    unique: u64,
    duplicates: u64,
}

/// Seconds since the door was opened last.
#[derive(Debug, Serialize, PartialEq)]
pub(crate) struct Times {
    /// Until the first batch was taken in.
    first: Option<f64>,
    /// Until the last event came that had not come before.
    last_new: Option<f64>,
}

impl Stored {
    /// Takes the events of one request in.
    pub(crate) fn put(&mut self, named: Vec<(String, Uuid)>, now: Instant) {
        self.first.get_or_insert(now);
        for (name, uuid) in named {
            let kind = self.kinds.entry(name).or_default();
            if kind.uuids.insert(uuid) {
                self.last_new = Some(now);
            } else {
                kind.duplicates += 1;
            }
        }
    }

    /// Takes the times from `now` on.
    pub(crate) fn open(&mut self, now: Instant) {
        self.opened = Some(now);
        self.first = None;
        self.last_new = None;
    }

    pub(crate) fn counts(&self) -> HashMap<String, Count> {
        let count = |kind: &Kind| Count {
            unique: kind.uuids.len() as u64,
            duplicates: kind.duplicates,
        };
        self.kinds
            .iter()
            .map(|(name, kind)| (name.clone(), count(kind)))
            .collect()
    }

    pub(crate) fn times(&self) -> Times {
        let since = |at: Option<Instant>| {
            at.zip(self.opened)
                .map(|(at, opened)| at.duration_since(opened))
                .as_ref()
                .map(Duration::as_secs_f64)
        };
        Times {
            first: since(self.first),
            last_new: since(self.last_new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(name: &str, uuids: &[u128]) -> Vec<(String, Uuid)> {
        uuids
            .iter()
            .map(|uuid| (name.to_owned(), Uuid::from_u128(*uuid)))
            .collect()
    }

    #[test]
    fn an_event_that_comes_again_is_a_duplicate() {
        let mut stored = Stored::default();
        let now = Instant::now();
        stored.put(events("a", &[1, 2]), now);
        stored.put(events("a", &[2, 3]), now);
        stored.put(events("b", &[4]), now);
        let count = |unique, duplicates| Count { unique, duplicates };
        assert_eq!(stored.counts()["a"], count(3, 1));
        assert_eq!(stored.counts()["b"], count(1, 0));
    }

    #[test]
    fn times_run_from_the_opening_to_the_first_and_to_the_last_new_event() {
        let mut stored = Stored::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        stored.put(events("a", &[1]), start);
        stored.open(after(10));
        stored.put(events("a", &[2]), after(12));
        stored.put(events("a", &[3]), after(15));
        stored.put(events("a", &[3]), after(19));
        let expected = Times {
            first: Some(2.0),
            last_new: Some(5.0),
        };
        assert_eq!(stored.times(), expected);
    }
}
