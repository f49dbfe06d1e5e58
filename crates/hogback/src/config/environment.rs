//! Options by environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Config;
use crate::delivery::{Encoding, default_journal_directory};
use crate::wire::CaptureMode;

/// An environment variable has a value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} must be {expected}, not {value:?}")]
#[non_exhaustive]
pub struct UnusableVariable {
    /// Its name.
    pub variable: &'static str,
    /// What it may be, in words.
    pub expected: &'static str,
    /// What it is, as far as it is text.
    pub value: String,
}

impl Config {
    /// The options that the environment gives; the defaults where it says nothing. White space around a value does not
    /// count, and an empty one is none.
    ///
    /// | variable | |
    /// |---|---|
    /// | `POSTHOG_API_KEY`, else `POSTHOG_PROJECT_API_KEY` | the project's key; without one nothing is sent |
    /// | `POSTHOG_HOST` | as [`host`](Self::host) |
    /// | `POSTHOG_DISABLED` | `true` or `false`, also as `1`, `yes`, `on` and their opposites: see [`disabled`](Self::disabled) |
    /// | `POSTHOG_CAPTURE_MODE` | `v0` or `v1`: see [`capture_mode`](Self::capture_mode) |
    /// | `POSTHOG_CAPTURE_COMPRESSION` | `none`, `gzip`, `deflate` or `zstd`: see [`compression`](Self::compression) |
    /// | `POSTHOG_RELEASE_ID` | as [`release_id`](Self::release_id) |
    /// | `POSTHOG_JOURNAL` | a directory, or a word as above, such as `off`: see [`journal`](Self::journal) |
    ///
    /// ```
    /// # fn main() -> Result<(), hogback::UnusableVariable> {
    /// let config = hogback::Config::from_env()?.flush_at(20);
    /// # let _ = config;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A variable that is set to something else, by its name.
    pub fn from_env() -> Result<Self, UnusableVariable> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(read: impl Fn(&str) -> Option<OsString>) -> Result<Self, UnusableVariable> {
        let text = |variable| text(variable, read(variable));
        let key = match text("POSTHOG_API_KEY")? {
            Some(key) => Some(key),
            None => text("POSTHOG_PROJECT_API_KEY")?,
        };
        let mut config = Self::new(key.unwrap_or_default());
        let mut set = |variable, expected, change: fn(Self, &str) -> Option<Self>| {
            let Some(value) = text(variable)? else {
                return Ok(());
            };
            let changed = change(config.clone(), &value);
            config = changed.ok_or(UnusableVariable {
                variable,
                expected,
                value,
            })?;
            Ok(())
        };
        set(
            "POSTHOG_HOST",
            "an address with http:// or https://",
            |config, host| {
                let has_scheme = host.starts_with("http://") || host.starts_with("https://");
                has_scheme.then(|| config.host(host))
            },
        )?;
        set("POSTHOG_DISABLED", "true or false", |config, word| {
            Some(config.disabled(switch(word)?))
        })?;
        set("POSTHOG_CAPTURE_MODE", "v0 or v1", |config, name| {
            Some(config.capture_mode(CaptureMode::named(name)?))
        })?;
        let compressions = "none, gzip, deflate or zstd";
        set(
            "POSTHOG_CAPTURE_COMPRESSION",
            compressions,
            |config, name| Some(config.compression(compression(name)?)),
        )?;
        set("POSTHOG_RELEASE_ID", "text", |config, release| {
            Some(config.release_id(Some(release.to_owned())))
        })?;
        // A directory need not be text, but one that is not has no place beside the words.
        set(
            "POSTHOG_JOURNAL",
            "a directory, on or off",
            |config, word| {
                Some(match switch(word) {
                    Some(false) => config.no_journal(),
                    Some(true) => config,
                    None => config.journal(word),
                })
            },
        )?;
        Ok(config)
    }
}

fn text(
    variable: &'static str,
    value: Option<OsString>,
) -> Result<Option<String>, UnusableVariable> {
    let value = value
        .unwrap_or_default()
        .into_string()
        .map_err(|value| UnusableVariable {
            variable,
            expected: "text",
            value: value.to_string_lossy().into_owned(),
        })?;
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

/// Where the journal is, for a word as in the variable: nowhere where it is switched off. For integrations.
#[doc(hidden)]
pub fn journal_directory(asked: &str) -> Option<PathBuf> {
    match switch(asked.trim()) {
        Some(false) => None,
        Some(true) => Some(default_journal_directory()),
        None => Some(asked.into()),
    }
}

fn switch(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "no compression is a choice too")]
fn compression(name: &str) -> Option<Option<Encoding>> {
    match name.to_ascii_lowercase().as_str() {
        "none" | "identity" => Some(None),
        name => Encoding::named(name).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Journal;
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Config, UnusableVariable> {
        Config::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn an_environment_that_says_nothing_gives_the_defaults() {
        let config = of(&[("POSTHOG_HOST", "  ")]).unwrap();
        assert_eq!(config.api_key, "");
        assert_eq!(config.host, "https://us.i.posthog.com");
        assert!(!config.disabled);
        assert!(matches!(config.journal, Journal::Usual));
    }

    #[test]
    fn every_variable_sets_its_option() {
        let config = of(&[
            ("POSTHOG_PROJECT_API_KEY", "phc_project"),
            ("POSTHOG_HOST", " https://eu.posthog.com "),
            ("POSTHOG_DISABLED", "Yes"),
            ("POSTHOG_CAPTURE_MODE", "V1"),
            ("POSTHOG_CAPTURE_COMPRESSION", "zstd"),
            ("POSTHOG_RELEASE_ID", "r1"),
            ("POSTHOG_JOURNAL", "/var/lib/shop"),
        ]);
        let config = config.unwrap();
        assert_eq!(
            (&*config.api_key, &*config.host),
            ("phc_project", "https://eu.i.posthog.com")
        );
        assert!(config.disabled);
        assert_eq!(
            (config.mode, config.encoding),
            (CaptureMode::V1, Some(Encoding::Zstd))
        );
        assert_eq!(config.release_id.as_deref(), Some("r1"));
        assert!(matches!(&config.journal, Journal::Below(at) if at == Path::new("/var/lib/shop")));
    }

    #[test]
    fn the_shorter_name_of_the_key_wins_and_words_are_read_in_any_case() {
        let config = of(&[
            ("POSTHOG_PROJECT_API_KEY", "phc_project"),
            ("POSTHOG_API_KEY", "phc_key"),
            ("POSTHOG_DISABLED", "OFF"),
            ("POSTHOG_JOURNAL", "Off"),
            ("POSTHOG_CAPTURE_COMPRESSION", "None"),
        ]);
        let config = config.unwrap();
        assert_eq!((&*config.api_key, config.disabled), ("phc_key", false));
        assert!(matches!(config.journal, Journal::Off) && config.encoding.is_none());
    }

    #[test]
    fn a_journal_is_a_directory_unless_it_is_a_word_that_switches() {
        for word in ["off", "False", "0", "no"] {
            let config = of(&[("POSTHOG_JOURNAL", word)]).unwrap();
            assert!(matches!(config.journal, Journal::Off), "{word}");
            assert_eq!(journal_directory(word), None);
        }
        for word in ["on", "true", "1", "YES"] {
            let config = of(&[("POSTHOG_JOURNAL", word)]).unwrap();
            assert!(matches!(config.journal, Journal::Usual), "{word}");
            assert_eq!(journal_directory(word), Some(default_journal_directory()));
        }
        let config = of(&[("POSTHOG_JOURNAL", "./off")]).unwrap();
        assert!(matches!(config.journal, Journal::Below(at) if at == Path::new("./off")));
        assert_eq!(journal_directory("./off"), Some("./off".into()));
    }

    #[test]
    fn a_value_that_cannot_be_used_is_an_error_that_names_its_variable() {
        for variable in [
            "POSTHOG_HOST",
            "POSTHOG_DISABLED",
            "POSTHOG_CAPTURE_MODE",
            "POSTHOG_CAPTURE_COMPRESSION",
        ] {
            let error = of(&[(variable, "nonsense")]).unwrap_err();
            assert_eq!(error.variable, variable);
            let text = error.to_string();
            assert!(
                text.contains(variable) && text.contains("nonsense"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_value_that_is_no_text_is_an_error_too() {
        use std::os::unix::ffi::OsStringExt;
        let error = Config::from_variables(|_| Some(OsString::from_vec(vec![0xff]))).unwrap_err();
        assert_eq!(
            (error.variable, error.expected),
            ("POSTHOG_API_KEY", "text")
        );
    }
}
