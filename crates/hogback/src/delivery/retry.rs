//! Decides whether a batch is tried again, and when.

use std::time::Duration;

use super::sending::Stop;

/// The pause before the second try lies between half of this and all of it; it doubles with each further try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause of our own choice is longer.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Between two looks whether a server is back, once the fast retries are over: between half of this and all of it. The
/// first look thus comes half a minute later, and a fleet of processes does not come back all at once.
const PROBE_PAUSE: Duration = Duration::from_secs(60);

/// Between two looks whether somebody has corrected the key or the host: this, and up to a tenth more.
const MEND_PAUSE: Duration = Duration::from_secs(15 * 60);

/// A server's wish to be left alone is obeyed up to this.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// What to do with a batch that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again after this pause.
    Retry(Duration),
    /// The server is away: only look now and then whether it is back, first after this pause.
    Probe(Duration),
    /// Give it up.
    GiveUp,
}

/// Decides that.
///
/// `tries` counts the tries so far, at least one; `is_kept` says whether the batch is on disk, and so may wait for ever;
/// `jitter` in `0.0..1.0` spreads the processes of a fleet. Half of a pause is fixed, so that a retry never comes at once;
/// `Retry-After` is a minimum (RFC 9110, 10.2.3).
pub(super) fn next(stop: &Stop, tries: u32, max_retries: u32, is_kept: bool, jitter: f64) -> Next {
    let jitter = jitter.clamp(0.0, 1.0);
    let asked = (stop.failure().retry_after())
        .map_or(Duration::ZERO, |asked| asked.min(LONGEST_RETRY_AFTER));
    match stop {
        Stop::Mend(_) if is_kept => Next::Probe(MEND_PAUSE + MEND_PAUSE.mul_f64(jitter / 10.0)),
        Stop::Wait(_) if tries <= max_retries => {
            let doublings = tries.saturating_sub(1);
            let doubled = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(doublings));
            let pause = spread(doubled.min(LONGEST_PAUSE), jitter).max(asked);
            if is_kept && pause > LONGEST_PAUSE {
                Next::Probe(pause) // nobody should wait for this
            } else {
                Next::Retry(pause)
            }
        }
        Stop::Wait(_) if is_kept => Next::Probe(spread(PROBE_PAUSE, jitter).max(asked)),
        Stop::Mend(_) | Stop::Wait(_) => Next::GiveUp,
    }
}

/// How long to leave a server alone that cannot take what another process has left behind.
pub(super) fn until_next_orphan(stop: &Stop, jitter: f64) -> Duration {
    match next(stop, 1, 0, true, jitter) {
        Next::Retry(pause) | Next::Probe(pause) => pause,
        Next::GiveUp => PROBE_PAUSE,
    }
}

/// What waits after a shorter outage is sent as fast as the server takes it.
const LONG_OUTAGE: Duration = Duration::from_secs(120);

/// How long to wait between two batches when the server is back after an `outage`, until what waits is sent: so many batches.
///
/// Everybody's events wait then, and a server that has just come back would get ten minutes of them at once. After a long
/// outage they are sent about as slowly as they came, beside those that come meanwhile. So the server has somewhat less than
/// twice its usual load, for a quarter longer than it was away.
pub(super) fn pace(outage: Duration, batches: usize) -> Duration {
    if outage < LONG_OUTAGE {
        return Duration::ZERO;
    }
    let batches = u32::try_from(batches.max(1)).unwrap_or(u32::MAX);
    (outage / batches).div_f64(1.8)
}

fn spread(pause: Duration, jitter: f64) -> Duration {
    pause / 2 + (pause / 2).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Failure;
    use super::*;

    fn busy(retry_after: Option<u64>) -> Stop {
        Stop::Wait(Failure::Busy {
            status: 503,
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    fn wrong_key() -> Stop {
        Stop::Mend(Failure::Rejected {
            status: 401,
            message: String::new(),
        })
    }

    fn pause(tries: u32, jitter: f64) -> Next {
        next(&busy(None), tries, 100, false, jitter)
    }

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn pauses_double_and_never_fall_below_half() {
        let pauses: Vec<_> = (1..=3).map(|tries| pause(tries, 0.0)).collect();
        assert_eq!(
            pauses,
            [250, 500, 1000].map(|pause| Next::Retry(millis(pause)))
        );
        assert_eq!(pause(1, 1.0), Next::Retry(millis(500)));
        assert_eq!(pause(60, 1.0), Next::Retry(LONGEST_PAUSE));
    }

    #[test]
    fn after_max_retries_a_batch_in_memory_is_given_up_and_one_on_disk_is_not() {
        assert_eq!(next(&busy(None), 4, 3, false, 0.5), Next::GiveUp);
        assert_eq!(next(&busy(None), 1, 0, false, 0.5), Next::GiveUp);
        for tries in [4, 1000, u32::MAX] {
            let probe = next(&busy(None), tries, 3, true, 0.0);
            assert_eq!(probe, Next::Probe(Duration::from_secs(30)));
        }
        assert_eq!(
            next(&busy(None), 4, 3, true, 1.0),
            Next::Probe(Duration::from_secs(60))
        );
    }

    #[test]
    fn a_wrong_key_is_tried_again_each_quarter_of_an_hour_if_the_events_can_wait_so_long() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(
            next(&wrong_key(), 1, 3, true, 0.0),
            Next::Probe(minutes(15))
        );
        assert_eq!(
            next(&wrong_key(), 9, 3, true, 1.0),
            Next::Probe(minutes(15) + Duration::from_secs(90))
        );
        assert_eq!(next(&wrong_key(), 1, 3, false, 0.5), Next::GiveUp);
    }

    #[test]
    fn retry_after_is_a_minimum_up_to_an_hour() {
        let seconds = |seconds| Next::Retry(Duration::from_secs(seconds));
        let retry = |asked| next(&busy(Some(asked)), 1, 3, false, 1.0);
        assert_eq!(retry(3), seconds(3));
        assert_eq!(retry(1_000_000), seconds(3600));
        assert_eq!(retry(0), Next::Retry(millis(500)));
        let probe = |asked, tries| next(&busy(Some(asked)), tries, 3, true, 0.5);
        assert_eq!(probe(300, 4), Next::Probe(Duration::from_secs(300)));
        assert_eq!(probe(31, 1), Next::Probe(Duration::from_secs(31)));
        assert_eq!(probe(30, 1), seconds(30));
    }

    #[test]
    fn after_a_long_outage_what_waits_is_sent_at_nearly_twice_the_usual_pace() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(pace(minutes(9), 120), millis(2_500));
        assert_eq!(pace(minutes(1), 600), Duration::ZERO);
        assert_eq!(pace(minutes(9), 0), minutes(5));
        assert_eq!(pace(millis(119_999), 1), Duration::ZERO);
        assert!(pace(minutes(2), 1) > minutes(1));
    }

    /// A fleet of clients whose server goes away and comes back, with the policy as it is and time that does not pass.
    struct Fleet {
        random: fastrand::Rng,
        back: Duration,
        due: std::collections::BinaryHeap<std::cmp::Reverse<(Duration, usize)>>,
        clients: Vec<Member>,
    }

    #[derive(Clone, Default)]
    struct Member {
        /// Batches that were delivered; one is captured each ten seconds.
        delivered: u64,
        first_at: Duration,
        down_since: Option<Duration>,
        tries: u32,
        pace: Duration,
    }

    const EVERY: Duration = Duration::from_secs(10);

    impl Fleet {
        fn new(clients: usize, seed: u64) -> Self {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut fleet = Self {
                due: std::collections::BinaryHeap::new(),
                clients: vec![Member::default(); clients],
                back: Duration::from_secs(660),
                random: random.fork(),
            };
            for client in 0..clients {
                let first = EVERY.mul_f64(random.f64());
                fleet.clients[client].first_at = first;
                fleet.due.push(std::cmp::Reverse((first, client)));
            }
            fleet
        }

        fn is_down(&self, now: Duration) -> bool {
            now >= Duration::from_secs(60) && now < self.back
        }

        /// The next request: when it is made.
        fn step(&mut self) -> Duration {
            let std::cmp::Reverse((now, number)) = self.due.pop().unwrap();
            let is_down = self.is_down(now);
            let client = &mut self.clients[number];
            let captured = now.saturating_sub(client.first_at).as_secs() / EVERY.as_secs() + 1;
            let next_at = if is_down {
                client.down_since.get_or_insert(now);
                client.tries += 1;
                let jitter = self.random.f64();
                match next(&busy(None), client.tries, 3, true, jitter) {
                    Next::Retry(pause) | Next::Probe(pause) => now + pause,
                    Next::GiveUp => unreachable!("what is on disk is never given up"),
                }
            } else {
                if let Some(since) = client.down_since.take() {
                    client.pace = pace(
                        now.saturating_sub(since),
                        usize::try_from(captured - client.delivered).unwrap(),
                    );
                    client.tries = 0;
                }
                client.delivered += 1;
                if client.delivered < captured {
                    // A request takes its time, even where nobody waits on purpose.
                    now + client.pace.max(millis(50))
                } else {
                    client.pace = Duration::ZERO;
                    client.first_at + EVERY * u32::try_from(client.delivered).unwrap()
                }
            };
            self.due.push(std::cmp::Reverse((next_at, number)));
            now
        }
    }

    #[test]
    fn ten_thousand_clients_do_not_storm_a_server_that_is_back_after_ten_minutes() {
        let clients = 10_000;
        let mut fleet = Fleet::new(clients, 11);
        let mut requests = vec![0_u32; 2_400];
        loop {
            let second = usize::try_from(fleet.step().as_secs()).unwrap();
            let Some(count) = requests.get_mut(second) else {
                break;
            };
            *count += 1;
        }
        let steady = u32::try_from(clients).unwrap() / 10;
        let usual = requests[10..50].iter().max().unwrap();
        assert!(
            *usual <= steady + steady / 20,
            "{usual} requests a second before"
        );
        let peak = requests[660..].iter().max().unwrap();
        assert!(
            *peak <= steady * 2,
            "{peak} requests a second, usually {steady}"
        );
        let caught_up = requests[2_300..].iter().max().unwrap();
        assert!(
            *caught_up <= steady + steady / 20,
            "{caught_up} requests a second in the end"
        );
        let probes = requests[100..660].iter().max().unwrap();
        assert!(
            *probes <= steady / 2,
            "{probes} requests a second meanwhile"
        );
    }

    #[test]
    fn orphans_leave_the_server_alone_as_probes_do() {
        assert_eq!(until_next_orphan(&busy(None), 0.0), Duration::from_secs(30));
        assert_eq!(
            until_next_orphan(&busy(Some(90)), 0.0),
            Duration::from_secs(90)
        );
        assert_eq!(
            until_next_orphan(&wrong_key(), 0.0),
            Duration::from_secs(900)
        );
    }
}
