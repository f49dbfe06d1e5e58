"""The rows of the Rust benchmark, and what the crates weigh."""
