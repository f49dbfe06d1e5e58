//! What a context says about an event that is captured in it.

use std::sync::{Arc, OnceLock};

use super::{Context, Snapshot, Tags};
use crate::properties::Properties;
use crate::wire;

/// What the context says about one event.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Surroundings {
    /// Who; an empty text is as good as none.
    pub distinct_id: Option<String>,
    /// Which visit.
    pub session_id: Option<String>,
    /// The tags, if a context is open, even one without any.
    pub tags: Option<Arc<WrittenTags>>,
    /// The place of the id that anonymous events of one request share; without one each event has its own.
    pub anonymous: Option<Arc<OnceLock<String>>>,
}

/// The tags of a context as its events carry them.
#[derive(Debug)]
pub struct WrittenTags {
    tags: Properties,
    /// `$context_tags`: a list of their names.
    names: Properties,
}

impl From<Properties> for WrittenTags {
    /// Takes the tags, innermost value of each name.
    fn from(tags: Properties) -> Self {
        let names = tags.names_under(wire::CONTEXT_TAGS);
        Self { tags, names }
    }
}

impl WrittenTags {
    pub(crate) fn properties(&self) -> &Properties {
        &self.tags
    }

    pub(crate) fn names(&self) -> &Properties {
        &self.names
    }
}

impl Surroundings {
    /// Takes what a context knows, with the tags as they were written.
    pub fn of<V>(snapshot: Snapshot<V>, tags: impl Into<Arc<WrittenTags>>) -> Self {
        Self {
            distinct_id: snapshot.known.distinct_id,
            session_id: snapshot.known.session_id,
            tags: snapshot.in_context.then(|| tags.into()),
            anonymous: snapshot.anonymous,
        }
    }
}

impl<V: Clone> Context<V> {
    /// What an event carries that is captured at this moment.
    ///
    /// `write` is asked for the tags unless they are as it last wrote them; it says whether they will be the same when they
    /// are written again: not if a value can change. It runs under no lock.
    pub fn surroundings(&self, write: impl FnOnce(&Tags<V>) -> (Properties, bool)) -> Surroundings {
        self.resolve_all();
        let written = self.lock().written.clone();
        if let Some((version, tags)) = written {
            let (snapshot, now) = self.walk(false);
            if version == now {
                return Surroundings::of(snapshot, tags);
            }
        }
        let (snapshot, version) = self.walk(true);
        let (tags, lasts) = write(&snapshot.known.tags);
        let tags: Arc<WrittenTags> = Arc::new(tags.into());
        if lasts {
            self.lock().written = Some((version, Arc::clone(&tags)));
        }
        Surroundings::of(snapshot, tags)
    }
}

impl Context {
    /// What an event carries that is captured at this moment.
    pub(crate) fn surroundings_here(&self) -> Surroundings {
        self.surroundings(|tags| {
            let mut written = Properties::with_room_for(tags.len());
            for (name, value) in tags {
                written.insert(name, value);
            }
            (written, true)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::{Answer, Known};
    use super::*;

    /// The tags that an event carries, written as text, and how often they have been asked for.
    fn counting(context: &Context, asked: &Cell<u32>, lasts: bool) -> String {
        let around = context.surroundings(|tags| {
            asked.set(asked.get() + 1);
            let mut written = Properties::new();
            for (name, value) in tags {
                written.insert(name, value);
            }
            (written, lasts)
        });
        around.tags.map_or("-".into(), |tags| tags.tags.to_string())
    }

    #[test]
    fn tags_are_written_once_and_again_when_one_changes_anywhere_above() {
        let (outer, asked) = (Context::root(), Cell::new(0));
        outer.tag("plan", "free");
        let inner = outer.child();
        for _ in 0..3 {
            assert_eq!(counting(&inner, &asked, true), r#"{"plan":"free"}"#);
        }
        assert_eq!(asked.get(), 1);
        outer.tag("plan", "pro");
        assert_eq!(counting(&inner, &asked, true), r#"{"plan":"pro"}"#);
        inner.tag("plan", "team");
        assert_eq!(counting(&inner, &asked, true), r#"{"plan":"team"}"#);
        assert_eq!(asked.get(), 3);
        outer.close();
        for _ in 0..5 {
            inner.tag("seats", 1); // as many changes as the closed one had
            assert_eq!(
                counting(&inner, &asked, true),
                r#"{"plan":"team","seats":1}"#
            );
        }
        inner.close();
        assert_eq!(counting(&inner, &asked, true), "-");
    }

    #[test]
    fn a_context_that_closes_between_two_events_hides_what_is_above_it_however_often_that_changed()
    {
        for changes in 0..5 {
            let (outer, asked) = (Context::root(), Cell::new(0));
            outer.tag("plan", "free");
            let middle = outer.child();
            (0..changes).for_each(|_| middle.tag("seats", 1));
            let inner = middle.child();
            assert!(counting(&inner, &asked, true).contains("free"));
            middle.close();
            assert_eq!(counting(&inner, &asked, true), "{}");
        }
    }

    #[test]
    fn tags_that_can_change_by_themselves_are_written_each_time() {
        let (context, asked) = (Context::root(), Cell::new(0));
        context.tag("cart", "[]");
        for _ in 0..3 {
            counting(&context, &asked, false);
        }
        assert_eq!(asked.get(), 3);
    }

    #[test]
    fn ids_are_those_of_now_though_the_tags_were_written_before() {
        let context: Context = Context::root();
        assert_eq!(context.surroundings_here().distinct_id, None);
        context.set_distinct_id("user-7");
        assert_eq!(
            context.surroundings_here().distinct_id.as_deref(),
            Some("user-7")
        );
    }

    #[test]
    fn what_a_source_says_later_is_written() {
        let mut words = ["a", "b"].into_iter();
        let context: Context = Context::deferred(None, move |context| {
            context.learn(Known {
                tags: vec![("said".into(), words.next().into())],
                ..Default::default()
            });
            Answer::ForNow
        });
        for word in ["a", "b"] {
            let tags = context.surroundings_here().tags.unwrap();
            assert_eq!(tags.tags.to_string(), format!(r#"{{"said":"{word}"}}"#));
        }
    }
}
