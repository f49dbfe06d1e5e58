//! Request contexts, event capture and error tracking for web applications.

mod clock;
mod context;
mod draft;
mod event;
pub mod exception;
mod fork;
mod ids;
mod loss;
mod properties;
pub mod seal;
mod timestamp;
pub mod wire;

pub use clock::{Clock, SystemClock};
pub use context::{Context, ContextGuard, FutureExt, Snapshot, WithContext};
pub use draft::{Draft, Kind};
pub use event::Event;
pub use fork::generation;
pub use ids::uuid_v7;
pub use loss::{Loss, Refusal, Stats};
pub use properties::Properties;
pub use timestamp::Timestamp;
