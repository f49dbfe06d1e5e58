//! How far a segment is settled: a file of marks beside it, one appended whenever events were delivered or lost.
//!
//! ```text
//! mark  offset u32 | crc32 of these 4 bytes u32     8 bytes, little-endian
//! ```
//!
//! A mark says that everything before `offset` in the segment needs no sending any more. Losing one costs no event: what
//! it covered is sent once more.

pub(super) const MARK_BYTES: usize = 8;

/// The bytes to append.
///
/// Marks are read at multiples of their length, so whoever could write only a part of one has to cut the file to the
/// last whole mark: all that are appended behind the part would be ignored.
pub(super) fn mark(offset: u32) -> [u8; MARK_BYTES] {
    let mut mark = [0; MARK_BYTES];
    let (number, checksum) = mark.split_at_mut(4);
    number.copy_from_slice(&offset.to_le_bytes());
    checksum.copy_from_slice(&crc32fast::hash(&offset.to_le_bytes()).to_le_bytes());
    mark
}

/// The furthest offset that the marks of a file say, 0 if none does. Torn and damaged marks are ignored. The offset may
/// lie beyond the segment's end, if that lost more than its marks when the machine went down.
pub(super) fn furthest(bytes: &[u8]) -> u32 {
    let (marks, _torn) = bytes.as_chunks::<MARK_BYTES>();
    let offset = |bytes: &[u8; MARK_BYTES]| {
        let offset = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        (*bytes == mark(offset)).then_some(offset)
    };
    marks.iter().filter_map(offset).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(offsets: &[u32]) -> Vec<u8> {
        offsets.iter().copied().flat_map(mark).collect()
    }

    #[test]
    fn the_furthest_mark_counts_wherever_it_stands() {
        assert_eq!(furthest(&[]), 0);
        assert_eq!(furthest(&file(&[32])), 32);
        assert_eq!(furthest(&file(&[32, 100, u32::MAX])), u32::MAX);
        assert_eq!(furthest(&file(&[32, 700, 100])), 700);
    }

    #[test]
    fn a_mark_has_the_bytes_that_are_documented() {
        let checksum = crc32fast::hash(&[1, 2, 0, 0]).to_le_bytes();
        assert_eq!(mark(0x201), *[&[1, 2, 0, 0], &checksum[..]].concat());
    }

    #[test]
    fn a_torn_mark_is_ignored() {
        let whole = file(&[32, 100, 700]);
        for length in 0..=whole.len() {
            let expected = [0, 32, 100, 700][length / MARK_BYTES];
            assert_eq!(furthest(&whole[..length]), expected, "{length}");
        }
    }

    #[test]
    fn a_flipped_bit_costs_no_more_than_its_mark() {
        let whole = file(&[32, 100, 700]);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let expected = if bit / 8 < 2 * MARK_BYTES { 700 } else { 100 };
            assert_eq!(furthest(&bytes), expected, "bit {bit}");
        }
    }

    #[test]
    fn zeroes_are_no_marks() {
        assert_eq!(furthest(&[0; 4096]), 0);
        let mut bytes = file(&[32]);
        bytes.extend([0; 64]);
        assert_eq!(furthest(&bytes), 32);
    }

    proptest! {
        #[test]
        fn any_bytes_give_zero_or_an_offset_that_was_marked(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let offset = furthest(&bytes);
            prop_assert!(offset == 0 || bytes.chunks(MARK_BYTES).any(|part| part == mark(offset)));
        }
    }
}
