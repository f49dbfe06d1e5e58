//! What servers and routers have put beside the request.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{Extensions, Uri};

/// What is taken from the extensions of every request.
#[derive(Debug, Default)]
pub(crate) struct Beside<'a> {
    /// The route that was matched, as it was written.
    pub(crate) route: Option<Arc<str>>,
    /// The URI before a router took from it what it had matched.
    pub(crate) whole_uri: Option<&'a Uri>,
}

type Read = for<'a> fn(&'a Extensions, &mut Beside<'a>);
type ReadPeer = fn(&Extensions) -> Option<IpAddr>;

const READERS: &[Read] = &[
    #[cfg(feature = "axum")]
    crate::axum::read,
];

const PEER_READERS: &[ReadPeer] = &[
    |extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip),
    |extensions| extensions.get::<IpAddr>().copied(),
    #[cfg(feature = "axum")]
    crate::axum::peer,
];

pub(crate) fn read(extensions: &Extensions) -> Beside<'_> {
    let mut beside = Beside::default();
    for read in READERS {
        read(extensions, &mut beside);
    }
    beside
}

/// The address of whoever holds the other end of the connection.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    PEER_READERS.iter().find_map(|read| read(extensions))
}
