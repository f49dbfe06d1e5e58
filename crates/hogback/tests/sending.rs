//! What becomes of events when the server does not simply take them.

#![expect(clippy::unwrap_used, reason = "a test without its parts cannot go on")]

#[path = "support/place.rs"]
mod place;
mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hogback::Encoding;
use hogback::testing::MemoryTransport;
use hogback::transport::{Request, Response, Transport, Unreachable};
use hogback::{CaptureMode, Client, Clock, Config, Kind, Loss, Note};
use place::Place;
use serde_json::{Value, json};
use support::{capture, names, wait_for};

const MINUTE: Duration = Duration::from_secs(60);

impl Place {
    /// Moves the clock on by `time`, in steps that let other threads look at it.
    fn pass(&self, time: Duration) {
        for _ in 0..100 {
            self.clock.advance(time / 100);
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn requests(&self) -> usize {
        self.server.requests().len()
    }

    /// Whether the processes of the only project have been told that the server wants to be left alone.
    fn is_to_be_left_alone(&self) -> bool {
        let mut projects = fs::read_dir(self.journal()).into_iter().flatten().flatten();
        let told = projects
            .next()
            .map(|project| project.path().join("not-before"));
        told.and_then(|file| fs::metadata(file).ok())
            .is_some_and(|file| file.len() > 0)
    }

    /// The dead letters of the only project, in order.
    fn dead_letters(&self) -> Vec<Value> {
        let Ok(projects) = fs::read_dir(self.journal()) else {
            return Vec::new();
        };
        let folders = projects.map(|project| project.unwrap().path().join("dead"));
        let files = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort_unstable();
        let lines = files.iter().map(|file| fs::read_to_string(file).unwrap());
        let lines: Vec<String> = lines.collect();
        let letters = lines.iter().flat_map(|lines| lines.lines());
        letters
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn status(status: u16) -> Response {
    Response {
        status,
        ..Response::default()
    }
}

fn later(seconds: u64) -> Response {
    Response {
        retry_after: Some(Duration::from_secs(seconds)),
        ..status(429)
    }
}

/// A server that chokes on events of this name.
fn chokes_on(name: &'static str) -> impl FnMut(&Value) -> Option<Response> {
    move |body| {
        let events = body["batch"].as_array().unwrap();
        let any_is_bad = events.iter().any(|event| event["event"] == name);
        Some(status(if any_is_bad { 400 } else { 200 }))
    }
}

/// A server that finds bodies over so many bytes too large.
fn takes_up_to(bytes: usize) -> impl FnMut(&Value) -> Option<Response> {
    move |body| {
        let is_too_large = body.to_string().len() > bytes;
        Some(status(if is_too_large { 413 } else { 200 }))
    }
}

fn capture_large(client: &Client, name: &str, bytes: usize) {
    let mut draft = client.draft(Kind::Event(name.to_owned()));
    draft.properties.insert("body", &"x".repeat(bytes));
    client.capture(draft).unwrap();
}

#[test]
fn one_bad_event_does_not_take_its_neighbours_with_it() {
    for on_disk in [false, true] {
        let place = Place::new();
        let config = if on_disk {
            place.on_disk()
        } else {
            place.in_memory()
        };
        let client = Client::new(config);
        place.server.answer_by(chokes_on("bad"));
        for n in 0..100 {
            capture(&client, if n == 37 { "bad" } else { "good" }).unwrap();
        }
        assert!(client.flush(None));
        assert_eq!(names(&place.server), vec!["good"; 99]);
        assert!(place.requests() <= 20, "{} requests", place.requests());
        let stats = client.stats();
        assert_eq!((stats.delivered, stats.lost(Loss::Rejected)), (99, 1));
        let dead = place.dead_letters();
        assert_eq!(dead.len(), usize::from(on_disk));
        if let Some(letter) = dead.first() {
            assert_eq!(letter["event"]["event"], "bad");
            assert!(letter["reason"].as_str().unwrap().contains("400"));
        }
    }
}

#[test]
fn a_server_that_refuses_whatever_it_is_sent_costs_no_event_that_is_on_disk() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.always_answer(400);
    for _ in 0..100 {
        capture(&client, "kept").unwrap();
    }
    place.until(|| client.is_server_away());
    assert!(place.requests() <= 20, "{} requests", place.requests());
    assert_eq!(client.stats().waiting, 100);
    place.server.always_answer(200);
    place.until(|| client.stats().delivered == 100);
    assert!(place.dead_letters().is_empty());
}

#[test]
fn batches_that_are_too_large_are_sent_in_parts_and_later_ones_are_smaller_at_once() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.answer_by(takes_up_to(40_000));
    for n in 0..100 {
        capture_large(&client, &format!("{n}"), 2_000);
    }
    assert!(client.flush(None));
    let expected: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(names(&place.server), expected, "each once, in order");
    let before = place.requests();
    for _ in 0..30 {
        capture_large(&client, "later", 2_000);
    }
    assert!(client.flush(None));
    assert!(
        place.requests() - before <= 6,
        "{} requests",
        place.requests() - before
    );
    assert_eq!(client.stats().lost_total(), 0);
}

#[test]
fn an_event_that_is_too_large_for_the_server_arrives_shortened() {
    let place = Place::new();
    let client = Client::new(place.in_memory());
    place.server.answer_by(takes_up_to(300_000));
    capture_large(&client, "large", 500_000);
    assert!(client.flush(None));
    assert_eq!(place.requests(), 2);
    let arrived = &place.server.events()[0];
    assert_eq!(arrived["properties"]["$truncated"], json!(["body"]));
    let first = &place.server.requests()[0]["batch"][0];
    for name in ["uuid", "timestamp", "distinct_id", "event"] {
        assert_eq!(arrived[name], first[name]);
    }
}

#[test]
fn a_server_that_finds_everything_too_large_gets_each_small_event_alone_once() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.always_answer(413);
    for n in 0..8 {
        capture(&client, &format!("{n}")).unwrap();
    }
    assert!(client.flush(None));
    assert_eq!(client.stats().lost(Loss::Rejected), 8);
    assert_eq!(place.dead_letters().len(), 8);
    assert_eq!(
        place.requests(),
        15,
        "eight events, and the batches of them"
    );
}

#[test]
fn a_wrong_key_costs_no_event_that_is_on_disk_and_is_said_each_ten_minutes_at_most() {
    for code in [401, 402, 403, 404] {
        let place = Place::new();
        let client = Client::new(place.on_disk());
        place.server.always_answer(code);
        capture(&client, "kept").unwrap();
        assert!(!client.flush(None), "nobody waits for it");
        assert_eq!(place.requests(), 1);
        place.pass(14 * MINUTE);
        assert_eq!(
            place.requests(),
            1,
            "it is looked again each quarter of an hour"
        );
        capture(&client, "kept too").unwrap();
        place.until(|| place.requests() == 2);
        let lines = client.take_notes();
        assert!(lines.len() <= 2, "{lines:?}");
        assert!(matches!(&lines[0], Note::Error(line) if line.contains(&code.to_string())));
        place.server.always_answer(200);
        place.until(|| client.stats().delivered == 2);
        assert_eq!(names(&place.server), ["kept", "kept too"]);
    }
}

#[test]
fn a_wrong_key_costs_what_is_in_memory_alone_and_it_is_counted() {
    let place = Place::new();
    let client = Client::new(place.in_memory());
    place.server.always_answer(401);
    capture(&client, "lost").unwrap();
    assert!(client.flush(None));
    assert_eq!(
        (place.requests(), client.stats().lost(Loss::Rejected)),
        (1, 1)
    );
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_left_alone_by_every_process() {
    let place = Place::new();
    let first = Client::new(place.on_disk());
    let asked = Arc::new(Mutex::new(None));
    let (clock, seen) = (place.clock.clone(), Arc::clone(&asked));
    place.server.answer_by(move |_| {
        seen.lock().unwrap().get_or_insert(clock.now());
        Some(later(300))
    });
    capture(&first, "first").unwrap();
    place.until(|| asked.lock().unwrap().is_some());
    wait_for(|| place.is_to_be_left_alone());
    let second = Client::new(place.on_disk());
    capture(&second, "second").unwrap();
    place.pass(4 * MINUTE);
    assert_eq!(place.requests(), 1);
    let third = Client::new(place.on_disk());
    capture(&third, "third").unwrap();
    assert!(!third.shutdown(None));
    assert_eq!(place.requests(), 1, "not even one that ends asks");
    assert_eq!(
        (third.stats().journalled, third.stats().lost_total()),
        (1, 0)
    );
    place.server.always_answer(200);
    drop(third);
    place.until(|| names(&place.server).len() == 3);
    let asked = asked.lock().unwrap().unwrap();
    let waited = place.clock.now().saturating_sub(asked);
    assert!(waited >= 5 * MINUTE, "{waited:?}");
}

#[test]
fn an_hour_is_the_longest_that_a_server_is_left_alone() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.answer_by(|_| Some(later(1_000_000_000)));
    capture(&client, "patient").unwrap();
    place.until(|| place.requests() == 1);
    assert!(!client.flush(None), "nobody waits so long");
    place.pass(59 * MINUTE);
    assert_eq!(place.requests(), 1);
    place.server.always_answer(200);
    place.pass(2 * MINUTE);
    place.until(|| client.stats().delivered == 1);
}

#[test]
fn what_was_lost_is_handed_over_with_its_reason() {
    let place = Place::new();
    let client = Client::new(place.in_memory().report_lost(true));
    place.server.answer_by(chokes_on("bad"));
    for name in ["good", "bad", "good"] {
        capture(&client, name).unwrap();
    }
    assert!(client.flush(None));
    let lost = client.take_lost();
    assert_eq!(lost.len(), 1);
    let lost_names: Vec<&str> = lost[0].events.iter().map(hogback::Event::name).collect();
    assert_eq!(
        (lost_names, lost[0].failure.status()),
        (vec!["bad"], Some(400))
    );
}

/// A request of capture v1, with its headers.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    headers: Vec<(&'static str, String)>,
    encoding: Option<Encoding>,
    body: Value,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    fn uuids(&self) -> Vec<String> {
        let events = self.body["batch"].as_array().unwrap().iter();
        events
            .map(|event| event["uuid"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A server of capture v1 that answers the next requests by script, then takes everything.
#[derive(Clone, Default)]
struct V1Server {
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Mutex<Vec<Answer>>>,
}

type Answer = Box<dyn Fn(&Seen) -> Response + Send>;

impl V1Server {
    fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().extend(answers);
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Transport for V1Server {
    fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
        let body = if request.encoding.is_some() {
            b"{\"batch\":[]}"
        } else {
            request.body
        };
        let seen = Seen {
            path: request.path.to_owned(),
            headers: request.headers.to_vec(),
            encoding: request.encoding,
            body: serde_json::from_slice(body).unwrap(),
        };
        let mut script = self.script.lock().unwrap();
        let response = if script.is_empty() {
            results(&seen, &[])
        } else {
            script.remove(0)(&seen)
        };
        self.seen.lock().unwrap().push(seen);
        Ok(response)
    }
}

/// What the server says of the events of a request, by their places; `ok` of all others.
fn results(seen: &Seen, said: &[(usize, Value)]) -> Response {
    let results = seen.uuids().into_iter().enumerate().map(|(at, uuid)| {
        let word = said.iter().find(|(place, _)| *place == at);
        (
            uuid,
            word.map_or_else(|| json!({"result": "ok"}), |(_, word)| word.clone()),
        )
    });
    let results: serde_json::Map<String, Value> = results.collect();
    Response {
        status: 200,
        body: json!({"results": results}).to_string(),
        ..Response::default()
    }
}

fn answer(answer: impl Fn(&Seen) -> Response + Send + 'static) -> Answer {
    Box::new(answer)
}

fn v1(place: &Place, server: &V1Server) -> Config {
    let server = server.clone();
    let config = place.on_disk().capture_mode(CaptureMode::V1);
    config
        .transport(move || Box::new(server.clone()))
        .library("lib", "1.2")
}

#[test]
fn v1_sends_again_what_the_server_wants_again_and_nothing_else() {
    let (place, server) = (Place::new(), V1Server::default());
    let client = Client::new(v1(&place, &server));
    server.answers([
        answer(|seen| {
            let dropped = json!({"result": "drop", "details": "invalid_event"});
            let again = json!({"result": "retry", "details": "not_persisted"});
            results(seen, &[(0, again), (2, dropped)])
        }),
        answer(|seen| results(seen, &[(0, json!({"result": "retry"}))])),
    ]);
    for name in ["again", "taken", "dropped"] {
        capture(&client, name).unwrap();
    }
    place.until(|| client.stats().waiting == 0);
    let stats = client.stats();
    assert_eq!((stats.delivered, stats.lost(Loss::Rejected)), (2, 1));
    let seen = server.seen();
    let sent: Vec<usize> = seen.iter().map(|request| request.uuids().len()).collect();
    assert_eq!(sent, [3, 1, 1]);
    assert_eq!(seen[0].uuids()[0], seen[2].uuids()[0]);
    assert_eq!(place.dead_letters()[0]["event"]["event"], "dropped");
    assert!(
        place.dead_letters()[0]["reason"]
            .as_str()
            .unwrap()
            .contains("invalid_event")
    );
}

#[test]
fn v1_says_which_attempt_of_which_request_it_is() {
    let (place, server) = (Place::new(), V1Server::default());
    let client = Client::new(v1(&place, &server));
    let busy = || status(503);
    server.answers([answer(move |_| busy()), answer(move |_| busy())]);
    capture(&client, "patient").unwrap();
    place.until(|| client.stats().delivered == 1);
    capture(&client, "next").unwrap();
    place.until(|| client.stats().delivered == 2);
    let seen = server.seen();
    let numbers: Vec<&str> = seen
        .iter()
        .map(|request| request.header("PostHog-Attempt"))
        .collect();
    assert_eq!(numbers, ["1", "2", "3", "1"]);
    let ids: Vec<&str> = seen
        .iter()
        .map(|request| request.header("PostHog-Request-Id"))
        .collect();
    assert!(
        ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3],
        "{ids:?}"
    );
    assert_eq!(
        seen[0].body, seen[2].body,
        "the body is the same in every attempt"
    );
    assert_ne!(
        seen[0].header("PostHog-Request-Timestamp"),
        seen[2].header("PostHog-Request-Timestamp")
    );
    assert_eq!(seen[0].path, "/i/v1/analytics/events");
    assert_eq!(seen[0].header("Authorization"), "Bearer key");
    assert_eq!(seen[0].header("PostHog-Sdk-Info"), "lib/1.2");
    assert!(seen[0].body.get("api_key").is_none() && seen[0].body.get("sent_at").is_none());
}

#[test]
fn a_v1_answer_that_cannot_be_read_loses_nothing() {
    let (place, server) = (Place::new(), V1Server::default());
    let client = Client::new(v1(&place, &server));
    let garbled = |body: &'static str| {
        answer(move |_| Response {
            status: 200,
            body: body.into(),
            ..Response::default()
        })
    };
    server.answers([
        garbled(""),
        garbled(r#"{"results":{"u"#),
        garbled(r#"{"results":[]}"#),
    ]);
    capture(&client, "unknown").unwrap();
    place.until(|| client.stats().delivered == 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert!(
        seen.iter()
            .all(|request| request.uuids() == seen[0].uuids())
    );
}

#[test]
fn compressions_other_than_gzip_are_for_v1_alone() {
    for (mode, asked, used) in [
        (CaptureMode::V0, Encoding::Zstd, None),
        (CaptureMode::V0, Encoding::Gzip, Some(Encoding::Gzip)),
        (CaptureMode::V1, Encoding::Zstd, Some(Encoding::Zstd)),
        (CaptureMode::V1, Encoding::Deflate, Some(Encoding::Deflate)),
    ] {
        let (place, server) = (Place::new(), V1Server::default());
        let config = v1(&place, &server)
            .capture_mode(mode)
            .compression(Some(asked));
        let client = Client::new(config);
        capture(&client, "packed").unwrap();
        place.until(|| !server.seen().is_empty());
        assert_eq!(server.seen()[0].encoding, used);
    }
}

#[test]
fn after_a_long_outage_events_are_sent_slowly_unless_somebody_waits_for_them() {
    let place = Place::new();
    let client = Client::new(place.on_disk().flush_at(10));
    place.server.go_away();
    for _ in 0..300 {
        capture(&client, "patient").unwrap();
    }
    place.until(|| client.is_server_away());
    place.pass(10 * MINUTE);
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let (clock, seen) = (place.clock.clone(), Arc::clone(&arrivals));
    place.server.answer_by(move |_| {
        seen.lock().unwrap().push(clock.now());
        Some(status(200))
    });
    place.until(|| arrivals.lock().unwrap().len() == 5);
    let gaps = arrivals.lock().unwrap().clone();
    for pair in gaps.windows(2) {
        let gap = pair[1].saturating_sub(pair[0]);
        assert!(
            gap >= Duration::from_secs(10),
            "30 batches in ten minutes: {gap:?}"
        );
    }
    assert!(client.flush(None), "whoever waits gets them at once");
    assert_eq!(names(&place.server).len(), 300);
}

/// A server that takes its time, longer before it has had two requests at a time, and counts how many those are at most.
struct Slow(MemoryTransport, Arc<Mutex<usize>>, Arc<Mutex<usize>>);
impl Transport for Slow {
    fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
        let at_a_time = {
            let mut now = self.1.lock().unwrap();
            *now += 1;
            *now
        };
        let mut most = self.2.lock().unwrap();
        *most = (*most).max(at_a_time);
        drop(most);
        for _ in 0..20 {
            std::thread::park_timeout(Duration::from_millis(5));
            if *self.2.lock().unwrap() > 1 {
                break;
            }
        }
        let response = self.0.send(request);
        *self.1.lock().unwrap() -= 1;
        response
    }
}

#[test]
fn a_large_backlog_is_sent_by_two_requests_at_a_time() {
    let place = Place::new();
    let (now, most) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let parts = (place.server.clone(), Arc::clone(&now), Arc::clone(&most));
    let config = place.on_disk().transport(move || {
        let (server, now, most) = parts.clone();
        Box::new(Slow(server, now, most))
    });
    let client = Client::new(config);
    let hold = most.lock().unwrap(); // the server does not answer before all are captured
    for n in 0..900 {
        capture_large(&client, &format!("{n}"), 10_000);
    }
    drop(hold);
    assert!(client.flush(None));
    assert_eq!(*most.lock().unwrap(), 2);
    let mut arrived: Vec<u32> = names(&place.server)
        .iter()
        .map(|name| name.parse().unwrap())
        .collect();
    arrived.sort_unstable();
    assert_eq!(arrived, (0..900).collect::<Vec<_>>());
    assert_eq!(client.stats().delivered, 900);
}

#[test]
fn the_server_is_told_what_was_lost_where_the_program_wants_it() {
    for asked in [true, false] {
        let place = Place::new();
        let config = place
            .in_memory()
            .max_queue_size(2)
            .flush_at(2)
            .tell_losses(asked);
        let client = Client::new(config);
        place.server.go_away();
        let results: Vec<bool> = (0..5).map(|_| capture(&client, "flood").is_ok()).collect();
        let refused = results.iter().filter(|taken| !**taken).count();
        place.server.always_answer(200);
        place.until(|| client.stats().waiting == 0);
        capture(&client, "two").unwrap();
        capture(&client, "together").unwrap();
        assert!(client.flush(None));
        let events = place.server.events();
        let reports: Vec<&Value> = events
            .iter()
            .filter(|event| event["event"] == "$sdk_report")
            .collect();
        assert_eq!(reports.len(), usize::from(asked && refused > 0));
        if let Some(report) = reports.first() {
            assert!(report["properties"]["lost"]["queue_full"].as_u64().unwrap() <= refused as u64);
        }
        let stats = client.stats();
        assert_eq!(
            stats.captured,
            stats.delivered + stats.lost_total(),
            "the report is none of them"
        );
    }
}

#[test]
fn a_queue_that_is_limited_is_not_sent_slowly_after_an_outage() {
    let place = Place::new();
    let client = Client::new(place.on_disk().flush_at(10).max_queue_size(300));
    place.server.go_away();
    for _ in 0..300 {
        capture(&client, "patient").unwrap();
    }
    place.until(|| client.is_server_away());
    place.pass(1_000 * MINUTE);
    place.server.always_answer(200);
    place.until(|| client.stats().delivered >= 10);
    let begun = place.clock.now();
    place.until(|| client.stats().delivered == 300);
    let took = place.clock.now().saturating_sub(begun);
    // Slowly would be in nine hours. Some of the clock's minutes pass while the requests are made.
    assert!(
        took < 60 * MINUTE,
        "events would be refused meanwhile: {took:?}"
    );
}
