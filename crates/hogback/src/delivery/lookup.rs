//! Looks up a host's addresses, one look-up at a time.
//!
//! The system's look-up cannot be stopped, so it has a thread of its own, and who asks waits for as long as there is time. One
//! that hangs is waited for again by the next who asks: a name server that does not answer costs one thread, however often
//! the server is tried. An address needs no look-up, and no thread.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The look-ups of one agent.
#[derive(Debug, Default)]
pub(super) struct OneLookup(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    answered: Condvar,
}

/// What is being looked up, and what came of it. An answer is for those who wait for it.
#[derive(Debug, Default)]
struct State {
    asked: Option<(String, u16)>,
    answer: Option<io::Result<Vec<SocketAddr>>>,
}

impl Resolver for OneLookup {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let port = uri.port_u16().or_else(|| port_of(uri.scheme_str()?));
        let port = port.ok_or(Error::HostNotFound)?;
        let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.look_up(host, port, timeout)?,
        };
        let mut addresses = self.empty();
        for address in config.ip_family().keep_wanted(found.into_iter()).take(16) {
            addresses.push(address);
        }
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        Ok(addresses)
    }
}

impl OneLookup {
    fn look_up(
        &self,
        host: &str,
        port: u16,
        timeout: NextTimeout,
    ) -> Result<Vec<SocketAddr>, Error> {
        let asked = (host.to_owned(), port);
        let shared = &self.0;
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.asked.is_none() {
            let theirs = Arc::clone(shared);
            let name = asked.clone();
            let thread = thread::Builder::new().name(super::THREADS[1].into());
            thread
                .spawn(move || theirs.answer(&name))
                .map_err(Error::Io)?;
            *state = State {
                asked: Some(asked.clone()),
                answer: None,
            };
        } else if state.asked.as_ref() != Some(&asked) {
            // A proxy's name and the host's, say: the one that hangs is as good as the other.
            return Err(Error::Timeout(timeout.reason));
        }
        let waiting = |state: &mut State| state.answer.is_none();
        let state = match timeout.not_zero() {
            Some(limit) => {
                let waited = shared.answered.wait_timeout_while(state, *limit, waiting);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => shared
                .answered
                .wait_while(state, waiting)
                .unwrap_or_else(PoisonError::into_inner),
        };
        let mut state = state;
        let Some(answer) = state.answer.take() else {
            return Err(Error::Timeout(timeout.reason));
        };
        state.asked = None;
        answer.map_err(Error::Io)
    }
}

impl Shared {
    fn answer(&self, (host, port): &(String, u16)) {
        let answer = (host.as_str(), *port).to_socket_addrs();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answer = Some(answer.map(Iterator::collect));
        drop(state);
        self.answered.notify_all();
    }
}

fn port_of(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "socks4" | "socks4a" | "socks5" | "socks" => Some(1080),
        _ => None,
    }
}
