//! What lies in the journal, for `python -m posthog.journal` and the Django check.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use hogback::journals::{self, Journal};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

/// Project, process, whether it lives, events, bytes, and when it was last written, in seconds since 1970.
type Row = (String, String, bool, usize, u64, Option<f64>);

/// A project that has dead letters, and how many.
type DeadLetters = (String, usize);

/// Where the journal is, for what the option says: a word that switches it on, or off, or a directory.
#[pyfunction]
pub(crate) fn journal_directory(asked: &str) -> Option<PathBuf> {
    hogback::journal_directory(asked)
}

/// The name of the folder for events of a project.
#[pyfunction]
pub(crate) fn journal_project(host: &str, api_key: &str, historical_migration: bool) -> String {
    journals::project_name(host, api_key, historical_migration)
}

/// The journals below a directory, and the projects with dead letters and how many those are.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as the binding has it")]
pub(crate) fn survey_journals(
    py: Python<'_>,
    directory: PathBuf,
) -> PyResult<(Vec<Row>, Vec<DeadLetters>)> {
    let found = py.detach(|| journals::survey(&directory));
    let found = found.map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok((
        found.journals.into_iter().map(row).collect(),
        found.dead_letters,
    ))
}

fn row(journal: Journal) -> Row {
    let written = journal
        .written
        .and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    (
        journal.project,
        journal.process,
        journal.lives,
        journal.events,
        journal.bytes,
        written.map(|written| written.as_secs_f64()),
    )
}

/// Removes what processes have left that are gone; returns how many events that was.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as the binding has it")]
pub(crate) fn purge_journals(
    py: Python<'_>,
    directory: PathBuf,
    project: Option<String>,
    dead_letters: bool,
) -> PyResult<usize> {
    py.detach(|| journals::purge(&directory, project.as_deref(), dead_letters))
        .map_err(|error| PyOSError::new_err(error.to_string()))
}
