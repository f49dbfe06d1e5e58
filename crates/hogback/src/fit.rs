//! Cuts what the server would not take: a large event arrives shortened instead of not at all.

use crate::properties::Properties;
use crate::wire;

/// Names listed under `$truncated`, at most.
const MAX_NAMES: usize = 100;

/// Room for that list.
const NAMES_BYTES: usize = 4096;

/// What is left of a text, at least, before it goes altogether.
const KEPT_BYTES: usize = 1024;

/// Values that are shortened, at most; an event that needs more is made of ten thousands of small ones.
const MAX_CUTS: usize = 1000;

/// Shortens the largest values until the map takes `limit` bytes, and names them under `$truncated`: texts keep their
/// beginning, anything else becomes `null`.
pub(crate) fn fit(properties: &mut Properties, limit: usize) {
    let mut cut: Vec<String> = Vec::new();
    let target = limit.saturating_sub(NAMES_BYTES);
    while properties.written_bytes() > target && cut.len() < MAX_CUTS {
        let excess = properties.written_bytes() - target;
        let Some((name, value)) = properties.largest() else {
            break;
        };
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
    if !cut.is_empty() {
        // Whoever wrote the values may have shortened some already.
        let known = properties
            .get(wire::TRUNCATED)
            .and_then(|json| serde_json::from_str(json).ok());
        let mut names: Vec<String> = known.unwrap_or_default();
        names.extend(cut);
        names.truncate(MAX_NAMES);
        properties.insert(wire::TRUNCATED, &names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
