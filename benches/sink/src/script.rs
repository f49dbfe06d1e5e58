//! What the sink is told to do with the requests to come.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The events are taken in.
    #[default]
    Accept,
    /// The events are taken in, but the connection is reset where the answer should be.
    LoseAck,
    /// No answer comes.
    Hang,
    /// The events are refused with this status.
    Status(u16),
    /// The first such request is answered 429 and told to come again in so many seconds; whoever comes earlier is told
    /// the same, and whoever comes later is accepted.
    Busy(u64),
}

/// The answers to come; without any, everything is accepted at once.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Script {
    /// One each for the next requests ...
    steps: VecDeque<Answer>,
    /// ... and this one for all after them.
    then: Answer,
    /// How long an answer takes.
    delay_ms: u64,
    /// When the sender that was told to come later may come.
    #[serde(skip)]
    free_at: Option<Instant>,
}

/// What to do with the request at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Accept,
    LoseAck,
    Hang,
    Refuse(u16),
    Postpone {
        /// Seconds, rounded up: who obeys is never early.
        retry_after: u64,
        /// Whether the sender had been told before.
        is_early: bool,
    },
}

impl Script {
    /// Decides about the next request, which came `now`.
    pub(crate) fn next(&mut self, now: Instant) -> Act {
        match self.steps.pop_front().unwrap_or(self.then) {
            Answer::Accept => Act::Accept,
            Answer::LoseAck => Act::LoseAck,
            Answer::Hang => Act::Hang,
            Answer::Status(status) => Act::Refuse(status),
            Answer::Busy(seconds) => self.postpone(now, seconds),
        }
    }

    fn postpone(&mut self, now: Instant, seconds: u64) -> Act {
        let is_early = self.free_at.is_some();
        let free_at = *self
            .free_at
            .get_or_insert(now + Duration::from_secs(seconds));
        if now >= free_at {
            return Act::Accept;
        }
        let wait = free_at - now;
        Act::Postpone {
            retry_after: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
            is_early,
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(json: &str) -> Script {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_step_is_for_one_request_and_the_rest_is_for_all() {
        let mut script = script(r#"{"steps": ["lose_ack", "accept"], "then": {"status": 500}}"#);
        let now = Instant::now();
        let acts = [(); 4].map(|()| script.next(now));
        assert_eq!(
            acts,
            [
                Act::LoseAck,
                Act::Accept,
                Act::Refuse(500),
                Act::Refuse(500)
            ]
        );
    }

    #[test]
    fn who_comes_before_the_time_is_early() {
        let mut script = script(r#"{"then": {"busy": 10}}"#);
        let start = Instant::now();
        let told = |retry_after, is_early| Act::Postpone {
            retry_after,
            is_early,
        };
        assert_eq!(script.next(start), told(10, false));
        let early = start + Duration::from_millis(3_500);
        assert_eq!(script.next(early), told(7, true));
        assert_eq!(script.next(start + Duration::from_secs(10)), Act::Accept);
    }

    #[test]
    fn a_script_says_nothing_that_is_not_understood() {
        assert!(serde_json::from_str::<Script>(r#"{"than": "hang"}"#).is_err());
    }
}
