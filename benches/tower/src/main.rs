//! The Rust crates beside their peers: sentry and sentry-tower, and posthog-rs with its tower layer.
//!
//! Prints one JSON object of numbers. `benches/run_rust.py` runs it, beside the sink that takes the events, and prints the
//! table.

mod capturing;
mod failing;
mod layers;
mod peers;
mod rounds;

use serde_json::{Map, Value};

use crate::peers::Peers;

/// What the command line says.
struct Asked {
    sink: String,
    journal: String,
    rounds: usize,
}

fn main() -> Result<(), String> {
    let asked = asked()?;
    let peers = Peers::new(&asked.sink, &asked.journal)?;
    let mut numbers = Map::new();
    let mut say = |name: &str, number: f64| numbers.insert(name.to_owned(), number.into());
    for (name, nanoseconds) in layers::measure(&peers, asked.rounds * 100) {
        say(name, nanoseconds);
    }
    for (name, microseconds) in capturing::measure(&peers, asked.rounds) {
        say(name, microseconds);
    }
    for (name, microseconds) in failing::measure(&peers, asked.rounds) {
        say(name, microseconds);
    }
    let (ours, sentry) = peers.shut_down()?;
    let rounds = asked.rounds + 1; // one to warm up
    if sentry != rounds * failing::BURST {
        return Err(format!("sentry has sent {sentry} errors"));
    }
    let posthog = rounds * (capturing::BURST + failing::BURST);
    say("captured", (ours + posthog as u64) as f64);
    println!("{}", Value::Object(numbers));
    Ok(())
}

fn asked() -> Result<Asked, String> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("{what} is missing"));
    let (sink, journal) = (
        next("the sink's address")?,
        next("the journal's directory")?,
    );
    let rounds = next("the number of rounds")?;
    let rounds = rounds
        .parse()
        .map_err(|_| format!("{rounds:?} is no number of rounds"))?;
    Ok(Asked {
        sink,
        journal,
        rounds,
    })
}
