//! What a program has chosen for its layer.

use std::any::Any;
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use hogback::Client;
use hogback::web::QueryPolicy;
use http::request::Parts;
use http::{Extensions, StatusCode};
use serde_json::Value;

use crate::TagMap;
use crate::callbacks::{Callback, Told};

pub(crate) type Filter = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;
pub(crate) type ExtraTags = Arc<dyn Fn(&Parts) -> Vec<(Arc<str>, Value)> + Send + Sync>;
pub(crate) type MapTags = Arc<dyn Fn(TagMap) -> TagMap + Send + Sync>;
pub(crate) type IsFailure = Arc<dyn Fn(StatusCode) -> bool + Send + Sync>;
pub(crate) type Peer = Arc<dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync>;
/// Sees a value of one type as the error that it is.
pub(crate) type View = fn(&dyn Any) -> Option<&(dyn Error + 'static)>;
/// Finds an error that is to be reported beside a response.
pub(crate) type Find = Arc<dyn Fn(&Extensions) -> Option<&(dyn Error + 'static)> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) client: Client,
    pub(crate) filter: Option<Filter>,
    pub(crate) extra_tags: Option<ExtraTags>,
    pub(crate) map_tags: Option<MapTags>,
    pub(crate) capture_errors: bool,
    pub(crate) is_failure: IsFailure,
    pub(crate) tracing_headers: bool,
    pub(crate) trusted_proxies: Option<usize>,
    pub(crate) peer: Option<Peer>,
    pub(crate) query: QueryPolicy,
    pub(crate) views: Vec<View>,
    pub(crate) response_errors: Vec<Find>,
    /// Shared by the clones of a layer, such as a router has for each of its routes.
    told: Arc<Told>,
}

impl Options {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            filter: None,
            extra_tags: None,
            map_tags: None,
            capture_errors: true,
            is_failure: Arc::new(|status| status.is_server_error()),
            tracing_headers: true,
            trusted_proxies: None,
            peer: None,
            query: QueryPolicy::default(),
            views: vec![
                boxed_and_shared,
                boxed_and_sent,
                boxed,
                view::<std::io::Error>,
            ],
            response_errors: Vec::new(),
            told: Arc::default(),
        }
    }

    /// What a function of the program says, or nothing if it panics.
    pub(crate) fn ask<T>(&self, callback: Callback, ask: impl FnOnce() -> T) -> Option<T> {
        self.told.ask(callback, &self.client, ask)
    }

    /// The error as what it is, with the causes below it, if its type is known here.
    pub(crate) fn seen<'a>(&self, error: &'a dyn Any) -> Option<&'a (dyn Error + 'static)> {
        self.views.iter().find_map(|view| view(error))
    }
}

pub(crate) fn view<E: Error + 'static>(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    error.downcast_ref::<E>().map(|error| error as _)
}

fn boxed_and_shared(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    let error = error.downcast_ref::<Box<dyn Error + Send + Sync>>()?;
    Some(&**error)
}

fn boxed_and_sent(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    let error = error.downcast_ref::<Box<dyn Error + Send>>()?;
    Some(&**error)
}

fn boxed(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    Some(&**error.downcast_ref::<Box<dyn Error>>()?)
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("capture_errors", &self.capture_errors)
            .field("tracing_headers", &self.tracing_headers)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
