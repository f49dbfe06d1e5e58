//! Errors that have a stack of their own. In processes of their own, since a variable decides whether they do.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

#[path = "support/child.rs"]
mod child;

use child::{is_child, run};
use hogback::testing::MemoryTransport;
use hogback::{Capture, Client, Config};

/// Captures and says what the first exception's crash is, and whether its stack is that of the capture.
fn crash(capture: impl FnOnce(&Client) -> Capture) -> String {
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    capture(&client).send().unwrap();
    assert!(client.flush(None));
    let exception = server.events()[0]["properties"]["$exception_list"][0].clone();
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let last = frames.last().unwrap();
    format!(
        "{} synthetic={}",
        last["context_line"], exception["mechanism"]["synthetic"]
    )
}

fn made_by_anyhow() -> anyhow::Error {
    anyhow::anyhow!("made here")
}

fn made_by_eyre() -> eyre::Report {
    eyre::eyre!("made here")
}

#[test]
#[ignore = "a program that another test runs"]
fn captures_reports() {
    if is_child() {
        let (error, report) = (made_by_anyhow(), made_by_eyre());
        eprintln!("<{}>", crash(|client| client.anyhow(&error)));
        eprintln!("<{}>", crash(|client| client.eyre(&report)));
    }
}

/// What the program has said.
fn said(backtrace: &str) -> Vec<String> {
    let output = run("captures_reports", &[("RUST_BACKTRACE", backtrace)]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = text.lines().filter(|line| line.starts_with('<'));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_report_with_a_stack_is_shown_where_it_was_made() {
    let said = said("1");
    assert!(
        said[0].contains("anyhow::anyhow!") && said[0].contains("synthetic=false"),
        "{said:?}"
    );
    assert!(
        said[1].contains("eyre::eyre!") && said[1].contains("synthetic=false"),
        "{said:?}"
    );
}

#[test]
fn a_report_without_a_stack_is_shown_where_it_was_captured() {
    let said = said("0");
    assert!(
        said[0].contains("client.anyhow(") && said[0].contains("synthetic=true"),
        "{said:?}"
    );
    assert!(
        said[1].contains("client.eyre(") && said[1].contains("synthetic=true"),
        "{said:?}"
    );
}
