//! Decides when a request is due, and how many events go into it.

use std::time::Duration;

/// The server refuses bodies over 20 MiB; we stay well below, as the official clients do.
pub(super) const MAX_BATCH_BYTES: usize = 5 * 1024 * 1024;

/// A worker with nothing to do looks again this often: waking it costs the capturing thread more than all the rest.
pub(super) const TICK: Duration = Duration::from_millis(200);

/// After this many idle looks the worker sleeps until it is woken, so that an idle process is really idle.
const IDLE_TICKS: u32 = 25;

/// Batches of up to this many events are sent as soon as they are full.
const HURRIED_BATCH: usize = 20;

/// From so many waiting bytes on, two requests are made at a time: the way to the server may be long.
pub(super) const LARGE_BACKLOG: usize = 4 * 1024 * 1024;

/// When a batch is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Events in a request, at most.
    pub(super) events: usize,
    /// How long an event waits for company.
    pub(super) age: Duration,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    pub(super) events: usize,
    pub(super) bytes: usize,
    /// Age of the oldest.
    pub(super) age: Duration,
    /// Somebody waits for these events to be settled.
    pub(super) wanted: bool,
}

/// What the worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send a batch.
    Send,
    /// Look again after this time.
    Look(Duration),
    /// Sleep until woken.
    Sleep,
}

/// Decides the next step; `idle` counts the looks that found nothing.
pub(super) fn next_step(limits: Limits, waiting: Waiting, idle: u32) -> Step {
    if waiting.events == 0 {
        return if idle < IDLE_TICKS {
            Step::Look(TICK)
        } else {
            Step::Sleep
        };
    }
    let full = waiting.events >= limits.events || waiting.bytes >= MAX_BATCH_BYTES;
    if full || waiting.wanted || waiting.age >= limits.age {
        Step::Send
    } else {
        Step::Look(TICK.min(limits.age.saturating_sub(waiting.age)))
    }
}

/// Whether the event that was added just now, of `size` bytes, is worth waking the worker for, before its next look.
///
/// Waking a thread costs the capturing one more than all the rest, so a full batch waits for the look: that is a fifth
/// of a second at most. Not so when the program chose small batches, which means that it is in a hurry, or when the
/// queue fills up: then it is woken once.
pub(super) fn is_urgent(
    limits: Limits,
    max_events: usize,
    events: usize,
    bytes: usize,
    size: usize,
) -> bool {
    let hurried = limits.events <= HURRIED_BATCH && events == limits.events;
    let filling = events == (max_events / 2).max(limits.events);
    let before = bytes.saturating_sub(size);
    let heavy = bytes >= MAX_BATCH_BYTES && before < MAX_BATCH_BYTES;
    hurried || filling || heavy
}

/// How many of the waiting events, by their sizes, go into one request of so many bytes: at least one.
pub(super) fn cut(limits: Limits, max_bytes: usize, sizes: impl Iterator<Item = usize>) -> usize {
    let mut bytes = 0;
    let fitting = sizes.take(limits.events.max(1)).take_while(|size| {
        bytes += size;
        bytes <= max_bytes
    });
    fitting.count().max(1)
}

/// The events of a batch, by requests of so many and so many bytes.
pub(super) fn requests<T>(
    limits: Limits,
    max_bytes: usize,
    events: &[T],
    size: impl Fn(&T) -> usize,
) -> Vec<&[T]> {
    let mut rest = events;
    let mut requests = Vec::new();
    while !rest.is_empty() {
        let (request, others) = rest.split_at(cut(limits, max_bytes, rest.iter().map(&size)));
        requests.push(request);
        rest = others;
    }
    requests
}

/// No server is sent smaller requests than this on its own account.
const SMALLEST_REQUEST: usize = 16 * 1024;

/// The most bytes of events that go into a request from now on, when the server has found so many too large.
pub(super) fn after_too_large(bytes: usize) -> usize {
    (bytes / 2).clamp(SMALLEST_REQUEST, MAX_BATCH_BYTES)
}

/// The same when it has taken so many: a limit that it still has is found again by a request in sixteen or so.
pub(super) fn after_fitting(limit: usize, bytes: usize) -> usize {
    if bytes * 2 < limit {
        return limit; // it says nothing about larger ones
    }
    (limit + limit / 16).min(MAX_BATCH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        events: 100,
        age: Duration::from_secs(5),
    };

    fn waiting(events: usize, seconds: u64) -> Waiting {
        Waiting {
            events,
            bytes: events * 500,
            age: Duration::from_secs(seconds),
            wanted: false,
        }
    }

    #[test]
    fn a_request_is_due_when_the_batch_is_full_old_or_wanted() {
        assert_eq!(next_step(LIMITS, waiting(100, 0), 0), Step::Send);
        assert_eq!(next_step(LIMITS, waiting(1, 5), 0), Step::Send);
        assert_eq!(
            next_step(
                LIMITS,
                Waiting {
                    wanted: true,
                    ..waiting(1, 0)
                },
                0
            ),
            Step::Send
        );
        assert_eq!(
            next_step(
                LIMITS,
                Waiting {
                    bytes: MAX_BATCH_BYTES,
                    ..waiting(1, 0)
                },
                0
            ),
            Step::Send
        );
        assert_eq!(next_step(LIMITS, waiting(99, 4), 0), Step::Look(TICK));
    }

    #[test]
    fn the_worker_is_woken_for_small_batches_and_when_the_queue_is_half_full() {
        let small = Limits {
            events: 1,
            ..LIMITS
        };
        assert!(is_urgent(small, 10_000, 1, 500, 500));
        assert!(!is_urgent(LIMITS, 10_000, 100, 50_000, 500));
        assert!(is_urgent(LIMITS, 10_000, 5_000, 2_500_000, 500));
        assert!(is_urgent(LIMITS, 200, 100, 50_000, 500));
        assert!(is_urgent(LIMITS, 10_000, 7, MAX_BATCH_BYTES, 500));
        assert!(!is_urgent(LIMITS, 10_000, 8, MAX_BATCH_BYTES + 500, 500));
    }

    #[test]
    fn an_idle_worker_looks_for_a_while_and_then_sleeps() {
        assert_eq!(next_step(LIMITS, waiting(0, 0), 0), Step::Look(TICK));
        assert_eq!(next_step(LIMITS, waiting(0, 0), IDLE_TICKS), Step::Sleep);
    }

    #[test]
    fn a_batch_is_cut_by_count_and_bytes_but_never_empty() {
        let cut = |size, events| cut(LIMITS, MAX_BATCH_BYTES, std::iter::repeat_n(size, events));
        assert_eq!(cut(500, 1000), 100);
        assert_eq!(cut(900 * 1024, 100), 5);
        assert_eq!(cut(MAX_BATCH_BYTES * 2, 1), 1);
    }

    #[test]
    fn a_batch_is_sent_in_requests_of_which_none_is_too_large() {
        let of = |events: &[usize]| -> Vec<usize> {
            let requests = requests(LIMITS, 1_000, events, |size| *size);
            requests.iter().map(|request| request.len()).collect()
        };
        assert_eq!(of(&[10; 150]), [100, 50]);
        assert_eq!(of(&[600, 600, 400, 2_000]), [1, 2, 1]);
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn requests_shrink_at_once_when_they_are_too_large_and_grow_again_slowly() {
        let mut limit = after_too_large(1_000_000);
        assert_eq!(limit, 500_000);
        limit = after_fitting(limit, 500_000);
        assert_eq!(limit, 531_250);
        assert_eq!(after_fitting(limit, 1_000), limit);
        for _ in 0..50 {
            limit = after_fitting(limit, limit);
        }
        assert_eq!(limit, MAX_BATCH_BYTES);
        assert_eq!(after_too_large(100), SMALLEST_REQUEST);
    }
}
