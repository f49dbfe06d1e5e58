//! Panics of programs whose own panic hook logs, and of those that begin in a panic; in real processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// Each test file uses its own part of what they share.
#[path = "support/child.rs"]
mod child;

use std::panic::{catch_unwind, set_hook};

use child::{is_child, run};
use hogback::testing::MemoryTransport;
use hogback::tracing::Layer;
use hogback::{Config, Context};
use serde_json::Value;
use tracing_subscriber::prelude::*;

/// Logs panics, as programs do that have no other log.
fn log_panics() {
    set_hook(Box::new(|info| tracing::error!("logged: {info}")));
    let subscriber = tracing_subscriber::registry().with(Layer::new());
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

/// What the exceptions among the events that have arrived say.
fn said(server: &MemoryTransport) -> Vec<String> {
    let text = |event: &Value| {
        let value = &event["properties"]["$exception_list"][0]["value"];
        value.as_str().unwrap_or_default().to_owned()
    };
    server.events().iter().map(text).collect()
}

#[test]
#[ignore = "a program that another test runs"]
fn logs_panics_that_are_captured() {
    if !is_child() {
        return;
    }
    log_panics();
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let guard = hogback::init(config.capture_panics(true));
    let _ = catch_unwind(|| panic!("once"));
    tracing::error!("no panic");
    assert!(guard.client().flush(None));
    assert_eq!(said(&server), ["once", "no panic"]);
}

#[test]
fn a_panic_that_is_captured_is_not_captured_once_more_when_the_programs_hook_logs_it() {
    let output = run("logs_panics_that_are_captured", &[]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "a program that another test runs"]
fn logs_panics_while_its_hooks_fail() {
    if !is_child() {
        return;
    }
    log_panics();
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let config = config.before_send(|event| {
        assert!(event["properties"]["plan"] == "pro", "a hook that fails");
        Some(event)
    });
    let guard = hogback::init(config.on_note(|note| panic!("{note:?}")));
    let _ = catch_unwind(|| panic!("dropped"));
    let request: Context = Context::root();
    request.tag("plan", "pro");
    let sent = std::panic::AssertUnwindSafe(|| request.scope(|| panic!("sent")));
    let _ = catch_unwind(sent);
    assert!(guard.client().flush(None));
    let said = said(&server);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("sent"), "{said:?}");
}

#[test]
fn what_is_logged_in_a_panic_is_captured_though_the_programs_other_hooks_fail() {
    let output = run("logs_panics_while_its_hooks_fail", &[]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "a program that another test runs"]
fn begins_in_a_panic() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            let guard = hogback::init(Config::new("").no_journal().capture_panics(true));
            assert_eq!(guard.client().take_notes().len(), 1);
        }
    }
    if !is_child() {
        return;
    }
    let _ = catch_unwind(|| {
        let _late = Late;
        panic!("too early")
    });
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    let guard = hogback::init(config.capture_panics(true));
    assert!(guard.client().take_notes().is_empty());
    let _ = catch_unwind(|| panic!("captured"));
    assert!(guard.client().flush(None));
    assert_eq!(said(&server), ["captured"]);
}

#[test]
fn a_program_that_begins_while_it_panics_is_told_so_and_goes_on() {
    let output = run("begins_in_a_panic", &[]);
    assert!(output.status.success(), "{output:?}");
}
