//! What a panic says.

use std::any::Any;

use super::call::Call;

/// What every panic is called.
pub(super) const KIND: &str = "Panic";

/// What a panic says whose payload is no text.
const NO_MESSAGE: &str = "panic occurred";

/// The message of a panic's payload.
pub(crate) fn message(payload: &dyn Any) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or(NO_MESSAGE)
}

/// Where a panic happened: `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    /// `None` for a text that is no place.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next().filter(|file| !file.is_empty())?.to_owned();
        Some(Self { file, line, column })
    }

    /// The place as the innermost call of a stack: nobody knows any more which function it was in.
    pub(crate) fn call(&self) -> Call {
        Call {
            function: String::new(),
            file: Some(self.file.clone()),
            line: Some(self.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panics_message_is_its_text() {
        assert_eq!(message(&"out of stock"), "out of stock");
        assert_eq!(message(&String::from("order 7")), "order 7");
        assert_eq!(message(&7), NO_MESSAGE);
    }

    #[test]
    fn a_place_is_read_from_its_end_since_a_file_may_have_colons() {
        let place = Place::parse(r"C:\shop\src\main.rs:12:5");
        let expected = Place {
            file: r"C:\shop\src\main.rs".into(),
            line: 12,
            column: 5,
        };
        assert_eq!(place, Some(expected));
        for text in ["", "src/main.rs", "src/main.rs:12", ":1:2", "a:b:c"] {
            assert_eq!(Place::parse(text), None, "{text:?}");
        }
    }
}
