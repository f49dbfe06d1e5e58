//! The public API, item by item: a change of it is a change of `api.txt`, and is reviewed as such.
//!
//! `HOGBACK_BLESS=1 cargo test -p hogback-tower --test api` writes the file anew.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

#[path = "../../hogback/tests/reviewed_api/mod.rs"]
mod reviewed_api;

#[test]
fn the_public_api_is_the_one_that_was_reviewed() {
    reviewed_api::assert_is_reviewed("axum");
}
