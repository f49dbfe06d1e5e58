//! How an exception was caught, and how it hangs together with the others of its event.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

/// What connects an exception with its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Raised from it on purpose.
    Cause,
    /// It was being handled at that moment.
    Context,
    /// One of a group.
    Member,
}

/// How one exception of the list came to be there.
#[derive(Clone, Debug)]
pub struct Mechanism {
    /// The boundary that caught it, such as `middleware`.
    pub kind: Cow<'static, str>,
    /// Whether the program went on; known of the exception that was caught, not of those below it.
    pub handled: Option<bool>,
    /// Whether its stack was made up when it was captured, since it had never been raised.
    pub synthetic: bool,
    /// Index of the parent in the list, and what connects the two.
    pub parent: Option<(usize, Relation)>,
    /// Whether it stands for its members.
    pub is_exception_group: bool,
    /// The operating system's error number.
    pub errno: Option<i64>,
    /// Whatever else the capturing side wants to tell.
    pub extra: Map<String, Value>,
}

/// Keys that only the list itself can know.
const OURS: [&str; 4] = ["exception_id", "parent_id", "source", "is_exception_group"];

impl Mechanism {
    /// The mechanism of the exception that was caught, from what the capturing side says about it.
    ///
    /// A `type` that is no text, or a `handled` that is no boolean, counts as not said; unknown keys are kept.
    ///
    /// ```
    /// use hogback::exception::Mechanism;
    ///
    /// let given = serde_json::json!({"type": "middleware", "handled": false});
    /// let mechanism = Mechanism::root(given.as_object().unwrap().clone());
    /// assert_eq!((&*mechanism.kind, mechanism.handled), ("middleware", Some(false)));
    /// assert_eq!(&*Mechanism::root(Default::default()).kind, "generic");
    /// ```
    #[must_use]
    pub fn root(mut given: Map<String, Value>) -> Self {
        for key in OURS {
            given.remove(key);
        }
        let kind = match given.remove("type") {
            Some(Value::String(kind)) if !kind.is_empty() => Cow::Owned(kind),
            _ => Cow::Borrowed("generic"),
        };
        let handled = given
            .remove("handled")
            .and_then(|value| value.as_bool())
            .unwrap_or(true);
        let synthetic = given
            .remove("synthetic")
            .and_then(|value| value.as_bool())
            .unwrap_or(false);
        Self {
            kind,
            handled: Some(handled),
            synthetic,
            extra: given,
            ..Self::nested(None)
        }
    }

    /// The mechanism of an exception that hangs below another one.
    #[must_use]
    pub fn chained(parent: usize, relation: Relation) -> Self {
        Self::nested(Some((parent, relation)))
    }

    fn nested(parent: Option<(usize, Relation)>) -> Self {
        Self {
            kind: Cow::Borrowed("chained"),
            handled: None,
            synthetic: false,
            parent,
            is_exception_group: false,
            errno: None,
            extra: Map::new(),
        }
    }

    /// `meta` as the capturing side gave it, with the error number in it.
    fn meta(&self) -> Option<Value> {
        let given = self.extra.get("meta");
        let Some(number) = self.errno else {
            return given.cloned();
        };
        let mut meta = given
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        meta.insert("errno".to_owned(), serde_json::json!({ "number": number }));
        Some(Value::Object(meta))
    }

    /// Writes the mechanism of the exception at `id` in its list.
    pub(super) fn serialize<S: Serializer>(
        &self,
        id: usize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("exception_id", &id)?;
        if let Some((parent, relation)) = self.parent {
            map.serialize_entry("parent_id", &parent)?;
            map.serialize_entry("source", &relation)?;
        }
        map.serialize_entry("type", &self.kind)?;
        if let Some(handled) = self.handled {
            map.serialize_entry("handled", &handled)?;
        }
        map.serialize_entry("synthetic", &self.synthetic)?;
        if self.is_exception_group {
            map.serialize_entry("is_exception_group", &true)?;
        }
        if let Some(meta) = self.meta() {
            map.serialize_entry("meta", &meta)?;
        }
        for (key, value) in self.extra.iter().filter(|(key, _)| *key != "meta") {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn root(given: &Value) -> Value {
        let mechanism = Mechanism::root(given.as_object().unwrap().clone());
        mechanism
            .serialize(0, serde_json::value::Serializer)
            .unwrap()
    }

    #[test]
    fn nothing_said_is_a_generic_handled_exception() {
        let expected =
            json!({"exception_id": 0, "type": "generic", "handled": true, "synthetic": false});
        assert_eq!(root(&json!({})), expected);
        assert_eq!(
            root(&json!({"type": "", "handled": "no", "synthetic": 1})),
            expected
        );
        assert_eq!(root(&json!({"type": 7, "handled": null})), expected);
    }

    #[test]
    fn unknown_keys_are_kept_and_links_are_not_the_callers_to_set() {
        assert_eq!(
            root(&json!({
                "type": "middleware", "handled": false, "synthetic": true, "data": {"a": 1},
                "exception_id": 9, "parent_id": 9, "source": "cause", "is_exception_group": true,
            })),
            json!({"exception_id": 0, "type": "middleware", "handled": false, "synthetic": true, "data": {"a": 1}})
        );
    }

    #[test]
    fn an_error_number_joins_the_meta_of_the_caller() {
        let given = json!({"meta": {"signal": 9}}).as_object().unwrap().clone();
        let mechanism = Mechanism {
            errno: Some(2),
            ..Mechanism::root(given)
        };
        let written = mechanism
            .serialize(0, serde_json::value::Serializer)
            .unwrap();
        assert_eq!(
            written["meta"],
            json!({"signal": 9, "errno": {"number": 2}})
        );
    }

    #[test]
    fn a_nested_exception_names_its_parent_and_says_nothing_about_handling() {
        let mechanism = Mechanism {
            is_exception_group: true,
            ..Mechanism::chained(1, Relation::Member)
        };
        assert_eq!(
            mechanism
                .serialize(3, serde_json::value::Serializer)
                .unwrap(),
            json!({
                "exception_id": 3, "parent_id": 1, "source": "member", "type": "chained", "synthetic": false,
                "is_exception_group": true,
            })
        );
    }
}
