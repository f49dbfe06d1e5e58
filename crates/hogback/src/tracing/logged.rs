//! The fields of what was logged.

use std::error::Error;
use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};

use crate::exception::{ExceptionList, Mechanism};
use crate::hooks;

/// What an error is called in the fields of an event, most often.
const ERROR_FIELDS: [&str; 3] = ["error", "err", "e"];

/// What an event of `tracing` says, read in one go: an error is there only as long as it is logged.
pub(super) struct Logged<F> {
    /// The text of the event.
    pub(super) message: String,
    /// An error that was logged as a text.
    pub(super) error_text: Option<String>,
    /// The error that was logged, made into exceptions by `describe`.
    pub(super) exceptions: Option<ExceptionList>,
    describe: Option<F>,
}

impl<F: FnOnce(&(dyn Error + 'static)) -> ExceptionList> Logged<F> {
    /// Nothing yet; `describe` is asked about the first error, if it is wanted.
    pub(super) fn new(describe: Option<F>) -> Self {
        Self {
            message: String::new(),
            error_text: None,
            exceptions: None,
            describe,
        }
    }

    /// The message, with the error's text behind it if both are there.
    pub(super) fn text(&self) -> String {
        match (&*self.message, &self.error_text) {
            (message, None) => message.to_owned(),
            ("", Some(error)) => error.clone(),
            (message, Some(error)) => format!("{message}: {error}"),
        }
    }

    fn take(&mut self, field: &Field, text: impl FnOnce() -> String) {
        if field.name() == "message" {
            self.message = text();
        } else if ERROR_FIELDS.contains(&field.name()) {
            self.error_text = Some(text());
        }
    }
}

impl<F: FnOnce(&(dyn Error + 'static)) -> ExceptionList> Visit for Logged<F> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, || debug_text(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, || value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match self.describe.take() {
            Some(describe) => self.exceptions = Some(describe(value)),
            None => self.take(field, || hooks::guarded_text(|| value.to_string())),
        }
    }
}

fn debug_text(value: &dyn fmt::Debug) -> String {
    hooks::guarded_text(|| format!("{value:?}"))
}

/// Fields of a span that may become tags.
#[derive(Debug, Default)]
pub(super) struct Tagged {
    pub(super) tags: Vec<(&'static str, Value)>,
}

/// Reads the fields of these names.
pub(super) struct TaggedBy<'a> {
    pub(super) tagged: &'a mut Tagged,
    pub(super) allowed: &'a [String],
}

impl TaggedBy<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if !self.allowed.iter().any(|allowed| allowed == field.name()) {
            return;
        }
        let tags = &mut self.tagged.tags;
        tags.retain(|(known, _)| *known != field.name());
        tags.push((field.name(), value()));
    }
}

impl Visit for TaggedBy<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, || debug_text(value).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, || value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, || value.into());
    }
}

/// The exception that a message is which has no error.
pub(super) fn message_alone(
    target: &str,
    text: String,
    mechanism: Mechanism,
    frames: Vec<crate::exception::Frame>,
) -> ExceptionList {
    let mut list = ExceptionList::new();
    list.push(crate::exception::Exception {
        kind: target.to_owned(),
        value: text,
        module: None,
        mechanism,
        frames,
    });
    list
}
