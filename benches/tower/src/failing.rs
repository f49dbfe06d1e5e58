//! What capturing an error costs, with the stack of the call.

use std::error::Error;
use std::fmt;
use std::io;

use crate::peers::Peers;
use crate::rounds::{median, nanoseconds, taken_in_turns};

/// Errors of a burst.
pub const BURST: usize = 100;

#[derive(Debug)]
struct OutOfStock(io::Error);

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("book 7 is out of stock")
    }
}

impl Error for OutOfStock {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

pub fn measure(peers: &Peers, rounds: usize) -> Vec<(&'static str, f64)> {
    let error = OutOfStock(io::Error::other("the shelf is empty"));
    let times = taken_in_turns::<3>(rounds, |peer| {
        let time = nanoseconds(BURST, || match peer {
            0 => drop(peers.in_memory.capture_error(&error)),
            1 => drop(sentry::capture_error(&error)),
            _ => drop(
                peers
                    .runtime
                    .block_on(peers.posthog.capture_exception(&error)),
            ),
        });
        peers.flush();
        time / 1_000.0
    });
    let [ours, sentry, posthog] = times.map(median);
    vec![
        ("error_ours_us", ours),
        ("error_sentry_us", sentry),
        ("error_posthog_us", posthog),
    ]
}
