//! What an integration keeps with the contexts of its requests, and finds again from inside of them.

use std::any::Any;
use std::sync::Arc;

use super::{Answer, Context};

impl<V> Context<V> {
    /// A [deferred](Self::deferred) context that keeps something of the integration's. Where one from `parent` up keeps
    /// something of the same type it is the same request, and while nobody knows who sent it, their events share one id.
    #[doc(hidden)]
    pub fn deferred_with<T: Send + Sync + 'static>(
        parent: Option<&Self>,
        kept: Arc<T>,
        source: impl FnMut(&Self) -> Answer + Send + 'static,
    ) -> Self {
        let outer = parent.and_then(|parent| parent.keeping::<T>().next());
        let anonymous = outer.and_then(|(link, _)| link.lock().anonymous_place());
        Self::link(
            parent.cloned(),
            false,
            Some(Box::new(source)),
            anonymous,
            Some(kept),
        )
    }

    /// The contexts from here up that keep something of this type, and what they keep; not those above a fresh or a closed
    /// one.
    #[doc(hidden)]
    pub fn keeping<T: Send + Sync + 'static>(&self) -> impl Iterator<Item = (&Self, Arc<T>)> {
        let mut goes_on = true;
        let reached = self.chain().take_while(move |link| {
            let state = link.lock();
            std::mem::replace(&mut goes_on, !state.fresh) && !state.closed
        });
        reached.filter_map(|link| {
            let kept: Arc<dyn Any + Send + Sync> = Arc::clone(link.0.kept.as_ref()?);
            Some((link, kept.downcast().ok()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parent: Option<&Context>, number: u8) -> Context {
        Context::deferred_with(parent, Arc::new(number), |_| Answer::ForNow)
    }

    fn kept(context: &Context) -> Vec<u8> {
        context.keeping::<u8>().map(|(_, kept)| *kept).collect()
    }

    #[test]
    fn what_is_kept_is_found_from_inside_the_inner_one_first_and_not_beyond_a_fresh_or_closed_context()
     {
        let outer = request(None, 1);
        let other: Context =
            Context::deferred_with(Some(&outer), Arc::new("of another"), |_| Answer::Final);
        let inner = request(Some(&other), 2).child();
        assert_eq!(kept(&inner), [2, 1]);
        let fresh = Context::below(Some(&inner), true);
        assert!(kept(&fresh.child()).is_empty());
        outer.close();
        assert_eq!(kept(&inner), [2]);
    }

    #[test]
    fn contexts_of_one_request_share_the_place_of_its_generated_id() {
        let outer = request(None, 1);
        let inner = request(Some(&outer.child()), 2);
        let other: Context = Context::deferred(Some(&outer), |_| Answer::Final);
        let place = |context: &Context| context.snapshot().anonymous.unwrap();
        assert!(Arc::ptr_eq(&place(&outer), &place(&inner)));
        assert!(!Arc::ptr_eq(&place(&outer), &place(&other)));
    }
}
