//! Ids of our own making.

use std::cell::RefCell;
use std::time::Duration;

use uuid::Uuid;

use crate::fork;

/// A version 7 UUID (RFC 9562): ids of one process sort by the time they were made, to the millisecond.
///
/// The random part comes from a generator of the thread's own, seeded anew in a forked child: asking the kernel each
/// time would cost more than sealing the whole event.
pub fn uuid_v7(unix_time: Duration) -> Uuid {
    thread_local! {
        static RANDOM: RefCell<(u64, fastrand::Rng)> = RefCell::new((fork::generation(), seeded()));
    }
    let mut bytes = [0; 10];
    RANDOM.with_borrow_mut(|(generation, random)| {
        if *generation != fork::generation() {
            *random = seeded();
            *generation = fork::generation();
        }
        random.fill(&mut bytes);
    });
    let millis = u64::try_from(unix_time.as_millis()).unwrap_or(u64::MAX);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// The id as text, without the formatting machinery: every event has one.
pub(crate) fn text_of(id: Uuid) -> String {
    let mut text = Uuid::encode_buffer();
    id.hyphenated().encode_lower(&mut text).to_owned()
}

/// Not `fastrand::Rng::new()`: that draws on a generator which a forked child would share with its parent.
fn seeded() -> fastrand::Rng {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    fastrand::Rng::with_seed(high ^ low.rotate_left(32))
}

/// A random jitter in `0.0..1.0`, for pauses between tries.
pub(crate) fn jitter() -> f64 {
    seeded().f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_carry_their_time_and_differ() {
        let one = uuid_v7(Duration::from_millis(0x0123_4567_89ab));
        let two = uuid_v7(Duration::from_millis(0x0123_4567_89ab));
        assert!(one.to_string().starts_with("01234567-89ab-7"));
        assert_ne!(one, two);
    }
}
