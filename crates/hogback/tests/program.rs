//! The client of a program, in real processes: its guard, its global functions, its panics.

#![expect(clippy::exit, reason = "a test that cannot go on fails")]

// Each test file uses its own part of what they share.
#[path = "support/child.rs"]
mod child;
#[path = "support/sink.rs"]
mod sink;

use std::panic::catch_unwind;

use child::{is_child, run};
use hogback::exception::Boundary;
use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Context};
use serde_json::Value;
use sink::Sink;

/// The configuration of a program: where the parent says.
fn config() -> Config {
    let host = std::env::var("HOST").unwrap_or_default();
    let config = Config::new("phc_program").host(host);
    match std::env::var_os("JOURNAL") {
        Some(directory) => config.journal(directory),
        None => config.no_journal(),
    }
}

#[test]
#[ignore = "a program that another test runs"]
fn captures_by_the_global_functions() {
    if !is_child() {
        return;
    }
    assert!(hogback::client().is_none());
    assert_eq!(hogback::capture("too early").send(), None);
    let guard = hogback::init(config());
    let request: Context = Context::root();
    request.set_distinct_id("user-7");
    let current = request.attach();
    assert!(
        hogback::capture("order placed")
            .property("total", 12.5)
            .send()
            .is_some()
    );
    hogback::set().property("plan", "pro").send();
    hogback::set_once().property("source", "web").send();
    hogback::alias("visitor-31").send();
    hogback::group_identify("company", 5)
        .property("seats", 12)
        .send();
    let error = "x".parse::<u32>().unwrap_err();
    hogback::capture_error(&error);
    hogback::error(&error).property("order", 7).send();
    drop(current);
    drop(guard);
    assert!(hogback::client().is_none());
    assert_eq!(hogback::capture("too late").send(), None);
}

#[test]
fn a_programs_events_are_sent_when_its_guard_is_dropped() {
    let sink = Sink::start();
    let output = run("captures_by_the_global_functions", &[("HOST", &sink.url)]);
    assert!(output.status.success(), "{output:?}");
    let events = sink.events();
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "order placed",
            "$set",
            "$set_once",
            "$create_alias",
            "$groupidentify",
            "$exception",
            "$exception"
        ]
    );
    assert_eq!(events[0]["properties"]["$lib"], "hogback");
    assert_eq!(
        (&events[1]["$set"]["plan"], &events[1]["distinct_id"]),
        (&"pro".into(), &"user-7".into())
    );
    assert_eq!(events[3]["distinct_id"], "visitor-31");
    assert_eq!(events[3]["properties"]["alias"], "user-7");
    assert_eq!(events[4]["properties"]["$group_key"], "5");
    assert_eq!(events[6]["properties"]["order"], 7);
}

#[test]
#[ignore = "a program that another test runs"]
fn loses_its_guard() {
    if !is_child() {
        return;
    }
    let guard = hogback::init(config());
    hogback::capture("last words").send();
    let _kept_for_ever = std::mem::ManuallyDrop::new(guard);
    std::process::abort();
}

/// What a program has left in its journal, sent by another one.
fn left(journal: &std::path::Path, host: &str) -> Vec<Value> {
    let server = MemoryTransport::default();
    let config = Config::new("phc_program").host(host).journal(journal);
    let client = Client::new(config.transport(server.factory()));
    assert_eq!(client.send_left(None).1, None);
    server.events()
}

/// A host where nobody answers.
const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn a_program_that_loses_its_guard_loses_no_event() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let output = run(
        "loses_its_guard",
        &[("HOST", NOBODY), ("JOURNAL", journal.to_str().unwrap())],
    );
    assert!(!output.status.success());
    let events = left(&journal, NOBODY);
    assert_eq!(events.len(), 1, "{output:?}");
    assert_eq!(events[0]["event"], "last words");
}

#[test]
#[ignore = "a program that another test runs"]
fn panics_on_a_thread() {
    if !is_child() {
        return;
    }
    let _guard = hogback::init(config().capture_panics(true));
    let request: Context = Context::root();
    request.tag("plan", "pro");
    let context = request.clone();
    let thread = std::thread::spawn(move || {
        let _current = context.attach();
        let stock: Option<u32> = std::hint::black_box(None);
        stock.expect("out of stock");
    });
    assert!(thread.join().is_err());
    std::process::exit(3);
}

/// The only event, an exception.
fn only_exception(events: &[Value]) -> &Value {
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event"], "$exception");
    &events[0]["properties"]
}

#[test]
fn a_panic_arrives_though_the_program_exits_at_once_and_the_former_hook_runs_too() {
    let sink = Sink::start();
    let output = run("panics_on_a_thread", &[("HOST", &sink.url)]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("out of stock"));
    let events = sink.events();
    let properties = only_exception(&events);
    assert_eq!(properties["plan"], "pro");
    assert_eq!(properties["$exception_level"], "fatal");
    assert!(
        properties["$exception_panic_file"]
            .as_str()
            .unwrap()
            .ends_with("tests/program.rs")
    );
    let exception = &properties["$exception_list"][0];
    assert_eq!(
        (&exception["type"], &exception["value"]),
        (&"Panic".into(), &"out of stock".into())
    );
    let mechanism = &exception["mechanism"];
    assert_eq!(
        (&mechanism["type"], &mechanism["handled"]),
        (&"panic".into(), &false.into())
    );
    assert_eq!(mechanism["synthetic"], false);
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let crash = frames.last().unwrap();
    assert_eq!(crash["filename"], "hogback/tests/program.rs", "{frames:?}");
    assert_eq!(crash["lineno"], properties["$exception_panic_line"]);
    assert!(
        crash["context_line"]
            .as_str()
            .unwrap()
            .contains("stock.expect")
    );
    assert_eq!(crash["in_app"], true);
}

#[test]
#[ignore = "a program that another test runs"]
fn panics_and_aborts() {
    if !is_child() {
        return;
    }
    let _guard = hogback::init(config().capture_panics(true));
    let _ = catch_unwind(|| panic!("the end"));
    std::process::abort();
}

#[test]
fn a_panic_in_the_journal_needs_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    run(
        "panics_and_aborts",
        &[("HOST", NOBODY), ("JOURNAL", journal.to_str().unwrap())],
    );
    let events = left(&journal, NOBODY);
    assert_eq!(
        only_exception(&events)["$exception_list"][0]["value"],
        "the end"
    );
}

#[test]
#[ignore = "a program that another test runs"]
fn panics_while_names_cannot_be_looked_up() {
    if !is_child() {
        return;
    }
    let _guard = hogback::init(config().capture_panics(true));
    let (holds, is_held) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Whoever looks up a name waits until this has returned, which it never does.
        backtrace::trace(|_| {
            let _ = holds.send(());
            loop {
                std::thread::park();
            }
        });
    });
    is_held.recv().unwrap();
    let _ = catch_unwind(|| panic!("the end"));
    std::process::abort();
}

#[test]
fn a_panic_whose_stack_is_not_named_in_time_is_shown_where_it_happened() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    run(
        "panics_while_names_cannot_be_looked_up",
        &[("HOST", NOBODY), ("JOURNAL", journal.to_str().unwrap())],
    );
    let events = left(&journal, NOBODY);
    let properties = only_exception(&events);
    let exception = &properties["$exception_list"][0];
    assert_eq!(exception["value"], "the end");
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(frames[0]["filename"], "hogback/tests/program.rs");
    assert_eq!(frames[0]["lineno"], properties["$exception_panic_line"]);
    assert_eq!(frames[0]["in_app"], true);
    assert!(
        frames[0]["context_line"]
            .as_str()
            .unwrap()
            .contains("the end")
    );
}

#[test]
#[ignore = "a program that another test runs"]
fn captures_a_panic_that_its_hook_has_captured() {
    if !is_child() {
        return;
    }
    let guard = hogback::init(config().capture_panics(true));
    let payload = catch_unwind(|| panic!("once")).unwrap_err();
    let uuid = guard
        .client()
        .capture_panic(&*payload, None, &Boundary::default());
    hogback::capture("known")
        .property("panic", uuid.unwrap())
        .send();
    let caught = std::thread::spawn(|| panic!("once, elsewhere"))
        .join()
        .unwrap_err();
    let uuid = guard
        .client()
        .capture_panic(&*caught, None, &Boundary::default());
    hogback::capture("known")
        .property("panic", uuid.unwrap())
        .send();
}

#[test]
fn a_panic_is_captured_once_whichever_thread_catches_it() {
    let sink = Sink::start();
    let output = run(
        "captures_a_panic_that_its_hook_has_captured",
        &[("HOST", &sink.url)],
    );
    assert!(output.status.success(), "{output:?}");
    let events = sink.events();
    for pair in events.chunks(2) {
        only_exception(&pair[..1]);
        assert_eq!(pair[1]["properties"]["panic"], pair[0]["uuid"]);
    }
    assert_eq!(events.len(), 4);
}

#[test]
#[ignore = "a program that another test runs"]
fn panics_in_its_own_hooks() {
    if !is_child() {
        return;
    }
    let config = config().capture_panics(true).before_send(|event| {
        let tag = &event["properties"]["tag"];
        assert!(tag == "kept", "a hook that fails");
        Some(event)
    });
    let config = config.on_note(|note| panic!("{note:?}"));
    let _guard = hogback::init(config);
    let _ = catch_unwind(|| panic!("seen by a hook that fails"));
    assert_eq!(hogback::capture("dropped").send(), None);
    assert!(
        hogback::capture("kept")
            .property("tag", "kept")
            .send()
            .is_some()
    );
}

#[test]
fn a_hook_that_panics_costs_its_event_and_never_the_process() {
    let sink = Sink::start();
    let output = run("panics_in_its_own_hooks", &[("HOST", &sink.url)]);
    assert!(output.status.success(), "{output:?}");
    let events = sink.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event"], "kept");
}

/// A server whose client's thread panics at its first request.
struct Fragile(MemoryTransport, std::sync::atomic::AtomicBool);

impl hogback::transport::Transport for Fragile {
    fn send(
        &self,
        request: &hogback::transport::Request<'_>,
    ) -> Result<hogback::transport::Response, hogback::transport::Unreachable> {
        let again = self.1.swap(true, std::sync::atomic::Ordering::SeqCst);
        assert!(again, "the worker fails");
        self.0.send(request)
    }
}

#[test]
#[ignore = "a program that another test runs"]
fn has_a_worker_that_panics() {
    if !is_child() {
        return;
    }
    let server = MemoryTransport::default();
    let answering = server.clone();
    let config = Config::new("key").capture_panics(true).transport(move || {
        Box::new(Fragile(
            answering.clone(),
            std::sync::atomic::AtomicBool::default(),
        ))
    });
    let guard = hogback::init(config);
    hogback::capture("sent twice").send();
    assert!(guard.client().flush(None));
    drop(guard);
    assert_eq!(server.events().len(), 1);
    assert_eq!(server.events()[0]["event"], "sent twice");
}

#[test]
fn a_panic_of_the_clients_own_thread_is_not_captured() {
    let output = run("has_a_worker_that_panics", &[]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the worker fails"));
}

#[test]
#[ignore = "a program that another test runs"]
fn begins_again() {
    if !is_child() {
        return;
    }
    let (first, second) = (hogback::init(config()), hogback::init(config()));
    drop(first);
    assert!(hogback::capture("of the second").send().is_some());
    drop(second);
    assert!(hogback::client().is_none());
    let disabled = hogback::init(config().disabled(true).capture_panics(true));
    let _ = catch_unwind(|| panic!("of nobody"));
    assert_eq!(hogback::capture("of nobody").send(), None);
    drop(disabled);
}

#[test]
fn a_guard_that_is_dropped_late_leaves_the_next_client_alone() {
    let sink = Sink::start();
    let output = run("begins_again", &[("HOST", &sink.url)]);
    assert!(output.status.success(), "{output:?}");
    let events = sink.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["event"], "of the second");
}
