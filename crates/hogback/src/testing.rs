//! A server in memory and a clock to move by hand, for tests.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::delivery::{Encoding, Request, Response, Transport, Unreachable};

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(
            u64::try_from(by.as_micros()).unwrap_or(u64::MAX),
            Ordering::SeqCst,
        );
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn unix_time(&self) -> Duration {
        self.now()
    }

    /// Threads look at a clock that may be moved at any moment quite often.
    fn block_for(&self, remaining: Duration) -> Duration {
        remaining.min(Duration::from_millis(1))
    }
}

/// A server in memory: it answers by script, then with 200, and keeps the events of requests it accepted.
#[derive(Clone, Debug, Default)]
pub struct MemoryTransport(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    script: std::collections::VecDeque<Response>,
    otherwise: Option<Decide>,
    requests: Vec<Value>,
    events: Vec<Value>,
}

impl MemoryTransport {
    /// What [`Config::transport`](crate::Config::transport) wants.
    pub fn factory(&self) -> impl Fn() -> Box<dyn Transport> + Send + Sync + 'static {
        let server = self.clone();
        move || Box::new(server.clone())
    }

    /// Answers the next requests with these statuses, then with 200.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.with(|memory| memory.script.extend(statuses.into_iter().map(answered)));
    }

    /// Answers every request with this status, from now on.
    pub fn always_answer(&self, status: u16) {
        self.answer_by(move |_| Some(answered(status)));
    }

    /// Does not answer any more.
    pub fn go_away(&self) {
        self.answer_by(|_| None);
    }

    /// Answers each request as `decide` says by its body, from now on; `None` is no answer.
    pub fn answer_by(&self, mut decide: impl FnMut(&Value) -> Option<Response> + Send + 'static) {
        self.with(|memory| memory.otherwise = Some(Box::new(move |body| decide(body))));
    }

    /// The bodies of all requests, whatever was answered.
    pub fn requests(&self) -> Vec<Value> {
        self.with(|memory| memory.requests.clone())
    }

    /// The events of accepted requests, in order.
    pub fn events(&self) -> Vec<Value> {
        self.with(|memory| memory.events.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What to answer; `None` answers nothing.
type Decide = Box<dyn FnMut(&Value) -> Option<Response> + Send>;

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

fn answered(status: u16) -> Response {
    Response {
        status,
        ..Response::default()
    }
}

impl Transport for MemoryTransport {
    fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
        let unreadable = |error: std::io::Error| Unreachable(error.to_string());
        let mut json = Vec::new();
        match request.encoding {
            None => json.extend_from_slice(request.body),
            Some(Encoding::Gzip) => {
                let mut unpacked = flate2::read::GzDecoder::new(request.body);
                unpacked.read_to_end(&mut json).map_err(unreadable)?;
            }
            Some(other) => return Err(Unreachable(format!("{} is not known here", other.name()))),
        }
        let body: Value =
            serde_json::from_slice(&json).map_err(|error| Unreachable(error.to_string()))?;
        self.with(|memory| {
            let events = body["batch"].as_array().cloned().unwrap_or_default();
            let scripted = memory.script.pop_front();
            let answer = match (scripted, &mut memory.otherwise) {
                (Some(response), _) => Some(response),
                (None, Some(decide)) => decide(&body),
                (None, None) => Some(answered(200)),
            };
            memory.requests.push(body);
            if answer
                .as_ref()
                .is_some_and(|response| response.status == 200)
            {
                memory.events.extend(events);
            }
            answer.ok_or_else(|| Unreachable("connection refused".into()))
        })
    }
}
