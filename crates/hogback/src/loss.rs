//! Events that did not arrive: every one is counted, by reason.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Why an event that was captured will not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The queue held as many events, or bytes, as it may.
    QueueFull,
    /// The event was captured after the client was shut down.
    Closed,
    /// The server refused the request for good.
    Rejected,
    /// The server could not be reached, or was busy, at every try.
    Undelivered,
    /// The process ended, or `shutdown` ran out of time, before the event was sent.
    Unsent,
    /// The event was in the journal only, and its file is gone or damaged.
    JournalGone,
    /// The event was in the journal only, and had to make room for newer ones.
    JournalFull,
}

impl Loss {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::Closed,
        Self::Rejected,
        Self::Undelivered,
        Self::Unsent,
        Self::JournalGone,
        Self::JournalFull,
    ];

    /// A name for logs and figures, as `queue_full`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Undelivered => "undelivered",
            Self::Unsent => "unsent",
            Self::JournalGone => "journal_gone",
            Self::JournalFull => "journal_full",
        }
    }
}

/// Why an event was not accepted; `capture()` says so at once and returns no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A person's properties need to know whose they are, and to be some.
    #[error("no distinct id or no properties")]
    NothingToSet,
    /// An event that is about two ids, or a group, names both.
    #[error("{0}")]
    Incomplete(&'static str),
    /// The program has no client: see [`crate::init`].
    #[error("the program has no client")]
    NoClient,
    /// The client is [disabled](crate::Config::disabled).
    #[error("the client is disabled")]
    Disabled,
    /// The hook [`before_send`](crate::Config::before_send) has dropped the event, or failed on it.
    #[error("before_send has dropped the event")]
    Dropped,
    /// It was captured by the program's own hook, [`before_send`](crate::Config::before_send) or
    /// [`on_note`](crate::Config::on_note), with the client whose hook it is: the hook would be called for it again.
    #[error("a hook of the client cannot capture with the same client")]
    InsideHook,
    /// The queue is full.
    #[error("the queue is full ({queued} events waiting)")]
    QueueFull {
        /// Events that wait.
        queued: usize,
        /// Whether it is the first time since the queue was last empty: once is enough to say so.
        first: bool,
    },
    /// The client is shut down.
    #[error("the client is shut down")]
    Closed,
    /// Larger than the server takes.
    #[error(
        "the event has {bytes} bytes, the server takes {}",
        crate::wire::MAX_EVENT_BYTES
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// Running totals of one client in one process.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    captured: AtomicU64,
    delivered: AtomicU64,
    journalled: AtomicU64,
    adopted: AtomicU64,
    lost: [AtomicU64; Loss::ALL.len()],
}

impl Counters {
    pub(crate) fn captured(&self) {
        self.captured.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn delivered(&self, events: usize) {
        self.delivered.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn journalled(&self, events: usize) {
        self.journalled.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn adopted(&self, events: usize) {
        self.adopted.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn adopted_so_far(&self) -> u64 {
        self.adopted.load(Ordering::Relaxed)
    }

    pub(crate) fn lost(&self, reason: Loss, events: usize) {
        self.lost[reason as usize].fetch_add(events as u64, Ordering::Relaxed);
    }

    /// Events lost so far, by the reasons.
    pub(crate) fn losses(&self) -> [u64; Loss::ALL.len()] {
        let mut lost = [0; Loss::ALL.len()];
        for (total, counter) in lost.iter_mut().zip(&self.lost) {
            *total = counter.load(Ordering::Relaxed);
        }
        lost
    }

    pub(crate) fn stats(
        &self,
        waiting: usize,
        oldest: Option<Duration>,
        level: Level,
        last_error: Option<String>,
    ) -> Stats {
        Stats {
            captured: self.captured.load(Ordering::Relaxed),
            delivered: self.delivered.load(Ordering::Relaxed),
            waiting: waiting as u64,
            journalled: self.journalled.load(Ordering::Relaxed),
            adopted: self.adopted.load(Ordering::Relaxed),
            lost: self.losses(),
            oldest,
            level,
            last_error,
        }
    }
}

/// Where a client's events are while they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// In memory alone: there is no journal, or it cannot be used.
    Memory,
    /// The worker writes them to the journal a moment after they were captured: the disk was slow within the last second.
    SlowDisk,
    /// On disk when `capture` returns.
    Journal,
}

impl Level {
    /// A name for logs and figures, as `journal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::SlowDisk => "slow_disk",
            Self::Journal => "journal",
        }
    }
}

/// What became of a client's events in this process.
///
/// `captured = delivered + waiting + journalled + lost` once nothing is in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Events given to the client, those it refused at once included.
    pub captured: u64,
    /// Events the server accepted.
    pub delivered: u64,
    /// Events that wait to be sent, or are being sent.
    pub waiting: u64,
    /// Events that the client has left in the journal when it ended: another process sends them.
    pub journalled: u64,
    /// Events of processes that are gone, which the server accepted from this one. No event captured here is among them.
    pub adopted: u64,
    /// How long the oldest event in memory has waited; `None` if none waits.
    pub oldest: Option<Duration>,
    /// Where events are kept now.
    pub level: Level,
    /// What went wrong last when events were sent, in words; `None` if nothing ever did.
    pub last_error: Option<String>,
    lost: [u64; Loss::ALL.len()],
}

impl Stats {
    /// Events lost for one reason.
    pub fn lost(&self, reason: Loss) -> u64 {
        self.lost[reason as usize]
    }

    /// Events lost for any reason.
    pub fn lost_total(&self) -> u64 {
        self.lost.iter().sum()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
