//! A model test of the whole client: whatever the server does, and whoever comes and goes meanwhile, every event is
//! delivered, kept as a dead letter or counted as lost, and is the same in every request that it is in.
//!
//! `HOGBACK_MODEL_CASES` says how many sequences are tried.

#![expect(clippy::unwrap_used, reason = "a test without its parts cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use hogback::testing::{ManualClock, MemoryTransport};
use hogback::transport::Response;
use hogback::{CaptureMode, Client, Config, Kind, Loss, Stats, journals};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Step {
    Capture {
        is_bad: bool,
        bytes: usize,
    },
    Server(Mood),
    Pass {
        seconds: u64,
    },
    /// Another client starts, and is the one that captures.
    Start,
    /// The oldest client is dropped.
    Leave,
    /// The oldest client is shut down.
    Shutdown,
}

/// An event of this size is worth shortening for a server that finds it too large. A few of them, and all others together,
/// fit among the dead letters, of which there is a mebibyte.
const LARGE: usize = 200_000;
const MOST_LARGE: usize = 3;

/// What a server does with requests.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Up,
    Down,
    /// It takes the events, and its answer does not arrive.
    Mute,
    Status(u16),
    /// It wants to be left alone for so many seconds.
    Later(u64),
    /// It cannot read events that are bad.
    Chokes,
    /// It finds more than so many bytes too large.
    UpTo(usize),
}

/// What the server knows.
#[derive(Debug)]
struct Seen {
    mood: Mood,
    is_v1: bool,
    accepted: BTreeSet<String>,
    /// Each event as it first came.
    events: BTreeMap<String, Value>,
    changed: Vec<String>,
}

impl Seen {
    fn answer(&mut self, body: &Value) -> Option<Response> {
        let events = body["batch"].as_array().unwrap();
        for event in events {
            self.compare(event);
        }
        let any_is_bad = events.iter().any(|event| event["event"] == "bad");
        match self.mood {
            Mood::Down => None,
            Mood::Status(status) => Some(answered(status)),
            Mood::Later(seconds) => Some(Response {
                retry_after: Some(Duration::from_secs(seconds)),
                ..answered(429)
            }),
            Mood::Chokes if any_is_bad && !self.is_v1 => Some(answered(400)),
            Mood::UpTo(bytes) if body.to_string().len() > bytes => Some(answered(413)),
            Mood::Mute => {
                self.accept(events);
                None
            }
            Mood::Up | Mood::Chokes | Mood::UpTo(_) => {
                let results = self.accept(events);
                Some(Response {
                    body: json!({ "results": results }).to_string(),
                    ..answered(200)
                })
            }
        }
    }

    /// Takes events, but for those that a server of v1 drops; returns what that one says of them.
    fn accept(&mut self, events: &[Value]) -> BTreeMap<String, Value> {
        let mut results = BTreeMap::new();
        for event in events {
            let id = event["uuid"].as_str().unwrap().to_owned();
            let drops = self.is_v1 && matches!(self.mood, Mood::Chokes) && event["event"] == "bad";
            if drops {
                results.insert(id, json!({"result": "drop", "details": "bad"}));
            } else {
                self.accepted.insert(id);
            }
        }
        results
    }

    /// An event never changes from one request to another, but that much of it may be left out.
    fn compare(&mut self, event: &Value) {
        let id = event["uuid"].as_str().unwrap().to_owned();
        let first = self
            .events
            .entry(id.clone())
            .or_insert_with(|| event.clone());
        let is_short = |event: &Value| event["properties"].get("$truncated").is_some();
        let names = ["timestamp", "event", "distinct_id"];
        let is_same = if is_short(event) || is_short(first) {
            names.iter().all(|name| first[*name] == event[*name])
        } else {
            first == event
        };
        if !is_same {
            self.changed.push(id);
        }
    }
}

fn answered(status: u16) -> Response {
    Response {
        status,
        ..Response::default()
    }
}

/// The server, the clock, the directory, and every client there ever was.
struct World {
    root: tempfile::TempDir,
    transport: MemoryTransport,
    seen: Arc<Mutex<Seen>>,
    clock: Arc<ManualClock>,
    mode: CaptureMode,
    clients: Vec<Client>,
    ended: Vec<Stats>,
    captured: BTreeSet<String>,
    refused: u64,
    large: usize,
}

impl World {
    fn new(mode: CaptureMode) -> Self {
        let seen = Arc::new(Mutex::new(Seen {
            mood: Mood::Up,
            is_v1: mode == CaptureMode::V1,
            accepted: BTreeSet::new(),
            events: BTreeMap::new(),
            changed: Vec::new(),
        }));
        let transport = MemoryTransport::default();
        let server = Arc::clone(&seen);
        transport.answer_by(move |body| server.lock().unwrap().answer(body));
        Self {
            root: tempfile::tempdir().unwrap(),
            transport,
            seen,
            clock: Arc::new(ManualClock::default()),
            mode,
            clients: Vec::new(),
            ended: Vec::new(),
            captured: BTreeSet::new(),
            refused: 0,
            large: 0,
        }
    }

    fn journal(&self) -> PathBuf {
        self.root.path().join("journal")
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Capture { is_bad, bytes } => self.capture(is_bad, bytes),
            Step::Server(mood) => self.seen().mood = mood,
            Step::Pass { seconds } => self.pass(Duration::from_secs(seconds)),
            Step::Start => self.start(),
            Step::Leave if !self.clients.is_empty() => drop(self.clients.remove(0)),
            Step::Shutdown if !self.clients.is_empty() => self.shut_down(),
            Step::Leave | Step::Shutdown => {}
        }
    }

    fn start(&mut self) {
        let config = Config::new("key")
            .transport(self.transport.factory())
            .clock(self.clock.clone())
            .capture_mode(self.mode)
            .flush_at(10)
            .journal(self.journal());
        self.clients.push(Client::new(config));
    }

    fn capture(&mut self, is_bad: bool, bytes: usize) {
        if self.clients.is_empty() {
            self.start();
        }
        let client = self.clients.last().unwrap();
        let name = if is_bad { "bad" } else { "good" };
        self.large += usize::from(bytes == LARGE);
        let bytes = if self.large > MOST_LARGE {
            bytes % LARGE
        } else {
            bytes
        };
        let mut draft = client.draft(Kind::Event(name.into()));
        draft.properties.insert("body", &"x".repeat(bytes));
        match client.capture(draft) {
            Ok(id) => assert!(self.captured.insert(id)),
            Err(_) => self.refused += 1,
        }
    }

    /// Moves the clock on in steps, which let other threads look at it.
    fn pass(&self, time: Duration) {
        for _ in 0..20 {
            self.clock.advance(time / 20);
            thread::park_timeout(Duration::from_micros(300));
        }
    }

    /// Lets time pass until `what` holds.
    fn until(&self, what: impl Fn() -> bool) {
        let happened = (0..5_000).any(|_| {
            self.clock.advance(Duration::from_secs(1));
            thread::park_timeout(Duration::from_millis(1));
            what()
        });
        let left = journals::survey(&self.journal());
        assert!(
            happened,
            "missing: {:?}, {:#?}, {left:#?}",
            self.missing(),
            self.stats()
        );
    }

    /// Time goes on while a client ends.
    fn shut_down(&mut self) {
        let client = self.clients.remove(0);
        thread::scope(|threads| {
            let ends = threads.spawn(|| client.shutdown(Some(Duration::from_secs(20))));
            while !ends.is_finished() {
                self.clock.advance(Duration::from_millis(100));
                thread::park_timeout(Duration::from_micros(300));
            }
        });
        self.ended.push(client.stats()); // what it has left is another's once it is dropped
    }

    fn stats(&self) -> Vec<Stats> {
        let ended = self.ended.iter().cloned();
        self.clients
            .iter()
            .map(Client::stats)
            .chain(ended)
            .collect()
    }

    /// Events that were lost for other reasons than that the server would not have them: those are dead letters.
    fn lost(&self) -> u64 {
        let stats = self.stats();
        let lost = (stats.iter()).map(|stats| stats.lost_total() - stats.lost(Loss::Rejected));
        lost.sum()
    }

    fn dead_letters(&self) -> BTreeSet<String> {
        let below = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten();
        let files = below(self.journal()).flat_map(|project| below(project.path().join("dead")));
        let lines: Vec<String> = files
            .map(|file| fs::read_to_string(file.path()).unwrap_or_default())
            .collect();
        let letters = lines.iter().flat_map(|lines| lines.lines());
        letters
            .filter_map(|line| {
                let letter: Value = serde_json::from_str(line).ok()?;
                Some(letter["event"]["uuid"].as_str()?.to_owned())
            })
            .collect()
    }

    fn events_on_disk(&self) -> usize {
        let left = journals::survey(&self.journal()).unwrap().journals;
        left.iter().map(|journal| journal.events).sum()
    }

    fn missing(&self) -> Vec<String> {
        let letters = self.dead_letters();
        let seen = self.seen();
        let arrived = |id: &&String| !seen.accepted.contains(*id) && !letters.contains(*id);
        self.captured.iter().filter(arrived).cloned().collect()
    }

    /// The server is back, and there is time: nothing may be missing in the end.
    fn end(mut self) {
        self.seen().mood = Mood::Up;
        self.start();
        self.capture(false, 0);
        self.until(|| {
            let is_settled = self.missing().len() as u64 + self.refused == self.lost();
            is_settled && self.events_on_disk() == 0
        });
        let ids: BTreeSet<String> = self.seen().events.keys().cloned().collect();
        assert!(
            ids.is_subset(&self.captured),
            "what nobody captured was sent"
        );
        assert!(
            self.seen().changed.is_empty(),
            "events changed between requests"
        );
        while !self.clients.is_empty() {
            self.shut_down();
        }
        for stats in &self.ended {
            let settled = stats.delivered + stats.journalled + stats.lost_total();
            assert_eq!((stats.captured, stats.waiting), (settled, 0), "{stats:?}");
        }
        self.until(|| self.events_on_disk() == 0);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = prop::sample::select(vec![0, 0, 0, 500, 5_000, LARGE]);
    let mood = prop_oneof![
        Just(Mood::Up),
        Just(Mood::Down),
        Just(Mood::Mute),
        prop::sample::select(vec![302, 401, 404, 429, 500, 503]).prop_map(Mood::Status),
        prop::sample::select(vec![0, 10, 60, 5_000]).prop_map(Mood::Later),
        Just(Mood::Chokes),
        prop::sample::select(vec![3_000, 150_000]).prop_map(Mood::UpTo),
    ];
    prop_oneof![
        12 => (prop::bool::weighted(0.2), bytes)
            .prop_map(|(is_bad, bytes)| Step::Capture { is_bad, bytes }),
        4 => mood.prop_map(Step::Server),
        4 => (1..100_u64).prop_map(|seconds| Step::Pass { seconds }),
        1 => (1..5_000_u64).prop_map(|seconds| Step::Pass { seconds }),
        2 => Just(Step::Start),
        2 => Just(Step::Leave),
        2 => Just(Step::Shutdown),
    ]
}

fn cases() -> u32 {
    let cases = std::env::var("HOGBACK_MODEL_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(12)
}

/// Failures are written beside this file, to be committed.
fn regressions() -> ProptestConfig {
    let beside = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(beside)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 60, ..regressions() })]

    #[test]
    fn every_event_is_delivered_or_a_dead_letter_or_counted_and_never_changes(
        is_v1 in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(if is_v1 { CaptureMode::V1 } else { CaptureMode::V0 });
        for step in steps {
            world.take(step);
        }
        world.end();
    }
}
