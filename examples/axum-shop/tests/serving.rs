//! The program: where it listens, how it ends, and what it says when it cannot begin.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

fn program(address: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_axum-shop"));
    program.arg(address);
    program
        .env_remove("POSTHOG_API_KEY")
        .env_remove("POSTHOG_PROJECT_API_KEY");
    program
}

#[test]
fn it_says_which_free_port_it_took_answers_there_and_ends_well_when_it_is_asked_to() {
    let mut running = program("127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .trim_end()
        .strip_prefix("catalogue listening on http://")
        .unwrap();

    let mut visitor = TcpStream::connect(address).unwrap();
    visitor
        .write_all(b"GET /health HTTP/1.1\r\nHost: catalogue\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let asked = Command::new("kill")
        .arg(running.id().to_string())
        .status()
        .unwrap();
    assert!(asked.success());
    assert!(running.wait().unwrap().success());
}

#[test]
fn an_address_that_is_taken_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let ended = program(&address).output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
}
