//! Says, from inside of a request, who sent it.

use hogback::Context;

/// Says who sent the request that runs here: on all its events from now on, and on those that wait for it.
///
/// For extractors and handlers that find it out, such as by a session or a token. It wins over what the request's header
/// says; a context that a handler has opened inside of the request keeps an id of its own. Outside of requests it names who
/// the current context is about, and without one it does nothing.
///
/// Give it an id that belongs to one person for good, such as the primary key of an account.
///
/// ```
/// use hogback::Context;
///
/// let request: Context = Context::root();
/// let _current = request.attach();
/// hogback_tower::identify("user-7");
/// assert_eq!(request.distinct_id().as_deref(), Some("user-7"));
/// ```
pub fn identify(distinct_id: impl Into<String>) {
    if let Some(context) = Context::current() {
        context
            .nearest_deferred()
            .unwrap_or(&context)
            .set_distinct_id(distinct_id);
    }
}
