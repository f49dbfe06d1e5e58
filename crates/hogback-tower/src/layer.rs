//! The layer, and what can be chosen about it.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use hogback::Client;
use hogback::web::QueryPolicy;
use http::request::Parts;
use http::{Extensions, StatusCode};
use serde_json::Value;
use tower_layer::Layer;

use crate::TagMap;
use crate::beside;
use crate::options::{self, Options};
use crate::service::ContextService;

/// Gives every request a context: who sent it, on which visit, and tags such as `$current_url`.
///
/// Everything captured while the request runs carries them, errors and panics included. Nothing of the request is read
/// before something is captured or the context is asked. The functions of the program, but for the
/// [filter](Self::filter), are asked at most once per request, and only then; one that panics costs what it would have
/// said and one warning.
///
/// ```
/// use hogback_tower::ContextLayer;
/// # use hogback::{Client, Config};
/// # let client = Client::new(Config::new(""));
///
/// let app: axum::Router = axum::Router::new()
///     .route("/", axum::routing::get(|| async { "hello" }))
///     .layer(ContextLayer::new(client));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct ContextLayer {
    options: Options,
}

impl ContextLayer {
    /// A layer with the defaults, which reports failures through `client`.
    pub fn new(client: Client) -> Self {
        Self {
            options: Options::new(client),
        }
    }

    /// Tracks only requests for which this is true; all unless set.
    ///
    /// It is asked for every request, before the service is called. A request that it turns away has no context, and its
    /// failures are not reported. If it panics, the request is tracked.
    ///
    /// ```
    /// # use hogback::{Client, Config};
    /// # let layer = hogback_tower::ContextLayer::new(Client::new(Config::new("")));
    /// let layer = layer.filter(|request| !request.uri.path().starts_with("/health"));
    /// ```
    pub fn filter(self, filter: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|options| options.filter = Some(Arc::new(filter)))
    }

    /// Adds these tags to those of the request, and wins over them; none unless set.
    ///
    /// It gets the head of the request as it was before the service had it. For that the head is copied when the request
    /// comes, which costs as much as the rest of the layer several times over. The copy goes when the function was asked, at
    /// the latest with the response's body: a task that captures the first event of its request after that gets no such
    /// tags. If it panics there are none.
    ///
    /// ```
    /// # use hogback::{Client, Config};
    /// # let layer = hogback_tower::ContextLayer::new(Client::new(Config::new("")));
    /// let layer = layer.extra_tags(|request| {
    ///     let tenant = request.headers.get("x-tenant").and_then(|name| name.to_str().ok());
    ///     tenant.map(|name| ("tenant", name.to_owned()))
    /// });
    /// ```
    pub fn extra_tags<I, N, V>(self, extra: impl Fn(&Parts) -> I + Send + Sync + 'static) -> Self
    where
        I: IntoIterator<Item = (N, V)>,
        N: Into<Arc<str>>,
        V: Into<Value>,
    {
        let extra = move |parts: &Parts| {
            let tags = extra(parts).into_iter();
            tags.map(|(name, value)| (name.into(), value.into()))
                .collect()
        };
        self.with(|options| options.extra_tags = Some(Arc::new(extra)))
    }

    /// Changes the tags, the extra ones among them, before an event carries them; they stay as they are unless set.
    ///
    /// If it panics the request has no tags at all: it may be what keeps private data in.
    ///
    /// ```
    /// # use hogback::{Client, Config};
    /// # let layer = hogback_tower::ContextLayer::new(Client::new(Config::new("")));
    /// let layer = layer.map_tags(|mut tags| {
    ///     tags.remove("$current_url");
    ///     tags
    /// });
    /// ```
    pub fn map_tags(self, map: impl Fn(TagMap) -> TagMap + Send + Sync + 'static) -> Self {
        self.with(|options| options.map_tags = Some(Arc::new(map)))
    }

    /// Reports what goes wrong in a request: on unless set.
    ///
    /// That is an error which the service or its response's body returns, a panic in one of them, and a
    /// [`ResponseError`](crate::ResponseError). All of them go on as they would have gone without the layer.
    pub fn capture_errors(self, capture: bool) -> Self {
        self.with(|options| options.capture_errors = capture)
    }

    /// Statuses whose [`ResponseError`](crate::ResponseError) is reported; 500 to 599 unless set.
    pub fn capture_status(
        self,
        is_failure: impl Fn(StatusCode) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.with(|options| options.is_failure = Arc::new(is_failure))
    }

    /// Reports this type of error too where it is among a response's extensions and `is_failure` says so, whatever the
    /// status; it may be called for several types.
    ///
    /// tonic puts a `Status` there, beside status 200:
    ///
    /// ```
    /// # use hogback::{Client, Config};
    /// # let layer = hogback_tower::ContextLayer::new(Client::new(Config::new("")));
    /// use tonic::{Code, Status};
    ///
    /// let layer = layer.response_error(|status: &Status| {
    ///     matches!(status.code(), Code::Unknown | Code::Internal | Code::DataLoss)
    /// });
    /// ```
    pub fn response_error<E: Error + Send + Sync + 'static>(
        self,
        is_failure: impl Fn(&E) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.with(|options| {
            let find: options::Find = Arc::new(move |extensions| find(extensions, &is_failure));
            options.response_errors.push(find);
        })
    }

    /// Lets errors of this type, where a service or a body returns them, be reported with the causes below them.
    ///
    /// Boxed errors, as tower's `BoxError`, and `std::io::Error` are known already. Of another type the name and what it
    /// displays are reported.
    pub fn service_error<E: Error + 'static>(self) -> Self {
        self.with(|options| options.views.push(options::view::<E>))
    }

    /// Takes who and which visit from the headers `X-POSTHOG-DISTINCT-ID`, `X-POSTHOG-SESSION-ID` and
    /// `X-POSTHOG-WINDOW-ID`; on unless set.
    ///
    /// Anybody can send them. They say whose events these are, and never who may do something.
    pub fn tracing_headers(self, take: bool) -> Self {
        self.with(|options| options.tracing_headers = take)
    }

    /// Says how many proxies in front of the service write `X-Forwarded-For`: the tag `$ip` is the entry so many from the
    /// right, and the URL's scheme that of `X-Forwarded-Proto`. Unless set, `$ip` is the first address in the header.
    pub fn trusted_proxies(self, proxies: usize) -> Self {
        self.with(|options| options.trusted_proxies = Some(proxies))
    }

    /// Takes `$ip` from the connection where no header names one; off unless set.
    ///
    /// The address is looked for among the request's extensions: a `SocketAddr` or an `IpAddr`, and with the feature
    /// `axum` its `ConnectInfo<SocketAddr>`.
    pub fn ip_from_peer(self, take: bool) -> Self {
        self.with(|options| {
            options.peer = take.then(|| Arc::new(beside::peer) as options::Peer);
        })
    }

    /// As [`ip_from_peer`](Self::ip_from_peer), with the address that this function finds, for every request.
    ///
    /// ```
    /// # use hogback::{Client, Config};
    /// # let layer = hogback_tower::ContextLayer::new(Client::new(Config::new("")));
    /// use tonic::transport::server::TcpConnectInfo;
    ///
    /// let layer = layer.peer_address(|extensions| {
    ///     Some(extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip())
    /// });
    /// ```
    pub fn peer_address(
        self,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.with(|options| options.peer = Some(Arc::new(peer)))
    }

    /// What becomes of the query string in `$current_url`; the values of secret parameters are
    /// [redacted](QueryPolicy::Redact) unless set.
    pub fn query_string(self, policy: QueryPolicy) -> Self {
        self.with(|options| options.query = policy)
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }
}

impl<S> Layer<S> for ContextLayer {
    type Service = ContextService<S>;

    fn layer(&self, inner: S) -> ContextService<S> {
        ContextService::new(inner, Arc::new(self.options.clone()))
    }
}

fn find<'a, E: Error + Send + Sync + 'static>(
    extensions: &'a Extensions,
    is_failure: &impl Fn(&E) -> bool,
) -> Option<&'a (dyn Error + 'static)> {
    let error = extensions.get::<E>().filter(|error| is_failure(error))?;
    Some(error)
}
