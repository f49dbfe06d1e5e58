//! Cuts what the server would not take: a large event arrives shortened instead of not at all.

use crate::properties::Properties;
use crate::wire;

/// Names listed under `$truncated`, at most.
const MAX_NAMES: usize = 100;

/// Room for that list.
const NAMES_BYTES: usize = 4096;

/// What is left of a text, at least, before it goes altogether.
const KEPT_BYTES: usize = 1024;

/// Values that are shortened, at most; an event that needs more is made of thousands of small ones.
const MAX_CUTS: usize = 1000;

/// Values of that size stay as they are: leaving out some by name gains as much.
const SMALL_BYTES: usize = 64;

/// Shortens the largest values until the map takes `limit` bytes, and names them under `$truncated`: texts keep their
/// beginning, anything else becomes `null`. What is too much by its names alone is left out.
pub(crate) fn fit(properties: &mut Properties, limit: usize) {
    let target = limit.saturating_sub(NAMES_BYTES);
    let mut cut = shorten_values(properties, target);
    cut.extend(properties.leave_out_above(target));
    if !cut.is_empty() {
        // Whoever wrote the values may have shortened some already.
        let known = properties
            .get(wire::TRUNCATED)
            .and_then(|json| serde_json::from_str(json).ok());
        let mut names: Vec<String> = known.unwrap_or_default();
        for name in cut {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        properties.insert(wire::TRUNCATED, &listed(names));
    }
}

fn shorten_values(properties: &mut Properties, target: usize) -> Vec<String> {
    let mut cut: Vec<String> = Vec::new();
    while properties.written_bytes() > target && cut.len() < MAX_CUTS {
        let excess = properties.written_bytes() - target;
        let Some((name, value)) = properties.largest() else {
            break;
        };
        if value.len() <= SMALL_BYTES {
            break;
        }
        match serde_json::from_slice::<String>(value) {
            // Every character is at least one byte of JSON, so cutting one for each byte of excess is enough.
            Ok(text) if text.len() > 2 * KEPT_BYTES => {
                let end = text.len().saturating_sub(excess).max(KEPT_BYTES);
                let end = (0..=end)
                    .rev()
                    .find(|at| text.is_char_boundary(*at))
                    .unwrap_or(0);
                properties.insert(&name, &&text[..end]);
            }
            _ => properties.insert(&name, &()),
        }
        if !cut.contains(&name) {
            cut.push(name);
        }
    }
    cut
}

/// As many of the names as there is room for.
fn listed(names: Vec<String>) -> Vec<String> {
    let mut room = NAMES_BYTES - wire::TRUNCATED.len() - 8;
    let mut list = Vec::new();
    for name in names {
        let bytes = serde_json::to_string(&name).map_or(usize::MAX, |json| json.len() + 1);
        if let Some(left) = room.checked_sub(bytes)
            && list.len() < MAX_NAMES
        {
            room = left;
            list.push(name);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_its_writer_has_cut_already_is_named_once() {
        let mut properties = Properties::new();
        properties.insert("body", &"x".repeat(30_000));
        properties.insert(wire::TRUNCATED, &["body"]);
        fit(&mut properties, 10_000);
        assert_eq!(properties.get(wire::TRUNCATED), Some(r#"["body"]"#));
        assert!(properties.to_string().len() <= 10_000);
    }

    #[test]
    fn texts_keep_their_beginning_and_other_values_become_null() {
        let mut properties = Properties::new();
        properties.insert("body", &"é\"".repeat(20_000));
        properties.insert("list", &vec![1; 30_000]);
        properties.insert("total", &12);
        fit(&mut properties, 20_000);
        assert!(properties.written_bytes() <= 20_000);
        assert_eq!(properties.get("list"), Some("null"));
        assert_eq!(properties.get("total"), Some("12"));
        assert!(
            properties
                .get("body")
                .is_some_and(|body| body.starts_with("\"é\\\"é"))
        );
        assert!(
            properties
                .get("$truncated")
                .is_some_and(|names| names.contains("body"))
        );
    }

    #[test]
    fn what_was_shortened_before_stays_named() {
        let mut properties = Properties::new();
        properties.insert("$truncated", &["earlier"]);
        properties.insert("body", &"x".repeat(20_000));
        fit(&mut properties, 10_000);
        assert_eq!(properties.get("$truncated"), Some(r#"["earlier","body"]"#));
    }

    #[test]
    fn what_is_too_much_by_its_names_alone_is_left_out() {
        let mut properties = Properties::new();
        properties.insert("total", &12);
        properties.insert(&"n".repeat(20_000), &1);
        for number in 0..2_000 {
            properties.insert(&format!("name {number}"), &number);
        }
        fit(&mut properties, 10_000);
        assert!(properties.written_bytes() <= 10_000);
        assert_eq!(properties.get("total"), Some("12"));
        assert_eq!(properties.get("name 0"), Some("0"));
        assert!(!properties.contains("name 1999"));
        let names = properties.get("$truncated").unwrap();
        assert!(!names.contains("nnn") && names.contains("name "), "{names}");
    }
}
