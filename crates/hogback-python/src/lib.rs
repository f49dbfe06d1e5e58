//! The native module of the `posthog` Python package: translation only.
//!
//! Python objects become the core's plain data here, once per event, on the thread that captures. Below this line
//! nothing knows Python, and the core's worker never needs the interpreter.

mod arguments;
mod before_send;
mod capture;
mod client;
mod context;
mod dates;
mod exceptions;
mod journal;
mod log;
mod once;
mod options;
mod overrides;
mod process;
mod request_contexts;
mod surroundings;
mod values;
mod web;

/// See `python/posthog/_native.pyi`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::context::ContextScope;
    #[pymodule_export]
    use crate::exceptions::{
        described_exception, is_captured, is_in_app, looks_like_secret, mark_as_captured,
        shown_calls,
    };
    #[pymodule_export]
    use crate::journal::{journal_directory, journal_project, purge_journals, survey_journals};
    #[pymodule_export]
    use crate::options::ingestion_host;
    #[pymodule_export]
    use crate::process::{close_all, generation};
    #[pymodule_export]
    use crate::request_contexts::{Answer, RequestContexts};
    #[pymodule_export]
    use crate::surroundings::get_current_context;
    #[pymodule_export]
    use crate::web::{Privacy, plain_url, request_tags, tracing_ids, usable_id};

    use hogback::exception::variables;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("DEFAULT_MASK_PATTERNS", variables::DEFAULT_MASK.to_vec())?;
        module.add(
            "DEFAULT_IGNORE_PATTERNS",
            variables::DEFAULT_IGNORE.to_vec(),
        )?;
        module.add(
            "current_context",
            crate::surroundings::variable(module.py())?,
        )
    }
}
