//! What a captured error looks like, with a real stack.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::error::Error;
use std::fmt;

use hogback::exception::{Boundary, Level};
use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Context};
use serde_json::Value;

#[derive(Debug)]
enum CheckoutError {
    NotCharged(std::num::ParseIntError),
}

impl fmt::Display for CheckoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot charge")
    }
}

impl Error for CheckoutError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let Self::NotCharged(source) = self;
        Some(source)
    }
}

fn failed() -> CheckoutError {
    CheckoutError::NotCharged("twelve".parse::<u32>().unwrap_err())
}

/// A client and its server.
fn client() -> (Client, MemoryTransport) {
    let server = MemoryTransport::default();
    let config = Config::new("key").transport(server.factory());
    (Client::new(config), server)
}

/// The properties of the only event.
fn properties(client: &Client, server: &MemoryTransport) -> Value {
    assert!(client.flush(None));
    let events = server.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event"], "$exception");
    events[0]["properties"].clone()
}

#[inline(never)]
fn pay(client: &Client) {
    client.capture_error(&failed()).unwrap();
}

#[test]
fn an_error_arrives_with_its_sources_and_what_the_context_says() {
    let (client, server) = client();
    let request: Context = Context::root();
    request.tag("plan", "pro");
    let current = request.attach();
    pay(&client);
    drop(current);
    let properties = properties(&client, &server);
    assert_eq!(properties["plan"], "pro");
    assert_eq!(properties["$exception_level"], "error");
    assert!(properties.get("$exception_source").is_none());
    let list = &properties["$exception_list"];
    assert_eq!(list[0]["type"], "NotCharged");
    assert_eq!(list[0]["value"], "cannot charge");
    let mechanism = &list[0]["mechanism"];
    assert_eq!(mechanism["type"], "generic");
    assert_eq!(
        (&mechanism["handled"], &mechanism["synthetic"]),
        (&true.into(), &true.into())
    );
    assert_eq!(list[1]["type"], "ParseIntError");
    assert_eq!(list[1]["mechanism"]["source"], "cause");
    assert!(list[1].get("stacktrace").is_none());
}

#[test]
fn the_stack_ends_where_the_error_was_captured_with_the_lines_around_it() {
    let (client, server) = client();
    pay(&client);
    let properties = properties(&client, &server);
    let frames = properties["$exception_list"][0]["stacktrace"]["frames"].clone();
    let frames = frames.as_array().unwrap();
    let crash = frames.last().unwrap();
    // A binary with line tables alone knows no paths of functions.
    assert!(crash["function"].as_str().unwrap().ends_with("pay"));
    assert_eq!(crash["filename"], "hogback/tests/errors.rs");
    assert_eq!(
        (&crash["platform"], &crash["lang"]),
        (&"native".into(), &"rust".into())
    );
    assert_eq!(crash["in_app"], true);
    assert!(
        crash["context_line"]
            .as_str()
            .unwrap()
            .contains("capture_error(&failed())")
    );
    let caller = &frames[frames.len() - 2];
    assert!(
        caller["function"]
            .as_str()
            .unwrap()
            .contains("the_stack_ends_where")
    );
    for frame in frames {
        let function = frame["function"].as_str().unwrap();
        assert!(
            !function.starts_with("hogback::") && !function.starts_with("std::rt::"),
            "{function}"
        );
    }
}

#[test]
fn a_boundary_says_where_an_error_was_caught() {
    let (client, server) = client();
    let boundary = Boundary::default()
        .level(Level::Fatal)
        .source("shop.worker")
        .mechanism("task")
        .handled(false);
    client.capture_error_at(&failed(), &boundary).unwrap();
    let properties = properties(&client, &server);
    assert_eq!(properties["$exception_level"], "fatal");
    assert_eq!(properties["$exception_source"], "shop.worker");
    let mechanism = &properties["$exception_list"][0]["mechanism"];
    assert_eq!(
        (&mechanism["type"], &mechanism["handled"]),
        (&"task".into(), &false.into())
    );
}

#[test]
fn a_panic_that_was_caught_is_shown_where_it_happened() {
    let (client, server) = client();
    let payload: Box<dyn std::any::Any + Send> = Box::new("out of stock");
    let line = line!();
    let location = format!("{}:{line}:5", file!());
    let boundary = Boundary::default().mechanism("panic").handled(false);
    client
        .capture_panic(&*payload, Some(&location), &boundary)
        .unwrap();
    let properties = properties(&client, &server);
    assert_eq!(properties["$exception_panic_line"], line);
    assert_eq!(properties["$exception_panic_column"], 5);
    let exception = &properties["$exception_list"][0];
    assert_eq!(
        (&exception["type"], &exception["value"]),
        (&"Panic".into(), &"out of stock".into())
    );
    let crash = exception["stacktrace"]["frames"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(crash["lineno"], line);
    assert_eq!(crash["context_line"], "    let line = line!();");
}

#[test]
fn a_panic_of_which_nothing_is_known_is_captured_too() {
    let (client, server) = client();
    client
        .capture_panic(&7, None, &Boundary::default())
        .unwrap();
    let properties = properties(&client, &server);
    assert_eq!(properties["$exception_list"][0]["value"], "panic occurred");
    assert!(properties.get("$exception_panic_file").is_none());
}

#[test]
fn code_outside_of_the_project_is_not_the_programs_unless_it_is_named() {
    for (config, expected) in [
        (Config::new("key").project_root("/nowhere"), false),
        (
            Config::new("key")
                .project_root("/nowhere")
                .in_app(["errors", "pay"]),
            true,
        ),
    ] {
        let server = MemoryTransport::default();
        let client = Client::new(config.transport(server.factory()));
        pay(&client);
        let properties = properties(&client, &server);
        let frames = &properties["$exception_list"][0]["stacktrace"]["frames"];
        let crash = frames.as_array().unwrap().last().unwrap();
        assert_eq!(crash["in_app"], expected);
    }
}
