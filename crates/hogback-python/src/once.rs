//! Values that are made once in a process, and never waited for.
//!
//! What the binding offers for this lets go of the interpreter before it makes the value. A program that forks at this very
//! moment leaves the child with a value that is being made, by a thread that it does not have: the child would wait for ever
//! when it captures its first event. Here two threads may both make the value, and one of the two is used.

use std::convert::Infallible;
use std::sync::OnceLock;

/// A value that is made when it is first asked for.
pub(crate) struct Once<T>(OnceLock<T>);

impl<T> Once<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value; `make` may be called by several threads.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        let Ok(value) = self.get_or_try_make(|| Ok::<_, Infallible>(make()));
        value
    }

    /// The same where it may not come about; then the next who asks tries again.
    pub(crate) fn get_or_try_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.0.get() {
            return Ok(value);
        }
        let value = make()?;
        // Nothing happens in here but a move, and whoever does it is attached to the interpreter.
        Ok(self.0.get_or_init(|| value))
    }
}

/// An interned Python string, for names that are asked for again and again.
macro_rules! interned {
    ($py:expr, $text:expr) => {{
        static TEXT: $crate::once::Once<pyo3::Py<pyo3::types::PyString>> =
            $crate::once::Once::new();
        let text = TEXT.get_or_make(|| pyo3::types::PyString::intern($py, $text).unbind());
        text.bind($py)
    }};
}
pub(crate) use interned;
