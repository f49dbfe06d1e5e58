//! The little of a request that is kept, so that it can be read later.
//!
//! Copying a head whole costs more than all the rest of the layer, and most requests are never asked. So what may be
//! wanted is picked in one walk over the headers; a copied value shares its bytes with the request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, Uri};

use crate::beside::{self, Beside};
use crate::callbacks::Callback;
use crate::options::Options;

pub(crate) struct Sent {
    pub(crate) method: Method,
    uri: Uri,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) route: Option<Arc<str>>,
    headers: Vec<(Header, HeaderValue)>,
}

/// A header that says something about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Host,
    UserAgent,
    ForwardedFor,
    ForwardedProto,
    DistinctId,
    SessionId,
    WindowId,
}

impl Header {
    /// As many as a request of a browser behind a proxy has.
    const USUAL: usize = 7;

    fn of(name: &HeaderName) -> Option<Self> {
        Some(match name.as_str() {
            "host" => Self::Host,
            "user-agent" => Self::UserAgent,
            "x-forwarded-for" => Self::ForwardedFor,
            "x-forwarded-proto" => Self::ForwardedProto,
            "x-posthog-distinct-id" => Self::DistinctId,
            "x-posthog-session-id" => Self::SessionId,
            "x-posthog-window-id" => Self::WindowId,
            _ => return None,
        })
    }
}

impl Sent {
    pub(crate) fn of(parts: &Parts, options: &Options) -> Self {
        let Beside { route, whole_uri } = beside::read(&parts.extensions);
        let peer = options.peer.as_ref().and_then(|peer| {
            let asked = || peer(&parts.extensions);
            options.ask(Callback::PeerAddress, asked).flatten()
        });
        let mut headers = Vec::with_capacity(Header::USUAL);
        for (name, value) in &parts.headers {
            if let Some(header) = Header::of(name) {
                headers.push((header, value.clone()));
            }
        }
        Self {
            method: parts.method.clone(),
            uri: whole_uri.unwrap_or(&parts.uri).clone(),
            peer,
            route,
            headers,
        }
    }

    /// The values of a header, in order.
    pub(crate) fn values(&self, header: Header) -> impl Iterator<Item = Cow<'_, str>> {
        let of_header = self
            .headers
            .iter()
            .filter(move |(known, _)| *known == header);
        of_header.map(|(_, value)| text(value))
    }

    pub(crate) fn first(&self, header: Header) -> Option<Cow<'_, str>> {
        self.values(header).next()
    }

    /// All values of a header as one list, as if they had been sent in one line.
    pub(crate) fn joined(&self, header: Header) -> Option<Cow<'_, str>> {
        let mut values = self.values(header);
        let first = values.next()?;
        Some(values.fold(first, |list, value| format!("{list},{value}").into()))
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The absolute URL; without scheme and host where the request names no host that can be one.
    ///
    /// `by_proxy` is the scheme that a trusted proxy has seen.
    pub(crate) fn url(&self, by_proxy: Option<&'static str>) -> String {
        let path = self
            .uri
            .path_and_query()
            .map_or_else(|| self.uri.path(), http::uri::PathAndQuery::as_str);
        let named = self.first(Header::Host).and_then(|host| host.parse().ok());
        // `OPTIONS *` asks about the server as a whole.
        let path = if path.starts_with('*') { "/" } else { path };
        let Some(authority) = self.uri.authority().cloned().or(named) else {
            return path.to_owned();
        };
        let scheme = by_proxy.or(self.uri.scheme_str()).unwrap_or("http");
        format!("{scheme}://{}{path}", without_credentials(&authority))
    }
}

fn without_credentials(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

/// Headers are bytes; each is the character of that number (RFC 9110, 5.5), as Python reads them too.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(ascii) => Cow::Borrowed(ascii),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use hogback::{Client, Config};
    use http::Request;

    use super::*;

    fn sent(request: http::request::Builder) -> Sent {
        let options = Options::new(Client::new(Config::new("")));
        Sent::of(&request.body(()).unwrap().into_parts().0, &options)
    }

    #[test]
    fn the_url_is_whole_whether_the_host_stands_in_the_target_or_in_a_header() {
        for (request, url) in [
            (
                Request::get("/cart?a=1").header("host", "shop.example:80"),
                "http://shop.example:80/cart?a=1",
            ),
            (
                Request::get("https://shop.example"),
                "https://shop.example/",
            ),
            (
                Request::get("http://ann:secret@shop.example/cart"),
                "http://shop.example/cart",
            ),
            (Request::get("/cart").header("host", "not a host"), "/cart"),
            (Request::get("/cart"), "/cart"),
            (
                Request::options("*").header("host", "a.example"),
                "http://a.example/",
            ),
        ] {
            assert_eq!(sent(request).url(None), url);
        }
    }

    #[test]
    fn a_header_sent_repeatedly_keeps_all_its_values() {
        let request = Request::get("/")
            .header("x-forwarded-for", "203.0.113.7")
            .header("x-forwarded-for", "10.0.0.1");
        let sent = sent(request);
        let forwarded = sent.joined(Header::ForwardedFor);
        assert_eq!(forwarded.as_deref(), Some("203.0.113.7,10.0.0.1"));
    }

    #[test]
    fn each_byte_of_a_header_is_a_character() {
        let value = HeaderValue::from_bytes(b"Zo\xeb").unwrap();
        let sent = sent(Request::get("/").header("user-agent", value));
        assert_eq!(sent.first(Header::UserAgent).as_deref(), Some("Zoë"));
    }
}
