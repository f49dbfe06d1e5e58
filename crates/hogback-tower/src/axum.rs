//! What axum puts beside a request.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, MatchedPath, OriginalUri};
use http::Extensions;

use crate::beside::Beside;

pub(crate) fn read<'a>(extensions: &'a Extensions, beside: &mut Beside<'a>) {
    beside.route = extensions
        .get::<MatchedPath>()
        .map(|route| route.as_str().into());
    beside.whole_uri = extensions.get::<OriginalUri>().map(|uri| &uri.0);
}

pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|peer| peer.0.ip())
}
