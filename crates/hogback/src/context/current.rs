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
        attach(Some(self))
    }
}

/// Makes this context current, or none.
pub(super) fn attach(context: Option<&Context>) -> ContextGuard {
    ContextGuard {
        previous: swap(context.cloned()),
        stays_on_its_thread: PhantomData,
    }
}

impl Context {
    /// Runs `run` in this context, on this thread; the one that was current before is so again afterwards.
    ///
    /// ```
    /// use hogback::Context;
    ///
    /// let job: Context = Context::root();
    /// job.set_distinct_id("user-7");
    /// let seen = job.scope(|| Context::current().and_then(|current| current.distinct_id()));
    /// assert_eq!(seen.as_deref(), Some("user-7"));
    /// ```
    pub fn scope<T>(&self, run: impl FnOnce() -> T) -> T {
        let _current = self.attach();
        run()
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
