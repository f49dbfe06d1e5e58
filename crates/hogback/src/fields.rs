//! The fields of a map or struct, each serialised by itself: one bad value never harms the others.

use std::fmt;

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::hooks;
use crate::properties::Properties;

impl Properties {
    /// Puts the fields of a map or struct in, as [`insert`](Self::insert) does with each.
    ///
    /// Returns whether it was one: anything else has no fields, and changes nothing. `None` and `()` are maps without any.
    ///
    /// ```
    /// use hogback::Properties;
    ///
    /// let mut properties = Properties::new();
    /// assert!(properties.insert_fields(&std::collections::BTreeMap::from([("plan", "pro")])));
    /// assert!(!properties.insert_fields(&"pro"));
    /// assert_eq!(properties.to_string(), r#"{"plan":"pro"}"#);
    /// ```
    pub fn insert_fields(&mut self, fields: &(impl Serialize + ?Sized)) -> bool {
        // Of one that panics those are kept that it had said.
        hooks::guarded(|| fields.serialize(Fields(self)).is_ok()).unwrap_or(true)
    }
}

/// Takes the fields of a map or struct.
struct Fields<'a>(&'a mut Properties);

/// What was given has no fields, or one of its names is no text.
#[derive(Debug)]
struct NoFields;

impl fmt::Display for NoFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or a struct is wanted")
    }
}

impl std::error::Error for NoFields {}

impl Error for NoFields {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Refuses a type that has no fields.
macro_rules! refuse {
    ($($method:ident: $kind:ty),* $(,)?) => {
        $(fn $method(self, _: $kind) -> Result<(), NoFields> {
            Err(NoFields)
        })*
    };
}

impl<'a> Serializer for Fields<'a> {
    type Ok = ();
    type Error = NoFields;
    type SerializeSeq = Impossible<(), NoFields>;
    type SerializeTuple = Impossible<(), NoFields>;
    type SerializeTupleStruct = Impossible<(), NoFields>;
    type SerializeTupleVariant = Impossible<(), NoFields>;
    type SerializeMap = Named<'a>;
    type SerializeStruct = Named<'a>;
    type SerializeStructVariant = Impossible<(), NoFields>;

    refuse! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_unit_struct: &'static str,
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Named<'a>, NoFields> {
        Ok(Named {
            properties: self.0,
            name: None,
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Named<'a>, NoFields> {
        self.serialize_map(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoFields> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NoFields> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), NoFields> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), NoFields> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &str, _: u32, _: &str) -> Result<(), NoFields> {
        Err(NoFields)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NoFields> {
        Err(NoFields)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NoFields> {
        Err(NoFields)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NoFields> {
        Err(NoFields)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, NoFields> {
        Err(NoFields)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoFields> {
        Err(NoFields)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoFields> {
        Err(NoFields)
    }
}

/// Takes fields one after the other.
struct Named<'a> {
    properties: &'a mut Properties,
    /// The name whose value comes next; `None` when it cannot be a name.
    name: Option<String>,
}

impl SerializeMap for Named<'_> {
    type Ok = ();
    type Error = NoFields;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoFields> {
        // A name may be a number or a variant: whatever can be the name of a member in JSON.
        self.name = match serde_json::to_value(key) {
            Ok(serde_json::Value::String(name)) => Some(name),
            Ok(serde_json::Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoFields> {
        if let Some(name) = self.name.take() {
            self.properties.insert(&name, &value);
        }
        Ok(())
    }

    fn end(self) -> Result<(), NoFields> {
        Ok(())
    }
}

impl SerializeStruct for Named<'_> {
    type Ok = ();
    type Error = NoFields;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoFields> {
        self.properties.insert(name, &value);
        Ok(())
    }

    fn end(self) -> Result<(), NoFields> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn fields(of: &impl Serialize) -> Option<String> {
        let mut properties = Properties::new();
        properties.insert_fields(of).then(|| properties.to_string())
    }

    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("broken"))
        }
    }

    #[derive(serde::Serialize)]
    struct Order<T> {
        #[serde(rename = "number")]
        id: u32,
        note: T,
        #[serde(skip_serializing_if = "Option::is_none")]
        coupon: Option<&'static str>,
    }

    #[test]
    fn a_structs_fields_become_properties_and_a_bad_one_is_null_alone() {
        let order = Order {
            id: 7,
            note: Broken,
            coupon: None,
        };
        let expected = r#"{"number":7,"note":null}"#;
        assert_eq!(fields(&order).as_deref(), Some(expected));
        assert_eq!(fields(&Some(&order)).as_deref(), Some(expected));
    }

    #[test]
    fn a_maps_names_may_be_numbers_and_what_cannot_be_a_name_is_left_out() {
        let numbers = BTreeMap::from([(1, "a"), (2, "b")]);
        assert_eq!(fields(&numbers).as_deref(), Some(r#"{"1":"a","2":"b"}"#));
        let odd = BTreeMap::from([(vec![1], "a")]);
        assert_eq!(fields(&odd).as_deref(), Some("{}"));
        assert_eq!(
            fields(&serde_json::json!({"a": [1]})).as_deref(),
            Some(r#"{"a":[1]}"#)
        );
    }

    #[test]
    fn what_has_no_fields_is_refused() {
        assert_eq!(fields(&[1, 2]), None);
        assert_eq!(fields(&"text"), None);
        assert_eq!(fields(&1.5), None);
        assert_eq!(fields(&()).as_deref(), Some("{}"));
        assert_eq!(fields(&None::<u32>).as_deref(), Some("{}"));
    }
}
