//! Sockets and signals.

use std::io::{self, ErrorKind, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::Options;
use crate::log::log;
use crate::store::{Store, StoreError};
use crate::{Inspector, app};

/// Requests that are being answered when a signal comes may take this long to end.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Another program has the port.
    #[error("port {port} is in use: stop the program that has it, or choose another with --port P")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// Neither loopback address can be listened on.
    #[error("cannot listen on loopback port {port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The events cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something failed while serving.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// Serves until SIGINT or SIGTERM. Prints the address first, alone on a line, for programs that wait for it.
pub async fn run(options: Options) -> Result<(), ServeError> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let listeners = listen(options.port).await?;
    let store = Store::open(&options.data_dir)?;
    let (stop, stopping) = watch::channel(false);
    let inspector = Inspector::new(store.clone())
        .hosts(options.hosts)
        .posthog_js_dir(options.posthog_js_dir)
        .stopping(stopping.clone());
    announce(&listeners)?;
    let app = app(inspector);
    let mut servers = tokio::task::JoinSet::new();
    for listener in listeners {
        servers.spawn(serve(listener, app.clone(), stopping.clone()));
    }
    drop(app);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        Some(ended) = servers.join_next() => ended.map_err(io::Error::other)??,
    }
    stop.send_replace(true);
    let all_ended = async { while servers.join_next().await.is_some() {} };
    // Whoever does not end in time is cut off: nothing that was answered can be lost any more.
    let _ = tokio::time::timeout(LAST_ANSWERS, all_ended).await;
    Ok(())
}

async fn serve(
    listener: TcpListener,
    app: Router,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            // An error means that the sender is gone, and with it the server.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        })
        .await
}

/// Listens on both loopback addresses, since `localhost` may mean either; one of them is enough.
async fn listen(port: u16) -> Result<Vec<TcpListener>, ServeError> {
    let mut listeners = Vec::new();
    let first = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    let port = match &first {
        Ok(listener) => listener.local_addr()?.port(),
        Err(_) => port,
    };
    let second = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await;
    match (first, second) {
        (Err(source), _) if source.kind() == ErrorKind::AddrInUse => {
            return Err(ServeError::PortInUse { port });
        }
        (Err(source), Err(_)) => return Err(ServeError::Listen { port, source }),
        (first, second) => {
            if second
                .as_ref()
                .is_err_and(|cause| cause.kind() == ErrorKind::AddrInUse)
            {
                log(&format!(
                    "another program listens on [::1]:{port}: use 127.0.0.1 instead of localhost"
                ));
            }
            listeners.extend(first.into_iter().chain(second));
        }
    }
    Ok(listeners)
}

fn announce(listeners: &[TcpListener]) -> io::Result<()> {
    if let Some(listener) = listeners.first() {
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "hogback listening on http://{}",
            listener.local_addr()?
        )?;
        out.flush()?;
    }
    Ok(())
}
