//! A value as text: simple ones as Python writes them, larger ones as JSON.

use std::borrow::Cow;
use std::fmt::Write;

use super::redact::{REDACTED, TOO_LONG, looks_like_secret};
use super::rules::Rules;
use super::value::Value;

/// Stands for a container inside of itself.
const CIRCULAR: &str = "<circular ref>";

/// Whether JSON knows the number.
pub(super) fn is_number(value: f64) -> bool {
    value.is_finite()
}

/// The text of a simple value, masked.
pub(super) fn simple_text<'a>(value: &'a Value, rules: &Rules) -> Cow<'a, str> {
    match value {
        Value::None => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(number) => number.to_string().into(),
        Value::Float(number) => float_text(*number).into(),
        Value::Text(text) | Value::Opaque(text) => rules.redact(text),
        Value::Circular => CIRCULAR.into(),
        Value::TooLong => TOO_LONG.into(),
        Value::Redacted => REDACTED.into(),
        Value::List(_) | Value::Map(_) | Value::Object { .. } => json_text(value, rules).into(),
    }
}

fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    serde_json::Number::from_f64(number).map_or_else(String::new, |number| number.to_string())
}

/// The JSON of a larger value, every text and key in it masked.
pub(super) fn json_text(value: &Value, rules: &Rules) -> String {
    let mut text = String::new();
    write_value(value, rules, &mut text);
    text
}

fn write_value(value: &Value, rules: &Rules, into: &mut String) {
    match value {
        Value::None => into.push_str("null"),
        Value::Bool(flag) => into.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => _ = write!(into, "{number}"),
        Value::Float(number) if is_number(*number) => into.push_str(&float_text(*number)),
        Value::List(items) => {
            let is_named_secret = is_secret_pair(items, rules);
            into.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    into.push_str(", ");
                }
                let is_secret = is_named_secret && index == 1;
                write_value(if is_secret { &Value::Redacted } else { item }, rules, into);
            }
            into.push(']');
        }
        Value::Map(entries) => write_entries(entries, None, rules, into),
        Value::Object { class, fields } => write_entries(fields, Some(class), rules, into),
        simple => write_text(&simple_text(simple, rules), into),
    }
}

/// Whether two values are a name and a secret, as in lists of headers and of form fields.
fn is_secret_pair(items: &[Value], rules: &Rules) -> bool {
    match items {
        [Value::Text(name) | Value::Opaque(name), _] => rules.masks(name),
        _ => false,
    }
}

fn write_entries(
    entries: &[(String, Value)],
    class: Option<&str>,
    rules: &Rules,
    into: &mut String,
) {
    let mut hidden_keys = 0;
    into.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            into.push_str(", ");
        }
        if let Some(shown) = shown_key(key, rules) {
            write_text(&shown, into);
        } else {
            // Numbered, so that two of them are two.
            write_text(&format!("$$_posthog_redacted_key_{hidden_keys}_$$"), into);
            hidden_keys += 1;
        }
        into.push_str(": ");
        if rules.masks(key) {
            write_text(REDACTED, into);
        } else {
            write_value(value, rules, into);
        }
    }
    if let Some(class) = class {
        into.push_str(if entries.is_empty() { "" } else { ", " });
        into.push_str("\"__class__\": ");
        write_text(class, into);
    }
    into.push('}');
}

/// A key as it is shown. One that only names a secret, as a field does, is; one that holds a secret is not.
fn shown_key<'a>(key: &'a str, rules: &Rules) -> Option<Cow<'a, str>> {
    if rules.masks(key) {
        return is_field_name(key)
            .then_some(key)
            .filter(|key| !(rules.detect_secrets && looks_like_secret(key)))
            .map(Cow::Borrowed);
    }
    Some(rules.redact(key)).filter(|shown| shown != REDACTED)
}

/// Whether somebody could have called a field so.
fn is_field_name(key: &str) -> bool {
    const LONGEST: usize = 64;
    key.len() <= LONGEST
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn write_text(text: &str, into: &mut String) {
    // A text always has a JSON.
    into.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "null".to_owned()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::patterns::Patterns;
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    fn read(value: &Value) -> serde_json::Value {
        serde_json::from_str(&json_text(value, &Rules::default())).unwrap()
    }

    #[test]
    fn simple_values_are_written_as_python_does() {
        let rules = Rules::default();
        for (value, expected) in [
            (Value::None, "None"),
            (Value::Bool(true), "True"),
            (Value::Float(f64::NAN), "nan"),
            (Value::Float(f64::NEG_INFINITY), "-inf"),
            (Value::Circular, "<circular ref>"),
            (Value::TooLong, TOO_LONG),
            (Value::Redacted, REDACTED),
            (text("tea"), "tea"),
            (Value::Opaque("<password>".to_owned()), REDACTED),
        ] {
            assert_eq!(simple_text(&value, &rules), expected);
        }
    }

    #[test]
    fn larger_values_are_json() {
        let value = Value::List(vec![
            Value::None,
            Value::Bool(false),
            Value::Int(-1),
            Value::Float(1.5),
            Value::Float(f64::INFINITY),
            text("\"ü\n\u{0}"),
            Value::Circular,
            map([]),
            Value::Object {
                class: "Order".to_owned(),
                fields: vec![("id".to_owned(), Value::Int(7))],
            },
            Value::Object {
                class: "Empty".to_owned(),
                fields: vec![],
            },
        ]);
        assert_eq!(
            read(&value),
            json!([
                null, false, -1, 1.5, "inf", "\"ü\n\u{0}", "<circular ref>", {},
                {"id": 7, "__class__": "Order"}, {"__class__": "Empty"},
            ])
        );
    }

    #[test]
    fn a_key_that_names_a_secret_hides_its_value_and_a_key_that_is_one_hides_itself() {
        let value = map([
            ("password", map([("inner", text("x"))])),
            ("what is the token?", Value::Int(1)),
            ("AKIAIOSFODNN7EXAMPLE", Value::Int(2)),
            ("http://u:p@h", Value::Int(3)),
            ("plain", text("my secret")),
        ]);
        assert_eq!(
            read(&value),
            json!({
                "password": REDACTED,
                "$$_posthog_redacted_key_0_$$": REDACTED,
                "$$_posthog_redacted_key_1_$$": 2,
                format!("http://{REDACTED}@h"): 3,
                "plain": REDACTED,
            })
        );
    }

    #[test]
    fn a_pair_whose_first_names_a_secret_hides_its_second() {
        let list = |items: [Value; 2]| Value::List(items.into());
        let pairs = list([
            list([text("X-Auth-Key"), text("tea")]),
            list([Value::Opaque("b'accept'".to_owned()), text("tea")]),
        ]);
        assert_eq!(
            read(&pairs),
            json!([[REDACTED, REDACTED], ["b'accept'", "tea"]])
        );
        let three = Value::List(vec![text("secret"), text("a"), text("b")]);
        assert_eq!(read(&three), json!([REDACTED, "a", "b"]));
    }

    #[test]
    fn without_protection_keys_are_shown() {
        let rules = Rules {
            mask: Patterns::none(),
            mask_url_credentials: false,
            detect_secrets: false,
            ..Rules::default()
        };
        let value = map([("password", text("AKIAIOSFODNN7EXAMPLE"))]);
        assert_eq!(
            json_text(&value, &rules),
            r#"{"password": "AKIAIOSFODNN7EXAMPLE"}"#
        );
    }
}
