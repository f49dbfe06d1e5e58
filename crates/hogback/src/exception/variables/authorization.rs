//! Values of `Authorization` headers, wherever they stand in a text.

use std::borrow::Cow;

/// The two schemes whose credential is the secret itself.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// A shorter word behind a scheme's name is no credential.
const MIN_CHARS: usize = 8;

/// A longer one is no word, even if it is all letters.
const MAX_WORD_CHARS: usize = 15;

/// The text with `mask` in place of all credentials that follow `Bearer` or `Basic`, in any case.
pub(super) fn without_authorization<'a>(text: &'a str, mask: &str) -> Cow<'a, str> {
    let mut written = String::new();
    let mut done = 0;
    let mut from = 0;
    while let Some((at, scheme)) = next_scheme(&text[from..]) {
        let after = from + at + scheme.len();
        from = after;
        let behind = &text[after..];
        let start = after + behind.len() - behind.trim_start_matches(separates).len();
        if start == after {
            continue;
        }
        let rest = &text[start..];
        let credential = &rest[..rest.find(|char| !is_token(char)).unwrap_or(rest.len())];
        if is_credential(scheme, credential) {
            written.push_str(&text[done..start]);
            written.push_str(mask);
            done = start + credential.len();
            from = done;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(&text[done..]);
    Cow::Owned(written)
}

/// The first word that names a scheme, and where it is.
fn next_scheme(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|at| {
        let starts_word = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let named = |scheme: &&&str| {
            bytes[at..]
                .get(..scheme.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()))
        };
        let scheme = SCHEMES.iter().find(named).filter(|_| starts_word)?;
        Some((at, *scheme))
    })
}

fn separates(char: char) -> bool {
    char.is_whitespace() || matches!(char, ':' | '=' | '"' | '\'' | '%' | '+')
}

/// The characters of a credential, in base64 and as others write it.
fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_' | '~' | '+' | '/' | '=')
}

fn is_credential(scheme: &str, credential: &str) -> bool {
    let is_word = credential.len() <= MAX_WORD_CHARS
        && credential.bytes().all(|byte| byte.is_ascii_lowercase());
    (credential.len() >= MIN_CHARS && !is_word)
        || (scheme == "basic" && decoded(credential).is_some_and(|user| user.contains(':')))
}

/// What a text means in base64, if that is a text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_is_replaced_and_the_scheme_stays() {
        for (text, expected) in [
            ("Bearer abcDEF123456", "Bearer *"),
            (
                "authorization: bearer eyJhbGciOi.x.y, next",
                "authorization: bearer *, next",
            ),
            ("BASIC dXNlcjpwYXNz", "BASIC *"),
            ("Basic dTpw", "Basic *"),
            (
                "{'Authorization': 'Bearer abcDEF123456'}",
                "{'Authorization': 'Bearer *'}",
            ),
            ("Bearer=abcDEF123456", "Bearer=*"),
            ("bearer Aaaaaaaa bearer Bbbbbbbb", "bearer * bearer *"),
            ("Bearer averylongwordofletters", "Bearer *"),
        ] {
            assert_eq!(without_authorization(text, "*"), expected, "{text}");
        }
    }

    #[test]
    fn words_behind_a_schemes_name_stay() {
        for text in [
            "basic knowledge of it",
            "bearer authentication",
            "Bearer",
            "Bearer ",
            "basic",
            "bearertoken12345678",
            "forbearer Aaaaaaaaa1",
            "Basic abcd",
            "bär Bearer é",
        ] {
            assert_eq!(without_authorization(text, "*"), text);
        }
    }
}
