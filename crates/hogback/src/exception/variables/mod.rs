//! What the local variables of a frame held: short, and without secrets.
//!
//! A door reads its language's objects into [`Value`]s, within the limits of [`Limits`]; everything else is decided here:
//! which variables are left out, which values are masked, in which order they use up the event's [`Budget`], and how they
//! are written. Whatever goes wrong on the way hides a value and never shows one.

mod authorization;
mod collect;
mod entropy;
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod json;
mod patterns;
mod redact;
mod rules;
mod url;
mod value;

pub use collect::{Budget, CodeVariables, Local};
pub use formats::has_known_format;
pub use patterns::{DEFAULT_IGNORE, DEFAULT_MASK, Matcher, Patterns};
pub use redact::{REDACTED, TOO_LONG, looks_like_secret};
pub use rules::Rules;
pub use value::{Limits, Value};
