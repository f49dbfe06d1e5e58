//! A JSON object taken apart: its members in their order, the values left as they are.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The members of an object. Values are borrowed or made, never changed.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// Takes an object apart; `None` when it is something else.
    pub(crate) fn of(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The same for a value within another.
    pub(crate) fn of_value(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Cow<'a, RawValue>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Adds a member at the end; one of this name must not be there.
    pub(crate) fn push(&mut self, name: &'static str, value: Cow<'a, RawValue>) {
        self.0.push((Cow::Borrowed(name), value));
    }

    /// The members of `other` that are not here, behind those that are.
    pub(crate) fn extend_with(&mut self, other: Self) {
        let new = (other.0.into_iter()).filter(|(name, _)| self.get(name).is_none());
        let new: Vec<_> = new.collect();
        self.0.extend(new);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(16));
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), Cow::Borrowed(value)));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_keeps_its_order_and_its_numbers() {
        let json = br#"{"b":1.50,"a":"\u00e9","b2":{"x":[1e400]}}"#;
        let members = Members::of(json).unwrap();
        assert_eq!(members.get("b").unwrap().get(), "1.50");
        assert_eq!(serde_json::to_vec(&members).unwrap(), json);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for json in ["[]", "1", "null", "{", "\"text\""] {
            assert!(Members::of(json.as_bytes()).is_none(), "{json}");
        }
    }
}
