//! Tells other services who and which visit a request is about.

use std::collections::HashSet;
use std::sync::Arc;
use std::task;

use hogback::Context;
use http::Request;
use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use tower_layer::Layer;
use tower_service::Service;

static DISTINCT_ID: HeaderName = HeaderName::from_static("x-posthog-distinct-id");
static SESSION_ID: HeaderName = HeaderName::from_static("x-posthog-session-id");

/// Puts the ids of the current context on requests to other services of yours, so that one visit is one session whichever
/// services it passes.
///
/// Around an HTTP client that is a tower service, such as hyper-util's:
///
/// ```
/// use hogback_tower::PropagateLayer;
/// use hyper_util::{client::legacy::Client, rt::TokioExecutor};
/// use tower::Layer;
///
/// let client = Client::builder(TokioExecutor::new()).build_http::<String>();
/// let client = PropagateLayer::new(["catalogue.internal"]).layer(client);
/// ```
///
/// Other clients take the headers from [`propagate`](Self::propagate).
///
/// The ids go into the headers `X-POSTHOG-DISTINCT-ID` and `X-POSTHOG-SESSION-ID`, and only to the hosts that are named.
/// A header that is there already stays as it is. An id that no header can carry (other than visible ASCII) is left away. The
/// context that counts is the one that is current when the client is called. What a client that follows redirects sends
/// along is its own matter: let it keep to hosts you trust, or follow none, where that matters.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct PropagateLayer {
    hosts: Arc<HashSet<String>>,
}

impl PropagateLayer {
    /// For requests to these hosts: names without port, in any case. Each is that host alone, and not those below it.
    pub fn new<N: AsRef<str>>(hosts: impl IntoIterator<Item = N>) -> Self {
        let hosts = hosts.into_iter();
        let lower = hosts.map(|name| name.as_ref().trim().to_ascii_lowercase());
        Self {
            hosts: Arc::new(lower.collect()),
        }
    }

    /// Puts the ids of the current context on the headers of a request to `host`, if it is one that may know.
    ///
    /// ```
    /// # use hogback::Context;
    /// # let context: Context = Context::root();
    /// # context.set_session_id("visit-3");
    /// # let _current = context.attach();
    /// let services = hogback_tower::PropagateLayer::new(["catalogue.internal"]);
    ///
    /// let mut request = reqwest::Request::new(
    ///     reqwest::Method::GET,
    ///     "http://catalogue.internal:8000/books".parse().unwrap(),
    /// );
    /// if let Some(host) = request.url().host_str().map(str::to_owned) {
    ///     services.propagate(&host, request.headers_mut());
    /// }
    /// assert_eq!(request.headers()["x-posthog-session-id"], "visit-3");
    /// ```
    pub fn propagate(&self, host: &str, headers: &mut HeaderMap) {
        if !self.hosts.contains(&host.to_ascii_lowercase()) {
            return;
        }
        let Some(context) = Context::current() else {
            return;
        };
        put(headers, &DISTINCT_ID, || context.distinct_id());
        put(headers, &SESSION_ID, || context.session_id());
    }
}

fn put(headers: &mut HeaderMap, name: &HeaderName, id: impl FnOnce() -> Option<String>) {
    if let Entry::Vacant(place) = headers.entry(name)
        && let Some(id) = id().filter(|id| !id.is_empty() && is_visible(id))
        && let Ok(value) = HeaderValue::try_from(id)
    {
        place.insert(value);
    }
}

fn is_visible(id: &str) -> bool {
    id.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

impl<S> Layer<S> for PropagateLayer {
    type Service = Propagate<S>;

    fn layer(&self, inner: S) -> Propagate<S> {
        Propagate {
            inner,
            layer: self.clone(),
        }
    }
}

/// A client that tells the services it calls about the current context. Made by [`PropagateLayer`].
#[derive(Clone, Debug)]
pub struct Propagate<S> {
    inner: S,
    layer: PropagateLayer,
}

impl<S, B> Service<Request<B>> for Propagate<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(host) = request.uri().host().map(str::to_owned) {
            self.layer.propagate(&host, request.headers_mut());
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(context: &Context, host: &str, mut headers: HeaderMap) -> HeaderMap {
        let _current = context.attach();
        PropagateLayer::new(["Catalogue.internal "]).propagate(host, &mut headers);
        headers
    }

    fn visit() -> Context {
        let context = Context::root();
        context.set_distinct_id("user-7");
        context.set_session_id("visit-3");
        context
    }

    #[test]
    fn both_ids_go_to_a_host_that_is_named_in_any_case() {
        let headers = sent(&visit(), "catalogue.Internal", HeaderMap::new());
        assert_eq!(headers["x-posthog-distinct-id"], "user-7");
        assert_eq!(headers["x-posthog-session-id"], "visit-3");
    }

    #[test]
    fn no_other_host_hears_of_them_not_even_one_below() {
        for host in [
            "a.catalogue.internal",
            "catalogue.internal.example",
            "catalogue",
            "",
        ] {
            assert!(sent(&visit(), host, HeaderMap::new()).is_empty(), "{host}");
        }
    }

    #[test]
    fn what_the_program_has_set_stays() {
        let mut own = HeaderMap::new();
        own.insert(&DISTINCT_ID, HeaderValue::from_static("somebody"));
        let headers = sent(&visit(), "catalogue.internal", own);
        assert_eq!(headers.get_all(&DISTINCT_ID).iter().count(), 1);
        assert_eq!(headers["x-posthog-distinct-id"], "somebody");
        assert_eq!(headers["x-posthog-session-id"], "visit-3");
    }

    #[test]
    fn ids_that_are_unknown_or_that_no_header_can_carry_are_left_away() {
        let context = Context::root();
        context.set_distinct_id("");
        context.set_session_id("Zoë");
        assert!(sent(&context, "catalogue.internal", HeaderMap::new()).is_empty());
    }
}
