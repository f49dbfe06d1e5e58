//! The part of a request that nobody wanted to read.
//!
//! A client that is still sending when its connection closes hears "connection reset" in place of our answer, and a
//! refusal that cannot be read helps nobody. So whatever a handler leaves of a body is read here and thrown away, before
//! the answer goes out. It takes no memory.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A client that pauses longer is waiting for our answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A client that sends for longer has to do without.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Answers once the request has been read to its end.
pub(crate) async fn read_away(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (give_back, mut rest) = oneshot::channel();
    let lent = Lent {
        body: Some(body.into_data_stream()),
        give_back: Some(give_back),
    };
    let request = Request::from_parts(parts, Body::from_stream(lent));
    let response = next.run(request).await;
    if let Ok(rest) = rest.try_recv() {
        // The answer goes out in any case; the connection closes behind it when there is more.
        let _ = timeout(LONGEST_REST, throw_away(rest)).await;
    }
    response
}

async fn throw_away(mut rest: BodyDataStream) {
    while let Ok(Some(Ok(_))) = timeout(LONGEST_PAUSE, rest.next()).await {}
}

/// A body that comes back when a handler drops it before its end.
struct Lent {
    body: Option<BodyDataStream>,
    give_back: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let next = body.poll_next_unpin(context);
        if let Poll::Ready(None | Some(Err(_))) = next {
            self.body = None;
        }
        next
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.body.take(), self.give_back.take()) {
            // Nobody takes it when the client itself has gone away.
            let _ = give_back.send(body);
        }
    }
}
