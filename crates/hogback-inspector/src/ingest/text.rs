//! Makes the bytes of a body into text that every JSON reader takes.
//!
//! Browsers cut strings between the two halves of an emoji and then send half of one as `\ud83d`. A strict reader
//! refuses the whole body for it; we would rather show the event with a replacement character.

/// The body as text: broken UTF-8 and lone surrogate escapes become U+FFFD, a byte order mark goes.
pub(crate) fn readable(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned());
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if text.contains("\\ud") || text.contains("\\uD") {
        mend_surrogates(&text)
    } else {
        text
    }
}

fn mend_surrogates(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let (replacement, length) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => (None, 12),
            (Some(_), _) => (Some("\\ufffd"), 6),
            // Any other escape: the character after the backslash belongs to it, also when it is a backslash.
            (None, _) => (None, 1 + escape.chars().nth(1).map_or(0, char::len_utf8)),
        };
        let (escape, after) = escape.split_at(length);
        mended.push_str(replacement.unwrap_or(escape));
        rest = after;
    }
    mended.push_str(rest);
    mended
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair the text begins with, written as an escape.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

/// Whether arrays and objects are nested more than `limit` levels deep. Counts without recursion.
pub(crate) fn is_deeper_than(json: &str, limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The first `limit` characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_becomes_a_replacement_character() {
        let text = readable(br#"{"a":"\ud83d","b":"\uDE00x","c":"\ud83d\ud83d\ude00"}"#.to_vec());
        assert_eq!(
            text,
            r#"{"a":"\ufffd","b":"\ufffdx","c":"\ufffd\ud83d\ude00"}"#
        );
    }

    #[test]
    fn whole_emoji_and_escaped_backslashes_stay() {
        let text = r#"{"a":"\ud83d\ude00","path":"C:\\ud83d","quote":"\"é\\"}"#;
        assert_eq!(readable(text.as_bytes().to_vec()), text);
    }

    #[test]
    fn text_that_ends_inside_an_escape_stays() {
        for text in ["\\ud", "\\ud83", "\\ud83d\\", "\\"] {
            assert!(!readable(text.as_bytes().to_vec()).is_empty());
        }
    }

    #[test]
    fn broken_utf8_does_not_lose_the_body() {
        assert_eq!(
            readable(b"{\"a\":\"\xff\"}".to_vec()),
            "{\"a\":\"\u{fffd}\"}"
        );
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(is_deeper_than("[[[1]]]", 2));
        assert!(!is_deeper_than("[[[1]]]", 3));
        assert!(!is_deeper_than(r#"["[[[[", "\"[["]"#, 1));
        assert!(!is_deeper_than("[[],[],[]]", 2));
    }

    #[test]
    fn cutting_keeps_characters_whole() {
        assert_eq!(cut("äöü", 2), "äö");
        assert_eq!(cut("ab", 2), "ab");
    }
}
