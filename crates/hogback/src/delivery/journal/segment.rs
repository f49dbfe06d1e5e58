//! The format of a segment: the file in which events wait, one record each.
//!
//! ```text
//! header  "HGBKSEG\n" | version u16 | codec u8 | 17 zeroes | crc32 of these 28 bytes     32 bytes
//! record  length u32 | crc32 u32 | flags u8 | payload                                    9 bytes + length
//! ```
//!
//! Numbers are little-endian. The length is the payload's; the checksum covers flags and payload. Version 1 knows no
//! flags. Codec 0 means that the records are written as they are, 1 that all of them together are packed (zlib, RFC 1950).
//! Whoever changes the records raises the version, so that an older program leaves the file alone; the header itself stays
//! as it is for good.
//!
//! Behind the last record there may be zeroes: files are made in their full length before they are written. A program that
//! is killed leaves at most an incomplete last record. Everything else that is wrong with a file is damage, and the records
//! behind it are still found.

use std::collections::HashSet;
use std::io::{self, Read, Write};

pub(super) const HEADER_BYTES: usize = 32;

/// What stands before each payload.
pub(super) const RECORD_FRAME: usize = 9;

/// The longest payload. A length beyond it is never trusted, whatever the file says.
pub(super) const MAX_PAYLOAD: usize = 1024 * 1024;

const MAGIC: &[u8; 8] = b"HGBKSEG\n";
const VERSION: u16 = 1;
const CODEC_PLAIN: u8 = 0;
const CODEC_ZLIB: u8 = 1;

/// A packed segment never holds more than this: what a file says of itself is not trusted with memory.
pub(super) const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

const FLAGS: u8 = 0;

/// Bytes that may be hashed in vain to begin with, see [`Records::credit`].
const CREDIT: usize = 16 * MAX_PAYLOAD;

/// Bytes more that may be hashed in vain for each byte passed over.
const CREDIT_PER_BYTE: usize = 64;

/// The first bytes of a segment that is packed.
pub(super) fn packed_header() -> [u8; HEADER_BYTES] {
    stamped(VERSION, CODEC_ZLIB)
}

/// The first bytes of a segment.
pub(super) fn header() -> [u8; HEADER_BYTES] {
    stamped(VERSION, CODEC_PLAIN)
}

fn stamped(version: u16, codec: u8) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..10].copy_from_slice(&version.to_le_bytes());
    header[10] = codec;
    let checksum = crc32fast::hash(&header[..28]);
    header[28..].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// Whose a file is, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// [`Records`] can read the rest.
    Ours,
    /// The same when it is [unpacked].
    Packed,
    /// A later hogback wrote it, in a way not known here: it is for that one to read.
    Newer,
    /// No header, or not all of it. Records may stand behind it all the same.
    Damaged,
}

/// Looks at the beginning of a file, however short.
pub(super) fn check_header(bytes: &[u8]) -> Header {
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Header::Damaged;
    };
    let version = u16::from_le_bytes([header[8], header[9]]);
    if *header != stamped_over(header) || header[..8] != *MAGIC || version == 0 {
        Header::Damaged
    } else if version > VERSION || header[10] > CODEC_ZLIB {
        Header::Newer
    } else if header[10] == CODEC_ZLIB {
        Header::Packed
    } else {
        Header::Ours
    }
}

/// The same segment packed; places in it are those of the [unpacked] one.
pub(super) fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let records = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let end = records.iter().rposition(|byte| *byte != 0);
    // Records end with their payload, which JSON is, so no zero belongs to them.
    let records = &records[..end.map_or(0, |last| last + 1)];
    let header = packed_header().to_vec();
    let mut encoder = flate2::write::ZlibEncoder::new(header, flate2::Compression::new(3));
    encoder.write_all(records)?;
    encoder.finish()
}

/// The file as it was before it was packed, if it was. What is damaged in a packed one ends it, as far as it could be read.
pub(super) fn unpacked(bytes: Vec<u8>) -> Vec<u8> {
    if check_header(&bytes) != Header::Packed {
        return bytes;
    }
    let mut plain = header().to_vec();
    let mut decoder = flate2::read::ZlibDecoder::new(&bytes[HEADER_BYTES..]).take(MAX_UNPACKED);
    // An error comes after what could be read, which stands in `plain` by then.
    if decoder.read_to_end(&mut plain).is_err() {
        let end = end_of_sense(&plain);
        plain.truncate(end);
    }
    plain
}

/// Where a packed segment that is damaged ceases to be what was packed: at the first stretch that is no record, or one that
/// was there before. What is unpacked behind the damage copies from what stands before it, whole records among it, and what
/// makes sense again stands at other places than it did.
fn end_of_sense(plain: &[u8]) -> usize {
    let (mut seen, mut end) = (HashSet::new(), HEADER_BYTES);
    for found in Records::from(plain, HEADER_BYTES) {
        match found {
            Found::Record { payload, end: next } if seen.insert(payload) => end = next,
            _ => return end,
        }
    }
    plain.len()
}

/// The same header with the checksum that it should have. What is reserved counts as it is: a later hogback that uses
/// it without raising the version means that this one can do without.
fn stamped_over(header: &[u8; HEADER_BYTES]) -> [u8; HEADER_BYTES] {
    let mut header = *header;
    let checksum = crc32fast::hash(&header[..28]);
    header[28..].copy_from_slice(&checksum.to_le_bytes());
    header
}

/// Appends a record. A payload over [`MAX_PAYLOAD`] could not be read again, so none is written.
pub(super) fn write_record(payload: &[u8], into: &mut Vec<u8>) {
    let Some(length) = length_field(payload.len()) else {
        return;
    };
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&[FLAGS]);
    checksum.update(payload);
    into.reserve(RECORD_FRAME + payload.len());
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&checksum.finalize().to_le_bytes());
    into.push(FLAGS);
    into.extend_from_slice(payload);
}

fn length_field(length: usize) -> Option<u32> {
    u32::try_from(length).ok().filter(|_| length <= MAX_PAYLOAD)
}

/// One stretch of a segment. `end` is where the next one starts, counted from the file's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Record {
        payload: &'a [u8],
        end: usize,
    },
    /// `bytes` that are no record; behind them is one, or the end.
    Damage {
        bytes: usize,
        end: usize,
    },
    /// The last record is incomplete, or there are only zeroes: `bytes` that a killed program or a full disk left.
    /// Nothing comes after it.
    Torn {
        bytes: usize,
    },
}

/// The stretches of a segment, in order and without gaps.
///
/// After damage it looks for the next record at every position. A position is passed over for the price of a glance
/// unless its length is in bounds and its flags are known: this takes two bytes of zero, which JSON never has, so
/// damaged events are passed over without hashing. Elsewhere a candidate costs a checksum of its payload.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Bytes that may still be hashed without finding a record.
    ///
    /// A file could be made of long lengths, each a candidate that takes hashing up to a mebibyte. What is hashed in
    /// vain is paid from here, and each byte passed over earns [`CREDIT_PER_BYTE`]. So the work grows with the file and
    /// not with its square: it stays below [`CREDIT`] + [`CREDIT_PER_BYTE`] * the file's length, which takes less than
    /// a second for 64 MiB. The price is that in such a file a record may be passed over for damage.
    credit: usize,
}

/// What a position looks like.
enum Place<'a> {
    Record {
        payload: &'a [u8],
        end: usize,
    },
    /// The beginning of a record that goes on beyond the end of the file.
    Incomplete,
    Nothing,
}

impl<'a> Records<'a> {
    /// The stretches of the file `bytes` from `offset` on: [`HEADER_BYTES`], or what is settled. An offset within a
    /// record makes damage out of the rest of that one.
    pub(super) fn from(bytes: &'a [u8], offset: usize) -> Self {
        Self {
            bytes,
            at: offset,
            credit: CREDIT,
        }
    }

    fn look(&mut self, at: usize) -> Place<'a> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let Some((frame, behind)) = rest.split_first_chunk::<RECORD_FRAME>() else {
            return Place::Incomplete;
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3, flags] = *frame;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > MAX_PAYLOAD || flags != FLAGS {
            return Place::Nothing;
        }
        let Some(payload) = behind.get(..length) else {
            return Place::Incomplete;
        };
        if self.credit < length {
            return Place::Nothing;
        }
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&[flags]);
        checksum.update(payload);
        if checksum.finalize() == u32::from_le_bytes([c0, c1, c2, c3]) {
            let end = at + RECORD_FRAME + length;
            Place::Record { payload, end }
        } else {
            self.credit -= length;
            Place::Nothing
        }
    }

    /// What to call the stretch that begins at `start`, where no record is.
    fn pass_over(&mut self, start: usize, incomplete: bool) -> Found<'a> {
        let length = self.bytes.len();
        let torn = Found::Torn {
            bytes: length - start,
        };
        // Zeroes are no records (their checksum would not be zero), and files may have mebibytes of them.
        if self.bytes[start..].iter().all(|byte| *byte == 0) {
            return torn;
        }
        for at in start + 1..length {
            self.credit = self.credit.saturating_add(CREDIT_PER_BYTE);
            if let Place::Record { .. } = self.look(at) {
                let bytes = at - start;
                return Found::Damage { bytes, end: at };
            }
        }
        // Only now: a damaged length in the middle of a file also points beyond its end. Zeroes are what the file had before
        // the record was written, as far as it was.
        if incomplete || self.bytes.ends_with(&[0; RECORD_FRAME]) {
            torn
        } else {
            Found::Damage {
                bytes: length - start,
                end: length,
            }
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        let found = match self.look(start) {
            Place::Record { payload, end } => Found::Record { payload, end },
            Place::Incomplete => self.pass_over(start, true),
            Place::Nothing => self.pass_over(start, false),
        };
        self.at = match found {
            Found::Record { end, .. } | Found::Damage { end, .. } => end,
            Found::Torn { .. } => self.bytes.len(),
        };
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAYLOADS: [&[u8]; 3] = [br#"{"event":"first"}"#, b"{}", br#"{"event":"the third"}"#];

    fn segment(payloads: &[&[u8]]) -> Vec<u8> {
        let mut bytes = header().to_vec();
        for payload in payloads {
            write_record(payload, &mut bytes);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Vec<Found<'_>> {
        Records::from(bytes, HEADER_BYTES).collect()
    }

    fn payloads<'a>(found: &[Found<'a>]) -> Vec<&'a [u8]> {
        let payload = |found: &Found<'a>| match *found {
            Found::Record { payload, .. } => Some(payload),
            _ => None,
        };
        found.iter().filter_map(payload).collect()
    }

    /// Where each record begins, and the end.
    fn borders() -> Vec<usize> {
        let mut borders = vec![HEADER_BYTES];
        let mut end = HEADER_BYTES;
        borders.extend(PAYLOADS.map(|payload| {
            end += RECORD_FRAME + payload.len();
            end
        }));
        borders
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = segment(&PAYLOADS);
        let expected: Vec<_> = PAYLOADS
            .iter()
            .zip(&borders()[1..])
            .map(|(payload, &end)| Found::Record { payload, end })
            .collect();
        assert_eq!(read(&bytes), expected);
        assert_eq!(check_header(&bytes), Header::Ours);
        assert_eq!(read(&header()), []);
    }

    #[test]
    fn a_record_has_the_bytes_that_are_documented() {
        let mut bytes = Vec::new();
        write_record(b"hi", &mut bytes);
        let checksum = crc32fast::hash(b"\0hi").to_le_bytes();
        assert_eq!(bytes, [&[2, 0, 0, 0][..], &checksum, b"\0hi"].concat());
    }

    #[test]
    fn reading_goes_on_where_it_is_told_to() {
        let bytes = segment(&PAYLOADS);
        let borders = borders();
        let rest: Vec<_> = Records::from(&bytes, borders[1]).collect();
        assert_eq!(payloads(&rest), PAYLOADS[1..]);
        let inside: Vec<_> = Records::from(&bytes, borders[1] - 3).collect();
        assert_eq!(
            inside[0],
            Found::Damage {
                bytes: 3,
                end: borders[1]
            }
        );
        assert_eq!(payloads(&inside), PAYLOADS[1..]);
        assert_eq!(Records::from(&bytes, bytes.len() + 1).count(), 0);
        assert_eq!(Records::from(&bytes, usize::MAX).count(), 0);
    }

    #[test]
    fn the_longest_payload_fits_and_a_longer_one_is_not_written() {
        let longest = vec![b'x'; 1024 * 1024];
        assert_eq!(payloads(&read(&segment(&[&longest, b"{}"]))).len(), 2);
        let longer = vec![b'x'; 1024 * 1024 + 1];
        assert_eq!(segment(&[&longer]), header());
    }

    #[test]
    fn a_flipped_bit_costs_the_record_it_is_in_and_no_other() {
        let whole = segment(&PAYLOADS);
        let borders = borders();
        for bit in HEADER_BYTES * 8..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let hit = borders[1..].partition_point(|end| *end <= bit / 8);
            let mut left = PAYLOADS.to_vec();
            left.remove(hit);
            let found = read(&bytes);
            assert_eq!(payloads(&found), left, "bit {bit}");
            assert_eq!(found.len(), 3, "bit {bit}");
            // In the last record, a length that became greater looks as if the rest were missing.
            let length = borders[hit + 1] - borders[hit];
            match found[hit] {
                Found::Damage { bytes, end } => {
                    assert_eq!((bytes, end), (length, borders[hit + 1]), "bit {bit}");
                }
                Found::Torn { bytes } => assert_eq!((hit, bytes), (2, length), "bit {bit}"),
                Found::Record { .. } => panic!("bit {bit} is not noticed"),
            }
        }
    }

    #[test]
    fn what_ends_too_early_is_torn_and_not_damage() {
        let whole = segment(&PAYLOADS);
        let borders = borders();
        for length in HEADER_BYTES..whole.len() {
            let complete = borders[1..].partition_point(|end| *end <= length);
            let found = read(&whole[..length]);
            assert_eq!(payloads(&found), PAYLOADS[..complete], "{length}");
            let bytes = length - borders[complete];
            let torn = (bytes > 0).then_some(Found::Torn { bytes });
            assert_eq!(found.get(complete).copied(), torn, "{length}");
        }
    }

    #[test]
    fn zeroes_at_the_end_are_torn_and_in_the_middle_damage() {
        let mut bytes = segment(&PAYLOADS[..1]);
        bytes.resize(bytes.len() + 4096, 0);
        assert_eq!(read(&bytes)[1..], [Found::Torn { bytes: 4096 }]);
        write_record(PAYLOADS[1], &mut bytes);
        let found = read(&bytes);
        assert!(matches!(found[1], Found::Damage { bytes: 4096, .. }));
        assert_eq!(payloads(&found), PAYLOADS[..2]);
    }

    #[test]
    fn what_is_no_beginning_of_a_record_is_damage_also_at_the_end() {
        let mut bytes = segment(&PAYLOADS[..1]);
        bytes.extend([0xff; 20]);
        let end = bytes.len();
        assert_eq!(read(&bytes)[1..], [Found::Damage { bytes: 20, end }]);
    }

    #[test]
    fn a_record_that_was_not_written_to_its_end_is_torn_also_in_a_file_of_full_length() {
        let whole = segment(&PAYLOADS);
        let borders = borders();
        for length in borders[1] + 1..borders[2] {
            let mut bytes = whole[..length].to_vec();
            bytes.resize(4096, 0);
            let found = read(&bytes);
            assert_eq!(payloads(&found), PAYLOADS[..1], "{length}");
            assert!(
                matches!(found[1..], [Found::Torn { .. }]),
                "{length}: {found:?}"
            );
        }
    }

    #[test]
    fn a_packed_segment_has_the_same_records_at_the_same_places() {
        let mut bytes = segment(&PAYLOADS);
        let plain = bytes.clone();
        bytes.resize(1024 * 1024, 0);
        let small = packed(&bytes).unwrap();
        assert!(small.len() < 200);
        assert_eq!(check_header(&small), Header::Packed);
        assert_eq!(unpacked(small), plain);
        assert_eq!(unpacked(plain.clone()), plain);
        assert_eq!(unpacked(packed(&header()).unwrap()), header());
    }

    #[test]
    fn damage_in_a_packed_segment_costs_what_is_behind_it_and_breaks_nothing() {
        let mut random = fastrand::Rng::with_seed(7);
        let payloads_of: Vec<Vec<u8>> = (0..200)
            .map(|_| format!("{{\"n\":{}}}", random.u64(..)).into_bytes())
            .collect();
        let all: Vec<&[u8]> = payloads_of.iter().map(Vec::as_slice).collect();
        let small = packed(&segment(&all)).unwrap();
        for at in HEADER_BYTES..small.len() {
            let mut bytes = small.clone();
            bytes[at] ^= 0x10;
            let plain = unpacked(bytes);
            let found = payloads(&read(&plain)).len();
            assert!(found <= all.len());
        }
        for length in HEADER_BYTES..small.len() {
            let plain = unpacked(small[..length].to_vec());
            let read = read(&plain);
            let found = payloads(&read);
            assert_eq!(found, all[..found.len()]);
        }
        let half = unpacked(small[..small.len() / 2].to_vec());
        assert!(payloads(&read(&half)).len() > 50);
    }

    #[test]
    fn a_packed_segment_takes_64_mebibytes_at_most_whatever_is_in_it() {
        let header = packed_header().to_vec();
        let mut encoder = flate2::write::ZlibEncoder::new(header, flate2::Compression::new(1));
        for _ in 0..65 {
            encoder.write_all(&vec![0; 1024 * 1024]).unwrap();
        }
        let plain = unpacked(encoder.finish().unwrap());
        assert_eq!(plain.len(), HEADER_BYTES + 64 * 1024 * 1024);
    }

    #[test]
    fn a_length_of_a_gibibyte_is_damage() {
        let mut bytes = segment(&PAYLOADS[..1]);
        bytes.extend_from_slice(&(1_u32 << 30).to_le_bytes());
        bytes.extend_from_slice(&[0; 5]);
        assert!(matches!(
            read(&bytes)[1..],
            [Found::Damage { bytes: 9, .. }]
        ));
        write_record(PAYLOADS[1], &mut bytes);
        assert_eq!(payloads(&read(&bytes)), PAYLOADS[..2]);
    }

    #[test]
    fn records_behind_a_mebibyte_of_garbage_are_found() {
        let mut random = fastrand::Rng::with_seed(4);
        let garbage: [Vec<u8>; 2] = [
            std::iter::repeat_with(|| random.u8(..))
                .take(1 << 20)
                .collect(),
            // As databases have it: every fourth position is a candidate, each with a short payload.
            (0..1_u32 << 18)
                .flat_map(|_| random.u32(..200).to_le_bytes())
                .collect(),
        ];
        for garbage in garbage {
            let mut bytes = segment(&PAYLOADS[..1]);
            bytes.extend(garbage);
            write_record(PAYLOADS[1], &mut bytes);
            assert_eq!(payloads(&read(&bytes)), PAYLOADS[..2]);
        }
    }

    #[test]
    fn garbage_made_to_be_costly_is_not_hashed_for_ever_and_hides_only_records_close_behind() {
        let mut bytes = segment(&[]);
        // Half a mebibyte each: as many candidates as a file can have, together 128 GiB.
        bytes.extend([0_u8, 0, 8, 0].repeat(1 << 18));
        let kilobyte = vec![b'x'; 1024];
        for _ in 0..1024 {
            write_record(&kilobyte, &mut bytes);
        }
        let found = read(&bytes);
        assert!(payloads(&found).len() > 1000, "{}", payloads(&found).len());
    }

    #[test]
    fn sixteen_mebibytes_are_hashed_in_vain_and_64_bytes_more_for_each_that_is_passed_over() {
        const MIB: u32 = 1024 * 1024;
        // Sixteen beginnings of records that are none, and one that is, for which just enough is left, or a byte too little.
        let passed_over = 16 * RECORD_FRAME;
        let enough = u32::try_from(CREDIT_PER_BYTE * passed_over).unwrap();
        for (last, is_found) in [(enough, true), (enough + 1, false)] {
            let mut bytes = header().to_vec();
            for length in [MIB; 15].into_iter().chain([last]) {
                bytes.extend(length.to_le_bytes());
                bytes.extend([0xff, 0xff, 0xff, 0xff, FLAGS]);
            }
            write_record(&vec![b'x'; MAX_PAYLOAD], &mut bytes);
            let found = read(&bytes);
            assert_eq!(payloads(&found).len(), usize::from(is_found), "{last}");
        }
    }

    #[test]
    fn a_header_says_whose_the_file_is() {
        assert_eq!(header().len(), HEADER_BYTES);
        assert_eq!(check_header(&header()), Header::Ours);
        assert_eq!(check_header(&stamped(2, 0)), Header::Newer);
        assert_eq!(check_header(&stamped(u16::MAX, 7)), Header::Newer);
        assert_eq!(check_header(&stamped(1, 1)), Header::Packed);
        assert_eq!(check_header(&stamped(1, 2)), Header::Newer);
        assert_eq!(check_header(&stamped(0, 0)), Header::Damaged);
        assert_eq!(check_header(&[0; HEADER_BYTES]), Header::Damaged);
        let mut reserved = header();
        reserved[20] = 1;
        assert_eq!(check_header(&stamped_over(&reserved)), Header::Ours);
        let mut other = header();
        other[7] = b' ';
        assert_eq!(check_header(&stamped_over(&other)), Header::Damaged);
    }

    #[test]
    fn a_header_that_is_short_or_changed_is_damaged() {
        for length in 0..HEADER_BYTES {
            assert_eq!(check_header(&header()[..length]), Header::Damaged);
        }
        for bit in 0..HEADER_BYTES * 8 {
            let mut bytes = header();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(check_header(&bytes), Header::Damaged, "bit {bit}");
        }
    }

    /// Records, pieces of records, zeroes and noise, in any order.
    fn anything() -> impl Strategy<Value = Vec<u8>> {
        let noise = prop::collection::vec(any::<u8>(), 0..40);
        let record = noise.clone().prop_map(|payload| {
            let mut bytes = Vec::new();
            write_record(&payload, &mut bytes);
            bytes
        });
        let piece = (record.clone(), any::<prop::sample::Index>())
            .prop_map(|(bytes, at)| bytes[..at.index(bytes.len())].to_vec());
        let zeroes = (0..20_usize).prop_map(|length| vec![0; length]);
        let part = prop_oneof![noise, record, piece, zeroes];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    #[test]
    fn a_damaged_pack_shows_no_event_twice() {
        let payloads: Vec<Vec<u8>> = (0..40)
            .map(|id| {
                format!(r#"{{"uuid":"{id}","event":"e","body":"as all others"}}"#).into_bytes()
            })
            .collect();
        let plain = segment(&payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let whole = packed(&plain).unwrap();
        for (at, length) in
            (HEADER_BYTES..whole.len()).flat_map(|at| [1, 8, 60].map(|length| (at, length)))
        {
            let mut bytes = whole.clone();
            let end = bytes.len().min(at + length);
            bytes[at..end].fill(0);
            let bytes = unpacked(bytes);
            let found = read(&bytes);
            let found = self::payloads(&found);
            let is_beginning = payloads
                .iter()
                .zip(&found)
                .all(|(whole, found)| whole == found);
            assert!(is_beginning, "damaged at {at}: {} events", found.len());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_gaps_and_records_are_real(
            bytes in anything(),
            offset in 0..50_usize,
        ) {
            let mut at = offset.min(bytes.len());
            for found in Records::from(&bytes, offset) {
                let start = at;
                match found {
                    Found::Record { payload, end } => {
                        let mut record = Vec::new();
                        write_record(payload, &mut record);
                        prop_assert_eq!(&bytes[start..end], record);
                        at = end;
                    }
                    Found::Damage { bytes, end } => {
                        prop_assert!(bytes > 0);
                        prop_assert_eq!(start + bytes, end);
                        at = end;
                    }
                    Found::Torn { bytes: torn } => {
                        prop_assert!(torn > 0);
                        prop_assert_eq!(start + torn, bytes.len());
                        at = bytes.len();
                    }
                }
            }
            prop_assert_eq!(at, bytes.len());
        }

        #[test]
        fn any_beginning_of_a_file_has_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(check_header(&bytes), Header::Damaged);
        }
    }
}
