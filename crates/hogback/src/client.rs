//! The handle that captures.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::before_send::{self, BeforeSend, NotSent};
use crate::clock::Clock;
use crate::config::{Config, OnNote, Use};
use crate::context::{Context, Surroundings};
use crate::delivery::{Delivery, Failure, LostBatch, Note};
use crate::draft::{Draft, Kind};
use crate::errors::OwnCode;
use crate::event::Event;
use crate::hooks::{self, ClientId};
use crate::ids;
use crate::loss::{Refusal, Stats};
use crate::properties::Properties;
use crate::seal::{self, Standing};
use crate::timestamp::Timestamp;
use crate::wire;

/// Captures events and delivers them in the background. Clones share everything.
///
/// ```
/// use hogback::testing::MemoryTransport;
/// use hogback::{Client, Config, Context};
///
/// let server = MemoryTransport::default();
/// let client = Client::new(Config::new("phc_key").transport(server.factory()));
///
/// let request: Context = Context::root();
/// request.set_distinct_id("user-7");
/// request.tag("plan", "pro");
/// let uuid = request.scope(|| client.event("order placed").property("total", 12.5).send());
///
/// assert!(client.flush(None));
/// let event = &server.events()[0];
/// assert_eq!(event["uuid"].as_str(), uuid.as_deref());
/// assert_eq!(event["distinct_id"], "user-7");
/// assert_eq!(event["properties"]["plan"], "pro");
/// ```
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

/// A client that may be gone.
#[derive(Clone, Debug)]
pub(crate) struct WeakClient(Weak<Inner>);

impl WeakClient {
    /// Whether it is this one.
    pub(crate) fn is(&self, client: &Client) -> bool {
        self.0.as_ptr() == Arc::as_ptr(&client.0)
    }
}

/// A place in the sequence of one client's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

struct Inner {
    clock: Arc<dyn Clock>,
    delivery: Delivery,
    library: Properties,
    system: Properties,
    super_properties: Properties,
    release_id: Option<String>,
    is_server: bool,
    disable_geoip: bool,
    own_code: OwnCode,
    before_send: Option<BeforeSend>,
    on_note: Option<OnNote>,
    captures_panics: bool,
    using: Use,
    /// Whether it was said that a hook has captured.
    told_of_hook: AtomicBool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client. It starts nothing: its first event does.
    pub fn new(config: Config) -> Self {
        let delivery = Delivery::new(
            config.policy(),
            Arc::clone(&config.clock),
            config.make_transport(),
        );
        let using = config.using();
        let mut library = Properties::new();
        library.insert(wire::LIB, &config.library.0);
        library.insert(wire::LIB_VERSION, &config.library.1);
        Self(Arc::new(Inner {
            own_code: config.own_code,
            before_send: config.before_send,
            on_note: config.on_note,
            captures_panics: config.capture_panics,
            using,
            clock: config.clock,
            delivery,
            library,
            system: config.system,
            super_properties: config.super_properties,
            release_id: config.release_id,
            is_server: config.is_server,
            disable_geoip: config.disable_geoip,
            told_of_hook: AtomicBool::new(false),
        }))
    }

    /// A draft with an id of its own and the time of now.
    pub fn draft(&self, kind: Kind) -> Draft {
        let now = self.0.clock.unix_time();
        Draft::new(
            kind,
            ids::text_of(ids::uuid_v7(now)),
            Timestamp::from_unix_time(now),
        )
    }

    /// Time since some fixed moment, by the client's clock.
    pub fn clock_now(&self) -> Duration {
        self.0.clock.now()
    }

    /// The time of now by the client's clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix_time(self.0.clock.unix_time())
    }

    /// Seals a draft in the current context and puts it in the queue; returns the event's id.
    ///
    /// Where the context is one of a request that has not said yet who sent it, and nobody else has, the event waits there
    /// until somebody is named or the request [ends](Context::end).
    ///
    /// # Errors
    /// [`Refusal`] says why the event was not taken. What the queue refuses is counted as lost; what there is nothing to
    /// set for is no event at all.
    pub fn capture(&self, draft: Draft) -> Result<String, Refusal> {
        if self.0.using == Use::Disabled {
            return Err(Refusal::Disabled);
        }
        self.outside_of_hooks()?;
        let Some(context) = Context::current() else {
            return self.finish(&draft, &Surroundings::default());
        };
        if let Some(waiting) = draft.waits_in(&context) {
            return Ok(self.park(&context, waiting, draft));
        }
        self.finish(&draft, &context.surroundings_here())
    }

    /// Seals a draft in the given surroundings and puts it in the queue; returns the event's id.
    pub(crate) fn finish(&self, draft: &Draft, around: &Surroundings) -> Result<String, Refusal> {
        let event = self.seal(draft, around, &self.standing())?;
        let event = self.last_look(event)?;
        let uuid = event.uuid().to_owned();
        let delivered = self.deliver(event);
        self.tell();
        delivered.map(|()| uuid)
    }

    /// What this client puts on all its events.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            library: &self.0.library,
            system: &self.0.system,
            super_properties: Some(&self.0.super_properties),
            release_id: self.0.release_id.as_deref(),
            is_server: self.0.is_server,
            disable_geoip: self.0.disable_geoip,
        }
    }

    pub(crate) fn own_code(&self) -> &OwnCode {
        &self.0.own_code
    }

    /// Decides what a draft becomes in the given surroundings.
    ///
    /// # Errors
    /// See [`seal::seal`].
    pub fn seal(
        &self,
        draft: &Draft,
        around: &Surroundings,
        standing: &Standing<'_>,
    ) -> Result<Event, Refusal> {
        seal::seal(draft, around, standing, || {
            ids::text_of(ids::uuid_v7(self.0.clock.unix_time()))
        })
    }

    /// Shows the event to the program's hook, if it has one.
    fn last_look(&self, event: Event) -> Result<Event, Refusal> {
        let Some(hook) = &self.0.before_send else {
            return Ok(event);
        };
        let new_id = || ids::text_of(ids::uuid_v7(self.0.clock.unix_time()));
        before_send::apply(hook, self.id(), &event, new_id).map_err(|not_sent| match not_sent {
            NotSent::Dropped => Refusal::Dropped,
            NotSent::Panicked => {
                let name = event.name();
                self.error_note(format!(
                    "before_send panicked: an event {name:?} is not sent"
                ));
                Refusal::Dropped
            }
            NotSent::Unfit(refusal) => {
                self.error_note(format!(
                    "an event that before_send returned is not sent: {refusal}"
                ));
                refusal
            }
        })
    }

    fn deliver(&self, event: Event) -> Result<(), Refusal> {
        if self.0.using == Use::Sent {
            self.0.delivery.submit(event)
        } else {
            Ok(())
        }
    }

    /// Has something to tell, some time later.
    pub(crate) fn note(&self, note: Note) {
        self.0.delivery.note(note);
    }

    /// Tells the program a warning, as [`Config::on_note`] lets it hear one. For integrations, whose words these are.
    pub fn warn(&self, line: String) {
        self.note(Note::Warning(line));
        self.tell();
    }

    fn error_note(&self, line: String) {
        self.note(Note::Error(line));
        self.tell();
    }

    /// Tells the program what there is to say, if it wants to hear it. Inside of a hook it waits: what is said there may
    /// be what the hook has caused.
    fn tell(&self) {
        let Some(hear) = &self.0.on_note else { return };
        if !self.has_notes() || hooks::is_inside_of(self.id()) {
            return;
        }
        for note in self.take_notes() {
            // A log that fails must not cost the program anything.
            let _ = hooks::in_hook_of(self.id(), || hear(note));
        }
    }

    /// Refuses what a hook of this client's captures; the program is told once.
    fn outside_of_hooks(&self) -> Result<(), Refusal> {
        if !hooks::is_inside_of(self.id()) {
            return Ok(());
        }
        if !self.0.told_of_hook.swap(true, Ordering::Relaxed) {
            self.note(Note::Warning(
                "before_send or on_note has captured an event, which is not taken: capture it elsewhere, or with \
                 another client"
                    .to_owned(),
            ));
        }
        Err(Refusal::InsideHook)
    }

    fn id(&self) -> ClientId {
        ClientId(Arc::as_ptr(&self.0).addr())
    }

    /// Whether two handles are the same client.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn downgrade(&self) -> WeakClient {
        WeakClient(Arc::downgrade(&self.0))
    }

    #[cfg(test)]
    pub(crate) fn is_the_only_handle(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.0.using == Use::Disabled
    }

    pub(crate) fn captures_panics(&self) -> bool {
        self.0.captures_panics && !self.is_disabled()
    }

    /// Puts a sealed event in the queue. It never waits for a network; without a key nothing is kept.
    ///
    /// # Errors
    /// [`Refusal::QueueFull`] and [`Refusal::Closed`]; the event is counted as lost. What
    /// [`before_send`](crate::Config::before_send) drops or captures itself was never accepted.
    pub fn submit(&self, event: Event) -> Result<(), Refusal> {
        self.outside_of_hooks()?;
        let event = self.last_look(event)?;
        self.deliver(event)
    }

    /// Sends a sealed event on the calling thread, in a request of its own, with a single try. For integrations that have
    /// shown it to a `before_send` of their own: the one of this client does not see it.
    ///
    /// # Errors
    /// [`Failure`] says what came of it.
    #[doc(hidden)]
    pub fn send_now(&self, event: &Event) -> Result<(), Failure> {
        if self.0.using == Use::Sent {
            self.0.delivery.send_now(event)
        } else {
            Ok(())
        }
    }

    /// Sends what processes that are gone have left in this client's [journal](crate::Config::journal), on the calling thread.
    /// Clients do so by themselves when they capture; this is for whoever wants it now.
    ///
    /// Returns how many events the server has taken, and in words why others are left there, if they are: what the server
    /// answers, say, or that `limit` has passed.
    pub fn send_left(&self, limit: Option<Duration>) -> (u64, Option<String>) {
        self.0.delivery.send_left(limit)
    }

    /// Waits until every event captured before the call is delivered or counted as lost.
    ///
    /// Returns `false` when `limit` passed first; `None` waits for ever, but not for a server that
    /// [is away](Self::is_server_away). The client goes on either way.
    pub fn flush(&self, limit: Option<Duration>) -> bool {
        self.flush_until(self.mark(), limit)
    }

    /// The last event captured so far, for [`flush_until`](Self::flush_until).
    pub fn mark(&self) -> Mark {
        Mark(self.0.delivery.submitted())
    }

    /// Waits as [`flush`](Self::flush), for the events up to `mark`: for who waits in several steps while others go on
    /// capturing.
    pub fn flush_until(&self, mark: Mark, limit: Option<Duration>) -> bool {
        let done = self.0.delivery.flush_until(mark.0, limit);
        self.tell();
        done
    }

    /// Takes no more events; what waits is still sent.
    pub fn close(&self) {
        self.0.delivery.close();
    }

    /// Whether no more events are taken.
    pub fn is_closed(&self) -> bool {
        self.0.delivery.is_closed()
    }

    /// Whether the server has failed so often that it is only looked now and then whether it is back.
    ///
    /// Only a client with a [journal](crate::Config::journal) is ever so: its events wait on disk meanwhile, and
    /// [`flush`](Self::flush) does not wait for them.
    pub fn is_server_away(&self) -> bool {
        self.0.delivery.is_server_away()
    }

    /// Whether the client has given up what still waited when it was shut down: it is counted as lost, or left in the
    /// [journal](crate::Config::journal) for another process. It never changes back.
    ///
    /// What is left in the journal will not be settled by this process: [`flush`](Self::flush) and
    /// [`shutdown`](Self::shutdown) return `false` at once from then on, and `true` if nothing is.
    pub fn is_given_up(&self) -> bool {
        self.0.delivery.is_given_up()
    }

    /// Takes no more events and waits as [`flush`](Self::flush).
    ///
    /// What is left after `limit`, or is of no use to try again since the server does not answer, is counted as lost, or
    /// left in the [journal](crate::Config::journal) if it is there; then it returns `false`.
    pub fn shutdown(&self, limit: Option<Duration>) -> bool {
        let done = self.0.delivery.shutdown(limit);
        self.tell();
        done
    }

    /// What became of this process's events so far.
    pub fn stats(&self) -> Stats {
        self.0.delivery.stats()
    }

    /// Whether [`take_notes`](Self::take_notes) or [`take_lost`](Self::take_lost) have something; this is cheap.
    pub fn has_notes(&self) -> bool {
        self.0.delivery.has_notes()
    }

    /// Log lines of the worker that nobody has read yet.
    pub fn take_notes(&self) -> Vec<Note> {
        self.0.delivery.take_notes()
    }

    /// Batches that were lost and that nobody has seen yet; at most the last sixteen, only if the config asks for them.
    pub fn take_lost(&self) -> Vec<LostBatch> {
        self.0.delivery.take_lost()
    }
}
