//! What was reported of a request by the layers further in, so that one further out does not report it again.
//!
//! A layer tells those around it, which it finds through its context. So it does not matter whether a failure comes out at
//! once, or what else happens on its thread meanwhile.

use std::any::Any;
use std::collections::VecDeque;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hogback::Context;

use crate::request::Request;

/// Failures that a layer remembers, at most: one that a handler has dealt with never comes out.
const MAX_HEARD: usize = 16;

/// Causes of an error that are looked at, at most.
const MAX_CAUSES: usize = 50;

/// A failure, by what is the same wherever it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The payload's address, and what it says.
    Panic(usize, u64),
    /// What the error says that a service, or a body, has returned. Its type changes on its way, as when it is boxed.
    Error(u64),
}

impl Failure {
    pub(crate) fn panic(payload: &(dyn Any + Send)) -> Self {
        let texts = (
            payload.downcast_ref::<&'static str>(),
            payload.downcast_ref::<String>(),
        );
        Self::Panic(std::ptr::from_ref(payload).cast::<()>().addr(), hash(texts))
    }

    /// What an error and its causes are: one may be wrapped on its way.
    pub(crate) fn errors(text: &str, error: Option<&(dyn Error + 'static)>) -> Vec<Self> {
        let first = error.and_then(Error::source);
        let causes = std::iter::successors(first, |cause| Error::source(*cause)).take(MAX_CAUSES);
        let texts = causes.filter_map(|cause| hogback::guarded(|| cause.to_string()));
        let mut all = vec![Self::Error(hash(text))];
        all.extend(texts.map(|text| Self::Error(hash(&*text))));
        all
    }
}

pub(crate) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What the layers further in have reported. It is a part of its request, which the request's context keeps.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    heard: Mutex<VecDeque<Failure>>,
    outer: Weak<Request>,
}

impl Reported {
    /// Of a layer in this context, if it is in one.
    pub(crate) fn below(parent: Option<&Context>) -> Self {
        let outer = parent.and_then(|parent| parent.keeping::<Request>().next());
        Self {
            heard: Mutex::default(),
            outer: outer.map_or_else(Weak::new, |(_, outer)| Arc::downgrade(&outer)),
        }
    }

    /// Whether a failure is news, which is the same as one of these; then the caller reports it.
    pub(crate) fn is_news(&self, failure: &[Failure]) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let all = heard.len();
        // It may have been tried several times before it came out.
        heard.retain(|heard| !failure.contains(heard));
        if heard.len() < all {
            return false;
        }
        drop(heard);
        if let Some(first) = failure.first() {
            self.tell(*first);
        }
        true
    }

    /// Tells the layers further out.
    fn tell(&self, failure: Failure) {
        let mut next = self.outer.upgrade();
        while let Some(request) = next {
            let Self { heard, outer } = &request.reported;
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.len() == MAX_HEARD {
                heard.pop_front();
            }
            heard.push_back(failure);
            drop(heard);
            next = outer.upgrade();
        }
    }
}

#[cfg(test)]
mod tests {
    use hogback::{Answer, Client, Config};

    use super::*;
    use crate::options::Options;

    /// What a layer in this context opens.
    fn open(parent: Option<&Context>) -> (Arc<Request>, Context) {
        let options = Options::new(Client::new(Config::new("").no_journal()));
        let parts = http::Request::new(()).into_parts().0;
        let request = Request::of(&parts, &Arc::new(options), Reported::below(parent));
        let request = Arc::new(request);
        let context = Context::deferred_with(parent, Arc::clone(&request), |_| Answer::Final);
        (request, context)
    }

    #[test]
    fn what_one_layer_reports_is_known_to_all_around_it_once() {
        let (outer, context) = open(None);
        let (middle, context) = open(Some(&context.child()));
        let (inner, _context) = open(Some(&context));
        let failure = [Failure::Error(1)];
        assert!(middle.reported.is_news(&failure));
        assert!(!outer.reported.is_news(&failure));
        assert!(outer.reported.is_news(&failure));
        assert!(inner.reported.is_news(&failure));
        let wrapped = [Failure::Error(2), Failure::Error(1)];
        assert!(!middle.reported.is_news(&wrapped));
    }

    #[test]
    fn a_failure_that_is_tried_again_and_comes_out_was_reported_each_time() {
        let (outer, context) = open(None);
        let failure = [Failure::Error(1)];
        for _ in 0..100 {
            let (again, _context) = open(Some(&context));
            assert!(again.reported.is_news(&failure));
        }
        assert!(!outer.reported.is_news(&failure));
        assert!(outer.reported.is_news(&failure));
    }
}
