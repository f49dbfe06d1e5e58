//! What one capture costs the thread that captures, with eight tags and eight properties.

use std::sync::Arc;

use hogback::{Client, Context, Kind};
use posthog_rs::Event;

use crate::peers::Peers;
use crate::rounds::{median, nanoseconds, taken_in_turns};

/// Events of a burst.
pub const BURST: usize = 2_000;

const NAMES: [&str; 16] = [
    "plan",
    "side",
    "tenant",
    "region",
    "$current_url",
    "$request_method",
    "$request_path",
    "$user_agent",
    "total",
    "currency",
    "items",
    "coupon",
    "shipping",
    "payment",
    "express",
    "note",
];
const TEXT: &str = "a value of some length";

fn ours(client: &Client) {
    let mut draft = client.draft(Kind::Event("order placed".to_owned()));
    for name in &NAMES[8..] {
        draft.properties.insert(name, &TEXT);
    }
    client.capture(draft).expect("the queue has room");
}

/// As ours; there are no tags, so that each event brings all properties itself.
fn posthog(client: &posthog_rs::Client) {
    let mut event = Event::new("order placed", "user-7");
    for name in NAMES {
        event
            .insert_prop(name, TEXT)
            .expect("a text can be written");
    }
    client.capture(event);
}

pub fn measure(peers: &Peers, rounds: usize) -> Vec<(&'static str, f64)> {
    let names: Vec<Arc<str>> = NAMES[..8].iter().map(|name| Arc::from(*name)).collect();
    let context: Context = Context::root();
    context.set_distinct_id("user-7");
    for name in &names {
        context.tag(Arc::clone(name), TEXT);
    }
    let _current = context.attach();
    let times = taken_in_turns::<3>(rounds, |peer| {
        let time = nanoseconds(BURST, || match peer {
            0 => ours(&peers.in_memory),
            1 => ours(&peers.on_disk),
            _ => posthog(&peers.posthog),
        });
        peers.flush();
        time / 1_000.0
    });
    let [memory, disk, official] = times.map(median);
    vec![
        ("capture_ours_us", memory),
        ("capture_ours_on_disk_us", disk),
        ("capture_posthog_us", official),
    ]
}
