//! Credentials in addresses: `scheme://user:password@host`.

use std::borrow::Cow;

/// The text with `mask` in place of all credentials of addresses in it.
///
/// A user without a password is no credential. Passwords contain whatever people type: what is replaced reaches to the
/// last `@` of the word.
pub(super) fn without_credentials<'a>(text: &'a str, mask: &str) -> Cow<'a, str> {
    let mut written = String::new();
    let mut done = 0;
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        if at < done || !text[..at].ends_with(|last: char| last.is_ascii_alphanumeric()) {
            continue;
        }
        let rest = &text[start..];
        let rest = &rest[..rest.find(ends_word).unwrap_or(rest.len())];
        let Some(length) = credentials(rest) else {
            continue;
        };
        written.push_str(&text[done..start]);
        written.push_str(mask);
        done = start + length;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(&text[done..]);
    Cow::Owned(written)
}

fn ends_word(char: char) -> bool {
    char.is_whitespace() || char.is_control() || matches!(char, '"' | '<' | '>' | '`')
}

/// How many bytes of what follows `scheme://` are credentials.
fn credentials(rest: &str) -> Option<usize> {
    let end = rest.rfind('@')?;
    let colon = rest[..end].find(':')?;
    if rest[..colon].contains(['/', '?', '#', '@']) {
        return None; // the address has a path before its first colon
    }
    (!is_port(&rest[colon + 1..end])).then_some(end)
}

/// Whether what follows the colon is a port and then a path, which may have an `@` too.
fn is_port(after: &str) -> bool {
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && after[digits..].starts_with(['/', '?', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_replaced_and_the_rest_of_the_address_stays() {
        for (text, expected) in [
            ("postgres://app:pw@db/shop", "postgres://*@db/shop"),
            ("redis://:pw@cache:6379/0", "redis://*@cache:6379/0"),
            (
                "see http://a:b@c and ftp://d:e@f.",
                "see http://*@c and ftp://*@f.",
            ),
            ("amqp://u:p@ss@w/rd@host", "amqp://*@host"),
            ("postgresql+psycopg2://u:p@h", "postgresql+psycopg2://*@h"),
            ("{\"url\": \"http://a:b@c\"}", "{\"url\": \"http://*@c\"}"),
            ("https://u:påß@h", "https://*@h"),
            ("https://u:@h", "https://*@h"),
        ] {
            assert_eq!(without_credentials(text, "*"), expected, "{text}");
        }
    }

    #[test]
    fn addresses_without_a_password_stay() {
        for text in [
            "postgres://app@db/shop",
            "https://shop.example/a?b=c:d@e",
            "http://localhost:8080/a@b",
            "http://localhost:8080?mail=a@b",
            "mail a:b@c",
            "://a:b@c",
            "http://[::1]:80/",
            "http://a:b c@d",
            "",
        ] {
            assert_eq!(without_credentials(text, "*"), text);
        }
    }
}
