//! Threads that run in a context.

use std::thread::{self, JoinHandle};

use super::Context;
use super::current::attach;

/// Starts a thread as [`std::thread::spawn`] does, in the context that is current here.
///
/// A thread that is started otherwise has no context. For one with a name, or a pool's job, take
/// [`in_current_context`] into it.
///
/// ```
/// use hogback::Context;
///
/// let request: Context = Context::root();
/// request.set_distinct_id("user-7");
/// let thread = request.scope(|| {
///     hogback::spawn(|| Context::current().and_then(|current| current.distinct_id()))
/// });
/// assert_eq!(thread.join().unwrap().as_deref(), Some("user-7"));
/// ```
///
/// # Panics
/// As [`std::thread::spawn`], when the system has no thread to give.
pub fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::spawn(in_current_context(run))
}

/// What runs `run` in the context that is current now, on whatever thread it is called.
///
/// ```
/// use hogback::{Context, in_current_context};
///
/// let request: Context = Context::root();
/// let job = request.scope(|| in_current_context(|| Context::current().is_some()));
/// let thread = std::thread::Builder::new().name("mailer".into()).spawn(job)?;
/// assert!(thread.join().unwrap());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn in_current_context<T>(run: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = Context::current();
    move || {
        let _current = attach(context.as_ref());
        run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_made_without_a_context_runs_in_none_wherever_it_runs() {
        let job = in_current_context(|| Context::current().is_some());
        let request: Context = Context::root();
        assert!(!request.scope(job));
    }

    #[test]
    fn what_a_job_captures_goes_in_its_context_when_it_panics_too() {
        let request: Context = Context::root();
        let inner = request.clone();
        let thread = request.scope(|| {
            spawn(move || {
                assert!(Context::current().is_some_and(|current| current.is(&inner)));
                panic!("a job fails");
            })
        });
        assert_eq!(
            thread.join().unwrap_err().downcast_ref(),
            Some(&"a job fails")
        );
        assert!(Context::current().is_none());
    }
}
