//! Memory for sealed events, side by side: it is asked for once for many, and given back when the last of them is settled.
//!
//! Events are made on one thread and let go on another, which is what allocators are slow at.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// Room for some ten events. The last event of a block keeps all of it, so that only a thread that makes many gets so much.
const BLOCK_BYTES: usize = 16 * 1024;

/// Larger ones have memory of their own, so that no block is mostly empty.
const LARGE_BYTES: usize = BLOCK_BYTES / 4;

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// Where a thread writes.
#[derive(Default)]
struct Desk {
    /// The event that is being written; its length is known only then.
    draft: Vec<u8>,
    /// What is left of the block.
    block: BytesMut,
    /// How large that was.
    size: usize,
    /// Whose events are in it.
    owner: usize,
}

/// Keeps what `write` appends, beside other events of this `owner`: those of another may wait for much longer. With it comes
/// what `write` returns.
pub(crate) fn keep<T>(owner: usize, write: impl Fn(&mut Vec<u8>) -> T) -> (Bytes, T) {
    let kept = DESK.try_with(|desk| desk.borrow_mut().keep(owner, &write));
    // A thread that is ending has no desk any more.
    kept.unwrap_or_else(|_| Desk::default().keep(owner, &write))
}

impl Desk {
    fn keep<T>(&mut self, owner: usize, write: impl Fn(&mut Vec<u8>) -> T) -> (Bytes, T) {
        let Self { draft, block, .. } = self;
        draft.clear();
        let written = write(draft);
        if draft.len() > LARGE_BYTES {
            return (Bytes::from(std::mem::take(draft)), written);
        }
        if self.owner != owner {
            (self.owner, self.size, *block) = (owner, 0, BytesMut::new());
        }
        if block.capacity() < draft.len() {
            self.size = (2 * self.size).clamp(draft.len(), BLOCK_BYTES);
            *block = BytesMut::with_capacity(self.size);
        }
        block.extend_from_slice(draft);
        (block.split().freeze(), written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_any_length_are_kept_as_they_were_written() {
        let lengths = (0..200).map(|step| step * 97 % (2 * LARGE_BYTES));
        let written: Vec<Vec<u8>> = lengths
            .zip((b'a'..=b'z').cycle())
            .map(|(length, byte)| vec![byte; length])
            .collect();
        let kept = written.iter().map(|json| keep(1, |out| out.extend(json)).0);
        assert_eq!(kept.collect::<Vec<_>>(), written);
    }

    #[test]
    fn events_of_a_thread_that_makes_many_stand_side_by_side() {
        let kept: Vec<Bytes> = (0..100)
            .map(|_| keep(1, |out| out.resize(1000, b'a')).0)
            .collect();
        let beside = |pair: &&[Bytes]| pair[0].as_ptr().wrapping_add(1000) == pair[1].as_ptr();
        assert!(kept.windows(2).filter(beside).count() > 85);
    }

    #[test]
    fn the_only_event_of_a_thread_or_of_an_owner_keeps_no_memory_but_its_own() {
        let mut desk = Desk::default();
        for owner in [1, 2, 1] {
            desk.keep(owner, |out| out.resize(1000, b'a'));
            assert_eq!((desk.size, desk.block.capacity()), (1000, 0));
        }
    }
}
