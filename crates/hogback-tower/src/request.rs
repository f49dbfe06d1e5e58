//! Turns a request into ids and tags, when somebody asks.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use hogback::web::{self, QueryPolicy};
use hogback::{Answer, Context, Known, Tags};
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;

use crate::TagMap;
use crate::callbacks::Callback;
use crate::options::Options;
use crate::reported::Reported;
use crate::sent::{Header, Sent};

/// No status, since there is none below 100.
const NOT_ANSWERED: u16 = 0;

/// One request, as far as it may be asked about.
pub(crate) struct Request {
    pub(crate) options: Arc<Options>,
    pub(crate) reported: Reported,
    sent: Sent,
    /// The whole head, for a function of the program that may ask for any of it. It goes when it was asked, or with the
    /// request: a task that takes the context along must not keep what else is in there.
    head: Mutex<Option<Parts>>,
    status: AtomicU16,
    said: OnceLock<Said>,
    /// The status that the context has learned of.
    told_status: AtomicU16,
}

/// What the request says by itself; it is read once.
struct Said {
    distinct_id: Option<String>,
    session_id: Option<String>,
    tags: Tags<Value>,
}

/// Names are shared by all events of all requests.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    url: "$current_url".into(),
    method: "$request_method".into(),
    path: "$request_path".into(),
    ip: "$ip".into(),
    agent: "$user_agent".into(),
    raw_agent: "$raw_user_agent".into(),
    window: "$window_id".into(),
    route: "$request_route".into(),
    status: "$response_status_code".into(),
});

struct Names {
    url: Arc<str>,
    method: Arc<str>,
    path: Arc<str>,
    ip: Arc<str>,
    agent: Arc<str>,
    raw_agent: Arc<str>,
    window: Arc<str>,
    route: Arc<str>,
    status: Arc<str>,
}

impl Request {
    pub(crate) fn of(parts: &Parts, options: &Arc<Options>, reported: Reported) -> Self {
        Self {
            options: Arc::clone(options),
            reported,
            sent: Sent::of(parts, options),
            head: Mutex::new(options.extra_tags.is_some().then(|| parts.clone())),
            status: AtomicU16::new(NOT_ANSWERED),
            said: OnceLock::new(),
            told_status: AtomicU16::new(NOT_ANSWERED),
        }
    }

    /// Fills the request's context; called when it is read, if it ever is, until the answer is final.
    pub(crate) fn answer(&self, context: &Context) -> Answer {
        let is_news = self.said.get().is_none();
        let said = self.said.get_or_init(|| self.read());
        let status = self.status.load(Ordering::Acquire);
        if self.told_status.swap(status, Ordering::AcqRel) != status || is_news {
            context.learn(self.known(said));
        }
        if said.distinct_id.is_some() || context.has_ended() {
            return Answer::Final;
        }
        // As long as nobody is known, somebody may be: a token is checked, a visitor logs in.
        Answer::ForNow
    }

    /// Remembers the answer's status, also in a context that was read before it was known.
    pub(crate) fn answered(&self, status: StatusCode, context: &Context) {
        self.status.store(status.as_u16(), Ordering::Release);
        if let Some(said) = self.said.get()
            && self.told_status.swap(status.as_u16(), Ordering::AcqRel) != status.as_u16()
        {
            context.learn(self.known(said));
        }
    }

    /// The request's head, if it was copied and is still there.
    pub(crate) fn take_head(&self) -> Option<Parts> {
        let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        head.take()
    }

    fn known(&self, said: &Said) -> Known {
        let mut tags = said.tags.clone();
        // A map has had its say about the tags.
        if self.options.map_tags.is_none()
            && let Some(status) = self.status()
        {
            tags.push((Arc::clone(&NAMES.status), status));
        }
        Known {
            distinct_id: said.distinct_id.clone(),
            session_id: said.session_id.clone(),
            device_id: None,
            tags,
        }
    }

    fn status(&self) -> Option<Value> {
        let status = self.status.load(Ordering::Acquire);
        (status != NOT_ANSWERED).then(|| status.into())
    }

    fn read(&self) -> Said {
        let mut distinct_id = None;
        let mut session_id = None;
        if self.options.tracing_headers {
            let mut ids = self.sent.values(Header::DistinctId);
            distinct_id = ids.find_map(|id| web::usable_header_id(&id).map(Cow::into_owned));
            session_id = self.cleaned(Header::SessionId);
        }
        Said {
            distinct_id,
            session_id,
            tags: self.mapped(self.with_extra(self.own_tags())),
        }
    }

    /// The tags that the request has by itself; empty values are left out.
    fn own_tags(&self) -> Tags<Value> {
        let Sent { method, route, .. } = &self.sent;
        let url = self.sent.url(self.scheme_by_proxy());
        let agent = self.sent.first(Header::UserAgent).map(Cow::into_owned);
        let window = self
            .options
            .tracing_headers
            .then(|| self.cleaned(Header::WindowId))
            .flatten();
        let tags = [
            (&NAMES.url, Some(redacted(&self.options.query, url))),
            (&NAMES.method, Some(method.as_str().to_owned())),
            (&NAMES.path, Some(self.sent.path().to_owned())),
            (&NAMES.ip, self.ip()),
            (&NAMES.agent, agent.clone()),
            (&NAMES.raw_agent, agent),
            (&NAMES.window, window),
            (&NAMES.route, route.as_deref().map(str::to_owned)),
        ];
        tags.into_iter()
            .filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?)))
            .map(|(name, text)| (Arc::clone(name), Value::String(text)))
            .collect()
    }

    /// The first value of a header in which something is left of a text.
    fn cleaned(&self, header: Header) -> Option<String> {
        let mut values = self.sent.values(header);
        values.find_map(|value| web::cleaned_id(&value).map(Cow::into_owned))
    }

    /// The client's address, as the proxies tell it; else that of the connection, where it is asked for.
    fn ip(&self) -> Option<String> {
        let forwarded = self.sent.joined(Header::ForwardedFor);
        let told = forwarded
            .as_deref()
            .and_then(|list| web::forwarded_address(list, self.options.trusted_proxies));
        told.map(str::to_owned)
            .or_else(|| self.sent.peer.map(|peer| peer.to_string()))
    }

    /// The scheme that the proxy saw; anybody may send the header, so it counts where a proxy is known to write it.
    fn scheme_by_proxy(&self) -> Option<&'static str> {
        self.options
            .trusted_proxies
            .filter(|proxies| *proxies > 0)?;
        match &*self.sent.first(Header::ForwardedProto)? {
            "https" => Some("https"),
            "http" => Some("http"),
            _ => None,
        }
    }

    fn with_extra(&self, mut tags: Tags<Value>) -> Tags<Value> {
        if let (Some(extra), Some(head)) = (&self.options.extra_tags, self.take_head()) {
            for (name, value) in self
                .options
                .ask(Callback::ExtraTags, || extra(&head))
                .unwrap_or_default()
            {
                match tags.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, old)) => *old = value,
                    None => tags.push((name, value)),
                }
            }
        }
        tags
    }

    /// The tags that pass the program's map. Where it fails none does: it may be what keeps private data in.
    fn mapped(&self, tags: Tags<Value>) -> Tags<Value> {
        let Some(map) = &self.options.map_tags else {
            return tags;
        };
        let status = self
            .status()
            .map(|status| (Arc::clone(&NAMES.status), status));
        let tags: TagMap = tags
            .into_iter()
            .chain(status)
            .map(|(name, value)| (name.to_string(), value))
            .collect();
        let mapped = self
            .options
            .ask(Callback::MapTags, || map(tags))
            .unwrap_or_default();
        mapped
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect()
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds cookies and the like.
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

fn redacted(policy: &QueryPolicy, url: String) -> String {
    match policy.applied(&url) {
        Cow::Borrowed(same) if same.len() == url.len() => url,
        changed => changed.into_owned(),
    }
}
