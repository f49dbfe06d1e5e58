//! What is shown of one text.

use std::borrow::Cow;

use super::authorization::without_authorization;
use super::entropy::{has_random_part, looks_random};
use super::formats::has_known_format;
use super::rules::Rules;
use super::url::without_credentials;
use super::value::Limits;

/// Stands for what must not be shown.
pub const REDACTED: &str = "$$_posthog_redacted_based_on_masking_rules_$$";

/// Stands for what is too long to be looked at.
pub const TOO_LONG: &str = "$$_posthog_value_too_long_$$";

/// Whether a text is, or holds, a key, a token or a generated password, as far as that can be told from the text alone.
///
/// Its parts are secrets of a known form, and characters too random for writing. Hexadecimal without a known form is
/// taken for an id, since nearly all of it is.
///
/// ```
/// use hogback::exception::variables::looks_like_secret;
///
/// assert!(looks_like_secret("kJ8mN2pQ5vX9zR4tW7yB"));
/// assert!(!looks_like_secret("6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
/// ```
#[must_use]
pub fn looks_like_secret(text: &str) -> bool {
    has_known_format(text) || looks_random(text) || has_random_part(text)
}

impl Rules {
    /// What is shown in place of `text`, from the widest rule to the narrowest: a text that is too long is not looked at,
    /// one that must not be shown is replaced as a whole, and of any other the credentials in it are. What is left then is
    /// looked at once more: beside a mask a secret may stand out that was like its surroundings before.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.shows_all() {
            return Cow::Borrowed(text);
        }
        if text.len() > Limits::TEXT_CHARS && text.chars().count() > Limits::TEXT_CHARS {
            return Cow::Borrowed(TOO_LONG);
        }
        let is_secret = |text: &str| self.detect_secrets && looks_like_secret(text);
        if self.masks(text) || is_secret(text) {
            return Cow::Borrowed(REDACTED);
        }
        match self.without_known_credentials(text) {
            Cow::Owned(left) if is_secret(&left) => Cow::Borrowed(REDACTED),
            shown => shown,
        }
    }

    fn without_known_credentials<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = if self.mask_url_credentials {
            without_credentials(text, REDACTED)
        } else {
            Cow::Borrowed(text)
        };
        match text {
            Cow::Borrowed(text) => without_authorization(text, REDACTED),
            Cow::Owned(text) => Cow::Owned(without_authorization(&text, REDACTED).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::patterns::Patterns;
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_not_looked_at() {
        let rules = Rules::default();
        let limit = "ä ".repeat(1024);
        assert_eq!(rules.redact(&limit), limit);
        assert_eq!(rules.redact(&format!("{limit}x")), TOO_LONG);
    }

    #[test]
    fn a_masked_word_hides_the_whole_text() {
        let rules = Rules::default();
        assert_eq!(rules.redact("the Password is x"), REDACTED);
        assert_eq!(rules.redact("https://x.example/?a=1&sig=2"), REDACTED);
        assert_eq!(rules.redact("two cups of tea"), "two cups of tea");
    }

    #[test]
    fn a_secret_is_hidden_unless_it_is_not_looked_for() {
        let mut rules = Rules::default();
        let text = "bucket of AKIAIOSFODNN7EXAMPLE";
        assert_eq!(rules.redact(text), REDACTED);
        rules.detect_secrets = false;
        assert_eq!(rules.redact(text), text);
    }

    #[test]
    fn of_an_address_only_the_credentials_are_hidden() {
        let mut rules = Rules::default();
        let text = "amqp://app:pw@broker/shop";
        assert_eq!(rules.redact(text), format!("amqp://{REDACTED}@broker/shop"));
        rules.mask_url_credentials = false;
        assert_eq!(rules.redact(text), text);
    }

    #[test]
    fn the_value_of_a_header_is_hidden_also_where_nothing_else_is() {
        let rules = Rules {
            mask: Patterns::none(),
            mask_url_credentials: false,
            ..Rules::default()
        };
        assert_eq!(
            rules.redact("Authorization: Basic dXNlcjpwYXNz"),
            format!("Authorization: Basic {REDACTED}")
        );
    }

    #[test]
    fn a_text_that_has_been_masked_is_not_masked_further() {
        let rules = Rules::default();
        // Of the second key only the filler beside it is left once the first is masked: its characters stand out then.
        let (key, filler) = ("aB3xY9zQ1wE5kJ8mN2pQ5vX9zR4tW7", "*".repeat(45));
        let text = format!("Bearer {key}*{key}{filler}");
        let once = rules.redact(&text);
        assert_eq!(rules.redact(&once), once);
    }

    #[test]
    fn without_any_protection_texts_are_shown_as_they_are() {
        let rules = Rules {
            mask: Patterns::none(),
            mask_url_credentials: false,
            detect_secrets: false,
            ..Rules::default()
        };
        let text = "password=x postgres://u:p@h Bearer abcDEF123456";
        assert_eq!(rules.redact(text), text);
    }
}
