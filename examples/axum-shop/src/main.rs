//! `axum-shop [ADDRESS]`: serves the catalogue until Ctrl-C or SIGTERM.
//!
//! The address is `127.0.0.1:8641` unless given; port 0 takes a free one. Where events go is in the environment
//! (`POSTHOG_HOST`, `POSTHOG_API_KEY`).

use std::error::Error;
use std::io::{self, Write as _};

use axum_shop::{Catalogue, app};
use hogback::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const ADDRESS: &str = "127.0.0.1:8641";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().nth(1);
    let address = asked.as_deref().unwrap_or(ADDRESS);
    let catalogue = Catalogue::example()?;
    // Sends what waits when it is dropped, after the last request.
    let guard = hogback::init(Config::from_env()?.capture_panics(true));
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let stopped = stop()?;
    let mut out = io::stdout();
    writeln!(
        out,
        "catalogue listening on http://{}",
        listener.local_addr()?
    )?;
    out.flush()?;
    axum::serve(listener, app(guard.client().clone(), catalogue))
        .with_graceful_shutdown(stopped)
        .await?;
    Ok(())
}

/// Ends when the process is asked to end; it listens from the call on, not from the first poll.
fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
