//! Request contexts, event capture and error tracking for web applications.

pub mod exception;
mod properties;

pub use properties::Properties;
