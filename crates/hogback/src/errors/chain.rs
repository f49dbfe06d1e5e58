//! An error and its sources, as the exceptions of an event.

use std::error::Error;

use super::names;
use crate::exception::{Exception, ExceptionList, Frame, Mechanism, Relation};
use crate::hooks;

/// The error and its sources, from what was caught to what it came of. `kind` names the outermost, if its type is known.
pub(super) fn list(
    error: &(dyn Error + 'static),
    kind: Option<String>,
    root: Mechanism,
    frames: Vec<Frame>,
) -> ExceptionList {
    let mut list = ExceptionList::new();
    let mut seen: Vec<*const (dyn Error + 'static)> = vec![error];
    let kind = kind.unwrap_or_else(|| name(error));
    let mut parent = list.push(exception(error, kind, root, frames));
    let mut next = source(error);
    while let (Some(error), Some(id)) = (next, parent) {
        if is_among(&seen, error) {
            break;
        }
        seen.push(error);
        let mechanism = Mechanism::chained(id, Relation::Cause);
        parent = list.push(exception(error, name(error), mechanism, Vec::new()));
        next = source(error);
    }
    list
}

fn exception(
    error: &(dyn Error + 'static),
    kind: String,
    mechanism: Mechanism,
    frames: Vec<Frame>,
) -> Exception {
    let value = hooks::guarded_text(|| error.to_string());
    Exception {
        // A reader that shows the message alone needs one.
        value: if value.is_empty() {
            kind.clone()
        } else {
            value
        },
        kind,
        module: None,
        mechanism: Mechanism {
            errno: errno(error),
            ..mechanism
        },
        frames,
    }
}

fn name(error: &(dyn Error + 'static)) -> String {
    hooks::guarded(|| names::of_erased(error)).unwrap_or_else(|| "Error".to_owned())
}

fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    hooks::guarded(|| error.source()).flatten()
}

/// The operating system's number of the error, if it is one of its own.
fn errno(error: &(dyn Error + 'static)) -> Option<i64> {
    let error = error.downcast_ref::<std::io::Error>()?;
    error.raw_os_error().map(i64::from)
}

/// Whether the chain has come back to where it was. An error may lie at the address of the one around it, so its type counts
/// too; where that is not known again, the circle is noticed one round later.
fn is_among(seen: &[*const (dyn Error + 'static)], error: &(dyn Error + 'static)) -> bool {
    seen.iter().any(|known| std::ptr::eq(*known, error))
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// An error with sources below it.
    #[derive(Debug)]
    struct Link(String, Option<Box<Self>>);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }

    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|link| link as &dyn Error)
        }
    }

    fn listed(error: &(dyn Error + 'static)) -> serde_json::Value {
        let root = Mechanism::root(serde_json::Map::new());
        serde_json::to_value(list(error, None, root, Vec::new())).unwrap()
    }

    #[test]
    fn what_was_caught_comes_first_and_each_names_its_parent() {
        let inner = Link("gateway slow".into(), None);
        let list = listed(&Link("cannot charge".into(), Some(Box::new(inner))));
        assert_eq!(list[0]["value"], "cannot charge");
        assert_eq!(list[1]["value"], "gateway slow");
        assert_eq!(list[1]["type"], "Link");
        let mechanism = &list[1]["mechanism"];
        assert_eq!(mechanism["source"], "cause");
        assert_eq!(mechanism["parent_id"], 0);
        assert_eq!(mechanism["exception_id"], 1);
    }

    #[test]
    fn a_chain_ends_after_fifty_and_where_it_comes_back_to_itself() {
        #[derive(Debug, thiserror::Error)]
        #[error("circle")]
        struct Circle;
        #[derive(Debug)]
        struct OwnSource;
        impl fmt::Display for OwnSource {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("its own source")
            }
        }
        impl Error for OwnSource {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        let mut long = Link("end".into(), None);
        for depth in 0..100 {
            long = Link(depth.to_string(), Some(Box::new(long)));
        }
        assert_eq!(listed(&long).as_array().unwrap().len(), 50);
        assert!(listed(&OwnSource).as_array().unwrap().len() <= 2);
        assert_eq!(listed(&Circle).as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_error_at_the_address_of_the_one_around_it_is_another() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] Inner);
        #[derive(Debug, thiserror::Error)]
        #[error("inner")]
        struct Inner(u8);
        assert_eq!(listed(&Outer(Inner(1)))[1]["value"], "inner");
    }

    #[test]
    fn an_operating_systems_error_has_its_number() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(listed(&error)[0]["mechanism"]["meta"]["errno"]["number"], 2);
        assert_eq!(listed(&error)[0]["type"], "io::Error");
    }

    #[test]
    fn an_error_that_panics_when_it_is_shown_is_captured_all_the_same() {
        struct Broken;
        impl fmt::Debug for Broken {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("no debug text")
            }
        }
        impl fmt::Display for Broken {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("no text")
            }
        }
        impl Error for Broken {}
        let list = listed(&Broken);
        assert_eq!(
            (&list[0]["type"], &list[0]["value"]),
            (&"Error".into(), &"<no text: showing it panicked>".into())
        );
    }

    #[test]
    fn an_error_without_a_text_is_shown_by_its_name() {
        assert_eq!(listed(&Link(String::new(), None))[0]["value"], "Link");
    }
}
