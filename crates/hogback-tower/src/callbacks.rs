//! Asks functions of the program: one that panics costs what it would have said and one warning.

use std::sync::atomic::{AtomicBool, Ordering};

use hogback::Client;

/// A function of the program, by the name under which it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callback {
    Filter,
    ExtraTags,
    MapTags,
    PeerAddress,
    CaptureStatus,
    ResponseError,
}

impl Callback {
    const COUNT: usize = 6;

    const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::ExtraTags => "extra_tags",
            Self::MapTags => "map_tags",
            Self::PeerAddress => "peer_address",
            Self::CaptureStatus => "capture_status",
            Self::ResponseError => "response_error",
        }
    }

    /// What becomes of the request's events without it.
    const fn without(self) -> &'static str {
        match self {
            Self::Filter => "the request is tracked",
            Self::ExtraTags => "its tags are missing",
            Self::MapTags => "no tags are sent",
            Self::PeerAddress => "the peer is not known",
            Self::CaptureStatus | Self::ResponseError => "nothing is reported",
        }
    }
}

/// Which functions of a layer's have panicked, so that the program is told once of each.
#[derive(Debug, Default)]
pub(crate) struct Told([AtomicBool; Callback::COUNT]);

impl Told {
    /// What the function says, or nothing if it panics; then the layer's client has a warning to tell, once.
    pub(crate) fn ask<T>(
        &self,
        callback: Callback,
        client: &Client,
        ask: impl FnOnce() -> T,
    ) -> Option<T> {
        let said = hogback::guarded(ask);
        if said.is_none() && !self.0[callback as usize].swap(true, Ordering::Relaxed) {
            client.warn(format!(
                "`{}` of a ContextLayer panicked: {}",
                callback.name(),
                callback.without()
            ));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::new(hogback::Config::new("").no_journal())
    }

    fn fail(told: &Told, client: &Client) {
        let said = told.ask(Callback::MapTags, client, || -> u8 { panic!("a bug") });
        assert_eq!(said, None);
    }

    #[test]
    fn a_function_that_panics_says_nothing_is_told_of_once_and_may_be_asked_again() {
        let (told, client) = (Told::default(), client());
        for _ in 0..2 {
            fail(&told, &client);
        }
        assert_eq!(client.take_notes().len(), 1);
        assert_eq!(told.ask(Callback::MapTags, &client, || 7), Some(7));
    }

    #[test]
    fn each_layers_client_hears_of_its_own() {
        for client in [client(), client()] {
            fail(&Told::default(), &client);
            assert_eq!(client.take_notes().len(), 1);
        }
    }
}
