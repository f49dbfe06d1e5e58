//! What a client with a journal promises about events that cannot be delivered yet.

#[path = "support/place.rs"]
mod place;
mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hogback::testing::{ManualClock, MemoryTransport};
use hogback::{Client, Config, Kind, Loss, Note, Refusal};
use place::Place;
use support::{capture, names, wait_for};

/// Files below a directory whose names end so.
fn files(directory: &Path, end: &str) -> usize {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let counts = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files(&entry.path(), end),
        _ => usize::from(entry.file_name().to_string_lossy().ends_with(end)),
    });
    counts.sum()
}

/// Captures an event so large that no two of them fit into a file of the journal.
#[expect(clippy::unwrap_used, reason = "a test without its events cannot go on")]
fn capture_large(client: &Client, name: &str) {
    let mut draft = client.draft(Kind::Event(name.to_owned()));
    draft.properties.insert("body", &"x".repeat(600_000));
    client.capture(draft).unwrap();
}

/// Puts a file where the one process below a journal wants to make its next one.
#[expect(clippy::unwrap_used, reason = "a test without a folder cannot go on")]
fn block_the_next_file(journal: &Path) {
    let project = fs::read_dir(journal).unwrap().next().unwrap().unwrap();
    let process = fs::read_dir(project.path()).unwrap().next().unwrap();
    fs::write(process.unwrap().path().join("00000002.seg"), "").unwrap();
}

/// Directories of processes below a journal's, whether they live or not.
fn processes(journal: &Path) -> usize {
    let projects = fs::read_dir(journal).into_iter().flatten().flatten();
    projects
        .flat_map(|project| fs::read_dir(project.path()).into_iter().flatten().flatten())
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "dead")
        .count()
}

/// Deletes a journal, as somebody who frees the disk would: the client may be making a file there at that moment, and then
/// whoever deletes has to do it again.
fn delete(journal: &Path) {
    wait_for(|| match fs::remove_dir_all(journal) {
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        Ok(()) => true,
    });
}

#[test]
fn an_event_is_on_disk_when_capture_returns() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    assert!(
        !place.journal().exists(),
        "a client that captures nothing makes no file"
    );
    capture(&client, "kept").unwrap();
    assert_eq!(files(&place.journal(), ".seg"), 1);
}

#[test]
fn nothing_is_left_on_disk_when_everything_is_delivered_and_the_client_has_ended() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    capture(&client, "kept").unwrap();
    assert!(client.flush(None));
    assert!(client.shutdown(None));
    wait_for(|| processes(&place.journal()) == 0);
    assert_eq!(names(&place.server), ["kept"]);
}

#[test]
fn an_outage_of_any_length_costs_no_event_and_is_said_once() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.go_away();
    capture(&client, "first").unwrap();
    place.until(|| place.server.requests().len() >= 10);
    capture(&client, "second").unwrap();
    assert_eq!(client.stats().waiting, 2);
    place.server.always_answer(200);
    place.until(|| client.stats().delivered == 2);
    assert_eq!(names(&place.server), ["first", "second"]);
    let notes = client.take_notes();
    assert_eq!(notes.len(), 2, "{notes:?}");
}

#[test]
fn four_requests_and_no_fifth_within_half_a_minute_when_three_retries_fail() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.always_answer(503);
    capture(&client, "patient").unwrap();
    place.until(|| place.server.requests().len() == 4);
    for _ in 0..50 {
        place.clock.advance(Duration::from_millis(500));
        std::thread::park_timeout(Duration::from_millis(2));
    }
    assert_eq!(place.server.requests().len(), 4);
    place.until(|| place.server.requests().len() == 5);
    assert_eq!(client.stats().lost_total(), 0);
}

#[test]
fn flush_does_not_wait_for_a_server_that_is_away() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.go_away();
    capture(&client, "patient").unwrap();
    place.until(|| place.server.requests().len() >= 4);
    assert!(!client.flush(None));
}

#[test]
fn what_a_client_leaves_behind_is_sent_by_the_next_one() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    let sent: Vec<String> = (0..250).map(|n| format!("event {n}")).collect();
    for name in &sent {
        capture(&first, name).unwrap();
    }
    assert!(!first.shutdown(None));
    assert_eq!(first.stats().journalled, 250);
    assert_eq!(first.stats().lost_total(), 0);
    assert!(matches!(&first.take_notes()[..], [Note::Warning(said)] if said.contains("250")));
    drop(first);
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "own").unwrap();
    place.until(|| second.stats().adopted == 250 && second.stats().delivered == 1);
    let mut arrived = names(&place.server);
    arrived.retain(|name| name != "own");
    assert_eq!(arrived, sent);
    place.until(|| processes(&place.journal()) == 1);
    drop(second);
    wait_for(|| processes(&place.journal()) == 0);
}

#[test]
fn a_living_process_keeps_its_events_to_itself() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    capture(&first, "mine").unwrap();
    let other = MemoryTransport::default();
    let second = Client::new(place.on_disk().transport(other.factory()));
    capture(&second, "yours").unwrap();
    place.until(|| second.stats().delivered == 1);
    assert_eq!(names(&other), ["yours"]);
}

#[test]
fn another_project_never_gets_the_events() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    capture(&first, "mine").unwrap();
    first.shutdown(None);
    drop(first);
    let other = MemoryTransport::default();
    let config = Config::new("another key").transport(other.factory());
    let second = Client::new(config.clock(place.clock.clone()).journal(place.journal()));
    capture(&second, "yours").unwrap();
    place.until(|| second.stats().delivered == 1);
    assert_eq!(names(&other), ["yours"]);
    assert_eq!(second.stats().adopted, 0);
}

#[test]
fn imports_are_not_sent_as_live_events_by_the_next_client() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk().historical_migration(true));
    capture(&first, "imported").unwrap();
    first.shutdown(None);
    drop(first);
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "live").unwrap();
    place.until(|| second.stats().delivered == 1);
    assert_eq!(names(&place.server), ["live"]);
    let third = Client::new(place.on_disk().historical_migration(true));
    capture(&third, "imported too").unwrap();
    place.until(|| third.stats().adopted == 1);
    let requests = place.server.requests();
    let is_live = |request: &&serde_json::Value| request["historical_migration"] != true;
    assert_eq!(requests.iter().filter(is_live).count(), 1);
}

#[test]
fn what_does_not_fit_into_memory_waits_on_disk_and_arrives_in_order_but_for_two_requests_at_a_time()
{
    let place = Place::new();
    place.server.go_away();
    let client = Client::new(place.on_disk());
    let many = 25_000;
    for n in 0..many {
        capture(&client, &format!("{n}")).unwrap();
    }
    assert_eq!(client.stats().waiting, many);
    place.server.always_answer(200);
    place.until(|| client.stats().delivered == many);
    let arrived = names(&place.server);
    let arrived: Vec<i64> = arrived.iter().map(|name| name.parse().unwrap()).collect();
    assert!(
        (0..)
            .zip(&arrived)
            .all(|(place, number)| (place - number).abs() <= 100)
    );
    let all: std::collections::HashSet<i64> = arrived.into_iter().collect();
    assert_eq!(all.len() as u64, many);
}

#[test]
fn a_limit_that_the_program_sets_holds_for_the_journal_too() {
    let place = Place::new();
    place.server.go_away();
    let client = Client::new(place.on_disk().max_queue_size(2));
    capture(&client, "kept").unwrap();
    capture(&client, "kept").unwrap();
    assert!(matches!(
        capture(&client, "refused"),
        Err(Refusal::QueueFull { queued: 2, .. })
    ));
    assert_eq!(client.stats().lost(Loss::QueueFull), 1);
}

#[test]
fn without_a_usable_directory_events_wait_in_memory_and_the_log_says_why() {
    let place = Place::new();
    fs::write(place.journal(), "a file").unwrap();
    let client = Client::new(place.on_disk());
    capture(&client, "first").unwrap();
    capture(&client, "second").unwrap();
    place.until(|| client.stats().delivered == 2);
    wait_for(|| client.has_notes());
    let notes = client.take_notes();
    assert!(
        matches!(&notes[..], [Note::Warning(said)] if said.contains("memory")),
        "{notes:?}"
    );
    assert_eq!(fs::read_to_string(place.journal()).unwrap(), "a file");
}

#[test]
fn a_journal_that_is_deleted_costs_what_was_on_disk_only_and_it_is_counted() {
    let place = Place::new();
    place.server.go_away();
    let client = Client::new(place.on_disk());
    let many = 20_000;
    for n in 0..many {
        capture(&client, &format!("{n}")).unwrap();
    }
    delete(&place.journal());
    place.server.always_answer(200);
    place.until(|| client.stats().delivered + client.stats().lost(Loss::JournalGone) == many);
    assert!(client.stats().delivered >= 10_000);
    assert_eq!(client.stats().waiting, 0);
}

#[test]
fn a_journal_that_is_deleted_is_made_anew_and_its_events_are_not_taken_for_the_old_ones() {
    let place = Place::new();
    place.server.go_away();
    place.server.answer([200]);
    let first = Client::new(place.on_disk());
    capture_large(&first, "was on disk");
    delete(&place.journal());
    capture_large(&first, "in memory");
    assert!(!place.journal().exists());
    place.clock.advance(Duration::from_secs(60));
    capture(&first, "on disk").unwrap();
    assert_eq!(files(&place.journal(), ".seg"), 1);
    place.until(|| first.stats().delivered == 2);
    assert!(!first.shutdown(None));
    assert_eq!(first.stats().journalled, 1);
    drop(first);
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "own").unwrap();
    place.until(|| second.stats().adopted == 1 && second.stats().delivered == 1);
    let mut arrived = names(&place.server);
    arrived.sort_unstable();
    assert_eq!(arrived, ["in memory", "on disk", "own", "was on disk"]);
}

#[test]
fn what_the_server_refuses_is_lost_and_not_sent_again_by_the_next() {
    let place = Place::new();
    place.server.always_answer(400);
    let first = Client::new(place.on_disk());
    capture(&first, "refused").unwrap();
    assert!(first.flush(None));
    assert_eq!(first.stats().lost(Loss::Rejected), 1);
    drop(first);
    wait_for(|| processes(&place.journal()) == 0);
}

#[test]
fn a_flush_returns_when_what_it_waits_for_is_gone_from_the_journal() {
    let place = Place::new();
    place.server.go_away();
    let client = Client::new(place.on_disk());
    for n in 0..10_010 {
        capture(&client, &format!("{n}")).unwrap();
    }
    delete(&place.journal());
    place.server.always_answer(200);
    let flushing = std::thread::spawn({
        let client = client.clone();
        move || client.flush(None)
    });
    place.until(|| flushing.is_finished());
    assert!(flushing.join().is_ok_and(|settled| settled));
    assert_eq!(client.stats().lost(Loss::JournalGone), 10);
}

#[test]
fn what_a_process_left_behind_is_sent_once_more_when_the_worker_fails_with_it_in_hand() {
    struct Fragile(MemoryTransport, Arc<AtomicBool>);
    impl hogback::transport::Transport for Fragile {
        fn send(
            &self,
            request: &hogback::transport::Request<'_>,
        ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
            let is_adopted = String::from_utf8_lossy(request.body).contains("left behind");
            assert!(
                !is_adopted || self.1.swap(true, Ordering::SeqCst),
                "the first request with it panics"
            );
            self.0.send(request)
        }
    }
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    capture(&first, "left behind").unwrap();
    first.shutdown(None);
    drop(first);
    place.server.always_answer(200);
    let (server, failed) = (place.server.clone(), Arc::<AtomicBool>::default());
    let seen = Arc::clone(&failed);
    let config =
        (place.on_disk()).transport(move || Box::new(Fragile(server.clone(), Arc::clone(&seen))));
    let second = Client::new(config);
    capture(&second, "own").unwrap();
    place.until(|| second.stats().adopted == 1);
    assert!(failed.load(Ordering::SeqCst));
    assert!(names(&place.server).contains(&"left behind".into()));
}

#[test]
fn a_server_that_refuses_events_is_not_away() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.go_away();
    capture(&client, "patient").unwrap();
    place.until(|| client.is_server_away());
    place.server.always_answer(400);
    place.until(|| client.stats().lost(Loss::Rejected) == 1);
    assert!(!client.is_server_away());
}

#[test]
fn a_journal_that_works_only_later_sends_what_others_left_behind_too() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    capture(&first, "left behind").unwrap();
    first.shutdown(None);
    drop(first);
    let elsewhere = place.root.path().join("elsewhere");
    fs::rename(place.journal(), &elsewhere).unwrap();
    fs::write(place.journal(), "a file").unwrap();
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "in memory").unwrap();
    place.until(|| second.stats().delivered == 1);
    fs::remove_file(place.journal()).unwrap();
    fs::rename(&elsewhere, place.journal()).unwrap();
    place.clock.advance(Duration::from_secs(60));
    capture(&second, "on disk").unwrap();
    place.until(|| second.stats().adopted == 1);
}

#[test]
fn events_in_memory_alone_are_tried_at_the_end_when_those_on_disk_have_to_stay() {
    for is_away_before in [false, true] {
        let place = Place::new();
        let client = Client::new(place.on_disk());
        capture_large(&client, "on disk");
        block_the_next_file(&place.journal());
        if is_away_before {
            place.server.go_away();
            place.until(|| client.is_server_away());
        }
        capture_large(&client, "in memory");
        // The last try of what is on disk fails, and the next request does not.
        place.server.always_answer(200);
        place.server.answer([503]);
        assert!(!client.shutdown(None));
        let stats = client.stats();
        let counted = (stats.journalled, stats.delivered, stats.lost_total());
        assert_eq!(counted, (1, 1, 0), "{stats:?}");
        assert_eq!(names(&place.server), ["in memory"]);
        assert!(client.is_given_up());
        drop(client);
        let second = Client::new(place.on_disk());
        capture(&second, "own").unwrap();
        place.until(|| second.stats().adopted == 1);
        assert!(names(&place.server).contains(&"on disk".into()));
    }
}

#[test]
fn a_journal_that_fails_while_the_server_is_away_is_said_at_once() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.go_away();
    capture_large(&client, "on disk");
    place.until(|| client.is_server_away());
    client.take_notes();
    block_the_next_file(&place.journal());
    capture_large(&client, "in memory");
    place.until(|| client.has_notes());
    let notes = client.take_notes();
    assert!(
        matches!(&notes[..], [Note::Warning(said)] if said.contains("memory")),
        "{notes:?}"
    );
}

#[test]
fn where_there_is_no_room_the_oldest_events_on_disk_go_and_every_one_is_counted() {
    let place = Place::new();
    place.server.go_away();
    let client = Client::new(place.on_disk().journal_max_bytes(48 * 1024 * 1024));
    // Memory holds 16 MiB of them; all others are on disk only.
    let many = 120;
    for n in 0..many {
        capture_large(&client, &format!("{n}"));
    }
    place.until(|| client.stats().lost(Loss::JournalFull) > 0);
    let lost = client.stats().lost(Loss::JournalFull);
    assert_eq!(client.stats().waiting, many - lost);
    let said = |notes: Vec<Note>| {
        notes
            .iter()
            .filter(|note| format!("{note:?}").contains("full"))
            .count()
    };
    assert_eq!(said(client.take_notes()), 1);
    place.server.always_answer(200);
    place.until(|| client.stats().waiting == 0);
    let arrived = names(&place.server);
    assert_eq!(
        arrived.len() as u64 + client.stats().lost(Loss::JournalFull),
        many
    );
    assert_eq!(
        client.stats().lost_total(),
        client.stats().lost(Loss::JournalFull)
    );
    assert_eq!(
        arrived.last(),
        Some(&(many - 1).to_string()),
        "the newest is there"
    );
    let all: std::collections::HashSet<&String> = arrived.iter().collect();
    assert_eq!(all.len(), arrived.len(), "each once");
}

#[test]
fn events_that_wait_long_take_little_of_the_disk_and_arrive_all_the_same() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    let many = 24;
    for n in 0..many {
        capture_large(&first, &format!("{n}"));
    }
    // As many files of 1 MiB as there are events; what stays large is the one that is written, and the four that may be
    // ready for the next burst.
    let bytes = || bytes_below(&place.journal());
    place.until(|| first.is_server_away() && bytes() < 6_000_000);
    assert!(!first.shutdown(None));
    drop(first);
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "own").unwrap();
    place.until(|| second.stats().adopted == many);
    // A request may have been on its way when the first ended: then its events come twice, with the same ids.
    let arrived = place.server.events();
    let whole = arrived.iter().filter(|event| {
        let body = event["properties"]["body"].as_str();
        body.is_some_and(|body| body.len() == 600_000)
    });
    let ids: std::collections::HashSet<_> = whole.map(|event| event["uuid"].as_str()).collect();
    assert_eq!(ids.len() as u64, many);
}

/// Bytes of the files below a directory.
fn bytes_below(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
        _ => entry.metadata().map_or(0, |file| file.len()),
    });
    sizes.sum()
}

/// A clock on which everything takes long, as long as it is told so.
#[derive(Debug, Default)]
struct SlowClock {
    inner: ManualClock,
    is_slow: AtomicBool,
}

impl hogback::Clock for SlowClock {
    fn now(&self) -> Duration {
        if self.is_slow.load(Ordering::SeqCst) {
            self.inner.advance(Duration::from_millis(3));
        }
        self.inner.now()
    }

    fn unix_time(&self) -> Duration {
        self.inner.unix_time()
    }

    fn block_for(&self, remaining: Duration) -> Duration {
        self.inner.block_for(remaining)
    }
}

/// A client whose disk becomes slow when its first event is captured.
#[expect(clippy::unwrap_used, reason = "a test without its event cannot go on")]
fn on_a_slow_disk(place: &Place) -> (Arc<SlowClock>, Client) {
    let clock = Arc::new(SlowClock::default());
    let client = Client::new(place.on_disk().clock(clock.clone()));
    capture(&client, "makes the file").unwrap();
    clock.is_slow.store(true, Ordering::SeqCst);
    (clock, client)
}

#[test]
fn a_slow_disk_is_waited_for_twice_and_then_its_events_are_written_a_moment_later() {
    let place = Place::new();
    place.server.go_away();
    let (clock, client) = on_a_slow_disk(&place);
    capture(&client, "waits for the disk, or its turn").unwrap();
    assert_eq!(client.stats().level, hogback::Level::Journal);
    capture(&client, "waits for the disk").unwrap();
    clock.is_slow.store(false, Ordering::SeqCst);
    assert_eq!(client.stats().level, hogback::Level::SlowDisk);
    capture(&client, "does not wait").unwrap();
    wait_for(|| {
        clock.inner.advance(Duration::from_millis(100));
        client.stats().level == hogback::Level::Journal
    });
    capture(&client, "waits again").unwrap();
    wait_for(|| {
        let slow = |note: &Note| matches!(note, Note::Warning(line) if line.contains("slow"));
        clock.inner.advance(Duration::from_millis(100));
        client.take_notes().iter().any(slow)
    });
    client.shutdown(None);
    assert_eq!(client.stats().journalled, 5, "all of them are on disk");
    drop(client);
    place.server.always_answer(200);
    let second = Client::new(place.on_disk());
    capture(&second, "own").unwrap();
    place.until(|| second.stats().adopted == 5);
    let mut arrived = names(&place.server);
    arrived.retain(|name| name != "own");
    let expected = [
        "makes the file",
        "waits for the disk, or its turn",
        "waits for the disk",
        "does not wait",
        "waits again",
    ];
    assert_eq!(arrived, expected);
}

#[test]
fn what_is_synced_is_delivered_as_all_other_events_are() {
    let place = Place::new();
    let client = Client::new(place.on_disk().journal_sync(Duration::from_secs(1)));
    for n in 0..5 {
        capture_large(&client, &format!("{n}"));
        place.until(|| client.stats().delivered == n + 1);
    }
    assert_eq!(client.stats().level, hogback::Level::Journal);
    assert!(client.shutdown(None));
}

#[test]
fn a_client_says_where_its_events_are_and_what_went_wrong() {
    let place = Place::new();
    place.server.always_answer(503);
    let client = Client::new(place.on_disk());
    assert_eq!(
        (client.stats().oldest, client.stats().last_error),
        (None, None)
    );
    capture(&client, "patient").unwrap();
    place.until(|| client.stats().last_error.is_some());
    let stats = client.stats();
    assert!(stats.last_error.is_some_and(|error| error.contains("503")));
    assert!(
        stats
            .oldest
            .is_some_and(|oldest| oldest >= Duration::from_secs(5))
    );
    let memory = Client::new(Config::new("key").transport(place.server.factory()));
    assert_eq!(memory.stats().level, hogback::Level::Memory);
}

#[test]
fn what_processes_have_left_is_sent_at_once_when_somebody_asks_and_the_answer_says_what_is_left() {
    let place = Place::new();
    place.server.go_away();
    let first = Client::new(place.on_disk());
    for _ in 0..250 {
        capture(&first, "left").unwrap();
    }
    first.shutdown(None);
    drop(first);
    let second = Client::new(place.on_disk());
    // Not before the first has let go of them.
    wait_for(|| match second.send_left(None) {
        (0, Some(why)) => why.contains("no answer"),
        _ => false,
    });
    place.server.always_answer(200);
    wait_for(|| second.send_left(None) == (250, None) || place.server.events().len() == 250);
    assert_eq!(names(&place.server).len(), 250);
    assert_eq!(second.send_left(None), (0, None));
    assert_eq!(
        processes(&place.journal()),
        0,
        "nothing of its own is left either"
    );
    let memory = Client::new(Config::new("key").no_journal());
    assert_eq!(memory.send_left(None).0, 0);
}

#[test]
fn a_client_that_the_program_lets_go_goes_on_trying() {
    let place = Place::new();
    let client = Client::new(place.on_disk());
    place.server.always_answer(503);
    capture(&client, "patient").unwrap();
    place.until(|| !place.server.requests().is_empty());
    drop(client);
    place.until(|| place.server.requests().len() >= 6);
    place.server.always_answer(200);
    place.until(|| names(&place.server) == ["patient"]);
    wait_for(|| processes(&place.journal()) == 0);
}

#[test]
fn who_ends_waits_two_seconds_for_a_server_that_says_nothing() {
    struct Silent(Arc<AtomicBool>);
    impl hogback::transport::Transport for Silent {
        fn send(
            &self,
            _: &hogback::transport::Request<'_>,
        ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
            wait_for(|| self.0.load(Ordering::SeqCst));
            Err(hogback::transport::Unreachable("at last".into()))
        }
    }
    let place = Place::new();
    let may_end = Arc::<AtomicBool>::default();
    let ends = Arc::clone(&may_end);
    let config = place
        .on_disk()
        .transport(move || Box::new(Silent(Arc::clone(&ends))));
    let client = Client::new(config);
    capture(&client, "kept").unwrap();
    let begun = hogback::Clock::now(&*place.clock);
    let ending = std::thread::spawn({
        let client = client.clone();
        move || client.shutdown(None)
    });
    wait_for(|| {
        place.clock.advance(Duration::from_millis(10));
        ending.is_finished()
    });
    let waited = hogback::Clock::now(&*place.clock).saturating_sub(begun);
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    assert!(!ending.join().unwrap());
    assert_eq!(
        (client.stats().journalled, client.stats().lost_total()),
        (1, 0)
    );
    may_end.store(true, Ordering::SeqCst);
}

#[test]
fn a_disk_that_stays_slow_refuses_no_event() {
    let place = Place::new();
    place.server.go_away();
    let (clock, client) = on_a_slow_disk(&place);
    let many = 12_000;
    for n in 0..many {
        capture(&client, &format!("{n}")).unwrap();
    }
    clock.is_slow.store(false, Ordering::SeqCst);
    assert_eq!(client.stats().waiting, many + 1);
    client.shutdown(None);
    assert_eq!(client.stats().journalled, many + 1);
}
