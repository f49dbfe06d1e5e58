//! Takes times, the peers taking turns.

use std::time::Instant;

/// Nanoseconds that one of `calls` calls takes, all of them in a row.
pub fn nanoseconds(calls: usize, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// The middle one.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The times of each peer, round by round. A first round of all counts for none.
pub fn taken_in_turns<const N: usize>(
    rounds: usize,
    mut measure: impl FnMut(usize) -> f64,
) -> [Vec<f64>; N] {
    let mut times = [const { Vec::new() }; N];
    for peer in 0..N {
        measure(peer);
    }
    for round in 0..rounds {
        // Another one begins each time.
        for place in 0..N {
            let peer = (round + place) % N;
            times[peer].push(measure(peer));
        }
    }
    times
}
