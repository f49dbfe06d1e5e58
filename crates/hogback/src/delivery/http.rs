//! HTTP, blocking, with pooled connections.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ureq::unversioned::transport::DefaultConnector;

use super::lookup::OneLookup;
use super::proxy;
use super::transport::{Request, Response, Transport, Unreachable};

/// A server that does not even accept the connection by then is taken as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No more of an answer is read: it is a few words.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Redirects that keep the method and the body (307 and 308), on the same host, are followed this often.
const MAX_REDIRECTS: usize = 3;

/// Sends to one host.
pub(crate) struct HttpTransport {
    agent: ureq::Agent,
    /// Whether a connection may be there that was used before.
    has_answered: AtomicBool,
    host: String,
}

impl HttpTransport {
    /// A transport to `host` (with scheme, one trailing slash allowed); a request takes `timeout` at most.
    pub(crate) fn new(host: &str, user_agent: &str, timeout: Duration) -> Self {
        let proxy = proxy::of(host, |name| std::env::var(name).ok());
        let proxy = proxy.and_then(|proxy| ureq::Proxy::new(&proxy).ok());
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
            .proxy(proxy)
            .user_agent(user_agent)
            .tls_config(
                ureq::tls::TlsConfig::builder()
                    .root_certs(ureq::tls::RootCerts::PlatformVerifier)
                    .build(),
            )
            .build();
        Self {
            agent: ureq::Agent::with_parts(
                config,
                DefaultConnector::default(),
                OneLookup::default(),
            ),
            has_answered: AtomicBool::new(false),
            host: host.strip_suffix('/').unwrap_or(host).to_owned(),
        }
    }

    fn post(
        &self,
        url: &str,
        request: &Request<'_>,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut post = self
            .agent
            .post(url)
            .header("Content-Type", "application/json");
        if let Some(encoding) = request.encoding {
            post = post.header("Content-Encoding", encoding.name());
        }
        for (name, value) in request.headers {
            post = post.header(*name, value);
        }
        post.send(request.body)
    }

    /// Where a redirect leads, if it may be followed: a relative path, or the same host.
    fn target(&self, answer: &ureq::http::Response<ureq::Body>) -> Option<String> {
        if !matches!(answer.status().as_u16(), 307 | 308) {
            return None;
        }
        let location = answer.headers().get("location")?.to_str().ok()?;
        if location.starts_with('/') && !location.starts_with("//") {
            let scheme = self.host.find("://").map_or(0, |at| at + 3);
            let end = self.host[scheme..]
                .find('/')
                .map_or(self.host.len(), |at| scheme + at);
            return Some(format!("{}{location}", &self.host[..end]));
        }
        let authority = |url: &str| {
            url.parse::<ureq::http::Uri>()
                .ok()
                .map(|uri| (uri.scheme().cloned(), uri.authority().cloned()))
        };
        (authority(location)? == authority(&self.host)?).then(|| location.to_owned())
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
        // Whatever the libraries below do where threads or memory are short: it is one more way in which nothing comes back.
        catch_unwind(AssertUnwindSafe(|| self.exchange(request)))
            .unwrap_or_else(|_| Err(Unreachable("the request failed on this machine".into())))
    }
}

impl HttpTransport {
    fn exchange(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
        let unreachable = |error: ureq::Error| Unreachable(error.to_string());
        let url = format!("{}{}", self.host, request.path);
        let mut answer = match self.post(&url, request) {
            // The server may have closed a connection that was kept, which says nothing about it: a new one is tried at
            // once, and only once.
            Err(ureq::Error::Io(error))
                if is_broken(&error) && self.has_answered.swap(false, Relaxed) =>
            {
                self.post(&url, request).map_err(unreachable)?
            }
            posted => posted.map_err(unreachable)?,
        };
        self.has_answered.store(true, Relaxed);
        for _ in 0..MAX_REDIRECTS {
            let Some(target) = self.target(&answer) else {
                break;
            };
            answer = self.post(&target, request).map_err(unreachable)?;
        }
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| parse_retry_after(text, date_of(&answer)));
        // The body is read in any case, so that the connection can be used again. An answer that breaks off after its
        // status has still been given.
        let body = answer
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .unwrap_or_default();
        Ok(Response {
            status,
            body,
            retry_after,
        })
    }
}

/// Whether a connection was broken, and not refused.
fn is_broken(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
    )
}

/// The server's own time, against which a date in `Retry-After` is read: clocks differ.
fn date_of(answer: &ureq::http::Response<ureq::Body>) -> Option<jiff::Timestamp> {
    http_date(answer.headers().get("date")?.to_str().ok()?)
}

pub(super) fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds or a date. Nonsense counts as absent, a past date as no wait.
pub(super) fn parse_retry_after(
    text: &str,
    server_time: Option<jiff::Timestamp>,
) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    Duration::try_from(http_date(text)?.duration_since(server_time?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let server_time = http_date("Wed, 21 Oct 2015 07:28:00 GMT");
        for (text, seconds) in [
            ("3", Some(3.0)),
            (" 2.5 ", Some(2.5)),
            ("Wed, 21 Oct 2015 07:29:00 GMT", Some(60.0)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", None),
            ("-5", None),
            ("abc", None),
            ("NaN", None),
            ("1e300", None),
        ] {
            let read = parse_retry_after(text, server_time).map(|pause| pause.as_secs_f64());
            assert_eq!(read, seconds, "{text}");
        }
    }
}
