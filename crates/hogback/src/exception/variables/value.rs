//! The value of a variable as plain data.

use super::json::{json_text, simple_text};
use super::rules::Rules;

/// What a variable held.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text of the program, not longer than [`Limits::TEXT_CHARS`].
    Text(String),
    /// Several values in their order.
    List(Vec<Self>),
    /// Values by key.
    Map(Vec<(String, Self)>),
    /// An object by its class and what it holds.
    Object {
        /// The class's name.
        class: String,
        /// Its attributes by name.
        fields: Vec<(String, Self)>,
    },
    /// An object that can only be described.
    Opaque(String),
    /// A container inside of itself.
    Circular,
    /// Longer, deeper or larger than is shown.
    TooLong,
    /// Something that must not be shown, or could not be read.
    Redacted,
}

impl Value {
    /// Whether it is written as it is, and not as the JSON of something larger.
    #[must_use]
    pub fn is_simple(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_) | Self::Object { .. })
    }

    /// The key of a map whose key it is: a text as it is, anything else in the words of JSON.
    #[must_use]
    pub fn into_key(self) -> String {
        match self {
            Self::Text(text) | Self::Opaque(text) => text,
            Self::None | Self::Bool(_) => json_text(&self, &Rules::none()),
            simple if simple.is_simple() => simple_text(&simple, &Rules::none()).into_owned(),
            larger => json_text(&larger, &Rules::none()),
        }
    }
}

/// How much of one variable is read: what is beyond becomes [`Value::TooLong`].
#[derive(Debug)]
pub struct Limits;

impl Limits {
    /// Characters of a text that is considered at all; a longer one is data.
    pub const TEXT_CHARS: usize = 2048;
    /// Items of a container, or attributes of an object.
    pub const ITEMS: usize = 50;
    /// Containers inside of each other.
    pub const DEPTH: usize = 12;
    /// Values inside of one variable altogether.
    pub const NODES: usize = 100;
    /// Characters of one variable that are shown.
    pub(super) const SHOWN_CHARS: usize = 1024;
    /// Characters of all variables of an event.
    pub(super) const EVENT_CHARS: usize = 10 * 1024;
}
