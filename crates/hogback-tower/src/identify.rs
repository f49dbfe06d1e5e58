//! Says, from inside of a request, who sent it.

use hogback::Context;

use crate::request::Request;

/// Says who sent the request that runs here: on all its events from now on, and on those that wait for it.
///
/// For extractors and handlers that find it out, such as by a session or a token. It wins over what the request's header
/// says; a context that a handler has opened inside of the request keeps an id of its own. Where several layers are around
/// the handler, it is the same request to all of them. Outside of requests it names who
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
    let Some(context) = Context::current() else {
        return;
    };
    let distinct_id = distinct_id.into();
    let nearest = context.nearest_deferred().unwrap_or(&context);
    nearest.set_distinct_id(&*distinct_id);
    // Each layer that is around has a context of the request.
    for (layers, _) in context.keeping::<Request>() {
        layers.set_distinct_id(&*distinct_id);
    }
}
