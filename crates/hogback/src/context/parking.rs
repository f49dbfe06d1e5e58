//! Events that wait in a context until it is known whose they are.
//!
//! A web request learns late who sent it: a session is looked up, a token checked, a visitor logs in. An event that is
//! captured before is *parked* in the request's deferred context, with the id and time it was captured at, and finished
//! when the context is released, at the latest when the request ends.

use std::thread::{self, ThreadId};

use super::{Answer, Context, Known, Snapshot, State};

/// Events parked in one context, at most; the next one finishes them all, and then nothing waits any more.
const MAX_EVENTS: usize = 1_000;

/// Bytes parked in one context, at most.
const MAX_BYTES: usize = 1024 * 1024;

/// Finishes an event, with what is known about it in the end.
pub type Finish<V> = Box<dyn FnOnce(Snapshot<V>) + Send>;

/// What is parked in one context.
pub(super) struct Parked<V> {
    events: Vec<Event<V>>,
    bytes: usize,
    /// Nothing is parked any more: nobody would come to release it.
    ended: bool,
}

struct Event<V> {
    /// What the contexts inside of this one said, if there were any.
    inner: Option<Known<V>>,
    /// What the program had set in this one.
    own: Known<V>,
    finish: Finish<V>,
}

impl<V> Default for Parked<V> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            bytes: 0,
            ended: false,
        }
    }
}

impl<V> Parked<V> {
    fn take(&mut self) -> Vec<Event<V>> {
        self.bytes = 0;
        std::mem::take(&mut self.events)
    }
}

impl<V> State<V> {
    /// Whether somebody will come to finish an event that is parked now.
    fn takes_events(&self, here: ThreadId) -> bool {
        !self.closed && (!self.parked.ended || self.is_asked_elsewhere(here))
    }
}

impl<V> Context<V> {
    /// Whether another thread is asking the source of this very context now.
    pub fn is_asked_elsewhere(&self) -> bool {
        self.lock().is_asked_elsewhere(thread::current().id())
    }

    /// Events that are parked in this very context.
    pub fn parked(&self) -> usize {
        self.lock().parked.events.len()
    }
}

impl<V: Clone> Context<V> {
    /// The nearest deferred context from here up whose source has not said everything yet, and that will be released.
    pub fn waiting(&self) -> Option<&Self> {
        let here = thread::current().id();
        for link in self.chain() {
            let state = link.lock();
            if state.closed {
                return None;
            }
            if state.source.is_some() || state.is_asked_elsewhere(here) {
                return state.takes_events(here).then_some(link);
            }
            if state.fresh {
                return None;
            }
        }
        None
    }

    /// The nearest deferred context from here up, whether or not it still [waits](Self::waiting): that of the request.
    pub fn nearest_deferred(&self) -> Option<&Self> {
        for link in self.chain() {
            let state = link.lock();
            if state.closed {
                return None;
            }
            if state.deferred {
                return Some(link);
            }
            if state.fresh {
                return None;
            }
        }
        None
    }

    /// What the program has said about an event captured now, without asking any source: who, if anybody.
    pub fn said_distinct_id(&self) -> Option<String> {
        let here = thread::current().id();
        for link in self.chain() {
            let state = link.lock();
            if state.own.distinct_id.is_some()
                || state.fresh
                || state.closed
                || state.source.is_some()
                || state.is_asked_elsewhere(here)
            {
                return state.own.distinct_id.clone();
            }
        }
        None
    }

    /// Parks an event of `bytes` bytes in `waiting`, one of the contexts from here up.
    ///
    /// `finish` gets what this context said at this moment, over what `waiting` learns until its release.
    ///
    /// # Errors
    /// Gives `finish` back when `waiting` has ended already.
    pub fn park(&self, waiting: &Self, bytes: usize, finish: Finish<V>) -> Result<(), Finish<V>> {
        let inner = self.said_below(waiting);
        let mut state = waiting.lock();
        if !state.takes_events(thread::current().id()) {
            return Err(finish);
        }
        let own = state.own.clone();
        state.parked.events.push(Event { inner, own, finish });
        state.parked.bytes += bytes;
        let full = state.parked.events.len() >= MAX_EVENTS || state.parked.bytes >= MAX_BYTES;
        drop(state);
        if full {
            waiting.end();
        }
        Ok(())
    }

    /// What the contexts from here up to `outer`, without that one, have said.
    fn said_below(&self, outer: &Self) -> Option<Known<V>> {
        let inner = self.chain().take_while(|link| !link.is(outer));
        inner
            .map(|link| link.lock().own.clone())
            .reduce(|inner, outer| inner.over(&outer))
    }

    /// Asks the source; returns whether it could say all there is to know now.
    pub(crate) fn ask(&self) -> bool {
        self.resolve() != Answer::Preliminary
    }

    /// Finishes what is parked, in order, if the source can say all there is to know now; else it waits on.
    pub fn release(&self) {
        if self.parked() > 0 && self.resolve() != Answer::Preliminary {
            let events = self.lock().parked.take();
            self.finish(events);
        }
    }

    /// Finishes what is parked with what the source says now; from now on nothing is parked.
    ///
    /// While another thread asks the source, it is that one which finishes them, with its answer.
    pub fn end(&self) {
        // Taken first: another thread that ends the same context meanwhile must not finish them with less.
        let events = {
            let mut state = self.lock();
            state.parked.ended = true;
            if state.is_asked_elsewhere(thread::current().id()) {
                return;
            }
            state.parked.take()
        };
        if !events.is_empty() {
            self.resolve();
            self.finish(events);
        }
    }

    /// Finishes what is parked in a context that was ended while its source was being asked here.
    pub(super) fn finish_what_an_end_has_left(&self) {
        let events = {
            let mut state = self.lock();
            if !state.parked.ended || state.asking.is_some() {
                return;
            }
            state.parked.take()
        };
        if !events.is_empty() {
            self.finish(events);
        }
    }

    /// Whether nothing is parked here any more: the next read is the last chance to say something.
    pub fn has_ended(&self) -> bool {
        self.lock().parked.ended
    }

    /// Finishes events, in order, with what the source has said.
    fn finish(&self, events: Vec<Event<V>>) {
        let above = self.parent().map(Self::snapshot).unwrap_or_default();
        for event in events {
            let (known, finish) = self.completed(event, &above);
            finish(known);
        }
    }

    fn completed(&self, event: Event<V>, above: &Snapshot<V>) -> (Snapshot<V>, Finish<V>) {
        let Event { inner, own, finish } = event;
        let mut state = self.lock();
        if state.closed {
            let in_context = inner.is_some();
            return (
                Snapshot {
                    known: inner.unwrap_or_default(),
                    in_context,
                    anonymous: None,
                },
                finish,
            );
        }
        let mut known = inner.unwrap_or_default().over(&own).over(&state.learned);
        // Who the program has named meanwhile sent the earlier events of the request too, unless somebody else is known.
        known.distinct_id = known.distinct_id.or_else(|| state.own.distinct_id.clone());
        if !state.fresh {
            known = known.over(&above.known);
        }
        (
            Snapshot {
                known,
                in_context: true,
                anonymous: state.anonymous_place(),
            },
            finish,
        )
    }
}

impl<V> Drop for Parked<V> {
    /// Nobody ended the context: its events are finished with what was said, rather than lost.
    fn drop(&mut self) {
        for Event { inner, own, finish } in std::mem::take(&mut self.events) {
            let known = inner.unwrap_or(own);
            finish(Snapshot {
                known,
                in_context: true,
                anonymous: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn deferred(name: &'static str) -> Context {
        Context::deferred(None, move |context| {
            context.learn(Known {
                distinct_id: Some(name.into()),
                tags: vec![
                    ("plan".into(), "late".into()),
                    ("side".into(), "server".into()),
                ],
                ..Known::default()
            });
            Answer::Final
        })
    }

    fn finishing(sender: &Sender<Snapshot>) -> Finish<serde_json::Value> {
        let sender = sender.clone();
        Box::new(move |known| sender.send(known).unwrap())
    }

    fn tags(known: &Snapshot) -> Vec<String> {
        known
            .known
            .tags
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
            .collect()
    }

    fn parked_in(context: &Context, at: &Context) -> Receiver<Snapshot> {
        let (sender, finished) = channel();
        assert!(at.park(context, 100, finishing(&sender)).is_ok());
        finished
    }

    #[test]
    fn a_parked_event_gets_what_is_learned_late_and_only_what_was_said_before_it() {
        let request = deferred("user-7");
        request.tag("plan", "the program's");
        let finished = parked_in(&request, &request);
        request.tag("said", "later");
        request.release();
        let known = finished.try_recv().unwrap();
        assert_eq!(known.known.distinct_id.as_deref(), Some("user-7"));
        assert_eq!(tags(&known), ["plan=the program's", "side=server"]);
    }

    #[test]
    fn who_is_named_later_sent_the_earlier_events_too_if_nobody_else_is_known() {
        for (source, expected) in [
            (Context::deferred(None, |_| Answer::Final), "named"),
            (deferred("user-7"), "user-7"),
        ] {
            let finished = parked_in(&source, &source);
            source.set_distinct_id("named");
            source.release();
            assert_eq!(
                finished.try_recv().unwrap().known.distinct_id.as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn inner_contexts_keep_their_word_though_they_are_gone_at_the_release() {
        let request = deferred("user-7");
        let inner = request.child();
        inner.tag("plan", "inner");
        inner.set_distinct_id("job");
        let finished = parked_in(&request, &inner);
        drop(inner);
        request.release();
        let known = finished.try_recv().unwrap();
        assert_eq!(known.known.distinct_id.as_deref(), Some("job"));
        assert_eq!(tags(&known), ["plan=inner", "side=server"]);
    }

    #[test]
    fn events_are_finished_in_order_and_share_one_anonymous_id() {
        let request: Context = Context::deferred(None, |_| Answer::Final);
        let (sender, finished) = channel();
        for name in ["first", "second"] {
            let inner = request.child();
            inner.tag("name", name);
            assert!(inner.park(&request, 1, finishing(&sender)).is_ok());
        }
        request.release();
        let known: Vec<_> = finished.try_iter().collect();
        assert_eq!(tags(&known[0]), ["name=first"]);
        assert_eq!(tags(&known[1]), ["name=second"]);
        let ids: Vec<_> = known
            .iter()
            .map(|known| known.anonymous.clone().unwrap())
            .collect();
        ids[0].get_or_init(|| "visitor".into());
        assert_eq!(ids[1].get().map(String::as_str), Some("visitor"));
        assert_eq!(
            request
                .snapshot()
                .anonymous
                .unwrap()
                .get()
                .map(String::as_str),
            Some("visitor")
        );
    }

    #[test]
    fn after_the_end_nothing_is_parked_and_the_source_stays_unasked_if_nothing_was() {
        let request: Context = Context::deferred(None, |_| unreachable!("nobody read it"));
        assert!(request.waiting().is_some());
        request.release();
        request.end();
        assert!(request.waiting().is_none());
        let (sender, _finished) = channel();
        assert!(request.park(&request, 1, finishing(&sender)).is_err());
    }

    #[test]
    fn a_context_that_was_asked_or_is_hidden_by_a_fresh_one_does_not_wait() {
        let request = deferred("user-7");
        assert!(
            request
                .child()
                .waiting()
                .is_some_and(|waiting| waiting.is(&request))
        );
        assert!(Context::below(Some(&request), true).waiting().is_none());
        request.distinct_id();
        assert!(request.waiting().is_none());
    }

    #[test]
    fn a_requests_context_is_found_from_inside_also_when_it_was_asked() {
        let request = deferred("user-7");
        request.distinct_id();
        let inner = request.child();
        assert!(
            inner
                .nearest_deferred()
                .is_some_and(|found| found.is(&request))
        );
        assert!(
            Context::below(Some(&inner), true)
                .nearest_deferred()
                .is_none()
        );
        assert!(
            Context::<serde_json::Value>::root()
                .nearest_deferred()
                .is_none()
        );
        request.close();
        assert!(inner.nearest_deferred().is_none());
    }

    #[test]
    fn a_context_that_turns_out_to_be_closed_leaves_no_trace_on_its_events() {
        let request: Context = Context::deferred(None, |context| {
            context.close();
            Answer::Final
        });
        request.tag("plan", "pro");
        let outer = parked_in(&request, &request);
        let inner = request.child();
        inner.tag("job", "nightly");
        let inner = parked_in(&request, &inner);
        request.release();
        let known = outer.try_recv().unwrap();
        assert!(!known.in_context && known.known.tags.is_empty());
        let known = inner.try_recv().unwrap();
        assert!(known.in_context);
        assert_eq!(tags(&known), ["job=nightly"]);
    }

    #[test]
    fn too_many_events_release_themselves() {
        let request = deferred("user-7");
        let (sender, finished) = channel();
        for _ in 0..MAX_EVENTS {
            assert!(request.park(&request, 1, finishing(&sender)).is_ok());
        }
        assert_eq!(finished.try_iter().count(), MAX_EVENTS);
        assert_eq!(request.parked(), 0);
    }

    #[test]
    fn a_release_leaves_events_parked_while_the_answer_is_preliminary() {
        let request: Context = Context::deferred(None, |context| {
            context.learn(Known {
                session_id: Some("visit".into()),
                ..Known::default()
            });
            Answer::Preliminary
        });
        let finished = parked_in(&request, &request);
        request.release();
        assert!(finished.try_recv().is_err());
        request.end();
        let known = finished.try_recv().unwrap();
        assert_eq!(known.known.session_id.as_deref(), Some("visit"));
    }

    #[test]
    fn what_is_captured_or_ended_while_another_thread_asks_the_source_gets_all_of_its_answer() {
        let (asked, is_asked) = channel();
        let (go_on, may_go_on) = channel();
        let request: Context = Context::deferred(None, move |context| {
            asked.send(()).unwrap();
            may_go_on.recv().unwrap();
            context.set_distinct_id("user-7");
            Answer::Final
        });
        let elsewhere = request.clone();
        let reading = thread::spawn(move || elsewhere.distinct_id());
        is_asked.recv().unwrap();
        assert!(request.waiting().is_some() && request.distinct_id().is_none());
        let before = parked_in(&request, &request);
        request.end();
        let after = parked_in(&request, &request);
        assert!(before.try_recv().is_err());
        go_on.send(()).unwrap();
        assert_eq!(reading.join().unwrap().as_deref(), Some("user-7"));
        for event in [before, after] {
            let known = event.try_recv().unwrap().known;
            assert_eq!(known.distinct_id.as_deref(), Some("user-7"));
        }
        assert!(request.waiting().is_none());
    }

    #[test]
    fn a_source_that_panics_is_not_asked_again_and_nothing_waits_for_it() {
        let request: Context = Context::deferred(None, |_| panic!("a bug"));
        let finished = parked_in(&request, &request);
        let asked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| request.distinct_id()));
        assert!(asked.is_err());
        assert!(request.waiting().is_none() && request.distinct_id().is_none());
        request.end();
        assert!(finished.try_recv().is_ok());
    }

    #[test]
    fn a_release_finishes_what_is_known_for_now_and_later_events_wait_again() {
        let request: Context = Context::deferred(None, |_| Answer::ForNow);
        let first = parked_in(&request, &request);
        request.release();
        assert!(first.try_recv().is_ok());
        assert!(request.waiting().is_some());
    }

    #[test]
    fn after_a_release_with_a_preliminary_answer_later_events_are_parked_too() {
        let request: Context = Context::deferred(None, |_| Answer::Preliminary);
        let first = parked_in(&request, &request);
        request.release();
        let second = parked_in(&request, &request);
        request.end();
        assert!(first.try_recv().is_ok() && second.try_recv().is_ok());
    }

    #[test]
    fn what_nobody_ends_is_finished_when_the_context_goes() {
        let request = deferred("user-7");
        request.set_session_id("visit");
        let finished = parked_in(&request, &request);
        drop(request);
        assert_eq!(
            finished.try_recv().unwrap().known.session_id.as_deref(),
            Some("visit")
        );
    }
}
