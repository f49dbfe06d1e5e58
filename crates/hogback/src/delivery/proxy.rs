//! Which proxy the environment names for a host.
//!
//! The variables are those of curl and of Python's `requests`: `https_proxy` or `http_proxy` by the host's scheme, else
//! `all_proxy`, in small letters or capitals; `no_proxy` lists the hosts that need none. As curl does, `HTTP_PROXY` is not
//! read where a CGI script runs: there it is a header of the request.

/// The proxy's address for a host, if there is one. `variable` reads the environment.
pub(super) fn of(host: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let uri: ureq::http::Uri = host.parse().ok()?;
    let either = |small: &str| {
        let of = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        of(small).or_else(|| of(&small.to_ascii_uppercase()))
    };
    let is_needless = either("no_proxy")
        .is_some_and(|list| is_listed(uri.host().unwrap_or_default(), uri.port_u16(), &list));
    if is_needless {
        return None;
    }
    let own = match uri.scheme_str() {
        Some("https") => either("https_proxy"),
        _ if variable("REQUEST_METHOD").is_some() => variable("http_proxy"),
        _ => either("http_proxy"),
    };
    own.or_else(|| either("all_proxy"))
}

/// Whether a host is in a list of names: the name itself, those below it, `*` for all, with a port or without.
fn is_listed(host: &str, port: Option<u16>, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let is_meant = |entry: &str| {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            // An IPv6 address has more than one.
            Some((name, wanted)) if !name.contains(':') || name.ends_with(']') => {
                (name.to_owned(), wanted.parse::<u16>().ok())
            }
            _ => (entry.clone(), None),
        };
        let name = name
            .trim_matches(['[', ']'])
            .trim_start_matches('*')
            .trim_start_matches('.');
        let is_port = wanted.is_none() || wanted == port;
        let is_below = || {
            host.strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        !name.is_empty() && is_port && (host == name || is_below())
    };
    list.split(',').any(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(host: &str, variables: &[(&str, &str)]) -> Option<String> {
        of(host, |name| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_scheme_has_its_proxy_and_one_is_for_all() {
        let all = [
            ("HTTPS_PROXY", "s"),
            ("http_proxy", "p"),
            ("ALL_PROXY", "a"),
        ];
        assert_eq!(found("https://host", &all).as_deref(), Some("s"));
        assert_eq!(found("http://host", &all).as_deref(), Some("p"));
        assert_eq!(found("http://host", &all[2..]).as_deref(), Some("a"));
        assert_eq!(found("http://host", &all[..1]), None);
        assert_eq!(
            found("http://host", &[("HTTP_PROXY", " "), ("all_proxy", "a")]).as_deref(),
            Some("a")
        );
        assert_eq!(found("no host at all", &all), None);
    }

    #[test]
    fn a_header_of_a_request_is_no_proxy() {
        let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "evil")];
        assert_eq!(found("http://host", &cgi), None);
        let named = [("REQUEST_METHOD", "GET"), ("http_proxy", "p")];
        assert_eq!(found("http://host", &named).as_deref(), Some("p"));
    }

    #[test]
    fn hosts_that_need_none_are_listed_by_name_domain_and_port() {
        for (host, list, is_meant) in [
            ("https://a.example", "a.example", true),
            ("https://a.example", "other, A.Example ", true),
            ("https://a.b.example", "b.example", true),
            ("https://a.b.example", ".b.example", true),
            ("https://a.b.example", "*.b.example", true),
            ("https://ab.example", "b.example", false),
            ("https://a.example", "*", true),
            ("https://a.example:8443", "a.example:8443", true),
            ("https://a.example:8443", "a.example:443", false),
            ("http://127.0.0.1:80", "127.0.0.1", true),
            ("http://[::1]:80", "::1", true),
            ("http://[::1]:80", "[::1]:80", true),
            ("https://a.example", " ,", false),
        ] {
            let proxy = found(host, &[("ALL_PROXY", "p"), ("NO_PROXY", list)]);
            assert_eq!(proxy.is_none(), is_meant, "{host} in {list:?}");
        }
    }
}
