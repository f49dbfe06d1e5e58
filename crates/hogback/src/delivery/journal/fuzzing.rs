//! What must hold of the journal's files, whatever is in them.

#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

use std::time::Duration;

use super::segment::{self, Found, HEADER_BYTES, Header, Records};
use super::{not_before as file, settled};

const HOUR: Duration = Duration::from_secs(3600);

/// Any bytes as a segment, as what is behind the header of one, and as what is packed in one.
pub fn segment(bytes: &[u8]) {
    let offset = bytes.first().map_or(0, |byte| usize::from(*byte));
    for offset in [0, HEADER_BYTES, offset] {
        is_read_without_gaps(bytes, offset);
    }
    survives_packing(bytes);
    survives_packing(&[&segment::header(), bytes].concat());
    let packed = [&segment::packed_header(), bytes].concat();
    assert_eq!(segment::check_header(&packed), Header::Packed);
    let plain = segment::unpacked(packed);
    assert!(plain.len() as u64 <= segment::MAX_UNPACKED + HEADER_BYTES as u64);
    assert_eq!(segment::check_header(&plain), Header::Ours);
    is_read_without_gaps(&plain, HEADER_BYTES);
}

/// Every stretch begins where the last one ended, and a record is one that would be written just so.
fn is_read_without_gaps(bytes: &[u8], offset: usize) {
    let mut at = offset.min(bytes.len());
    for found in Records::from(bytes, offset) {
        let start = at;
        at = match found {
            Found::Record { payload, end } => {
                assert!(payload.len() <= segment::MAX_PAYLOAD);
                let mut record = Vec::new();
                segment::write_record(payload, &mut record);
                assert_eq!(bytes[start..end], record);
                end
            }
            Found::Damage { bytes: damage, end } => {
                assert!(damage > 0 && start + damage == end);
                end
            }
            Found::Torn { bytes: torn } => {
                assert!(torn > 0 && start + torn == bytes.len());
                bytes.len()
            }
        };
    }
    assert_eq!(at, bytes.len());
}

/// What is packed has the same records at the same places.
fn survives_packing(bytes: &[u8]) {
    if segment::check_header(bytes) != Header::Ours {
        return;
    }
    let Ok(packed) = segment::packed(bytes) else {
        unreachable!("it is packed in memory");
    };
    assert_eq!(segment::check_header(&packed), Header::Packed);
    let plain = segment::unpacked(packed);
    // What ends with a zero is not JSON, and none of ours.
    let records = |bytes| {
        Records::from(bytes, HEADER_BYTES)
            .filter(|found| match found {
                Found::Record { payload, .. } => payload.last().is_some_and(|last| *last != 0),
                _ => false,
            })
            .map(|found| format!("{found:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(records(&plain), records(bytes));
}

/// Any bytes as a file of marks.
pub fn marks(bytes: &[u8]) {
    let furthest = settled::furthest(bytes);
    let (whole, torn) = bytes.as_chunks::<{ settled::MARK_BYTES }>();
    assert!(furthest == 0 || whole.contains(&settled::mark(furthest)));
    let whole = &bytes[..bytes.len() - torn.len()];
    assert_eq!(
        settled::furthest(whole),
        furthest,
        "a torn mark says nothing"
    );
    let half = &whole[..whole.len() / 2];
    assert!(settled::furthest(half) <= furthest);
    for offset in [0, 100, furthest, furthest.saturating_add(1), u32::MAX] {
        let more = [whole, &settled::mark(offset)].concat();
        assert_eq!(settled::furthest(&more), furthest.max(offset));
    }
}

/// Any bytes as the file that says until when a server wants to be left alone, and as the time in it.
pub fn not_before(bytes: &[u8]) {
    if let Some(until) = file::parse(bytes) {
        assert_eq!(file::written(until), bytes);
    }
    let mut millis = [0; 8];
    for (to, from) in millis.iter_mut().zip(bytes) {
        *to = *from;
    }
    let until = Duration::from_millis(u64::from_le_bytes(millis));
    let written = file::written(until);
    assert_eq!(file::parse(&written), Some(until));
    let soon = until.saturating_sub(Duration::from_secs(60));
    for now in [
        Duration::ZERO,
        Duration::from_secs(1_900_000_000),
        soon,
        until,
    ] {
        for bytes in [bytes, &written] {
            assert!(file::pause(bytes, now, HOUR) <= HOUR);
        }
    }
    assert_eq!(
        file::pause(&written, soon, HOUR),
        until.saturating_sub(soon)
    );
    assert_eq!(file::pause(&written, until, HOUR), Duration::ZERO);
}
