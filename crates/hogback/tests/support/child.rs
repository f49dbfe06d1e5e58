//! Programs of their own: a test that another test runs in a process of its own.

use std::process::{Command, Output};

/// Says that a process is such a program.
const IS_CHILD: &str = "HOGBACK_TEST_CHILD";

/// Whether this test runs as a program; it has nothing to do otherwise.
pub(crate) fn is_child() -> bool {
    std::env::var_os(IS_CHILD).is_some()
}

/// Runs the ignored test of this name as a program.
#[expect(
    clippy::unwrap_used,
    reason = "a test without its program cannot go on"
)]
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            name,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(IS_CHILD, "1")
        .env_remove("RUST_BACKTRACE")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}
