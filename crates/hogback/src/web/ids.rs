//! Which texts can name a person or a visit.

use std::borrow::Cow;

/// Characters of an id; the official clients cut ids to this length too, so both ends name a person alike.
pub const MAX_ID_CHARACTERS: usize = 1_000;

/// What programs send for somebody they do not know: everybody they do not know would become one person.
const PLACEHOLDERS_IN_ANY_CASE: [&str; 10] = [
    "anonymous",
    "guest",
    "distinctid",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "true",
    "false",
];

/// The same, where only this spelling means nobody.
const PLACEHOLDERS: [&str; 7] = ["", "[object Object]", "NaN", "None", "none", "null", "0"];

/// The text without control characters, trimmed and cut to [`MAX_ID_CHARACTERS`]; nothing when nothing is left.
///
/// ```
/// use hogback::web::cleaned_id;
///
/// assert_eq!(cleaned_id(" visit\t1\n").as_deref(), Some("visit1"));
/// assert_eq!(cleaned_id("\0"), None);
/// ```
pub fn cleaned_id(text: &str) -> Option<Cow<'_, str>> {
    let clean = if text.chars().any(char::is_control) {
        let kept: String = text.chars().filter(|c| !c.is_control()).collect();
        Cow::Owned(cut(kept.trim()).to_owned())
    } else {
        Cow::Borrowed(cut(text.trim()))
    };
    Some(clean).filter(|clean| !clean.is_empty())
}

/// The text cleaned, if it can be the id of one person: nothing for `undefined` and its like, quoted or not.
///
/// ```
/// use hogback::web::usable_id;
///
/// assert_eq!(usable_id("user-7").as_deref(), Some("user-7"));
/// assert_eq!(usable_id("'undefined'"), None);
/// ```
pub fn usable_id(text: &str) -> Option<Cow<'_, str>> {
    cleaned_id(text).filter(|clean| !is_placeholder(clean))
}

/// The id in a header, which servers join with commas when it was sent repeatedly.
///
/// An id may hold a comma itself, and half an id could be the id of somebody else. So the text is taken as a whole unless
/// it shows that it is none: because all its parts are equal, or because one of them can be nobody's id. Then the first
/// usable part counts.
///
/// ```
/// use hogback::web::usable_header_id;
///
/// assert_eq!(usable_header_id("Doe, Ann").as_deref(), Some("Doe, Ann"));
/// assert_eq!(usable_header_id("undefined,ann").as_deref(), Some("ann"));
/// ```
pub fn usable_header_id(joined: &str) -> Option<Cow<'_, str>> {
    let whole = usable_id(joined)?;
    if !joined.contains(',') {
        return Some(whole);
    }
    let parts: Vec<_> = joined.split(',').map(usable_id).collect();
    let repeated = parts.iter().all(|part| *part == parts[0]);
    if repeated || parts.contains(&None) {
        return parts.into_iter().flatten().next();
    }
    Some(whole)
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_ID_CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}

fn is_placeholder(text: &str) -> bool {
    let bare = unquoted(text);
    PLACEHOLDERS.contains(&bare)
        || PLACEHOLDERS_IN_ANY_CASE
            .iter()
            .any(|placeholder| placeholder.eq_ignore_ascii_case(bare))
}

/// The text without the quotes around it, if there is a pair.
fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_loses_control_characters_and_outer_space_and_is_cut() {
        let long = "a".repeat(1_001);
        for (sent, kept) in [
            ("  session\n-\t123\u{85}  ", Some("session-123")),
            ("\r\n  ", None),
            ("Zoë", Some("Zoë")),
            (&*long, Some(&long[..1_000])),
        ] {
            assert_eq!(cleaned_id(sent).as_deref(), kept);
        }
    }

    #[test]
    fn placeholders_name_nobody_quoted_or_not() {
        for sent in ["Anonymous", "\"null\"", "' 0 '", "[object Object]", "''"] {
            assert_eq!(usable_id(sent), None, "{sent}");
        }
        for id in ["NULL", "00", "'ann", "'0\"", "\"", "a'b"] {
            assert_eq!(usable_id(id).as_deref(), Some(id));
        }
    }

    #[test]
    fn a_joined_header_counts_as_repeated_only_where_it_cannot_be_one_id() {
        for (sent, kept) in [
            ("Doe, Ann", Some("Doe, Ann")),
            ("ann, ann", Some("ann")),
            ("ann,", Some("ann")),
            (",,ann, bob", Some("ann")),
            ("null,'undefined',0", None),
            (",", None),
        ] {
            assert_eq!(usable_header_id(sent).as_deref(), kept, "{sent}");
        }
    }
}
