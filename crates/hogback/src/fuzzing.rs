//! What fuzzers call, and what must hold whatever they come with. No API: it may change with any release.
//!
//! `fuzz/` has a target for each of these functions and a few inputs to begin with; `tests/fuzzing.rs` tries those, and
//! some thousand others, with a stable toolchain.

pub use crate::delivery::fuzzing::{marks, not_before, retry_after, segment, v1_results};
pub use crate::exception::variables::fuzzing::code_variables;

/// A function that takes any bytes, and panics where it does not keep its promise.
pub type Target = fn(&[u8]);

/// All of them, by the names of their corpora.
pub const TARGETS: [(&str, Target); 6] = [
    ("segment", segment),
    ("marks", marks),
    ("not_before", not_before),
    ("retry_after", retry_after),
    ("v1_results", v1_results),
    ("code_variables", code_variables),
];
