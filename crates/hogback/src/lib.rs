//! Request contexts, event capture and error tracking for web applications.
//!
//! ```no_run
//! let _guard = hogback::init(hogback::Config::new("phc_key").capture_panics(true));
//! hogback::capture("order placed").distinct_id("user-7").property("total", 12.5).send();
//! ```
//!
//! [`init`] makes the program's client, which [`capture()`] and its like use; [`Config`] has the options. What is known about
//! a request stands in a [`Context`] and goes on all its events. Errors and panics are captured with their stacks:
//! [`capture_error`], [`error()`], [`Config::capture_panics`]. [`Client`] does all of it without a global. Requests travel by
//! HTTP, or by a [`transport`] of the program's own.
//!
//! The guide `docs/rust.md` walks through all of it.
//!
//! # Features
//!
//! Each only adds; none is on unless it is named.
//!
//! * `anyhow`, `eyre`: errors of these crates, with the stack of where they were made.
//! * `tracing`: a layer that captures what is logged as an error.
//! * `testing`: a server in memory and a clock to move by hand, for tests.
//!
//! # How it works
//!
//! A [`Client`] captures events. What is known about the request in which one is captured stands in the current
//! [`Context`]. One event's way through this crate:
//!
//! ```text
//! Client::event   -> Capture: what the program says of it        capture.rs
//!                 -> Draft: id, time, name, own properties       draft.rs
//! Client::capture -> seal: identity, tags and the other layers   seal.rs, context/
//!                 -> Event: one JSON object, frozen              event.rs, wire/
//!                 -> Delivery: queue, batches, retries, HTTP     delivery/
//! ```
//!
//! Decisions are pure functions ([`seal::seal`], batches, retries, outcomes); threads and sockets are thin edges around
//! them. Capturing never waits for a network and never panics. Every event captured ends delivered, or counted as lost
//! with the reason ([`Client::stats`]).

mod before_send;
mod blocks;
mod capture;
mod captured_panics;
mod client;
mod clock;
mod config;
mod context;
mod delivery;
mod draft;
mod errors;
mod event;
pub mod exception;
mod fields;
mod fit;
mod fork;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod global;
mod hooks;
mod ids;
mod loss;
mod merged;
mod panic_hook;
mod properties;
pub mod seal;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod timestamp;
#[cfg(feature = "tracing")]
pub mod tracing;
pub mod transport;
mod waiting;
pub mod web;
pub mod wire;

pub use capture::Capture;
pub use client::{Client, Mark};
pub use clock::{Clock, SystemClock};
#[doc(hidden)]
pub use config::journal_directory;
pub use config::{Config, UnusableVariable};
pub use context::{
    Answer, Context, ContextGuard, Finish, FutureExt, Known, Snapshot, Surroundings, Tags,
    WithContext, WrittenTags, in_current_context, spawn,
};
pub use delivery::{
    Encoding, Failure, LostBatch, Note, close_all, default_journal_directory, journals,
};
pub use draft::{Draft, Kind};
pub use errors::AsError;
#[doc(hidden)]
pub use errors::Stack;
pub use event::Event;
pub use fork::generation;
pub use global::{
    Guard, alias, capture, capture_error, client, error, flush, group_identify, init, set, set_once,
};
#[doc(hidden)]
pub use hooks::{guarded, guarded_text};
pub use ids::uuid_v7;
pub use loss::{Level, Loss, Refusal, Stats};
pub use properties::Properties;
#[doc(hidden)]
pub use properties::write_text;
pub use timestamp::Timestamp;
pub use wire::CaptureMode;

/// Runs the README's Rust example as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Runs the guide's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
struct Guide;
