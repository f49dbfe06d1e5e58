//! The program itself: its arguments, its first line, its end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const HOGBACK: &str = env!("CARGO_BIN_EXE_hogback");
const DEADLINE: Duration = Duration::from_secs(20);

struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(data_dir: &Path) -> Self {
        let mut child = Command::new(HOGBACK)
            .args(["--port", "0", "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("hogback listening on http://")
            .unwrap()
            .to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        Self { child, address }
    }

    /// Sends a request and reads the answer until the server closes the connection.
    fn ask(&self, head: &str, body: &str) -> String {
        let mut socket = self.connect(&format!(
            "{head} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        ));
        socket.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    fn connect(&self, head: &str) -> TcpStream {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(socket, "{head}\r\nHost: {}\r\n\r\n", self.address).unwrap();
        socket
    }

    fn stop(self, signal: &str) -> Output {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait_with_output().unwrap()
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(HOGBACK).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_serves_at_the_address_it_prints_and_keeps_events_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let sent = running.ask(
        "POST /batch/",
        r#"{"api_key":"t","event":"kept","distinct_id":"u"}"#,
    );
    assert!(sent.starts_with("HTTP/1.1 200"), "{sent}");
    assert!(running.stop("-INT").status.success());
    let running = Running::start(dir.path());
    assert!(running.ask("GET /api/events", "").contains("kept"));
    assert!(running.stop("-TERM").status.success());
}

#[test]
fn open_streams_and_waiting_requests_do_not_hold_up_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let mut stream = running.connect("GET /api/stream HTTP/1.1");
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    let mut waiting = running.connect("GET /api/events?name=never&wait=60s HTTP/1.1");
    assert!(running.stop("-TERM").status.success());
    // Both connections are closed properly, not reset: the client sees an end.
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    waiting.read_to_string(&mut rest).unwrap();
    assert!(rest.contains(r#"{"events":[]}"#), "{rest}");
}

#[test]
fn a_mistake_on_the_command_line_is_named_and_exits_with_2() {
    let output = run(&["--prot", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--prot") && text(&output.stderr).contains("--help"));
    assert!(output.stdout.is_empty());
}

#[test]
fn help_and_version_are_printed() {
    let help = run(&["--help"]);
    assert!(help.status.success() && text(&help.stdout).contains("--data-dir"));
    assert_eq!(
        text(&run(&["--version"]).stdout),
        format!("hogback {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_port_in_use_is_named_and_exits_with_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = run(&["--port", &port, "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains(&format!("port {port} is in use")) && message.contains("--port"),
        "{message}"
    );
    assert!(
        output.stdout.is_empty(),
        "nothing listens, so no address is printed"
    );
}

#[test]
fn a_data_directory_in_use_is_named_and_exits_with_1() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let output = run(&["--port", "0", "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("another hogback"),
        "{}",
        text(&output.stderr)
    );
    running.stop("-TERM");
}
