//! Where an error was caught, in the words of who caught it.

use std::borrow::Cow;

use serde_json::Map;

use super::level::Level;
use super::mechanism::Mechanism;

/// How and where an error was caught; a caller that says nothing else caught it by hand and goes on.
///
/// ```
/// use hogback::exception::{Boundary, Level};
///
/// let boundary = Boundary::default().level(Level::Fatal).mechanism("task").handled(false);
/// assert_eq!((boundary.level, &*boundary.mechanism), (Level::Fatal, "task"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Boundary {
    /// How bad it is; an error unless set.
    pub level: Level,
    /// The stable name of the place, as `axum.handler`; none unless set.
    pub source: Option<Cow<'static, str>>,
    /// The kind of place, as `middleware`; `generic` unless set.
    pub mechanism: Cow<'static, str>,
    /// Whether the program went on; it did unless set.
    pub handled: bool,
}

impl Default for Boundary {
    fn default() -> Self {
        Self {
            level: Level::Error,
            source: None,
            mechanism: Cow::Borrowed("generic"),
            handled: true,
        }
    }
}

impl Boundary {
    /// Sets how bad it is.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// Names the place: lower case, a technology and its hook, as `axum.handler`.
    #[must_use]
    pub fn source(self, source: impl Into<Cow<'static, str>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// Sets the kind of place; an empty text counts as not said.
    #[must_use]
    pub fn mechanism(self, mechanism: impl Into<Cow<'static, str>>) -> Self {
        let mechanism = mechanism.into();
        if mechanism.is_empty() {
            return self;
        }
        Self { mechanism, ..self }
    }

    /// Sets whether the program went on.
    #[must_use]
    pub fn handled(self, handled: bool) -> Self {
        Self { handled, ..self }
    }

    /// What the first exception of the list says about it; `synthetic` tells that its stack is the one of the capture.
    pub(crate) fn root(&self, synthetic: bool) -> Mechanism {
        Mechanism {
            kind: self.mechanism.clone(),
            handled: Some(self.handled),
            synthetic,
            ..Mechanism::root(Map::new())
        }
    }
}
