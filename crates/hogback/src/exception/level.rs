//! How bad it is, in the six words the protocol knows.

use serde::Serialize;

/// The severity of a captured exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Level {
    /// The process ends because of it.
    Fatal,
    /// Something failed; what everything unknown becomes.
    #[default]
    Error,
    /// Something will fail soon, or nearly did.
    Warning,
    /// A plain log line.
    Log,
    /// Good to know.
    Info,
    /// For whoever hunts a bug.
    Debug,
}

impl Level {
    /// The level that a logging library or a caller calls `name`, in any case.
    ///
    /// ```
    /// use hogback::exception::Level;
    ///
    /// assert_eq!(Level::from_name("CRITICAL"), Level::Fatal);
    /// assert_eq!(Level::from_name("nonsense"), Level::Error);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "fatal" | "critical" | "alert" | "emergency" => Self::Fatal,
            "warning" | "warn" => Self::Warning,
            "log" => Self::Log,
            "notice" | "info" => Self::Info,
            "trace" | "debug" => Self::Debug,
            _ => Self::Error,
        }
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Log => "log",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_protocol_finds_its_level() {
        let names = [
            ("fatal critical Alert EMERGENCY", Level::Fatal),
            ("error ERROR exception unknown  ", Level::Error),
            ("warning Warn", Level::Warning),
            ("log", Level::Log),
            ("notice info", Level::Info),
            ("trace DEBUG", Level::Debug),
        ];
        for (names, level) in names {
            for name in names.split(' ') {
                assert_eq!(Level::from_name(name), level, "{name:?}");
            }
        }
    }

    #[test]
    fn the_wire_has_the_same_word_as_the_code() {
        for level in [
            Level::Fatal,
            Level::Error,
            Level::Warning,
            Level::Log,
            Level::Info,
            Level::Debug,
        ] {
            assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        }
    }
}
