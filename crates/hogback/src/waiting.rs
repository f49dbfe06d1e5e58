//! Events of Rust programs that wait in their request's context until it is known whose they are.

use crate::client::Client;
use crate::context::{Context, Snapshot, Surroundings, WrittenTags};
use crate::draft::Draft;
use crate::fork;
use crate::properties::Properties;

/// What a parked event takes beside its properties, about.
const PARKED_BYTES: usize = 512;

impl Draft {
    /// The context in which this event has to wait, captured in `context`.
    ///
    /// None where it says itself whose it is, where somebody has been named already, or where nobody
    /// [waits](Context::waiting) once the request was asked.
    pub(crate) fn waits_in<'a>(&self, context: &'a Context) -> Option<&'a Context> {
        let waiting = context.waiting()?;
        if !waiting.ask() {
            return Some(waiting);
        }
        let is_named = context.said_distinct_id().is_some();
        if is_named {
            // What waited for somebody to be named goes first.
            waiting.release();
        }
        let says_itself = self.distinct_id.as_deref().is_some_and(|id| !id.is_empty());
        let still_waits = context.waiting().is_some_and(|now| now.is(waiting));
        (still_waits && !is_named && !says_itself).then_some(waiting)
    }
}

impl Client {
    /// Leaves the rest to the moment when it is known who sent the request; returns the event's id.
    pub(crate) fn park(&self, context: &Context, waiting: &Context, draft: Draft) -> String {
        let (uuid, bytes) = (draft.uuid.clone(), draft.properties.bytes() + PARKED_BYTES);
        let (client, generation) = (self.clone(), fork::generation());
        let finish = move |snapshot| {
            // A forked child has a copy; the event is its parent's.
            if generation == fork::generation() {
                // A refusal is counted; whoever captured the event is not there any more to be told.
                let _ = client.finish(&draft, &described(snapshot));
            }
        };
        if let Err(finish) = context.park(waiting, bytes, Box::new(finish)) {
            // The request has ended on another thread just now.
            finish(context.snapshot());
        }
        uuid
    }
}

/// What a context knew about an event that waited in it.
fn described(snapshot: Snapshot) -> Surroundings {
    let mut written = Properties::with_room_for(snapshot.known.tags.len());
    for (name, value) in &snapshot.known.tags {
        written.insert(name, value);
    }
    Surroundings::of(snapshot, WrittenTags::from(written))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::context::{Answer, Known};
    use crate::testing::MemoryTransport;
    use crate::{Config, Kind};

    struct Site {
        server: MemoryTransport,
        client: Client,
        request: Context,
    }

    impl Site {
        /// With a request that says its path, and who sent it only if `names` does.
        fn new(names: Option<&'static str>) -> Self {
            let server = MemoryTransport::default();
            let client = Client::new(Config::new("phc_key").transport(server.factory()));
            let request = Context::deferred(None, move |context| {
                context.learn(Known {
                    distinct_id: names.map(Into::into),
                    tags: vec![("path".into(), "/cart".into())],
                    ..Known::default()
                });
                names.map_or(Answer::ForNow, |_| Answer::Final)
            });
            Self {
                server,
                client,
                request,
            }
        }

        fn capture(&self, name: &str) {
            self.capture_of(name, None);
        }

        fn capture_of(&self, name: &str, distinct_id: Option<&str>) {
            let mut draft = self.client.draft(Kind::Event(name.into()));
            draft.distinct_id = distinct_id.map(Into::into);
            let uuid = draft.uuid.clone();
            let _current = self.request.attach();
            assert_eq!(self.client.capture(draft), Ok(uuid));
        }

        /// What has arrived so far: name, id and path of each event.
        fn arrived(&self) -> Vec<(String, String, Value)> {
            assert!(self.client.flush(None));
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let events = self.server.events();
            let of = |e: &Value| {
                let path = e["properties"]["path"].clone();
                (text(&e["event"]), text(&e["distinct_id"]), path)
            };
            events.iter().map(of).collect()
        }
    }

    fn event(name: &str, id: &str) -> (String, String, Value) {
        (name.into(), id.into(), "/cart".into())
    }

    #[test]
    fn an_event_of_a_request_that_names_its_sender_does_not_wait() {
        let site = Site::new(Some("user-7"));
        site.capture("seen");
        assert_eq!(site.arrived(), [event("seen", "user-7")]);
    }

    #[test]
    fn events_wait_for_whom_the_program_names_and_go_before_the_next_one() {
        let site = Site::new(None);
        site.capture("first");
        assert_eq!(site.arrived(), []);
        site.request.set_distinct_id("user-7");
        site.capture("second");
        let both = [event("first", "user-7"), event("second", "user-7")];
        assert_eq!(site.arrived(), both);
    }

    #[test]
    fn an_event_that_says_itself_whose_it_is_waits_for_nobody_and_names_nobody() {
        let site = Site::new(None);
        site.capture("first");
        site.capture_of("second", Some("somebody"));
        assert_eq!(site.arrived(), [event("second", "somebody")]);
    }

    #[test]
    fn at_the_end_of_a_request_of_nobody_its_events_share_one_id() {
        let site = Site::new(None);
        site.capture("first");
        site.request.end();
        site.capture("second");
        let arrived = site.arrived();
        assert_eq!(arrived.len(), 2);
        assert_eq!(arrived[0].1, arrived[1].1);
    }
}
