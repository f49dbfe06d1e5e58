//! What several layers of one subscriber keep in the same span, each for itself.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::registry::{Extensions, ExtensionsMut};

/// Tells a layer from all others of the process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Default for Key {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Clone for Key {
    /// A key of its own: a layer and its clone may be in one subscriber.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Values by their layers. There are hardly ever more than two.
#[derive(Debug)]
pub(super) struct ByLayer<T>(Vec<(u64, T)>);

impl<T: Default + Send + Sync + 'static> ByLayer<T> {
    /// The layer's value, if it has one in this span.
    pub(super) fn get<'a>(extensions: &'a Extensions<'_>, key: &Key) -> Option<&'a T> {
        let Self(values) = extensions.get()?;
        let mut values = values.iter();
        values.find_map(|(owner, value)| (*owner == key.0).then_some(value))
    }

    /// The layer's value, made if it has none yet in this span.
    pub(super) fn entry<'a>(extensions: &'a mut ExtensionsMut<'_>, key: &Key) -> Option<&'a mut T> {
        if extensions.get_mut::<Self>().is_none() {
            extensions.insert(Self(Vec::new()));
        }
        let Self(values) = extensions.get_mut()?;
        if values.iter().all(|(owner, _)| *owner != key.0) {
            values.push((key.0, T::default()));
        }
        let mut values = values.iter_mut();
        values.find_map(|(owner, value)| (*owner == key.0).then_some(value))
    }
}
