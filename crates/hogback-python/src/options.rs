//! The constructor's options, as the core's [`Config`].

use std::path::PathBuf;
use std::time::Duration;

use hogback::{CaptureMode, Config, Encoding, Properties};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::log;
use crate::values;

/// A switch that Python code may set to anything: what counts is its truth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flag(pub(crate) bool);

impl<'py> FromPyObject<'_, 'py> for Flag {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.is_truthy().map(Self)
    }
}

impl<'py> IntoPyObject<'py> for Flag {
    type Target = <bool as IntoPyObject<'py>>::Target;
    type Output = <bool as IntoPyObject<'py>>::Output;
    type Error = <bool as IntoPyObject<'py>>::Error;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        self.0.into_pyobject(py)
    }
}

/// The host that answers for `host`, as the core decides it.
#[pyfunction]
pub(crate) fn ingestion_host(host: &str) -> &str {
    hogback::wire::ingestion_host(host)
}

/// What `_open` is called with; Python has cleaned the values.
pub(crate) struct Options {
    api_key: String,
    host: String,
    library: (String, String),
    system: Properties,
    release_id: Option<String>,
    flush_at: usize,
    flush_interval: f64,
    max_queue_size: Option<usize>,
    journal: Option<PathBuf>,
    journal_max_bytes: Option<u64>,
    journal_sync: Option<f64>,
    mode: CaptureMode,
    compression: Option<Encoding>,
    max_retries: u32,
    timeout: f64,
    historical_migration: bool,
    report_lost: bool,
    tell_losses: bool,
}

impl Options {
    pub(crate) fn of(given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let given = Given(given);
        let mut system = Properties::new();
        if let Some(map) = given.get::<Bound<'_, PyDict>>("system")? {
            log::report(map.py(), values::write_properties(&map, &mut system))?;
        }
        Ok(Self {
            api_key: given.get("api_key")?.unwrap_or_default(),
            host: given.get("host")?.unwrap_or_default(),
            library: given.get("library")?.unwrap_or_default(),
            system,
            release_id: given.get("release_id")?,
            flush_at: given.get("flush_at")?.unwrap_or(100),
            flush_interval: given.get("flush_interval")?.unwrap_or(5.0),
            max_queue_size: given.get("max_queue_size")?,
            journal: given.get("journal")?,
            journal_max_bytes: given.get("journal_max_bytes")?,
            journal_sync: given.get("journal_sync")?,
            mode: given
                .get::<String>("mode")?
                .and_then(|name| CaptureMode::named(&name))
                .unwrap_or_default(),
            compression: given
                .get::<String>("compression")?
                .and_then(|name| Encoding::named(&name)),
            max_retries: given.get("max_retries")?.unwrap_or(3),
            timeout: given.get("timeout")?.unwrap_or(15.0),
            historical_migration: given.get("historical_migration")?.unwrap_or_default(),
            report_lost: given.get("report_lost")?.unwrap_or_default(),
            tell_losses: given.get("tell_losses")?.unwrap_or_default(),
        })
    }

    pub(crate) fn config(self) -> Config {
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let mut config = Config::new(self.api_key);
        if let Some(events) = self.max_queue_size {
            config = config.max_queue_size(events);
        }
        config = match self.journal {
            Some(directory) => config.journal(directory),
            None => config.no_journal(),
        };
        if let Some(bytes) = self.journal_max_bytes {
            config = config.journal_max_bytes(bytes);
        }
        if let Some(every) = self.journal_sync {
            config = config.journal_sync(seconds(every));
        }
        config
            .host(self.host)
            .library(self.library.0, self.library.1)
            .system(self.system)
            .release_id(self.release_id)
            .flush_at(self.flush_at)
            .flush_interval(seconds(self.flush_interval))
            .capture_mode(self.mode)
            .compression(self.compression)
            .max_retries(self.max_retries)
            .timeout(seconds(self.timeout))
            .historical_migration(self.historical_migration)
            .report_lost(self.report_lost)
            .tell_losses(self.tell_losses)
    }
}

struct Given<'a, 'py>(Option<&'a Bound<'py, PyDict>>);

impl<'py> Given<'_, 'py> {
    /// The option's value; `None` counts as absent.
    fn get<T: FromPyObjectOwned<'py>>(&self, name: &str) -> PyResult<Option<T>> {
        let Some(given) = self.0 else { return Ok(None) };
        let value = given.get_item(name)?.filter(|value| !value.is_none());
        value
            .map(|value| value.extract::<T>().map_err(Into::into))
            .transpose()
    }
}
