//! What of a query string may leave the site.

use std::borrow::Cow;
use std::collections::HashSet;

/// What stands in place of a value that stays on the site.
pub const REDACTED: &str = "[redacted]";

/// Parameters whose values open doors, in any case.
pub const SECRET_NAMES: [&str; 27] = [
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth",
    "authorization",
    "api_key",
    "apikey",
    "key",
    "secret",
    "client_secret",
    "password",
    "passwd",
    "pwd",
    "code",
    "otp",
    "jwt",
    "signature",
    "sig",
    "credential",
    "credentials",
    "session",
    "sessionid",
    "csrfmiddlewaretoken",
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
];

/// No name that is longer can be one of them, even with each of its characters percent-encoded.
const LONGEST_ENCODED_NAME: usize = 3 * "x-amz-security-token".len();

/// What becomes of the query string of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryPolicy {
    /// Values of [`SECRET_NAMES`] are replaced by [`REDACTED`]; the rest stays byte for byte.
    #[default]
    Redact,
    /// There is none.
    Drop,
    /// All of it stays, secrets included.
    Keep,
    /// Only the parameters of these names (in lower case; any case matches) stay, as they are.
    Only(HashSet<String>),
}

impl QueryPolicy {
    /// The policy that keeps the parameters of these names, in any case.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(names.into_iter().map(str::to_lowercase).collect())
    }

    /// The URL with what the policy makes of its query string.
    ///
    /// ```
    /// use hogback::web::QueryPolicy;
    ///
    /// let url = "https://shop.example/reset?step=2&token=123";
    /// assert_eq!(QueryPolicy::Redact.applied(url), "https://shop.example/reset?step=2&token=[redacted]");
    /// assert_eq!(QueryPolicy::Drop.applied(url), "https://shop.example/reset");
    /// ```
    pub fn applied<'a>(&self, url: &'a str) -> Cow<'a, str> {
        let Some((address, query)) = url.split_once('?') else {
            return Cow::Borrowed(url);
        };
        match self {
            Self::Keep => Cow::Borrowed(url),
            Self::Drop => Cow::Borrowed(if query.is_empty() { url } else { address }),
            Self::Redact if !query.split('&').any(is_secret) => Cow::Borrowed(url),
            Self::Redact => Cow::Owned(format!(
                "{address}?{}",
                joined(query.split('&').map(redacted))
            )),
            Self::Only(names) => {
                let kept = |parameter: &&str| names.contains(&*plain(name_of(parameter)));
                let kept = joined(query.split('&').filter(kept).map(Cow::Borrowed));
                if kept.is_empty() && !query.is_empty() {
                    Cow::Borrowed(address)
                } else {
                    Cow::Owned(format!("{address}?{kept}"))
                }
            }
        }
    }
}

fn joined<'a>(parameters: impl Iterator<Item = Cow<'a, str>>) -> String {
    parameters.collect::<Vec<_>>().join("&")
}

fn redacted(parameter: &str) -> Cow<'_, str> {
    if is_secret(parameter) {
        Cow::Owned(format!("{}={REDACTED}", name_of(parameter)))
    } else {
        Cow::Borrowed(parameter)
    }
}

fn is_secret(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    !value.is_empty() && name.len() <= LONGEST_ENCODED_NAME && SECRET_NAMES.contains(&&*plain(name))
}

fn name_of(parameter: &str) -> &str {
    parameter
        .split_once('=')
        .map_or(parameter, |(name, _)| name)
}

/// The name as the site reads it, in lower case.
fn plain(name: &str) -> Cow<'_, str> {
    if name.contains(['%', '+']) {
        return Cow::Owned(decoded(name).to_lowercase());
    }
    if name
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.to_lowercase())
}

/// Percent-encoding undone, `+` meaning a space; what encodes no character becomes U+FFFD.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let escaped = (first == b'%')
            .then(|| after.first_chunk().copied().and_then(hex))
            .flatten();
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(if first == b'+' { b' ' } else { first }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_parameters_are_redacted_however_their_names_are_written() {
        for (query, sent) in [
            ("a=1&token=x&b=2", "a=1&token=[redacted]&b=2"),
            ("TOKEN=x", "TOKEN=[redacted]"),
            (
                "%74oken=x&pass%77ord=y",
                "%74oken=[redacted]&pass%77ord=[redacted]",
            ),
            ("token=&token", "token=&token"),
            ("tokens=x&q=token%3Dx", "tokens=x&q=token%3Dx"),
            ("key=a=b", "key=[redacted]"),
            ("", ""),
        ] {
            let url = format!("/path?{query}");
            assert_eq!(QueryPolicy::Redact.applied(&url), format!("/path?{sent}"));
        }
    }

    #[test]
    fn named_parameters_stay_as_they_are() {
        let policy = QueryPolicy::only(["Page", "q r"]);
        for (url, sent) in [
            ("/p?page=1&token=x&PAGE=2", "/p?page=1&PAGE=2"),
            ("/p?q+r=1&q%20r=2", "/p?q+r=1&q%20r=2"),
            ("/p?token=x", "/p"),
            ("/p?", "/p?"),
            ("/p", "/p"),
        ] {
            assert_eq!(policy.applied(url), sent);
        }
    }

    #[test]
    fn nothing_or_all_of_the_query_stays() {
        assert_eq!(QueryPolicy::Drop.applied("/p?a=1"), "/p");
        assert_eq!(QueryPolicy::Keep.applied("/p?token=x"), "/p?token=x");
    }

    #[test]
    fn what_encodes_nothing_is_no_name() {
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("%zz+%41"), "%zz A");
        assert_eq!(decoded("%ff"), "\u{fffd}");
    }

    #[test]
    fn the_longest_name_is_known() {
        let longest = SECRET_NAMES.iter().map(|name| 3 * name.len()).max();
        assert_eq!(longest, Some(LONGEST_ENCODED_NAME));
    }
}
