//! Which variables of a frame are shown, in what order, and how much of them.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::json::{is_number, simple_text};
use super::redact::REDACTED;
use super::rules::Rules;
use super::value::{Limits, Value};
use crate::exception::text::shorten;

/// A variable by its name, before it is read.
#[derive(Clone, Debug)]
pub struct Local<T> {
    /// The variable's name.
    pub name: String,
    /// Whether reading it gives one value, and nothing with values inside.
    pub is_simple: bool,
    /// Whatever the door reads it from.
    pub value: T,
}

/// How many characters the variables of one event may still use.
#[derive(Debug)]
pub struct Budget {
    left: usize,
}

impl Default for Budget {
    /// 10 KiB.
    fn default() -> Self {
        Self {
            left: Limits::EVENT_CHARS,
        }
    }
}

impl Budget {
    /// Whether nothing more can be shown.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.left == 0
    }

    /// Takes so many characters, or what is left of them and says no.
    fn take(&mut self, chars: usize) -> bool {
        let fits = chars <= self.left;
        self.left = if fits { self.left - chars } else { 0 };
        fits
    }
}

/// What one frame shows of its variables.
#[derive(Clone, Debug, Default)]
pub struct CodeVariables {
    entries: Vec<(String, Shown)>,
}

#[derive(Clone, Debug)]
enum Shown {
    Int(i64),
    Float(f64),
    Text(String),
}

impl CodeVariables {
    /// The variables as they are shown; `None` if there is nothing to show.
    ///
    /// Simple ones come first, then the others, each in the order of their names, until the event's budget is used up:
    /// the rest is left out and not even read. A variable with a masked name is not read either.
    pub fn collect<T>(
        locals: impl IntoIterator<Item = Local<T>>,
        rules: &Rules,
        budget: &mut Budget,
        mut read: impl FnMut(&T) -> Value,
    ) -> Option<Self> {
        let kept = locals
            .into_iter()
            .filter(|local| !rules.ignores(&local.name));
        let mut locals: Vec<Local<T>> = kept.collect();
        locals.sort_by(|one, other| {
            (!one.is_simple, &one.name).cmp(&(!other.is_simple, &other.name))
        });
        let mut entries = Vec::new();
        for mut local in locals {
            if budget.is_used_up() {
                break;
            }
            let shown = if rules.masks(&local.name) {
                Shown::Text(REDACTED.to_owned())
            } else {
                shown(&read(&local.value), rules)
            };
            shorten(&mut local.name, MAX_NAME_BYTES);
            if !budget.take(shown.chars()) {
                break;
            }
            entries.push((local.name, shown));
        }
        (!entries.is_empty()).then_some(Self { entries })
    }
}

/// Nobody writes a longer name; a program that makes code may.
const MAX_NAME_BYTES: usize = 256;

fn shown(value: &Value, rules: &Rules) -> Shown {
    match value {
        Value::Int(number) => Shown::Int(*number),
        Value::Float(number) if is_number(*number) => Shown::Float(*number),
        value => Shown::Text(clipped(simple_text(value, rules))),
    }
}

/// The beginning of a text that is longer than is shown of one variable, and three dots.
fn clipped(text: Cow<'_, str>) -> String {
    const DOTS: &str = "...";
    if text.char_indices().nth(Limits::SHOWN_CHARS).is_none() {
        return text.into_owned();
    }
    let beginning = text.chars().take(Limits::SHOWN_CHARS - DOTS.len());
    beginning.chain(DOTS.chars()).collect()
}

impl Shown {
    fn chars(&self) -> usize {
        match self {
            Self::Int(number) => number.to_string().len(),
            Self::Float(number) => number.to_string().len(),
            Self::Text(text) => text.chars().count(),
        }
    }
}

impl Serialize for CodeVariables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (name, shown) in &self.entries {
            match shown {
                Shown::Int(number) => map.serialize_entry(name, number)?,
                Shown::Float(number) => map.serialize_entry(name, number)?,
                Shown::Text(text) => map.serialize_entry(name, text)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn local(name: &str, value: Value) -> Local<Value> {
        Local {
            name: name.to_owned(),
            is_simple: value.is_simple(),
            value,
        }
    }

    fn collected(locals: Vec<Local<Value>>, budget: &mut Budget) -> serde_json::Value {
        let shown = CodeVariables::collect(locals, &Rules::default(), budget, Value::clone);
        serde_json::to_value(shown).unwrap()
    }

    fn text(chars: usize) -> Value {
        Value::Text("ä ".repeat(chars / 2))
    }

    #[test]
    fn simple_variables_come_first_each_kind_by_name() {
        let locals = vec![
            local("b", Value::List(vec![Value::Int(1)])),
            local("z", Value::Int(1)),
            local("a", Value::Map(vec![])),
            local("B", Value::Float(0.5)),
            local("c", Value::None),
        ];
        let shown = CodeVariables::collect(
            locals,
            &Rules::default(),
            &mut Budget::default(),
            Value::clone,
        );
        assert_eq!(
            serde_json::to_string(&shown).unwrap(),
            r#"{"B":0.5,"c":"None","z":1,"a":"{}","b":"[1]"}"#
        );
    }

    #[test]
    fn an_ignored_variable_is_absent_and_one_with_a_masked_name_is_not_read() {
        let locals = vec![
            local("__name__", Value::Int(1)),
            local("db_password", Value::Int(2)),
            local("n", Value::Int(3)),
        ];
        let mut read = Vec::new();
        let shown =
            CodeVariables::collect(locals, &Rules::default(), &mut Budget::default(), |value| {
                read.push(value.clone());
                value.clone()
            });
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!({"db_password": REDACTED, "n": 3})
        );
        assert_eq!(read, [Value::Int(3)]);
    }

    #[test]
    fn a_long_value_is_cut_and_ends_in_dots() {
        let mut budget = Budget::default();
        let shown = collected(
            vec![local("a", text(1024)), local("b", text(1026))],
            &mut budget,
        );
        assert_eq!(shown["a"], "ä ".repeat(512));
        assert_eq!(shown["b"], format!("{}ä...", "ä ".repeat(510)));
    }

    #[test]
    fn the_frames_of_an_event_share_ten_thousand_characters() {
        let mut budget = Budget::default();
        let names: Vec<String> = (0..6).map(|number| format!("v{number}")).collect();
        let locals = || names.iter().map(|name| local(name, text(1000))).collect();
        assert_eq!(
            collected(locals(), &mut budget).as_object().unwrap().len(),
            6
        );
        assert!(!budget.is_used_up());
        assert_eq!(
            collected(locals(), &mut budget).as_object().unwrap().len(),
            4
        );
        assert!(budget.is_used_up());
        assert_eq!(collected(locals(), &mut budget), json!(null));
    }

    #[test]
    fn nothing_to_show_is_absent() {
        assert_eq!(collected(vec![], &mut Budget::default()), json!(null));
    }
}
