//! What an error's type is called.
//!
//! A `dyn Error` does not say what it is. Its `Debug` text does, nearly always: a derived one begins with the name of the
//! type, or of the variant, which tells more. Where it does not, a name would only mislead, and the type is `Error`.

use std::error::Error;
use std::fmt::{self, Write};

/// The name of an error that does not tell its own.
const UNKNOWN: &str = "Error";

/// No name is longer.
const MAX_NAME_BYTES: usize = 200;

/// Names that say nothing without the module they are in.
const VAGUE: [&str; 2] = ["Error", "ErrorKind"];

/// The name of an error whose type is not known.
pub(super) fn of_erased(error: &(dyn Error + 'static)) -> String {
    // Their `Debug` texts begin with the name of a part.
    if error.is::<std::io::Error>() {
        return "io::Error".to_owned();
    }
    if error.is::<fmt::Error>() {
        return "fmt::Error".to_owned();
    }
    if error.is::<serde_json::Error>() {
        return "serde_json::Error".to_owned();
    }
    let mut name = Identifier::default();
    // It fails on purpose after the name, so that the rest is not even made.
    let _ = write!(name, "{error:?}");
    if name.0.is_empty() {
        UNKNOWN.to_owned()
    } else {
        name.0
    }
}

/// The name of a type without its path and parameters; with the last module of the path where it says nothing alone.
pub(super) fn of_type<E: ?Sized>() -> String {
    short(std::any::type_name::<E>())
}

fn short(path: &str) -> String {
    let path = path.split('<').next().unwrap_or(path);
    let mut parts = path.rsplit("::");
    let last = parts.next().unwrap_or(path);
    match parts.next() {
        // `std::io::error::Error` is known as `io::Error`.
        Some("error" | "errors") if VAGUE.contains(&last) => match parts.next() {
            Some(module) => format!("{module}::{last}"),
            None => last.to_owned(),
        },
        Some(module) if VAGUE.contains(&last) => format!("{module}::{last}"),
        _ => last.to_owned(),
    }
}

/// Takes a text up to the first character that cannot be part of a name.
#[derive(Default)]
struct Identifier(String);

impl Write for Identifier {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let fits = character == '_'
                || character.is_alphabetic()
                || (character.is_numeric() && !self.0.is_empty());
            if !fits || self.0.len() >= MAX_NAME_BYTES {
                return Err(fmt::Error);
            }
            self.0.push(character);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum CheckoutError {
        NotPaid { order: u32 },
        Gone,
    }

    impl fmt::Display for CheckoutError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::NotPaid { order } => write!(f, "order {order} is not paid"),
                Self::Gone => f.write_str("gone"),
            }
        }
    }

    impl Error for CheckoutError {}

    #[test]
    fn an_erased_error_is_called_by_what_its_debug_text_begins_with() {
        assert_eq!(of_erased(&CheckoutError::NotPaid { order: 7 }), "NotPaid");
        assert_eq!(of_erased(&CheckoutError::Gone), "Gone");
        let number: Box<dyn Error> = "x".parse::<u32>().unwrap_err().into();
        assert_eq!(of_erased(&*number), "ParseIntError");
    }

    #[test]
    fn an_error_that_shows_something_else_first_is_called_error() {
        let text: Box<dyn Error> = "just a text".into();
        assert_eq!(of_erased(&*text), "Error");
    }

    #[test]
    fn errors_whose_debug_text_would_mislead_have_their_usual_names() {
        assert_eq!(of_erased(&std::io::Error::other("disk")), "io::Error");
        assert_eq!(of_erased(&fmt::Error), "fmt::Error");
        let json = serde_json::from_str::<u32>("x").unwrap_err();
        assert_eq!(of_erased(&json), "serde_json::Error");
    }

    #[test]
    fn a_known_type_is_called_without_its_path_unless_that_says_nothing() {
        assert_eq!(of_type::<CheckoutError>(), "CheckoutError");
        assert_eq!(of_type::<std::io::Error>(), "io::Error");
        for (path, name) in [
            ("shop::Error", "shop::Error"),
            ("shop::checkout::errors::Error", "checkout::Error"),
            ("Wrapped<alloc::string::String>", "Wrapped"),
            ("error::Error", "Error"),
            ("", ""),
        ] {
            assert_eq!(short(path), name, "{path:?}");
        }
    }
}
