//! What a program logs by the crate `tracing`, as events.
//!
//! A [`Layer`] beside those that write the log captures what is logged at the level `ERROR` as exceptions, with the stack
//! of where it was logged. An `error` field that holds an error brings its sources along:
//!
//! ```
//! # use hogback::{Client, Config, testing::MemoryTransport};
//! # let server = MemoryTransport::default();
//! # let client = Client::new(Config::new("phc_key").transport(server.factory()));
//! use tracing_subscriber::prelude::*;
//!
//! let layer = hogback::tracing::Layer::of(client.clone())
//!     .span_fields(["order"]) // become tags; no other field leaves the process
//!     .steps(true); // what was logged before, at INFO and WARN
//! let subscriber = tracing_subscriber::registry().with(layer);
//!
//! tracing::subscriber::with_default(subscriber, || {
//!     let _span = tracing::info_span!("checkout", order = 7).entered();
//!     tracing::info!("stock reserved");
//!     let error = "twelve".parse::<u32>().unwrap_err();
//!     tracing::error!(error = &error as &dyn std::error::Error, "cannot charge");
//! });
//! # client.flush(None);
//! # let properties = &server.events()[0]["properties"];
//! # assert_eq!(properties["$exception_list"][0]["type"], "ParseIntError");
//! # assert_eq!(properties["order"], 7);
//! # assert_eq!(properties["$exception_steps"][0]["$message"], "stock reserved");
//! ```
//!
//! [`Layer::new`] captures with the [program's client](crate::init). What a client has to say itself goes the other way:
//! `Config::on_note(hogback::tracing::log)`.

mod by_layer;
mod layer;
mod logged;
mod steps;

pub use self::layer::Layer;

use crate::delivery::Note;

/// The target of what a client says.
const TARGET: &str = "hogback";

/// Logs what a client has to say, for [`Config::on_note`](crate::Config::on_note).
pub fn log(note: Note) {
    match note {
        Note::Warning(line) => ::tracing::warn!(target: TARGET, "{line}"),
        Note::Error(line) => ::tracing::error!(target: TARGET, "{line}"),
    }
}
