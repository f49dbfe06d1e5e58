//! The names this server answers to.
//!
//! A page on the web can make its own name point to 127.0.0.1 and then read from us as if we were its own server. Its
//! requests look same-origin in every way but one: they carry that foreign name in `Host`. So every route, before
//! anything else, refuses names that are not known to be ours.

use std::collections::BTreeSet;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Loopback, and the name by which containers reach the machine they run on.
const OWN_NAMES: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "host.docker.internal"];

/// The allowed host names.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    more: BTreeSet<String>,
}

impl Hosts {
    /// Answers to this name too.
    #[must_use]
    pub fn allow(mut self, name: &str) -> Self {
        self.more
            .insert(name.trim_end_matches('.').to_ascii_lowercase());
        self
    }

    /// Whether a `Host` header, with or without a port, is one of our names.
    pub fn allows(&self, host: &str) -> bool {
        let name = name_of(host);
        OWN_NAMES.contains(&name.as_str())
            || name.ends_with(".localhost")
            || self.more.contains(&name)
    }
}

/// A `Host` without its port, in lower case, without the final dot of a full name.
fn name_of(host: &str) -> String {
    let name = match host.rfind(':') {
        Some(colon)
            if host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit())
                && !ends_inside_brackets(host) =>
        {
            &host[..colon]
        }
        _ => host,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// `[::1]` has colons, but no port.
fn ends_inside_brackets(host: &str) -> bool {
    host.starts_with('[') && host.ends_with(']')
}

/// The request's host, from its header.
pub(crate) fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(host)
}

/// Refuses requests that were addressed to another name.
pub(crate) async fn allowed_only(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Response {
    match host_of(request.headers()) {
        Some(host) if hosts.allows(host) => next.run(request).await,
        Some(host) => {
            let name: String = name_of(host)
                .chars()
                .filter(char::is_ascii_graphic)
                .take(100)
                .collect();
            let message = format!(
                "hogback does not answer to the name {name:?}. If it is yours, start hogback with --allow-host {name}\n"
            );
            (StatusCode::MISDIRECTED_REQUEST, message).into_response()
        }
        None => (
            StatusCode::MISDIRECTED_REQUEST,
            "the request needs exactly one Host header\n",
        )
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_ours_with_and_without_a_port() {
        for host in [
            "localhost",
            "localhost:4640",
            "LOCALHOST:1",
            "localhost.:80",
            "shop.localhost:4640",
            "127.0.0.1:4640",
            "[::1]",
            "[::1]:4640",
            "host.docker.internal:4640",
        ] {
            assert!(Hosts::default().allows(host), "{host}");
        }
    }

    #[test]
    fn all_other_names_are_foreign() {
        for host in [
            "",
            "evil.test",
            "evil.test:4640",
            "localhost.evil.test",
            "evil-localhost",
            "127.0.0.1.evil.test",
            "localhost:4640@evil.test",
            "10.0.0.1",
            "[::2]",
            "[::1].evil.test",
        ] {
            assert!(!Hosts::default().allows(host), "{host}");
        }
    }

    #[test]
    fn an_allowed_name_is_ours() {
        let hosts = Hosts::default().allow("Inspector.");
        assert!(hosts.allows("inspector:4640"));
        assert!(!hosts.allows("other"));
    }
}
