//! What a program can choose about its client.

mod environment;
mod program;

pub use self::environment::{UnusableVariable, journal_directory};
pub(crate) use self::program::{OnNote, Use};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::before_send::BeforeSend;
use crate::clock::{Clock, SystemClock};
use crate::delivery::{
    DEFAULT_JOURNAL_BYTES, Encoding, HttpTransport, Location, MakeTransport, Policy, Transport,
    default_journal_directory,
};
use crate::errors::OwnCode;
use crate::properties::Properties;
use crate::wire::{self, CaptureMode};

/// Memory that waiting events may take, at most.
const MAX_QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// Options of a [`Client`](crate::Client). Each has a default, given at its setter.
///
/// ```
/// use hogback::Config;
///
/// let config = Config::new("phc_key").host("http://localhost:4640").flush_at(20);
/// ```
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each with its own setter"
)]
pub struct Config {
    pub(crate) api_key: String,
    pub(crate) host: String,
    pub(crate) library: (String, String),
    pub(crate) system: Properties,
    pub(crate) super_properties: Properties,
    pub(crate) release_id: Option<String>,
    pub(crate) is_server: bool,
    pub(crate) disable_geoip: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) own_code: OwnCode,
    pub(crate) disabled: bool,
    pub(crate) send: bool,
    pub(crate) before_send: Option<BeforeSend>,
    pub(crate) on_note: Option<OnNote>,
    pub(crate) capture_panics: bool,
    pub(crate) shutdown_timeout: Duration,
    timeout: Duration,
    transport: Option<MakeTransport>,
    flush_at: usize,
    flush_interval: Duration,
    max_queue_size: Option<usize>,
    journal: Journal,
    journal_max_bytes: u64,
    journal_sync: Option<Duration>,
    mode: CaptureMode,
    encoding: Option<Encoding>,
    max_retries: u32,
    historical_migration: bool,
    report_lost: bool,
    tell_losses: bool,
}

/// Where the journal is.
#[derive(Clone)]
enum Journal {
    /// Where nothing was said.
    Usual,
    Below(PathBuf),
    Off,
}

impl Config {
    /// The defaults, for the project with this key. Without a key nothing is sent.
    pub fn new(api_key: impl AsRef<str>) -> Self {
        Self {
            api_key: api_key.as_ref().trim().to_owned(),
            host: wire::ingestion_host("").to_owned(),
            library: ("hogback".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            system: Properties::new(),
            super_properties: Properties::new(),
            release_id: None,
            is_server: true,
            disable_geoip: true,
            clock: Arc::new(SystemClock::new()),
            own_code: OwnCode::default(),
            disabled: false,
            send: true,
            before_send: None,
            on_note: None,
            capture_panics: false,
            shutdown_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(15),
            transport: None,
            flush_at: 100,
            flush_interval: Duration::from_secs(5),
            max_queue_size: None,
            journal: Journal::Usual,
            journal_max_bytes: DEFAULT_JOURNAL_BYTES,
            journal_sync: None,
            mode: CaptureMode::V0,
            encoding: None,
            max_retries: 3,
            historical_migration: false,
            report_lost: false,
            tell_losses: false,
        }
    }

    /// Where events go, with scheme; `https://us.i.posthog.com` unless set.
    #[must_use]
    pub fn host(self, host: impl AsRef<str>) -> Self {
        Self {
            host: wire::ingestion_host(host.as_ref()).to_owned(),
            ..self
        }
    }

    /// Events per request, at most; 100 unless set.
    #[must_use]
    pub fn flush_at(self, events: usize) -> Self {
        Self {
            flush_at: events.max(1),
            ..self
        }
    }

    /// How long an event waits for company; 5 seconds unless set.
    #[must_use]
    pub fn flush_interval(self, interval: Duration) -> Self {
        Self {
            flush_interval: interval,
            ..self
        }
    }

    /// Events that may wait, at most; the next one is refused and counted.
    ///
    /// Unless set it is 10,000 in memory, and as many as there is room for where there is a [journal](Self::journal). In
    /// memory they never take more than 16 MiB together.
    #[must_use]
    pub fn max_queue_size(self, events: usize) -> Self {
        Self {
            max_queue_size: Some(events.max(1)),
            ..self
        }
    }

    /// Keeps events on disk below this directory until they are delivered; below
    /// [`default_journal_directory`] unless set, or not at all where the client has a
    /// [transport](Self::transport) of its own.
    ///
    /// So an event survives the death of the process that has captured it, a failing server costs none, and what a
    /// process leaves behind is sent by another one that has the same key, host and directory. The directory is made if
    /// it is missing, its parents are not. It must be this user's own, and writable by nobody else; otherwise, and when
    /// the disk fails, events wait in memory and the log says so.
    #[must_use]
    pub fn journal(self, directory: impl Into<PathBuf>) -> Self {
        Self {
            journal: Journal::Below(directory.into()),
            ..self
        }
    }

    /// Keeps events in memory alone: nothing of them is written to a disk.
    #[must_use]
    pub fn no_journal(self) -> Self {
        Self {
            journal: Journal::Off,
            ..self
        }
    }

    /// Bytes that the journals of all processes below the [journal's](Self::journal) directory may take together; 256 MiB
    /// unless set, and never more than a twentieth of what is free. Where that is used up, the oldest events go, and are
    /// counted.
    #[must_use]
    pub fn journal_max_bytes(self, bytes: u64) -> Self {
        Self {
            journal_max_bytes: bytes,
            ..self
        }
    }

    /// Brings what is in the journal to the disk itself so often (`fdatasync(2)`, by the worker); never unless set.
    ///
    /// Without it, an event survives any death of the process, and a power cut may cost what the system had not written yet,
    /// some thirty seconds. With it that is what was captured since; longer while a request is under way.
    #[must_use]
    pub fn journal_sync(self, every: Duration) -> Self {
        Self {
            journal_sync: Some(every),
            ..self
        }
    }

    /// Which requests the server is sent; capture v0 unless set.
    #[must_use]
    pub fn capture_mode(self, mode: CaptureMode) -> Self {
        Self { mode, ..self }
    }

    /// How requests are compressed; not at all unless set. Capture v0 knows gzip alone, so that another compression is not
    /// used with it.
    #[must_use]
    pub fn compression(self, encoding: Option<Encoding>) -> Self {
        Self { encoding, ..self }
    }

    /// Compresses requests with gzip; off unless set.
    #[must_use]
    pub fn gzip(self, gzip: bool) -> Self {
        self.compression(gzip.then_some(Encoding::Gzip))
    }

    /// Tries after the first, for a batch the server cannot take now; 3 unless set.
    #[must_use]
    pub fn max_retries(self, retries: u32) -> Self {
        Self {
            max_retries: retries,
            ..self
        }
    }

    /// How long one request may take; 15 seconds unless set.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Marks events as imported from the past; off unless set.
    #[must_use]
    pub fn historical_migration(self, historical: bool) -> Self {
        Self {
            historical_migration: historical,
            ..self
        }
    }

    /// Puts `$is_server` on events; on unless set.
    #[must_use]
    pub fn is_server(self, is_server: bool) -> Self {
        Self { is_server, ..self }
    }

    /// Asks the server not to look up where events come from; on unless set, since that would be this server.
    #[must_use]
    pub fn disable_geoip(self, disable: bool) -> Self {
        Self {
            disable_geoip: disable,
            ..self
        }
    }

    /// Properties over those of every event; none unless set.
    #[must_use]
    pub fn super_properties(self, properties: Properties) -> Self {
        Self {
            super_properties: properties,
            ..self
        }
    }

    /// The deployed release, put on every event as `$release_id`; none unless set.
    #[must_use]
    pub fn release_id(self, release: Option<String>) -> Self {
        Self {
            release_id: release,
            ..self
        }
    }

    /// What the runtime and operating system are; none unless set.
    #[must_use]
    pub fn system(self, properties: Properties) -> Self {
        Self {
            system: properties,
            ..self
        }
    }

    /// Names the library that captures, in `$lib`, `$lib_version` and `User-Agent`; this crate unless set.
    #[must_use]
    pub fn library(self, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            library: (name.into(), version.into()),
            ..self
        }
    }

    /// Keeps lost batches for [`Client::take_lost`](crate::Client::take_lost); off unless set.
    #[must_use]
    pub fn report_lost(self, report: bool) -> Self {
        Self {
            report_lost: report,
            ..self
        }
    }

    /// Tells the server what was lost, in an event `$sdk_report` beside others: once a minute at most, and only if something
    /// was; off unless set.
    #[must_use]
    pub fn tell_losses(self, tell: bool) -> Self {
        Self {
            tell_losses: tell,
            ..self
        }
    }

    /// Takes the time from `clock`; the system's unless set.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Sends through what `make` returns, called once in each process; HTTP unless set.
    #[must_use]
    pub fn transport(self, make: impl Fn() -> Box<dyn Transport> + Send + Sync + 'static) -> Self {
        Self {
            transport: Some(Arc::new(make)),
            ..self
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy {
            api_key: self.api_key.clone(),
            historical_migration: self.historical_migration,
            flush_at: self.flush_at,
            flush_interval: self.flush_interval,
            max_queue_events: self.max_queue_size,
            max_queue_bytes: MAX_QUEUE_BYTES,
            journal: self.journal_root().map(|root| Location {
                max_bytes: self.journal_max_bytes,
                sync_every: self.journal_sync,
                ..Location::of(root, &self.host, &self.api_key, self.historical_migration)
            }),
            mode: self.mode,
            encoding: self
                .encoding
                .filter(|encoding| self.mode == CaptureMode::V1 || *encoding == Encoding::Gzip),
            library: self.user_agent(),
            max_retries: self.max_retries,
            report_lost: self.report_lost,
            tell_losses: self.tell_losses,
        }
    }

    fn journal_root(&self) -> Option<PathBuf> {
        match &self.journal {
            Journal::Below(root) => Some(root.clone()),
            Journal::Usual if self.transport.is_none() => Some(default_journal_directory()),
            Journal::Usual | Journal::Off => None,
        }
    }

    fn user_agent(&self) -> String {
        format!("{}/{}", self.library.0, self.library.1)
    }

    pub(crate) fn make_transport(&self) -> MakeTransport {
        self.transport.clone().unwrap_or_else(|| {
            let (host, timeout) = (self.host.clone(), self.timeout);
            let user_agent = self.user_agent();
            Arc::new(move || Box::new(HttpTransport::new(&host, &user_agent, timeout)))
        })
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("library", &self.library)
            .finish_non_exhaustive()
    }
}
