//! What must hold of what is shown, whatever a variable holds.

#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

use super::collect::{Budget, CodeVariables, Local};
use super::patterns::Patterns;
use super::redact::looks_like_secret;
use super::rules::Rules;
use super::value::{Limits, Value};

/// Longer than anything that is put around a text: quotes, escapes, a mask in place of each credential.
const LONGEST_MASK: usize = 64;

/// A text in a variable, as a key and inside of a list: nothing panics, what is shown is JSON of bounded length, the password
/// of an address and a secret of a known form are nowhere in it, and a text that has been masked is not masked further.
pub fn code_variables(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let rules = Rules::default();
    let shown = rules.redact(&text);
    assert!(shown.len() <= text.len() * LONGEST_MASK + LONGEST_MASK);
    let without_words = Rules {
        mask: Patterns::none(),
        ..Rules::default()
    };
    let once = without_words.redact(&text).into_owned();
    // Masks make a text longer, and what has become too long is not looked at.
    if once.chars().count() <= Limits::TEXT_CHARS {
        assert_eq!(without_words.redact(&once), once, "masked twice");
    }
    if text.chars().count() <= Limits::TEXT_CHARS && looks_like_secret(&text) {
        assert!(!shown.contains(text.as_str()));
    }
    is_hidden_in_an_address(&text, &without_words);
    is_shown_as_json(&text, &rules);
}

/// What a person would put behind a colon is never shown, whatever stands around it.
fn is_hidden_in_an_address(text: &str, rules: &Rules) {
    const PASSWORD: &str = "hUnTeR";
    let kept: String = text.chars().take(Limits::TEXT_CHARS / 2).collect();
    let address = format!("{kept} https://user:{PASSWORD}@host/{kept}");
    if !kept.contains(PASSWORD) {
        assert!(!rules.redact(&address).contains(PASSWORD));
    }
}

fn is_shown_as_json(text: &str, rules: &Rules) {
    let values = [
        Value::Text(text.to_owned()),
        Value::Map(vec![(text.to_owned(), Value::Text(text.to_owned()))]),
        Value::Object {
            class: text.to_owned(),
            fields: vec![(text.to_owned(), Value::Opaque(text.to_owned()))],
        },
        Value::List(vec![
            Value::Text(text.to_owned()),
            Value::Circular,
            Value::None,
        ]),
    ];
    for value in values {
        let local = Local {
            name: text.to_owned(),
            is_simple: value.is_simple(),
            value,
        };
        let mut budget = Budget::default();
        let Some(shown) = CodeVariables::collect([local], rules, &mut budget, Value::clone) else {
            assert!(rules.ignores(text));
            continue;
        };
        let json = serde_json::to_value(&shown).unwrap_or_default();
        let shown = json.as_object().and_then(|map| map.values().next());
        let shown = shown
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        assert!(shown.chars().count() <= Limits::SHOWN_CHARS);
    }
}
