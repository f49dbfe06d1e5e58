//! What a client promises about delivery, against a server in memory and a clock moved by hand.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hogback::testing::{ManualClock, MemoryTransport};
use hogback::{Client, Config, Kind, Loss, Refusal};
use support::{capture, names, wait_for};

#[test]
fn events_arrive_once_and_in_order() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    let sent: Vec<String> = (0..250).map(|n| format!("event {n}")).collect();
    for name in &sent {
        capture(&client, name).unwrap();
    }
    assert!(client.flush(None));
    assert_eq!(names(&server), sent);
    assert!(
        server
            .requests()
            .iter()
            .all(|body| body["batch"].as_array().unwrap().len() <= 100)
    );
    assert_eq!(client.stats().delivered, 250);
}

#[test]
fn a_lonely_event_is_sent_when_it_is_old_enough() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let client = Client::new(
        Config::new("key")
            .transport(server.factory())
            .clock(clock.clone()),
    );
    capture(&client, "lonely").unwrap();
    clock.advance(Duration::from_millis(4_900));
    assert!(server.requests().is_empty());
    clock.advance(Duration::from_millis(200));
    wait_for(|| names(&server) == ["lonely"]);
}

#[test]
fn a_busy_server_gets_the_same_events_again_with_a_new_sent_at() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let client = Client::new(
        Config::new("key")
            .transport(server.factory())
            .clock(clock.clone()),
    );
    server.answer([503, 500]);
    capture(&client, "patient").unwrap();
    wait_for(|| {
        clock.advance(Duration::from_millis(100));
        client.stats().delivered == 1
    });
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0]["batch"], requests[2]["batch"]);
    assert_ne!(requests[0]["sent_at"], requests[2]["sent_at"]);
}

#[test]
fn what_is_lost_is_said_to_the_last_event_when_the_client_ends() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let config = Config::new("key")
        .transport(server.factory())
        .clock(clock.clone())
        .flush_at(1)
        .max_retries(0);
    let client = Client::new(config);
    server.always_answer(503);
    for name in ["first", "second", "third"] {
        capture(&client, name).unwrap();
    }
    wait_for(|| {
        clock.advance(Duration::from_secs(1));
        client.stats().waiting == 0
    });
    assert!(client.shutdown(None));
    let said: Vec<String> = client
        .take_notes()
        .iter()
        .map(|note| format!("{note:?}"))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("; 1 events are lost, more may follow"),
        "{said:?}"
    );
    assert!(said[1].contains("2 more events are lost"), "{said:?}");
}

#[test]
fn four_requests_and_no_fifth_when_three_retries_fail() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let config = Config::new("key")
        .transport(server.factory())
        .clock(clock.clone())
        .report_lost(true);
    let client = Client::new(config);
    server.always_answer(503);
    capture(&client, "doomed").unwrap();
    wait_for(|| {
        clock.advance(Duration::from_millis(100));
        client.stats().waiting == 0
    });
    clock.advance(Duration::from_secs(60));
    assert_eq!(server.requests().len(), 4);
    assert_eq!(client.stats().lost(Loss::Undelivered), 1);
    wait_for(|| {
        client
            .take_lost()
            .first()
            .is_some_and(|batch| batch.events[0].name() == "doomed")
    });
    assert_eq!(client.take_notes().len(), 1, "an outage is said once");
}

#[test]
fn a_refused_batch_is_sent_once_and_counted() {
    for status in [400, 401, 403, 413] {
        let server = MemoryTransport::default();
        let client = Client::new(Config::new("key").transport(server.factory()));
        server.always_answer(status);
        capture(&client, "refused").unwrap();
        assert!(client.flush(None));
        assert_eq!(server.requests().len(), 1, "{status}");
        assert_eq!(client.stats().lost(Loss::Rejected), 1, "{status}");
    }
}

#[test]
fn a_full_queue_refuses_the_newest_and_counts_it() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    server.go_away();
    let client = Client::new(
        Config::new("key")
            .transport(server.factory())
            .clock(clock)
            .max_queue_size(3),
    );
    for _ in 0..3 {
        capture(&client, "kept").unwrap();
    }
    assert_eq!(
        capture(&client, "refused"),
        Err(Refusal::QueueFull {
            queued: 3,
            first: true
        })
    );
    assert_eq!(
        capture(&client, "refused"),
        Err(Refusal::QueueFull {
            queued: 3,
            first: false
        })
    );
    assert_eq!(
        (client.stats().waiting, client.stats().lost(Loss::QueueFull)),
        (3, 2)
    );
}

#[test]
fn waiting_events_never_take_more_memory_than_they_may() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    server.go_away();
    let client = Client::new(Config::new("key").transport(server.factory()).clock(clock));
    for _ in 0..100 {
        let mut draft = client.draft(Kind::Event("large".into()));
        draft.properties.insert("body", &"x".repeat(500_000));
        let _ = client.capture(draft);
    }
    let stats = client.stats();
    assert_eq!(stats.waiting, 33, "16 MiB of half a megabyte each");
    assert_eq!(stats.waiting + stats.lost(Loss::QueueFull), stats.captured);
}

#[test]
fn shutdown_sends_what_waits_and_takes_no_more() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    capture(&client, "last").unwrap();
    assert!(client.shutdown(None));
    assert_eq!(names(&server), ["last"]);
    assert_eq!(capture(&client, "too late"), Err(Refusal::Closed));
    assert_eq!(client.stats().lost(Loss::Closed), 1);
}

#[test]
fn shutdown_gives_up_at_its_limit_and_counts_the_rest() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    server.go_away();
    let client = Client::new(
        Config::new("key")
            .transport(server.factory())
            .clock(clock.clone()),
    );
    capture(&client, "unsent").unwrap();
    let ending = std::thread::spawn({
        let client = client.clone();
        move || client.shutdown(Some(Duration::from_millis(100)))
    });
    wait_for(|| {
        clock.advance(Duration::from_millis(1));
        ending.is_finished()
    });
    assert!(!ending.join().unwrap());
    assert_eq!(
        (client.stats().waiting, client.stats().lost(Loss::Unsent)),
        (0, 1)
    );
}

#[test]
fn shutdown_tries_a_dead_server_with_one_batch_and_gives_up_the_others() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    server.always_answer(503);
    let config = Config::new("key")
        .transport(server.factory())
        .clock(clock.clone())
        .flush_at(10);
    let client = Client::new(config.flush_interval(Duration::from_secs(3600)));
    for _ in 0..9 {
        capture(&client, "first batch").unwrap();
    }
    let ending = std::thread::spawn({
        let client = client.clone();
        move || {
            for _ in 0..91 {
                capture(&client, "later batches").unwrap();
            }
            client.shutdown(None)
        }
    });
    wait_for(|| {
        clock.advance(Duration::from_millis(10));
        ending.is_finished()
    });
    let stats = client.stats();
    assert!(!ending.join().unwrap());
    assert_eq!((stats.waiting, stats.lost_total()), (0, 100));
    assert!(stats.lost(Loss::Unsent) >= 70, "{stats:?}");
}

#[test]
fn a_client_that_is_dropped_still_sends_what_it_has() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    capture(&client, "orphan").unwrap();
    drop(client);
    wait_for(|| names(&server) == ["orphan"]);
}

#[test]
fn without_a_key_nothing_is_kept_or_sent() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("  ").transport(server.factory()));
    assert!(capture(&client, "nobody's").is_ok());
    assert!(client.flush(None));
    assert!(server.requests().is_empty());
    assert_eq!(client.stats().captured, 0);
}

#[test]
fn a_transport_that_panics_is_survived_and_the_batch_sent_again() {
    struct Fragile(MemoryTransport, AtomicBool);
    impl hogback::transport::Transport for Fragile {
        fn send(
            &self,
            request: &hogback::transport::Request<'_>,
        ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
            assert!(
                self.1.swap(true, Ordering::SeqCst),
                "the first request panics"
            );
            self.0.send(request)
        }
    }
    let server = MemoryTransport::default();
    let inner = server.clone();
    let config = Config::new("key")
        .transport(move || Box::new(Fragile(inner.clone(), AtomicBool::new(false))));
    let client = Client::new(config);
    capture(&client, "survivor").unwrap();
    assert!(client.flush(None));
    assert_eq!(names(&server), ["survivor"]);
}

#[test]
fn a_flush_waits_for_the_events_before_it_and_for_no_later_ones() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let config = Config::new("key")
        .transport(server.factory())
        .clock(clock)
        .flush_interval(Duration::from_secs(3600));
    let client = Client::new(config);
    capture(&client, "before").unwrap();
    let before = client.mark();
    assert!(client.flush_until(before, None));
    server.go_away();
    capture(&client, "after").unwrap();
    assert!(client.flush_until(before, Some(Duration::ZERO)));
    assert!(!client.flush_until(client.mark(), Some(Duration::ZERO)));
}

#[test]
fn a_queue_smaller_than_a_batch_is_sent_when_it_is_full() {
    let (server, clock) = (MemoryTransport::default(), Arc::new(ManualClock::default()));
    let config = Config::new("key").transport(server.factory()).clock(clock);
    let client = Client::new(config.flush_at(100).max_queue_size(5));
    for _ in 0..5 {
        capture(&client, "e").unwrap();
    }
    wait_for(|| client.stats().delivered == 5);
}

#[test]
fn a_shutdown_does_not_wait_for_longer_than_half_a_minute_for_the_next_try() {
    struct Later(Arc<AtomicBool>);
    impl hogback::transport::Transport for Later {
        fn send(
            &self,
            _: &hogback::transport::Request<'_>,
        ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
            self.0.store(true, Ordering::SeqCst);
            Ok(hogback::transport::Response {
                status: 429,
                retry_after: Some(Duration::from_secs(3600)),
                ..hogback::transport::Response::default()
            })
        }
    }
    let (asked, clock) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let seen = Arc::clone(&asked);
    let config = Config::new("key").transport(move || Box::new(Later(Arc::clone(&seen))));
    let client = Client::new(config.clock(Arc::<ManualClock>::clone(&clock)).flush_at(1));
    capture(&client, "unwelcome").unwrap();
    wait_for(|| asked.load(Ordering::SeqCst));
    let ending = std::thread::spawn({
        let client = client.clone();
        move || client.shutdown(None)
    });
    wait_for(|| {
        clock.advance(Duration::from_millis(10));
        ending.is_finished()
    });
    assert!(hogback::Clock::now(&*clock) < Duration::from_secs(3600));
    assert_eq!(client.stats().lost_total(), 1);
}

#[test]
fn a_client_that_is_shut_down_sends_nothing_on_the_calling_thread_either() {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    client.shutdown(None);
    let standing = client.standing();
    let draft = client.draft(Kind::Event("too late".into()));
    let event = client
        .seal(&draft, &hogback::Surroundings::default(), &standing)
        .unwrap();
    assert!(client.send_now(&event).is_err());
    assert!(server.requests().is_empty());
    assert_eq!(client.stats().lost(Loss::Closed), 1);
}

#[test]
fn what_was_given_up_stays_so_when_the_last_request_succeeds_after_all() {
    struct Slow(MemoryTransport, Arc<AtomicBool>, Arc<AtomicBool>);
    impl hogback::transport::Transport for Slow {
        fn send(
            &self,
            request: &hogback::transport::Request<'_>,
        ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
            self.1.store(true, Ordering::SeqCst);
            wait_for(|| self.2.load(Ordering::SeqCst));
            self.0.send(request)
        }
    }
    let journal = tempfile::tempdir().unwrap();
    for (config, nothing_is_left) in [
        (Config::new("key"), true),
        (Config::new("key").journal(journal.path()), false),
    ] {
        let server = MemoryTransport::default();
        let (asked, may_answer) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let parts = (server.clone(), Arc::clone(&asked), Arc::clone(&may_answer));
        let config = config.flush_at(1).transport(move || {
            let (server, asked, may_answer) = parts.clone();
            Box::new(Slow(server, asked, may_answer))
        });
        let client = Client::new(config);
        capture(&client, "late").unwrap();
        wait_for(|| asked.load(Ordering::SeqCst));
        assert!(!client.is_given_up());
        assert!(!client.shutdown(Some(Duration::ZERO)));
        may_answer.store(true, Ordering::SeqCst);
        wait_for(|| !server.requests().is_empty());
        assert!(client.is_given_up());
        assert!(!client.is_server_away());
        assert_eq!(client.flush(None), nothing_is_left);
        assert_eq!(client.shutdown(None), nothing_is_left);
    }
}
