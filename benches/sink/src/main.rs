//! The server at the other end of the benchmarks: takes every POST, or fails as it is told, and counts what arrived.
//!
//! It is native so that it never is the slowest part of a measurement. It ends when its standard input closes, and so
//! never outlives the program that started it, however that ended.

mod body;
mod door;
mod script;
mod server;
mod stored;
mod strict;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncReadExt as _;

use crate::door::Door;
use crate::server::Sink;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sink = Arc::new(Sink::default());
    let door = Door::open_new(server::events(Arc::clone(&sink))).await?;
    let control = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(door.address, control.local_addr()?)?;
    axum::serve(control, server::control(sink, door))
        .with_graceful_shutdown(input_closed())
        .await
}

/// Tells the starter where to send events, and where to tell the sink what to do; the only line on standard output.
fn announce(events: SocketAddr, control: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "sink listening on http://{events} and on http://{control}"
    )?;
    out.flush()
}

async fn input_closed() {
    let mut ignored = [0_u8; 64];
    let mut input = tokio::io::stdin();
    while let Ok(1..) = input.read(&mut ignored).await {}
}
