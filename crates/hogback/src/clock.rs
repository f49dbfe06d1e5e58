//! The one place that asks what time it is, so that tests can move it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where time comes from: schedules use [`now`](Clock::now), payloads use [`unix_time`](Clock::unix_time).
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Time since some fixed moment; it never goes backwards.
    fn now(&self) -> Duration;

    /// Time since 1970-01-01T00:00:00Z by the wall clock, which may jump.
    fn unix_time(&self) -> Duration;

    /// How long a thread that wants to wait `remaining` may really block before it looks at the clock again.
    fn block_for(&self, remaining: Duration) -> Duration {
        remaining
    }
}

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
impl SystemClock {
    /// A clock that starts at zero.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn unix_time(&self) -> Duration {
        // Before 1970 the machine's clock is unset; the epoch is as good an answer as any.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }
}
