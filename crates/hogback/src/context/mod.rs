//! Contexts: what is known about the request (or job) in which events are captured.
//!
//! # A context says who, and what else is known
//!
//! A [`Context`] is one link of a chain. It says who (distinct id), which visit (session id), which device, and what
//! else (tags); what it does not say, its parent answers.
//!
//! ```
//! use hogback::Context;
//!
//! let request: Context = Context::root();
//! request.set_distinct_id("user-7");
//! request.tag("plan", "free");
//!
//! let trial = request.child();
//! trial.tag("plan", "pro");
//! assert_eq!(trial.distinct_id().as_deref(), Some("user-7"));
//! assert_eq!(request.tags(), [("plan".into(), "free".into())]);
//! ```
//!
//! Clones share the link: a tag set through one is seen through all, across threads and tasks, on purpose. So a handler
//! deep below may tag the request, and the event that is captured above carries it.
//!
//! # One is current on each thread
//!
//! Events are captured in the *current* context. [`scope`](Context::scope) makes one current for a closure, and
//! [`attach`](Context::attach) until a guard is dropped:
//!
//! ```
//! # use hogback::{Client, Config, Context, testing::MemoryTransport};
//! # let server = MemoryTransport::default();
//! # let client = Client::new(Config::new("phc_key").transport(server.factory()));
//! let request: Context = Context::root();
//! request.set_distinct_id("user-7");
//! request.scope(|| client.event("order placed").send());
//! # client.flush(None);
//! # assert_eq!(server.events()[0]["distinct_id"], "user-7");
//! ```
//!
//! # Threads and tasks do not inherit it by themselves
//!
//! A new thread has no current context, and a task moves between threads. [`spawn`] starts a thread in the current one,
//! [`in_current_context`] makes a closure that carries it, and [`FutureExt`] does the same for futures: a context is
//! current whenever its future is polled, and while it is dropped.
//!
//! ```
//! use hogback::{Context, FutureExt};
//!
//! async fn handler() {
//!     // Awaiting needs nothing: it is one task. A task of its own takes the context along.
//!     let mail = async { /* hogback::capture("mail sent").send() */ };
//!     let task = mail.in_current_context(); // tokio::spawn(task)
//!     # task.await;
//! }
//!
//! let request: Context = Context::root();
//! let answer = handler().with_context(request);
//! # let _ = answer;
//! ```
//!
//! # What is known late
//!
//! A context can be [*deferred*](Context::deferred): it is opened without knowing anything, and asked only when somebody
//! reads it. That is how a web request that captures no event costs nothing. Events captured before it is known who sent
//! the request are [parked](Context::park) in it.

mod carried;
mod current;
mod future;
mod kept;
mod parking;
mod surroundings;

pub use carried::{in_current_context, spawn};
pub use current::ContextGuard;
pub use future::{FutureExt, WithContext};
pub use parking::Finish;
pub use surroundings::{Surroundings, WrittenTags};

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use parking::Parked;
use serde_json::Value;

/// Request data, shared by all clones of one link; a child hides its parent where both know something.
///
/// `V` is the type of a tag's value: JSON in Rust programs; the Python package keeps Python objects.
///
/// ```
/// use hogback::Context;
///
/// let request: Context = Context::root();
/// request.set_distinct_id("user-7");
/// request.tag("plan", "free");
///
/// let job = request.child();
/// job.tag("plan", "pro");
///
/// let known = job.snapshot().known;
/// assert_eq!(known.distinct_id.as_deref(), Some("user-7"));
/// assert_eq!(known.tags, [("plan".into(), "pro".into())]);
/// ```
pub struct Context<V = Value>(Arc<Link<V>>);

struct Link<V> {
    parent: Option<Context<V>>,
    /// Something of an integration's: see `kept.rs`.
    kept: Option<Arc<dyn Any + Send + Sync>>,
    state: Mutex<State<V>>,
}

impl<V> Drop for Link<V> {
    /// Link by link: jobs that schedule their successors make chains that are too long for the stack.
    fn drop(&mut self) {
        let mut above = self.parent.take();
        while let Some(Context(link)) = above {
            above = Arc::into_inner(link).and_then(|mut link| link.parent.take());
        }
    }
}

/// Names and values, in the order they were set. Names are shared, since every event copies them.
pub type Tags<V> = Vec<(Arc<str>, V)>;

/// Asks for what a deferred context does not know yet.
type Source<V> = Box<dyn FnMut(&Context<V>) -> Answer + Send>;

/// How much the source of a deferred context has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All there will ever be: it is not asked again.
    Final,
    /// All there is to know at this moment; the next read asks again.
    ForNow,
    /// What can be said without what could not be found out here; the next read asks again.
    Preliminary,
}

struct State<V> {
    /// What the program has set here.
    own: Known<V>,
    /// What the source has said; the program's own words win.
    learned: Known<V>,
    source: Option<Source<V>>,
    /// The thread on which the source is being asked.
    asking: Option<ThreadId>,
    /// What the source has said of its own accord, until a read takes it as the answer.
    volunteered: Option<Answer>,
    parked: Parked<V>,
    /// How often the tags have changed.
    changes: u64,
    /// The tags from here up as they were written for an event.
    written: Option<(Version, Arc<WrittenTags>)>,
    /// Whether this is a request (or the like), whose events share one id while nobody knows who sent it.
    deferred: bool,
    anonymous: Option<Arc<OnceLock<String>>>,
    /// Reads stop here: nothing is inherited.
    fresh: bool,
    /// Nothing is kept and nothing inherited: the code runs as if no context were open.
    closed: bool,
}

/// Tells whether tags have changed. The same number of links are the same links, up to one that is fresh or closed, and each
/// of them only counts up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Version {
    links: usize,
    changes: u64,
}

impl<V> State<V> {
    fn is_asked_elsewhere(&self, here: ThreadId) -> bool {
        self.asking.is_some_and(|asking| asking != here)
    }

    fn anonymous_place(&mut self) -> Option<Arc<OnceLock<String>>> {
        self.deferred
            .then(|| Arc::clone(self.anonymous.get_or_insert_default()))
    }
}

/// Who, which visit, which device, and tags: what one link says, or what its source has learned.
#[derive(Clone, Debug)]
pub struct Known<V = Value> {
    /// Who; an empty text was set on purpose, to hide a parent's id.
    pub distinct_id: Option<String>,
    /// Which visit.
    pub session_id: Option<String>,
    /// Which device.
    pub device_id: Option<String>,
    /// Names and values; a name stands once.
    pub tags: Tags<V>,
}

impl<V> Default for Known<V> {
    fn default() -> Self {
        Self {
            distinct_id: None,
            session_id: None,
            device_id: None,
            tags: Vec::new(),
        }
    }
}

impl<V: Clone> Known<V> {
    /// These words over those of `lower`, whose tags come first.
    #[must_use]
    fn over(mut self, lower: &Self) -> Self {
        self.take_ids(lower);
        self.take_tags(&lower.tags);
        self
    }

    /// Takes the ids that are not known here.
    fn take_ids(&mut self, lower: &Self) {
        for (own, lower) in [
            (&mut self.distinct_id, &lower.distinct_id),
            (&mut self.session_id, &lower.session_id),
            (&mut self.device_id, &lower.device_id),
        ] {
            if own.is_none() {
                own.clone_from(lower);
            }
        }
    }

    /// Puts `lower` below the tags that are known here, and before them.
    fn take_tags(&mut self, lower: &Tags<V>) {
        if lower.is_empty() {
            return;
        }
        let own = std::mem::replace(&mut self.tags, lower.clone());
        for (name, value) in own {
            put(&mut self.tags, name, value);
        }
    }
}

/// What a context knows at one moment, inherited answers included.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot<V = Value> {
    /// The answers; the outermost context's tags come first.
    pub known: Known<V>,
    /// Whether a context was open at all. A closed one does not count.
    pub in_context: bool,
    /// The place of the id that events of this request share while nobody knows who sent it.
    pub anonymous: Option<Arc<OnceLock<String>>>,
}

impl<V> Default for Snapshot<V> {
    fn default() -> Self {
        Self {
            known: Known::default(),
            in_context: false,
            anonymous: None,
        }
    }
}

impl<V> Context<V> {
    /// A context that inherits nothing.
    pub fn root() -> Self {
        Self::link(None, true, None, None, None)
    }

    /// A context that inherits from this one.
    #[must_use]
    pub fn child(&self) -> Self {
        Self::link(Some(self.clone()), false, None, None, None)
    }

    /// A context below `parent` that reads through to it, unless `fresh`.
    pub fn below(parent: Option<&Self>, fresh: bool) -> Self {
        Self::link(parent.cloned(), fresh, None, None, None)
    }

    /// A context whose content is asked for at its first read, on the thread that reads.
    ///
    /// `source` gets the context and says what it finds out with [`learn`](Self::learn). It is asked until its answer is
    /// [final](Answer::Final). It runs under no lock; a read of the same context while it runs sees what is there so far.
    /// Until its final answer the context is [waiting](Self::waiting), and events can be [parked](Self::park) in it;
    /// [`Client::capture`](crate::Client::capture) does so.
    pub fn deferred(
        parent: Option<&Self>,
        source: impl FnMut(&Self) -> Answer + Send + 'static,
    ) -> Self {
        Self::link(parent.cloned(), false, Some(Box::new(source)), None, None)
    }

    fn link(
        parent: Option<Self>,
        fresh: bool,
        source: Option<Source<V>>,
        anonymous: Option<Arc<OnceLock<String>>>,
        kept: Option<Arc<dyn Any + Send + Sync>>,
    ) -> Self {
        let state = State {
            own: Known::default(),
            learned: Known::default(),
            deferred: source.is_some(),
            source,
            asking: None,
            volunteered: None,
            parked: Parked::default(),
            changes: 0,
            written: None,
            anonymous,
            fresh,
            closed: false,
        };
        Self(Arc::new(Link {
            parent,
            kept,
            state: Mutex::new(state),
        }))
    }

    /// The context this one was opened in, also when it inherits nothing from it.
    pub fn parent(&self) -> Option<&Self> {
        self.0.parent.as_ref()
    }

    /// Whether two handles are the same link.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Sets who. An empty text hides a parent's id.
    pub fn set_distinct_id(&self, id: impl Into<String>) {
        self.write(|state| state.own.distinct_id = Some(id.into()));
    }

    /// Sets which visit.
    pub fn set_session_id(&self, id: impl Into<String>) {
        self.write(|state| state.own.session_id = Some(id.into()));
    }

    /// Sets which device.
    pub fn set_device_id(&self, id: impl Into<String>) {
        self.write(|state| state.own.device_id = Some(id.into()));
    }

    /// Puts a tag on every event captured from now on in this context and below.
    pub fn tag(&self, name: impl Into<Arc<str>>, value: impl Into<V>) {
        let (name, value) = (name.into(), value.into());
        let old = self.write(|state| {
            state.changes += 1;
            put(&mut state.own.tags, name, value)
        });
        // A value may run the program's code when it goes: not under the lock.
        drop(old);
    }

    /// Takes what a source found out. What the program has set, before or after, wins; what was learned before goes.
    pub fn learn(&self, known: Known<V>) {
        let old = self.write(|state| {
            state.changes += 1;
            Some(std::mem::replace(&mut state.learned, known))
        });
        drop(old);
    }

    /// Takes what the source has found out [for now](Answer::ForNow) of its own accord: the next read does not ask it.
    pub fn volunteer(&self, known: Known<V>) {
        self.learn(known);
        self.write(|state| state.volunteered = Some(Answer::ForNow));
    }

    /// Forgets everything, for good: reads find nothing, parents included, and writes are ignored.
    pub fn close(&self) {
        let old = self.write(|state| {
            state.closed = true;
            state.changes += 1;
            state.source = None;
            state.written = None;
            (
                std::mem::take(&mut state.own),
                std::mem::take(&mut state.learned),
            )
        });
        drop(old);
    }

    /// Changes the state unless the context is closed; what `change` returns is dropped by the caller, unlocked.
    fn write<T: Default>(&self, change: impl FnOnce(&mut State<V>) -> T) -> T {
        let mut state = self.lock();
        if state.closed {
            T::default()
        } else {
            change(&mut state)
        }
    }

    /// This link and those above it, up to the root.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |link| link.parent())
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        // The state is whole after each change, so a panic elsewhere leaves nothing half done in it.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of asking a source, however it went: one that panics is not asked again.
struct Asked<'a, V> {
    context: &'a Context<V>,
    /// The source, if it is to be asked again.
    source: Option<Source<V>>,
}

impl<V> Drop for Asked<'_, V> {
    fn drop(&mut self) {
        let source = self.source.take();
        self.context.write(|state| {
            state.asking = None;
            state.source = source;
        });
    }
}

impl<V: Clone> Context<V> {
    /// Who, by this context or the nearest above that knows.
    pub fn distinct_id(&self) -> Option<String> {
        self.nearest(|known| known.distinct_id.clone())
    }

    /// Which visit, by this context or the nearest above that knows.
    pub fn session_id(&self) -> Option<String> {
        self.nearest(|known| known.session_id.clone())
    }

    /// Which device, by this context or the nearest above that knows.
    pub fn device_id(&self) -> Option<String> {
        self.nearest(|known| known.device_id.clone())
    }

    fn nearest<T>(&self, read: impl Fn(&Known<V>) -> Option<T>) -> Option<T> {
        for link in self.chain() {
            link.resolve();
            let state = link.lock();
            if let Some(found) = read(&state.own).or_else(|| read(&state.learned)) {
                return Some(found);
            }
            if state.fresh || state.closed {
                return None;
            }
        }
        None
    }

    /// Asks the source of a deferred context, unless it has said everything.
    ///
    /// While another thread asks it, the answer is preliminary: what that one finds out is not here yet. The source itself
    /// may read its own context, and sees what is there so far.
    fn resolve(&self) -> Answer {
        let here = thread::current().id();
        let mut source = {
            let mut state = self.lock();
            if let Some(answer) = state.volunteered.take() {
                return answer;
            }
            if state.is_asked_elsewhere(here) {
                return Answer::Preliminary;
            }
            let Some(source) = state.source.take() else {
                return Answer::Final;
            };
            state.asking = Some(here);
            source
        };
        let mut asked = Asked {
            context: self,
            source: None,
        };
        let answer = source(self);
        if answer != Answer::Final {
            asked.source = Some(source);
        }
        drop(asked);
        self.finish_what_an_end_has_left();
        answer
    }

    /// Whether the program has said something in this very context.
    pub fn has_said(&self) -> bool {
        let state = self.lock();
        let Known {
            distinct_id,
            session_id,
            device_id,
            tags,
        } = &state.own;
        distinct_id.is_some() || session_id.is_some() || device_id.is_some() || !tags.is_empty()
    }

    /// What the program has said in this very context; nothing that was learned or is inherited.
    pub fn said(&self) -> Known<V> {
        self.lock().own.clone()
    }

    /// The tags of this context and those it inherits, the outermost first.
    pub fn tags(&self) -> Tags<V> {
        self.snapshot().known.tags
    }

    /// Everything known at this moment, in one walk.
    pub fn snapshot(&self) -> Snapshot<V> {
        self.resolve_all();
        self.walk(true).0
    }

    /// Asks every source whose answer counts here.
    fn resolve_all(&self) {
        for link in self.chain() {
            link.resolve();
            let state = link.lock();
            if state.closed || state.fresh {
                return;
            }
        }
    }

    /// What is known, with or without the tags, and which version of the tags that is.
    fn walk(&self, with_tags: bool) -> (Snapshot<V>, Version) {
        let mut all = Snapshot {
            in_context: true,
            ..Snapshot::default()
        };
        let mut version = Version::default();
        for (depth, link) in self.chain().enumerate() {
            let mut state = link.lock();
            version.links += 1;
            version.changes += state.changes;
            if state.closed {
                all.in_context = depth > 0;
                break;
            }
            let (known, State { own, learned, .. }) = (&mut all.known, &*state);
            for lower in [own, learned] {
                known.take_ids(lower);
                if with_tags {
                    known.take_tags(&lower.tags);
                }
            }
            if all.anonymous.is_none() {
                all.anonymous = state.anonymous_place();
            }
            if state.fresh {
                break;
            }
        }
        (all, version)
    }
}

fn put<V>(tags: &mut Tags<V>, name: Arc<str>, value: V) -> Option<V> {
    if let Some((_, old)) = tags.iter_mut().find(|(known, _)| *known == name) {
        return Some(std::mem::replace(old, value));
    }
    tags.push((name, value));
    None
}

impl<V> Clone for Context<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> std::fmt::Debug for Context<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Tags may hold personal data, and a deferred context must not be asked by a log line.
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn tags(context: &Context) -> Vec<(Arc<str>, String)> {
        context
            .tags()
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn a_childs_tag_hides_the_parents_and_leaves_it_alone() {
        let parent = Context::root();
        parent.tag("plan", "free");
        parent.tag("side", "server");
        let child = parent.child();
        child.tag("plan", "pro");
        assert_eq!(
            tags(&child),
            [
                ("plan".into(), "pro".into()),
                ("side".into(), "server".into())
            ]
        );
        assert_eq!(tags(&parent)[0], ("plan".into(), "free".into()));
    }

    #[test]
    fn a_fresh_child_inherits_nothing_but_knows_its_parent() {
        let parent: Context = Context::root();
        parent.set_distinct_id("user-7");
        parent.tag("plan", "free");
        let fresh = Context::below(Some(&parent), true);
        assert_eq!(fresh.distinct_id(), None);
        assert!(fresh.tags().is_empty());
        assert!(fresh.parent().is_some_and(|known| known.is(&parent)));
    }

    #[test]
    fn an_empty_id_hides_the_parents() {
        let parent: Context = Context::root();
        parent.set_distinct_id("user-7");
        let child = parent.child();
        child.set_distinct_id("");
        assert_eq!(child.distinct_id().as_deref(), Some(""));
    }

    #[test]
    fn a_deferred_context_is_asked_once_and_only_when_read() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let context: Context = Context::deferred(None, |context| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            context.learn(Known {
                distinct_id: Some("late".into()),
                tags: vec![("plan".into(), "late".into())],
                ..Known::default()
            });
            Answer::Final
        });
        context.tag("plan", "set by the program");
        assert_eq!(ASKED.load(Ordering::Relaxed), 0);
        assert_eq!(context.child().distinct_id().as_deref(), Some("late"));
        assert_eq!(
            tags(&context),
            [("plan".into(), "set by the program".into())]
        );
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_source_is_asked_again_until_its_answer_is_final() {
        let mut asked = 0;
        let context: Context = Context::deferred(None, move |context| {
            asked += 1;
            context.learn(Known {
                distinct_id: (asked > 1).then(|| "found".into()),
                session_id: Some("visit".into()),
                ..Known::default()
            });
            if asked > 1 {
                Answer::Final
            } else {
                Answer::Preliminary
            }
        });
        assert_eq!(context.session_id().as_deref(), Some("visit"));
        assert!(context.waiting().is_some());
        assert_eq!(context.distinct_id().as_deref(), Some("found"));
        assert!(context.waiting().is_none());
    }

    #[test]
    fn what_a_source_volunteers_spares_the_next_read_the_question() {
        let context: Context = Context::deferred(None, |context| {
            context.set_distinct_id("asked");
            Answer::Final
        });
        context.volunteer(Known {
            distinct_id: Some("volunteered".into()),
            ..Known::default()
        });
        assert_eq!(context.distinct_id().as_deref(), Some("volunteered"));
        assert!(context.waiting().is_some());
        assert_eq!(context.distinct_id().as_deref(), Some("asked"));
    }

    #[test]
    fn a_source_that_reads_its_own_context_sees_what_is_there_so_far() {
        let context: Context = Context::deferred(None, |context| {
            assert_eq!(context.distinct_id(), None);
            context.set_distinct_id("late");
            Answer::Final
        });
        assert_eq!(context.distinct_id().as_deref(), Some("late"));
    }

    #[test]
    fn a_closed_context_hides_its_parents_and_takes_nothing_any_more() {
        let parent: Context = Context::root();
        parent.set_distinct_id("user-7");
        let context = Context::deferred(Some(&parent), |context| {
            context.close();
            Answer::Final
        });
        context.tag("set before", "anybody read");
        assert_eq!(context.distinct_id(), None);
        context.tag("after", "closing");
        let known = context.snapshot();
        assert!(
            !known.in_context && known.known.tags.is_empty() && known.known.distinct_id.is_none()
        );
    }

    #[test]
    fn a_chain_of_any_length_can_be_let_go() {
        let mut context: Context = Context::root();
        for _ in 0..200_000 {
            context = context.child();
        }
        drop(context);
    }
}
