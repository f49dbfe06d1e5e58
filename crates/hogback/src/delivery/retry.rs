//! Decides whether a batch is tried again, and when.

use std::time::Duration;

use super::outcome::Failure;

/// The pause before the second try lies between half of this and all of it; it doubles with each further try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause of our own choice is longer.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Between two looks whether a server is back, once the fast retries are over: between half of this and all of it. The
/// first look thus comes half a minute later, and a fleet of processes does not come back all at once.
const PROBE_PAUSE: Duration = Duration::from_secs(60);

/// A server's wish to be left alone is obeyed up to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How long to wait before trying again, or `None` when the batch is given up.
///
/// `tries` counts the tries so far, at least one; `jitter` in `0.0..1.0` spreads the processes of a fleet. Half of the
/// pause is fixed, so that a retry never comes at once; `Retry-After` is a minimum (RFC 9110, 10.2.3).
pub(super) fn pause(
    failure: &Failure,
    tries: u32,
    max_retries: u32,
    jitter: f64,
) -> Option<Duration> {
    let asked = match failure {
        Failure::Rejected { .. } | Failure::Closed => return None,
        Failure::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
        Failure::Unreachable(_) => Duration::ZERO,
    };
    if tries > max_retries {
        return None;
    }
    let doubled = FIRST_PAUSE
        .saturating_mul(2u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST_PAUSE);
    let ours = doubled / 2 + (doubled / 2).mul_f64(jitter.clamp(0.0, 1.0));
    Some(ours.max(asked.min(LONGEST_RETRY_AFTER)))
}

/// How long to leave a server alone that has failed every fast retry.
pub(super) fn probe_pause(failure: &Failure, jitter: f64) -> Duration {
    let asked = match failure {
        Failure::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
        Failure::Unreachable(_) | Failure::Rejected { .. } | Failure::Closed => Duration::ZERO,
    };
    let ours = PROBE_PAUSE / 2 + (PROBE_PAUSE / 2).mul_f64(jitter.clamp(0.0, 1.0));
    ours.max(asked.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(retry_after: Option<u64>) -> Failure {
        Failure::Busy {
            status: 503,
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn pauses_double_and_never_fall_below_half() {
        let pauses: Vec<_> = (1..=3)
            .filter_map(|tries| pause(&busy(None), tries, 3, 0.0))
            .collect();
        assert_eq!(pauses, [250, 500, 1000].map(Duration::from_millis));
        assert_eq!(
            pause(&busy(None), 1, 3, 1.0),
            Some(Duration::from_millis(500))
        );
        assert_eq!(pause(&busy(None), 60, 100, 1.0), Some(LONGEST_PAUSE));
    }

    #[test]
    fn after_max_retries_the_batch_is_given_up() {
        assert_eq!(pause(&busy(None), 4, 3, 0.5), None);
        assert_eq!(pause(&busy(None), 1, 0, 0.5), None);
    }

    #[test]
    fn a_server_that_is_away_is_left_alone_for_half_a_minute_at_least() {
        assert_eq!(probe_pause(&busy(None), 0.0), Duration::from_secs(30));
        assert_eq!(probe_pause(&busy(None), 1.0), Duration::from_secs(60));
        assert_eq!(probe_pause(&busy(Some(300)), 0.5), Duration::from_secs(300));
    }

    #[test]
    fn a_refusal_is_never_retried() {
        assert_eq!(
            pause(
                &Failure::Rejected {
                    status: 400,
                    message: String::new()
                },
                1,
                3,
                0.5
            ),
            None
        );
    }

    #[test]
    fn retry_after_is_a_minimum_up_to_an_hour() {
        assert_eq!(
            pause(&busy(Some(3)), 1, 3, 1.0),
            Some(Duration::from_secs(3))
        );
        assert_eq!(
            pause(&busy(Some(1_000_000)), 1, 3, 1.0),
            Some(LONGEST_RETRY_AFTER)
        );
        assert_eq!(
            pause(&busy(Some(0)), 1, 3, 1.0),
            Some(Duration::from_millis(500))
        );
    }
}
