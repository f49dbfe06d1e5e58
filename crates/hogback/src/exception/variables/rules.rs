//! What the user wants to be hidden.

use super::patterns::Patterns;

/// Which variables are left out, and what is masked.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Names and texts in which one of these is found are masked.
    pub mask: Patterns,
    /// Variables whose name matches one of these are left out.
    pub ignore: Patterns,
    /// Whether the credentials of `scheme://user:password@host` are masked.
    pub mask_url_credentials: bool,
    /// Whether texts that look like a secret are masked.
    pub detect_secrets: bool,
}

impl Default for Rules {
    /// Everything is on.
    fn default() -> Self {
        Self {
            mask: Patterns::default_mask(),
            ignore: Patterns::default_ignore(),
            mask_url_credentials: true,
            detect_secrets: true,
        }
    }
}

impl Rules {
    /// Everything is shown as it is.
    #[must_use]
    pub fn none() -> Self {
        Self {
            mask: Patterns::none(),
            ignore: Patterns::none(),
            mask_url_credentials: false,
            detect_secrets: false,
        }
    }

    /// Whether a variable is left out.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignore.is_match(name)
    }

    /// Whether a name or a text holds a word that must not be shown.
    #[must_use]
    pub fn masks(&self, text: &str) -> bool {
        self.mask.is_match(text)
    }

    /// Whether every protection is switched off.
    #[must_use]
    pub fn shows_all(&self) -> bool {
        self.mask.is_empty() && !self.mask_url_credentials && !self.detect_secrets
    }
}
