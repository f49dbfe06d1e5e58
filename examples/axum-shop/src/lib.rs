//! The example shop's catalogue: what there is, what it costs today, and when it would arrive.
//!
//! [`app`] is the whole service, for tests to call without a socket; `main.rs` serves it. The shop in front of it sends the
//! visitor's ids along, so the events here belong to the visit that began in a browser.

mod catalogue;
mod delivery;
mod routes;

pub use catalogue::{Catalogue, Product};
pub use delivery::DeliveryError;
pub use routes::app;
