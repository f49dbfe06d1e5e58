//! Memory for sealed events, side by side: it is asked for once for many, and given back when the last of them is settled.
//!
//! Events are made on one thread and let go on another, which is what allocators are slow at.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// Room for some ten events. The last event of a block keeps all of it.
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
}

/// Keeps what `write` appends.
pub(crate) fn keep(write: impl Fn(&mut Vec<u8>)) -> Bytes {
    let kept = DESK.try_with(|desk| desk.borrow_mut().keep(&write));
    // A thread that is ending has no desk any more.
    kept.unwrap_or_else(|_| Desk::default().keep(&write))
}

impl Desk {
    fn keep(&mut self, write: impl Fn(&mut Vec<u8>)) -> Bytes {
        let Self { draft, block } = self;
        draft.clear();
        write(draft);
        if draft.len() > LARGE_BYTES {
            return Bytes::from(std::mem::take(draft));
        }
        if block.capacity() < draft.len() {
            *block = BytesMut::with_capacity(BLOCK_BYTES);
        }
        block.extend_from_slice(draft);
        block.split().freeze()
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
        let kept = written.iter().map(|json| keep(|out| out.extend(json)));
        assert_eq!(kept.collect::<Vec<_>>(), written);
    }

    #[test]
    fn small_events_stand_side_by_side() {
        let [first, second] = ["first", "second"].map(|text| keep(|out| out.extend(text.bytes())));
        assert_eq!(first.as_ptr().wrapping_add(first.len()), second.as_ptr());
    }
}
