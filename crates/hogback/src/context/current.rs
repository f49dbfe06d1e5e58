//! The context that is current on a thread.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::Context;

thread_local! {
    static CURRENT: RefCell<Stack> = const { RefCell::new(Stack { made: 0, entries: Vec::new() }) };
}

/// What is current on a thread: the last entry. Each belongs to a guard, and they need not go in the order they came.
struct Stack {
    /// Entries so far.
    made: u64,
    /// `None` hides those below.
    entries: Vec<(u64, Option<Context>)>,
}

impl Stack {
    fn push(&mut self, context: Option<Context>) -> u64 {
        self.made += 1;
        self.entries.push((self.made, context));
        self.made
    }

    fn remove(&mut self, number: u64) -> Option<Context> {
        // Nearly always it is the last one.
        let position = self
            .entries
            .iter()
            .rposition(|(entry, _)| *entry == number)?;
        self.entries.remove(position).1
    }
}

impl Context {
    /// The context that is current on this thread.
    pub fn current() -> Option<Self> {
        // A thread that is ending has no context any more.
        CURRENT
            .try_with(|current| current.borrow().entries.last()?.1.clone())
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
    /// Guards may be dropped in any order: while there is one, the context of the last that was made is current. The guard
    /// stays on its thread; use [`FutureExt::with_context`](super::FutureExt::with_context) for a future.
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
    let context = context.cloned();
    let pushed = CURRENT.try_with(|current| current.borrow_mut().push(context));
    ContextGuard {
        number: pushed.ok(),
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

/// Keeps a context current; when it is dropped, what was current before is so again.
#[must_use = "the context stops being current when this guard is dropped"]
#[derive(Debug)]
pub struct ContextGuard {
    /// That of its entry; a thread that is ending makes none.
    number: Option<u64>,
    stays_on_its_thread: PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let gone = CURRENT.try_with(|current| current.borrow_mut().remove(number));
        // The last handle may run code of the program's when it goes: it finds the stack free.
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_current(context: &Context) -> bool {
        Context::current().is_some_and(|current| current.is(context))
    }

    #[test]
    fn guards_may_go_in_any_order_and_leave_nothing_behind() {
        let (outer, inner): (Context, Context) = (Context::root(), Context::root());
        let (outer_guard, inner_guard) = (outer.attach(), inner.attach());
        let hidden = attach(None);
        drop(outer_guard);
        assert!(Context::current().is_none());
        drop(hidden);
        assert!(is_current(&inner));
        let outer_guard = outer.attach();
        drop(inner_guard);
        assert!(is_current(&outer));
        drop(outer_guard);
        assert!(Context::current().is_none());
    }

    #[test]
    fn what_goes_with_a_context_may_make_another_one_current() {
        struct Attaches;
        impl Drop for Attaches {
            fn drop(&mut self) {
                let context: Context = Context::root();
                context.scope(|| assert!(is_current(&context)));
            }
        }
        let attaches = Attaches;
        let context: Context = Context::deferred(None, move |_| {
            let _kept = &attaches;
            super::super::Answer::Final
        });
        let guard = context.attach();
        drop(context);
        drop(guard);
        assert!(Context::current().is_none());
    }
}
