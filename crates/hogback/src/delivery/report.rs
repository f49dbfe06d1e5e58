//! The event that tells the server what was lost, where the program has asked for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::event::Event;
use crate::ids;
use crate::loss::Loss;
use crate::timestamp::Timestamp;

/// It is not sent more often than this.
const EVERY: Duration = Duration::from_secs(60);

/// The event's name, as our own.
const NAME: &str = "$sdk_report";

/// Losses by their reasons.
pub(super) type Losses = [u64; Loss::ALL.len()];

/// What the server was told.
#[derive(Debug, Default)]
pub(super) struct LossReport(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    losses: Losses,
    at: Option<Duration>,
}

/// An event that tells of losses, and which those are.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) event: Event,
    losses: Losses,
}

impl LossReport {
    /// What there is to tell, when so much was `lost` so far; `now` is some clock's, `unix_time` the wall clock's.
    pub(super) fn due(&self, lost: Losses, now: Duration, unix_time: Duration) -> Option<Telling> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.losses == lost || told.at.is_some_and(|at| now < at + EVERY) {
            return None;
        }
        let new: serde_json::Map<String, serde_json::Value> = Loss::ALL
            .into_iter()
            .map(|reason| (reason, lost[reason as usize] - told.losses[reason as usize]))
            .filter(|(_, events)| *events > 0)
            .map(|(reason, events)| (reason.name().to_owned(), events.into()))
            .collect();
        let uuid = ids::uuid_v7(unix_time).to_string();
        let json = json!({
            "event": NAME,
            "distinct_id": uuid,
            "timestamp": Timestamp::from_unix_time(unix_time).to_string(),
            "uuid": uuid,
            "properties": {"lost": new, "$process_person_profile": false},
        });
        Some(Telling {
            event: Event::stored(json.to_string().as_bytes()),
            losses: lost,
        })
    }

    /// The server has it.
    pub(super) fn told(&self, telling: &Telling, now: Duration) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *told = Told {
            losses: telling.losses,
            at: Some(now),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn lost(full: u64, rejected: u64) -> Losses {
        let mut losses = Losses::default();
        losses[Loss::QueueFull as usize] = full;
        losses[Loss::Rejected as usize] = rejected;
        losses
    }

    fn told(telling: &Telling) -> serde_json::Value {
        let event: serde_json::Value = serde_json::from_slice(telling.event.json()).unwrap();
        event["properties"]["lost"].clone()
    }

    #[test]
    fn the_server_is_told_what_was_lost_since_it_was_told_last_and_not_more_than_once_a_minute() {
        let report = LossReport::default();
        assert!(report.due(lost(0, 0), NOW, NOW).is_none());
        let first = report.due(lost(3, 1), NOW, NOW).unwrap();
        assert_eq!(told(&first), json!({"queue_full": 3, "rejected": 1}));
        report.told(&first, NOW);
        assert!(report.due(lost(3, 1), NOW + EVERY, NOW).is_none());
        assert!(report.due(lost(4, 1), NOW + EVERY / 2, NOW).is_none());
        let second = report.due(lost(4, 1), NOW + EVERY, NOW).unwrap();
        assert_eq!(told(&second), json!({"queue_full": 1}));
    }

    #[test]
    fn what_the_server_has_not_heard_is_told_again() {
        let report = LossReport::default();
        report.due(lost(3, 0), NOW, NOW).unwrap();
        let again = report.due(lost(5, 0), NOW, NOW).unwrap();
        assert_eq!(told(&again), json!({"queue_full": 5}));
    }
}
