//! What was raised, and where, as plain data.
//!
//! A door walks its language's exceptions and fills an [`ExceptionList`]; everything that can be decided without the
//! language is decided here: what is in-app, how files are shown, which source lines surround a call, and how much of
//! it an event can carry.

mod boundary;
mod frame;
mod in_app;
mod level;
mod list;
mod mechanism;
mod path;
mod reserved;
mod source;
mod source_cache;
mod text;
pub mod variables;

pub use boundary::Boundary;
pub use frame::Frame;
pub(crate) use frame::NATIVE;
pub use in_app::InAppRules;
pub use level::Level;
pub use list::{Exception, ExceptionList, Kept, MAX_EXCEPTIONS, MAX_MEMBERS};
pub use mechanism::{Mechanism, Relation};
pub use path::{absolute_path, is_no_file, path_beside_package, path_in_package};
pub use reserved::RESERVED_PROPERTIES;
pub use source::{CONTEXT_LINES, SourceContext, SourceFile};
pub use source_cache::SourceCache;
#[cfg(feature = "tracing")]
pub(crate) use text::cut;
