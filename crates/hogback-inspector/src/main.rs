//! `hogback`: shows what `PostHog` clients send, on the developer's own machine.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use hogback_inspector::cli::{Command, HELP};
use hogback_inspector::server;

/// The exit status that tells a wrong command line from a failure.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    match Command::read(env::args_os().skip(1), |name| env::var_os(name)) {
        Ok(Command::Help) => say(HELP),
        Ok(Command::Version) => say(concat!("hogback ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Serve(options)) => {
            let served = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(server::ServeError::from)
                .and_then(|runtime| {
                    let served = runtime.block_on(server::run(options));
                    // A query that is still running is not waited for.
                    runtime.shutdown_background();
                    served
                });
            match served {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&error.to_string(), ExitCode::FAILURE),
            }
        }
        Err(message) => complain(&message, ExitCode::from(WRONG_USAGE)),
    }
}

fn say(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(message: &str, code: ExitCode) -> ExitCode {
    // The exit status says it too.
    let _ = writeln!(io::stderr(), "hogback: {message}");
    code
}
