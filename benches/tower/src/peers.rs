//! The clients, each as its documentation sets it up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

/// All clients of the process.
pub struct Peers {
    pub in_memory: hogback::Client,
    pub on_disk: hogback::Client,
    pub posthog: posthog_rs::Client,
    /// What posthog-rs needs to be set up and to flush.
    pub runtime: Runtime,
    pub sentry: sentry::ClientInitGuard,
    pub sent_by_sentry: Arc<AtomicUsize>,
}

/// Takes what sentry sends, and drops it.
struct Drain(Arc<AtomicUsize>);

impl sentry::Transport for Drain {
    fn send_envelope(&self, envelope: sentry::Envelope) {
        self.0
            .fetch_add(usize::from(envelope.event().is_some()), Ordering::Relaxed);
    }
}

impl Peers {
    pub fn new(sink: &str, journal: &str) -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|error| format!("there is no runtime: {error}"))?;
        let config = || {
            hogback::Config::new("phc_bench")
                .host(sink)
                .max_queue_size(100_000)
        };
        let posthog = posthog_rs::ClientOptionsBuilder::default()
            .api_key("phc_bench".to_owned())
            .host(sink)
            .max_queue_size(100_000_usize)
            .build()
            .map_err(|error| format!("posthog-rs cannot be set up: {error}"))?;
        let sent_by_sentry = Arc::new(AtomicUsize::new(0));
        let drain = Arc::new(Drain(Arc::clone(&sent_by_sentry)));
        let options = sentry::ClientOptions::new()
            .attach_stacktrace(true)
            .transport(move |_: &sentry::ClientOptions| {
                Arc::clone(&drain) as Arc<dyn sentry::Transport>
            });
        Ok(Self {
            in_memory: hogback::Client::new(config().no_journal()),
            on_disk: hogback::Client::new(config().journal(journal)),
            posthog: runtime.block_on(posthog_rs::client(posthog)),
            runtime,
            sentry: sentry::init(("http://key@127.0.0.1:1/1", options)),
            sent_by_sentry,
        })
    }

    /// Waits until everything is delivered.
    pub fn flush(&self) {
        let flushed = self.in_memory.flush(None) && self.on_disk.flush(None);
        assert!(flushed, "the sink takes everything");
        self.runtime.block_on(self.posthog.flush());
    }

    /// How many events of ours the sink must have got, and how many sentry has handed to its transport.
    pub fn shut_down(self) -> Result<(u64, usize), String> {
        self.flush();
        let ours = [&self.in_memory, &self.on_disk].map(hogback::Client::stats);
        let lost: u64 = ours.iter().map(hogback::Stats::lost_total).sum();
        if lost > 0 {
            return Err(format!("{lost} events of ours are lost"));
        }
        self.runtime.block_on(self.posthog.shutdown());
        self.sentry.close(Some(Duration::from_secs(2)));
        let captured = ours.iter().map(|stats| stats.captured).sum();
        Ok((captured, self.sent_by_sentry.load(Ordering::Relaxed)))
    }
}
