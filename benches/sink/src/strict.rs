//! Reads JSON as a strict server does, and keeps nothing.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Any JSON value that a program could hold.
///
/// Unlike [`serde::de::IgnoredAny`] it refuses what has no value: a lone surrogate, a number out of range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(json: &str) -> bool {
        serde_json::from_str::<Strict>(json).is_ok()
    }

    #[test]
    fn every_kind_of_value_is_taken() {
        assert!(is_taken(
            r#"{"a": [1, -2, 0.5, true, null, "\ud83e\udd94"]}"#
        ));
    }

    #[test]
    fn what_has_no_value_is_refused() {
        for json in [r#"["\ud800"]"#, r#"{"\udc00": 1}"#, "1e999"] {
            assert!(!is_taken(json), "{json}");
        }
        let deep = [vec!["["; 200].concat(), vec!["]"; 200].concat()].concat();
        assert!(!is_taken(&deep));
    }
}
