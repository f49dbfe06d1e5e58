//! What a list shows of an event: one line, and on which side it happened.

use serde_json::Value;

use super::event::{Fields, text};
use super::text::cut;
use crate::store::Side;

/// Longer titles do not fit a row anyway.
const LONGEST_TITLE: usize = 200;

/// Where a library runs.
pub(crate) fn side(lib: &str) -> Side {
    match lib {
        "web" | "js" | "posthog-js-lite" => Side::Browser,
        "posthog-ios"
        | "posthog-android"
        | "posthog-react-native"
        | "posthog-flutter"
        | "posthog-unity"
        | "" => Side::Other,
        _ => Side::Server,
    }
}

/// The line that tells one event of a name from the next.
pub(crate) fn title(name: &str, properties: &Fields) -> String {
    let title = match name {
        "$exception" => exception_title(properties),
        "$autocapture" => autocapture_title(properties),
        _ => None,
    };
    let title = title
        .or_else(|| request_title(properties))
        .unwrap_or_default();
    let one_line: Vec<&str> = title.split_whitespace().collect();
    cut(&one_line.join(" "), LONGEST_TITLE).to_owned()
}

fn exception_title(properties: &Fields) -> Option<String> {
    let list: Vec<Value> = serde_json::from_str(properties.get("$exception_list")?.get()).ok()?;
    let outermost = list.first()?;
    let part = |key: &str| {
        outermost
            .get(key)
            .and_then(Value::as_str)
            .filter(|part| !part.is_empty())
    };
    match (part("type"), part("value")) {
        (Some(kind), Some(value)) => Some(format!("{kind}: {value}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

fn autocapture_title(properties: &Fields) -> Option<String> {
    let what = property(properties, "$event_type")?;
    match property(properties, "$el_text") {
        Some(on) => Some(format!("{what} “{on}”")),
        None => Some(what),
    }
}

/// `POST /cart` for a request, the address for a page.
fn request_title(properties: &Fields) -> Option<String> {
    let method = property(properties, "$request_method");
    let place = property(properties, "$pathname")
        .or_else(|| property(properties, "$request_path"))
        .or_else(|| property(properties, "$current_url").map(|url| path_of(&url).to_owned()));
    match (method, place) {
        (Some(method), Some(place)) => Some(format!("{method} {place}")),
        (None, place) => place,
        (method, None) => method,
    }
}

fn property(properties: &Fields, key: &str) -> Option<String> {
    properties
        .get(key)
        .and_then(|value| text(value))
        .filter(|value| !value.is_empty())
}

/// The path of an absolute address; anything else as it is.
fn path_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| {
        rest.find('/').map_or("/", |at| &rest[at..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title_of(name: &str, properties: &str) -> String {
        title(name, &serde_json::from_str(properties).unwrap())
    }

    #[test]
    fn an_exception_shows_its_outermost_type_and_message_on_one_line() {
        let properties = r#"{"$exception_list":[{"type":"OSError","value":"disk\n  full"},{"type":"E","value":"x"}]}"#;
        assert_eq!(title_of("$exception", properties), "OSError: disk full");
        assert_eq!(
            title_of(
                "$exception",
                r#"{"$exception_list":"odd","$pathname":"/a"}"#
            ),
            "/a"
        );
    }

    #[test]
    fn a_click_shows_what_was_clicked() {
        let properties = r#"{"$event_type":"click","$el_text":"Buy","$pathname":"/cart"}"#;
        assert_eq!(title_of("$autocapture", properties), "click “Buy”");
    }

    #[test]
    fn a_request_shows_method_and_path() {
        let properties =
            r#"{"$current_url":"https://shop.test/cart?x=1","$request_method":"POST"}"#;
        assert_eq!(title_of("bought", properties), "POST /cart?x=1");
        assert_eq!(
            title_of("$pageview", r#"{"$current_url":"http://shop.test"}"#),
            "/"
        );
        assert_eq!(title_of("bought", "{}"), "");
    }

    #[test]
    fn long_titles_are_cut() {
        let properties = format!(r#"{{"$pathname":"/{}"}}"#, "a".repeat(500));
        assert_eq!(title_of("x", &properties).len(), 200);
    }
}
