//! The context that is current on a thread.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::Context;

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

impl Context {
    /// The context that is current on this thread.
    pub fn current() -> Option<Self> {
        // A thread that is ending has no context any more.
        CURRENT
            .try_with(|current| current.borrow().clone())
            .ok()
            .flatten()
    }

    /// Makes this context current on this thread until the guard is dropped.
    ///
    /// ```
    /// use hogback::Context;
    ///
    /// let context = Context::root();
    /// {
    ///     let _guard = context.attach();
    ///     assert!(Context::current().is_some_and(|current| current.is(&context)));
    /// }
    /// assert!(Context::current().is_none());
    /// ```
    ///
    /// The guard stays on its thread; use [`FutureExt::with_context`](super::FutureExt::with_context) for a future.
    ///
    /// ```compile_fail
    /// fn sent_elsewhere(_: impl Send) {}
    /// sent_elsewhere(hogback::Context::root().attach());
    /// ```
    pub fn attach(&self) -> ContextGuard {
        ContextGuard {
            previous: swap(Some(self.clone())),
            stays_on_its_thread: PhantomData,
        }
    }
}

fn swap(context: Option<Context>) -> Option<Context> {
    CURRENT
        .try_with(|current| current.replace(context))
        .ok()
        .flatten()
}

/// Keeps a context current; dropping it restores the one before.
#[must_use = "the context stops being current when this guard is dropped"]
#[derive(Debug)]
pub struct ContextGuard {
    previous: Option<Context>,
    stays_on_its_thread: PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        drop(swap(self.previous.take()));
    }
}
