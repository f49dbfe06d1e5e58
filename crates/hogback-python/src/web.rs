//! What a Django request says about itself: its headers and attributes as texts for [`hogback::web`].
//!
//! Reading an odd part of a request costs only what that part would have said.

use std::borrow::Cow;

use hogback::web::{self, QueryPolicy};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::once::interned;
use crate::values::text_of;

/// What of a request goes into its tags. See `python/posthog/_native.pyi`.
#[pyclass(module = "posthog._native", frozen, eq)]
#[derive(PartialEq, Eq)]
pub(crate) struct Privacy {
    #[pyo3(get)]
    trusted_proxies: Option<usize>,
    #[pyo3(get)]
    ip_from_peer: bool,
    query: QueryPolicy,
}

/// What becomes of query strings, as Python says it.
#[derive(FromPyObject)]
enum Query {
    Word(String),
    Names(Vec<String>),
}

#[pymethods]
impl Privacy {
    #[new]
    #[pyo3(signature = (trusted_proxies=None, ip_from_peer=false, query=None))]
    fn new(trusted_proxies: Option<usize>, ip_from_peer: bool, query: Option<Query>) -> Self {
        let query = match query {
            Some(Query::Word(word)) if word == "drop" => QueryPolicy::Drop,
            Some(Query::Word(word)) if word == "all" => QueryPolicy::Keep,
            Some(Query::Names(names)) => QueryPolicy::only(names.iter().map(String::as_str)),
            Some(Query::Word(_)) | None => QueryPolicy::Redact,
        };
        Self {
            trusted_proxies,
            ip_from_peer,
            query,
        }
    }

    /// The URL with what may be said of its query string.
    fn url(&self, url: &Bound<'_, PyString>) -> String {
        self.query.applied(&text_of(url)).into_owned()
    }
}

/// The text cleaned, if it can be the id of one person.
#[pyfunction]
pub(crate) fn usable_id(value: &Bound<'_, PyAny>) -> Option<String> {
    text_with(Some(value), web::usable_id)
}

/// The client's address in the value of an `X-Forwarded-For` header.
fn forwarded_address(value: &Bound<'_, PyAny>, trusted_proxies: Option<usize>) -> Option<String> {
    let text = value.cast::<PyString>().ok()?;
    web::forwarded_address(&text_of(text), trusted_proxies).map(str::to_owned)
}

/// The address in a text without port, zone, brackets and quotes.
fn plain_address(value: &Bound<'_, PyAny>) -> Option<String> {
    let text = value.cast::<PyString>().ok()?;
    web::plain_address(&text_of(text)).map(str::to_owned)
}

/// A header of a request: its name, and the name under which servers hand it over.
#[derive(Clone, Copy)]
struct Header(&'static str, &'static str);

const DISTINCT_ID: Header = Header("X-POSTHOG-DISTINCT-ID", "HTTP_X_POSTHOG_DISTINCT_ID");
const SESSION_ID: Header = Header("X-POSTHOG-SESSION-ID", "HTTP_X_POSTHOG_SESSION_ID");
const WINDOW_ID: Header = Header("X-POSTHOG-WINDOW-ID", "HTTP_X_POSTHOG_WINDOW_ID");
const FORWARDED: Header = Header("X-Forwarded-For", "HTTP_X_FORWARDED_FOR");
const AGENT: Header = Header("User-Agent", "HTTP_USER_AGENT");

/// A Django request, or what a test has in its place.
struct Request<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    /// Where an ordinary object keeps its attributes.
    own: Option<Bound<'py, PyDict>>,
    /// The headers as the server handed them over, unless Django has parsed them already.
    meta: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Request<'a, 'py> {
    fn of(object: &'a Bound<'py, PyAny>) -> Self {
        let py = object.py();
        let own = object.getattr(interned!(py, "__dict__"));
        let own = own.ok().and_then(|own| own.cast_into::<PyDict>().ok());
        let meta = own.as_ref().and_then(|own| {
            // `request.headers` parses every header when it is first asked for; the environ has the few we want.
            if own.contains(interned!(py, "headers")).unwrap_or(true) {
                return None;
            }
            own.get_item(interned!(py, "META")).ok()??.cast_into().ok()
        });
        Self { object, own, meta }
    }

    fn header(&self, Header(name, environ): Header) -> Option<Bound<'py, PyAny>> {
        if let Some(meta) = &self.meta {
            return meta.get_item(environ).ok().flatten();
        }
        let py = self.object.py();
        let headers = self.object.getattr(interned!(py, "headers")).ok()?;
        let value = headers.call_method1(interned!(py, "get"), (name,)).ok()?;
        Some(value).filter(|value| !value.is_none())
    }

    /// The values of a header, each for itself, where the server keeps them apart (ASGI does).
    fn values(&self, Header(name, _): Header) -> PyResult<Vec<String>> {
        let scope = self.object.getattr("scope")?;
        let mut values = Vec::new();
        for pair in scope.get_item("headers")?.try_iter()? {
            let (key, value): (Vec<u8>, Vec<u8>) = pair?.extract()?;
            if key.eq_ignore_ascii_case(name.as_bytes()) {
                // Headers are bytes; each is the character of that number (RFC 9110, 5.5).
                values.push(value.into_iter().map(char::from).collect());
            }
        }
        Ok(values)
    }

    fn sent_distinct_id(&self) -> Option<String> {
        let joined = self.header(DISTINCT_ID)?;
        let joined = joined.cast::<PyString>().ok()?;
        let joined = text_of(joined);
        if joined.contains(',')
            && let Ok(values) = self.values(DISTINCT_ID)
            && !values.is_empty()
        {
            let mut ids = values.iter().filter_map(|id| web::usable_header_id(id));
            return ids.next().map(Cow::into_owned);
        }
        web::usable_header_id(&joined).map(Cow::into_owned)
    }

    fn attribute(&self, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = match self.object.getattr(name) {
            Ok(value) => value,
            Err(error) if error.is_instance_of::<PyException>(name.py()) => return Ok(None),
            Err(interrupt) => return Err(interrupt),
        };
        Ok(Some(value))
    }

    fn address(&self, privacy: &Privacy) -> Option<String> {
        let forwarded = self.header(FORWARDED);
        let forwarded =
            forwarded.and_then(|value| forwarded_address(&value, privacy.trusted_proxies));
        if forwarded.is_some() || !privacy.ip_from_peer {
            return forwarded;
        }
        let meta = self.object.getattr("META").ok()?;
        plain_address(&meta.call_method1("get", ("REMOTE_ADDR",)).ok()?)
    }

    /// What the `URLconf` calls the view, as soon as Django has found one.
    fn match_tags(&self, tags: &Tags<'py>) -> PyResult<()> {
        let py = self.object.py();
        let Some(own) = &self.own else {
            return Ok(());
        };
        let Some(found) = own.get_item(interned!(py, "resolver_match"))? else {
            return Ok(());
        };
        if found.is_none() {
            return Ok(());
        }
        for (name, attribute) in [
            (interned!(py, "django_route"), interned!(py, "route")),
            (
                interned!(py, "django_view_name"),
                interned!(py, "view_name"),
            ),
            (interned!(py, "django_url_name"), interned!(py, "url_name")),
        ] {
            if let Some(value) = found.getattr_opt(attribute)?
                && value.is_instance_of::<PyString>()
            {
                tags.put(name, Some(value))?;
            }
        }
        Ok(())
    }
}

/// Who and which visit, by the tracing headers of *request*.
#[pyfunction]
pub(crate) fn tracing_ids(request: &Bound<'_, PyAny>) -> (Option<String>, Option<String>) {
    let request = Request::of(request);
    let session_id = text_with(request.header(SESSION_ID).as_ref(), web::cleaned_id);
    (request.sent_distinct_id(), session_id)
}

/// The absolute URL of *request*, if Django would take its path and its query as they are.
///
/// Nothing where a character is to be quoted, or the path to be normalised: that is Django's to do.
#[pyfunction]
pub(crate) fn plain_url(request: &Bound<'_, PyAny>, scheme: &str, host: &str) -> Option<String> {
    let py = request.py();
    let path = request.getattr(interned!(py, "path")).ok()?;
    let path = text_of(path.cast::<PyString>().ok()?);
    let meta = request.getattr(interned!(py, "META")).ok()?;
    let query = meta
        .cast::<PyDict>()
        .ok()?
        .get_item(interned!(py, "QUERY_STRING"));
    let query = query.ok()?;
    let query = query.as_ref().map(|query| query.cast::<PyString>());
    let query = text_of(query?.ok()?);
    // What `escape_uri_path` and `iri_to_uri` of `django.utils.encoding` leave alone.
    let stays = |text: &str, safe: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || safe.as_bytes().contains(&byte))
    };
    let is_plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains("/.")
        && !query.contains("/.")
        && stays(&path, "/:@&+$,-_.!~*'()")
        && stays(&query, "/#%[]=:;$&()+,!?*@'~-_.");
    let mark = if query.is_empty() { "" } else { "?" };
    is_plain.then(|| format!("{scheme}://{host}{path}{mark}{query}"))
}

/// The tags of *request*, whose absolute URL is *url*; empty values are left out.
///
/// `with_window` takes the id of the browser's window from its tracing header.
#[pyfunction]
#[pyo3(signature = (request, url, email, privacy, with_window=false))]
pub(crate) fn request_tags<'py>(
    request: &Bound<'py, PyAny>,
    url: Option<&Bound<'py, PyString>>,
    email: Option<Bound<'py, PyAny>>,
    privacy: &Privacy,
    with_window: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let py = request.py();
    let request = Request::of(request);
    let tags = Tags(PyDict::new(py));
    let agent = request.header(AGENT);
    tags.put(interned!(py, "email"), email)?;
    if let Some(url) = url {
        let whole = text_of(url);
        let sent = match privacy.query.applied(&whole) {
            Cow::Borrowed(same) if same.len() == whole.len() => url.clone(),
            changed => PyString::new(py, &changed),
        };
        tags.put(interned!(py, "$current_url"), Some(sent.into_any()))?;
    }
    let method = request.attribute(interned!(py, "method"))?;
    tags.put(interned!(py, "$request_method"), method)?;
    tags.put(
        interned!(py, "$request_path"),
        request.attribute(interned!(py, "path"))?,
    )?;
    tags.put_text(interned!(py, "$ip"), request.address(privacy))?;
    tags.put(interned!(py, "$user_agent"), agent.clone())?;
    tags.put(interned!(py, "$raw_user_agent"), agent)?;
    request.match_tags(&tags)?;
    if with_window {
        let window = text_with(request.header(WINDOW_ID).as_ref(), web::cleaned_id);
        tags.put_text(interned!(py, "$window_id"), window)?;
    }
    Ok(tags.0)
}

/// Tags under construction.
struct Tags<'py>(Bound<'py, PyDict>);

impl<'py> Tags<'py> {
    fn put(&self, name: &Bound<'py, PyString>, value: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        match value {
            // Truth is asked of odd values too, and may fail.
            Some(value) if value.is_truthy().unwrap_or(false) => self.0.set_item(name, value),
            _ => Ok(()),
        }
    }

    fn put_text(&self, name: &Bound<'py, PyString>, value: Option<String>) -> PyResult<()> {
        value.map_or(Ok(()), |value| self.0.set_item(name, value))
    }
}

/// What `read` makes of a value that is a text.
fn text_with(
    value: Option<&Bound<'_, PyAny>>,
    read: impl Fn(&str) -> Option<Cow<'_, str>>,
) -> Option<String> {
    let text = value?.cast::<PyString>().ok()?;
    read(&text_of(text)).map(Cow::into_owned)
}
