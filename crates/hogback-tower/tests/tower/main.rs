//! What the layer promises, with real services and real servers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests and their helpers")]

mod bodies;
mod examples;
mod failures;
mod grpc;
mod identity;
mod isolation;
mod outgoing;
mod servers;
mod support;
mod tags;
