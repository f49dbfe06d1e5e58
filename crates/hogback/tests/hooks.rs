//! What a program does in its own hooks, `before_send` and `on_note`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex, OnceLock};

use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Event, Note, Refusal};

/// A client, known to its own hooks.
type Own = Arc<OnceLock<Client>>;

fn names(server: &MemoryTransport) -> Vec<String> {
    let events = server.events();
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_before_send_captures_with_its_own_client_is_refused_and_told_once() {
    let (server, own, refusals) = (
        MemoryTransport::default(),
        Own::default(),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (known, refused) = (Arc::clone(&own), Arc::clone(&refusals));
    let config = Config::new("key").transport(server.factory());
    let client = Client::new(config.before_send(move |event| {
        let client = known.get().unwrap();
        let sealed = Event::from_json("e", "id", b"{}".to_vec()).unwrap();
        let answers = [
            client.event("hook ran").try_send().unwrap_err(),
            client.submit(sealed).unwrap_err(),
        ];
        refused.lock().unwrap().extend(answers);
        Some(event)
    }));
    own.set(client.clone()).unwrap();
    for _ in 0..2 {
        assert!(client.event("order placed").send().is_some());
    }
    assert!(client.flush(None));
    assert_eq!(names(&server), ["order placed", "order placed"]);
    let refusals = refusals.lock().unwrap();
    assert_eq!(refusals.len(), 4);
    assert!(refusals.iter().all(|why| *why == Refusal::InsideHook));
    let notes = client.take_notes();
    assert!(matches!(&*notes, [Note::Warning(line)] if line.contains("before_send")));
}

#[test]
fn an_on_note_that_captures_hears_of_everything_and_ends() {
    let (server, own, heard) = (
        MemoryTransport::default(),
        Own::default(),
        Arc::new(Mutex::new(Vec::new())),
    );
    let (known, told) = (Arc::clone(&own), Arc::clone(&heard));
    let config = Config::new("key").transport(server.factory());
    let config = config.before_send(|_| panic!("a bug"));
    let client = Client::new(config.on_note(move |note| {
        told.lock().unwrap().push(note);
        known.get().unwrap().event("noted").send();
    }));
    own.set(client.clone()).unwrap();
    assert_eq!(client.event("order placed").send(), None);
    client.flush(None);
    let heard = heard.lock().unwrap();
    assert!(matches!(&heard[0], Note::Error(line) if line.contains("panicked")));
    assert!(matches!(&heard[1], Note::Warning(line) if line.contains("not taken")));
    assert_eq!((heard.len(), names(&server).len()), (2, 0));
}

#[test]
fn a_hook_may_capture_with_another_client() {
    let servers = [MemoryTransport::default(), MemoryTransport::default()];
    let other = Client::new(Config::new("key").transport(servers[1].factory()));
    let copies = other.clone();
    let config = Config::new("key").transport(servers[0].factory());
    let client = Client::new(config.before_send(move |event| {
        copies.event("copied").send();
        Some(event)
    }));
    client.event("order placed").send();
    assert!(client.flush(None) && other.flush(None));
    assert_eq!(names(&servers[0]), ["order placed"]);
    assert_eq!(names(&servers[1]), ["copied"]);
}
