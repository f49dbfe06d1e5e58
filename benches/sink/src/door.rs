//! The address that events are sent to, and whether anybody listens there.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

/// Connections that may wait to be taken.
const BACKLOG: u32 = 1024;

/// In an answer's extensions: the connection is to be reset instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

/// An address that keeps its port whether it is open or shut.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    app: Router,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Open {
        close: oneshot::Sender<()>,
        closed: JoinHandle<()>,
    },
    /// Connections are refused. The port is held, or the system might give it to somebody else.
    Shut(TcpSocket),
}

impl Door {
    /// Opens a door on a free port, with `app` behind it.
    pub(crate) async fn open_new(app: Router) -> io::Result<Arc<Self>> {
        let socket = bound(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let door = Arc::new(Self {
            address: socket.local_addr()?,
            app,
            state: Mutex::new(State::Shut(socket)),
        });
        door.open().await?;
        Ok(door)
    }

    /// Listens, unless it does.
    pub(crate) async fn open(&self) -> io::Result<()> {
        let mut state = self.state.lock().await;
        if matches!(*state, State::Open { .. }) {
            return Ok(());
        }
        let (close, told) = oneshot::channel();
        let State::Shut(socket) = std::mem::replace(&mut *state, State::Shut(TcpSocket::new_v4()?))
        else {
            return Ok(());
        };
        let closed = tokio::spawn(serve(socket.listen(BACKLOG)?, self.app.clone(), told));
        *state = State::Open { close, closed };
        Ok(())
    }

    /// Stops listening and breaks every connection, as the death of a server does; returns when that is done.
    pub(crate) async fn shut(&self) -> io::Result<()> {
        let mut state = self.state.lock().await;
        if let State::Open { close, closed } = &mut *state {
            let (unused, _) = oneshot::channel();
            // It listens for as long as it runs, so it hears; how it ended is not our matter.
            let _ = std::mem::replace(close, unused).send(());
            let _ = closed.await;
            *state = State::Shut(bound(self.address)?);
        }
        Ok(())
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn serve(listener: TcpListener, app: Router, mut close: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut close => break,
            Some(_) = connections.join_next() => {}
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(attend(stream, app.clone()));
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Answers the requests of one connection, until it ends or is cut.
async fn attend(stream: TcpStream, app: Router) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let answer = app.clone().oneshot(request);
        Box::pin(async move {
            let Ok(response) = answer.await.map_err(|never: Infallible| match never {});
            match response.extensions().get::<Cut>() {
                Some(_) => Err(io::Error::other("told to cut the connection")),
                None => Ok(response),
            }
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if poll_fn(|context| connection.poll_without_shutdown(context))
        .await
        .is_err()
    {
        let stream = connection.into_parts().io.into_inner();
        // Closing then resets the connection; where it cannot be had, the sender misses its answer all the same.
        let _ = stream.set_zero_linger();
    }
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Asks for a page, and returns the first word of the answer.
    async fn ask(address: SocketAddr, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: sink\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.split(' ').next().unwrap_or_default().to_owned())
    }

    async fn door() -> Arc<Door> {
        let cut = get(async || (Extension(Cut), "cut"));
        Door::open_new(Router::new().route("/cut", cut))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_shut_door_refuses_and_opens_again_at_the_same_address() {
        let door = door().await;
        let mut waiting = TcpStream::connect(door.address).await.unwrap();
        for _ in 0..2 {
            door.shut().await.unwrap();
            let refused = ask(door.address, "/").await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        }
        assert!(
            matches!(waiting.read(&mut [0]).await, Ok(0) | Err(_)),
            "still connected"
        );
        for _ in 0..2 {
            door.open().await.unwrap();
            assert_eq!(ask(door.address, "/").await.unwrap(), "HTTP/1.1");
        }
    }

    #[tokio::test]
    async fn a_cut_connection_is_reset_without_an_answer() {
        let door = door().await;
        let reset = ask(door.address, "/cut").await.unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(ask(door.address, "/").await.unwrap(), "HTTP/1.1");
    }
}
