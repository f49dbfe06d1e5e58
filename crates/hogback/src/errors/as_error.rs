//! Errors whose type may be known.

use std::error::Error;

use super::names;

/// An error that can be captured: of a type that is known, or behind `dyn Error`.
///
/// It is implemented for all of them, and not to be implemented elsewhere. Of a known type the event has the name; a
/// `dyn Error` is called by what its `Debug` text begins with, which is the name of a struct, and of an enum the
/// variant's.
pub trait AsError: sealed::Sealed {
    /// The error itself.
    #[doc(hidden)]
    fn as_error(&self) -> &(dyn Error + 'static);

    /// The name of its type.
    #[doc(hidden)]
    fn kind(&self) -> Option<String>;
}

mod sealed {
    /// Keeps implementations in this crate.
    pub trait Sealed {}

    impl<E: std::error::Error + 'static> Sealed for E {}
    impl Sealed for dyn std::error::Error {}
    impl Sealed for dyn std::error::Error + Send {}
    impl Sealed for dyn std::error::Error + Send + Sync {}
}

impl<E: Error + 'static> AsError for E {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }

    fn kind(&self) -> Option<String> {
        Some(names::of_type::<E>())
    }
}

/// An error whose type is not known.
macro_rules! erased {
    ($($error:ty),*) => {
        $(impl AsError for $error {
            fn as_error(&self) -> &(dyn Error + 'static) {
                self
            }

            fn kind(&self) -> Option<String> {
                None
            }
        })*
    };
}

erased!(dyn Error, dyn Error + Send, dyn Error + Send + Sync);
