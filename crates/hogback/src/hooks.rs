//! Calls code of the program: its hooks, its callbacks, and what writes its values.
//!
//! It may panic, which must not cost the program anything. A hook of a client's (`before_send`, `on_note`) may capture
//! too; with the same client it would be called for that as well, without end. So such an event is refused.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panic_hook;

/// What a value or an error says that panics instead.
const NO_TEXT: &str = "<no text: showing it panicked>";

thread_local! {
    /// The clients of whose hooks this thread runs one, the innermost last.
    static INSIDE: RefCell<Vec<ClientId>> = const { RefCell::new(Vec::new()) };
}

/// Which client it is, as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(pub(crate) usize);

/// Runs code of the program's. If it panics that is no news, the panic hook of this crate does not hear of it, and there
/// is nothing to return. For integrations.
#[doc(hidden)]
pub fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    panic_hook::quietly(|| match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => Some(done),
        Err(payload) => {
            forget(payload);
            None
        }
    })
}

/// What code of the program's says, a value or an error, run as [`guarded`] does. For integrations.
#[doc(hidden)]
pub fn guarded_text(say: impl FnOnce() -> String) -> String {
    guarded(say).unwrap_or_else(|| NO_TEXT.to_owned())
}

/// Runs a hook of this client's, as [`guarded`] does.
pub(crate) fn in_hook_of<T>(client: ClientId, hook: impl FnOnce() -> T) -> Option<T> {
    // A thread that is ending has no such list any more, and runs the hook all the same.
    let _leaves = INSIDE
        .try_with(|inside| inside.borrow_mut().push(client))
        .ok()
        .map(|()| Leave);
    guarded(hook)
}

/// Whether a hook of this client's runs on this thread.
pub(crate) fn is_inside_of(client: ClientId) -> bool {
    INSIDE
        .try_with(|inside| inside.borrow().contains(&client))
        .unwrap_or(true)
}

/// Whether a hook of any client's runs on this thread.
#[cfg(feature = "tracing")]
pub(crate) fn is_inside_any() -> bool {
    INSIDE
        .try_with(|inside| !inside.borrow().is_empty())
        .unwrap_or(true)
}

struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        let _ = INSIDE.try_with(|inside| inside.borrow_mut().pop());
    }
}

/// Lets a panic's payload go, whatever its own destructor does.
fn forget(payload: Box<dyn Any + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // One that panics again, and again, is not worth the process.
        let _kept = std::mem::ManuallyDrop::new(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nasty;

    impl Drop for Nasty {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                std::panic::panic_any(Self);
            }
        }
    }

    #[test]
    fn code_that_panics_returns_nothing_whatever_its_payload_does() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded(|| -> u8 { panic!("a bug") }), None);
        assert_eq!(guarded(|| -> u8 { std::panic::panic_any(Nasty) }), None);
    }

    #[test]
    fn a_hook_is_run_for_its_client_alone_and_is_left_when_it_panics() {
        let (one, other) = (ClientId(1), ClientId(2));
        let seen = in_hook_of(one, || (is_inside_of(one), is_inside_of(other)));
        assert_eq!(seen, Some((true, false)));
        assert_eq!(in_hook_of(one, || -> u8 { panic!("a bug") }), None);
        assert!(!is_inside_of(one));
    }
}
