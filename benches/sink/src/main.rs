//! The server at the other end of `make bench`: accepts every POST, counts what arrived and keeps nothing.
//!
//! It is native so that it never is the slowest part of a measurement. It ends when its standard input closes, and so
//! never outlives the program that started it, however that ended.

mod body;
mod server;

use std::io::Write as _;

use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    announce(listener.local_addr()?)?;
    axum::serve(listener, server::app())
        .with_graceful_shutdown(input_closed())
        .await
}

/// Tells the starter where to send; the first and only line on standard output.
fn announce(address: std::net::SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "sink listening on http://{address}")?;
    out.flush()
}

async fn input_closed() {
    let mut ignored = [0_u8; 64];
    let mut input = tokio::io::stdin();
    while let Ok(1..) = input.read(&mut ignored).await {}
}
