//! The address that a request came from, as the proxies in front of the site tell it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longer lists are nobody's way through the network; each entry tried takes time.
const MAX_ENTRIES: usize = 32;

/// The client's address in the value of an `X-Forwarded-For` header.
///
/// That is the first one that is an address. Anybody may send a header with whatever they like in it; each proxy only
/// appends. With `trusted_proxies` in front of the site it is the entry that the outermost of them wrote, so many from
/// the right (the first of a shorter list), or nothing if that is no address.
///
/// ```
/// use hogback::web::forwarded_address;
///
/// assert_eq!(forwarded_address("unknown, 203.0.113.7:4711", None), Some("203.0.113.7"));
/// assert_eq!(forwarded_address("6.6.6.6, 203.0.113.7, 10.0.0.1", Some(2)), Some("203.0.113.7"));
/// ```
pub fn forwarded_address(forwarded: &str, trusted_proxies: Option<usize>) -> Option<&str> {
    let Some(trusted) = trusted_proxies else {
        return forwarded
            .split(',')
            .take(MAX_ENTRIES)
            .find_map(plain_address);
    };
    let entries = forwarded
        .rsplit(',')
        .filter(|entry| !entry.trim().is_empty());
    plain_address(entries.take(trusted).last()?)
}

/// The address in a text without port, zone, brackets and quotes, if there is one.
///
/// ```
/// use hogback::web::plain_address;
///
/// assert_eq!(plain_address("[2001:db8::1]:443"), Some("2001:db8::1"));
/// assert_eq!(plain_address("example.com"), None);
/// ```
pub fn plain_address(text: &str) -> Option<&str> {
    let bare = text.trim_matches([' ', '"']);
    let bare = if let Some(bracketed) = bare.strip_prefix('[') {
        bracketed.split(']').next()?
    } else if bare.matches(':').count() == 1 {
        bare.split(':').next()?
    } else {
        bare
    };
    let bare = bare.split('%').next()?;
    let is_address = if bare.contains(':') {
        bare.parse::<Ipv6Addr>().is_ok()
    } else {
        bare.parse::<Ipv4Addr>().is_ok()
    };
    is_address.then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_port_brackets_quotes_and_zone() {
        for (text, address) in [
            (" 1.2.3.4:5678 ", Some("1.2.3.4")),
            ("\"[2001:db8::1]:443\"", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("::ffff:1.2.3.4", Some("::ffff:1.2.3.4")),
            ("01.2.3.4", None),
            ("_hidden", None),
            ("[", None),
            (":", None),
            ("", None),
        ] {
            assert_eq!(plain_address(text), address, "{text}");
        }
    }

    #[test]
    fn with_trusted_proxies_the_entry_of_the_outermost_one_counts() {
        let header = "6.6.6.6, , 203.0.113.7, 10.0.0.1";
        for (trusted, address) in [
            (0, None),
            (1, Some("10.0.0.1")),
            (2, Some("203.0.113.7")),
            (9, Some("6.6.6.6")),
        ] {
            assert_eq!(forwarded_address(header, Some(trusted)), address);
        }
        assert_eq!(forwarded_address("1.2.3.4, unknown", Some(1)), None);
    }
}
