//! The native module of the `posthog` Python package: translation only.

mod exceptions;
mod values;

#[pyo3::pymodule]
mod _native {}
