//! A JSON object under construction: names with values that are JSON already.

use serde::Serialize;

use crate::hooks;
use crate::merged::Merged;

/// No more room is made beforehand than for so many properties: who says how many there will be may be wrong, and memory that
/// cannot be had ends the process.
const MOST_ROOM: usize = 1_000;

/// An event's properties: an ordered JSON map whose values are serialised when they are put in.
///
/// ```
/// use hogback::Properties;
///
/// let mut properties = Properties::new();
/// properties.insert("plan", &"pro");
/// properties.insert("seats", &12);
/// assert_eq!(properties.to_string(), r#"{"plan":"pro","seats":12}"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Properties {
    /// `"name":value,` texts, one after the other.
    json: Vec<u8>,
    entries: Vec<Entry>,
    /// Whether a text is among them that no entry is for any more: of a value that was replaced, say.
    has_holes: bool,
}

/// Where one property lies in the text, without its comma. Offsets are 32 bits: an event is cut long before 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    start: u32,
    colon: u32,
    end: u32,
}

impl Entry {
    fn name(self, json: &[u8]) -> &[u8] {
        &json[self.start as usize..self.colon as usize]
    }

    fn value(self, json: &[u8]) -> &[u8] {
        &json[self.colon as usize + 1..self.end as usize]
    }
}

/// One property: `"name":value`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) hash: u32,
    name_bytes: u32,
    pub(crate) text: &'a [u8],
}

impl<'a> Line<'a> {
    /// The name as JSON.
    pub(crate) fn name(self) -> &'a [u8] {
        &self.text[..self.name_bytes as usize]
    }
}

impl<'a> FromIterator<Line<'a>> for Properties {
    /// A map of lines with different names.
    fn from_iter<T: IntoIterator<Item = Line<'a>>>(lines: T) -> Self {
        let mut properties = Self::new();
        for line in lines {
            let Ok(start) = u32::try_from(properties.json.len()) else {
                break;
            };
            let Ok(bytes) = u32::try_from(line.text.len()) else {
                break;
            };
            properties.json.extend_from_slice(line.text);
            properties.json.push(b',');
            let (colon, end) = (start + line.name_bytes, start + bytes);
            properties.entries.push(Entry {
                hash: line.hash,
                start,
                colon,
                end,
            });
        }
        properties
    }
}

/// No value may be larger: what a single event can carry is far below (see [`crate::wire`]).
const MAX_VALUE_BYTES: usize = 64 * 1024 * 1024;

impl Properties {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `value` under `name`; a value that was there is replaced.
    ///
    /// A value that cannot be serialised, or panics at it, becomes `null`: one bad value never harms its event.
    pub fn insert(&mut self, name: &str, value: &impl Serialize) {
        // It may be the program's code that writes it, and panics.
        self.insert_json(name, |json| {
            hooks::guarded(|| serde_json::to_writer(json, value).is_ok()).unwrap_or(false)
        });
    }

    /// Puts a text under `name`, as [`insert`](Self::insert) does.
    pub fn insert_text(&mut self, name: &str, text: &str) {
        self.insert_json(name, |json| {
            write_text(json, text);
            true
        });
    }

    /// One text, and room for no more.
    pub(crate) fn of_text(name: &str, text: &str) -> Self {
        let mut properties = Self::with_capacity(1, name.len() + text.len() + 8);
        properties.insert_text(name, text);
        properties
    }

    /// An empty map with room for so many properties of usual size, so that it need not grow.
    pub fn with_room_for(properties: usize) -> Self {
        let properties = properties.min(MOST_ROOM);
        // Some more entries: callers put a few of their own beside those they count.
        Self::with_capacity(properties + 4, (properties + 2) * 48)
    }

    fn with_capacity(entries: usize, bytes: usize) -> Self {
        Self {
            json: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(entries),
            has_holes: false,
        }
    }

    /// The members of an object.
    pub(crate) fn of_members(members: &crate::wire::Members<'_>) -> Self {
        let mut properties = Self::new();
        for (name, value) in members.iter() {
            properties.insert_json(name, |json| {
                json.extend_from_slice(value.get().as_bytes());
                true
            });
        }
        properties
    }

    /// Puts all of `other` in; a value that was there is replaced.
    pub(crate) fn extend(&mut self, other: &Self) {
        for entry in &other.entries {
            // A name was a text once, and still is one.
            if let Ok(name) = serde_json::from_slice::<String>(entry.name(&other.json)) {
                self.insert_json(&name, |json| {
                    json.extend_from_slice(entry.value(&other.json));
                    true
                });
            }
        }
    }

    /// Puts what `write` appends under `name`: one value, as JSON; `null` if it says that it could not. For integrations
    /// that know values of another language.
    #[doc(hidden)]
    pub fn insert_json(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.json.len();
        write_text(&mut self.json, name);
        let colon = self.json.len();
        self.json.push(b':');
        // Until it is known that there is none: `write` may panic halfway.
        let had_holes = std::mem::replace(&mut self.has_holes, true);
        let whole = write(&mut self.json);
        if !whole || self.json.len() - start > MAX_VALUE_BYTES {
            self.json.truncate(colon + 1);
            self.json.extend_from_slice(b"null");
        }
        let (Ok(start), Ok(colon), Ok(end)) = (
            u32::try_from(start),
            u32::try_from(colon),
            u32::try_from(self.json.len()),
        ) else {
            self.json.truncate(start);
            self.has_holes = had_holes;
            return;
        };
        self.json.push(b',');
        let entry = Entry {
            hash: hash(name.as_bytes()),
            start,
            colon,
            end,
        };
        if let Some(old) = self.position(entry.hash, entry.name(&self.json)) {
            self.entries[old] = entry;
        } else {
            self.entries.push(entry);
            self.has_holes = had_holes;
        }
    }

    /// Whether there is a property of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The JSON text of one value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut text = Vec::with_capacity(name.len() + 2);
        write_text(&mut text, name);
        let entry = self.entries[self.position(hash(name.as_bytes()), &text)?];
        std::str::from_utf8(entry.value(&self.json)).ok()
    }

    /// Number of properties.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of the texts, without the braces around them.
    pub fn bytes(&self) -> usize {
        self.json.len()
    }

    /// The properties as they stand in the text.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.entries.iter().map(|entry| Line {
            hash: entry.hash,
            name_bytes: entry.colon - entry.start,
            text: &self.json[entry.start as usize..entry.end as usize],
        })
    }

    /// Whether there is a property of that line's name.
    pub(crate) fn has(&self, line: Line<'_>) -> bool {
        self.position(line.hash, line.name()).is_some()
    }

    /// What the names are told apart by.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.hash)
    }

    /// All properties as they stand in the text, each with a comma behind it; not where replaced values stand between them.
    pub(crate) fn all_lines(&self) -> Option<&[u8]> {
        (!self.has_holes).then_some(&self.json)
    }

    /// One property: a list of the names here, in order.
    pub(crate) fn names_under(&self, name: &str) -> Self {
        let names = self.entries.iter();
        let bytes: u32 = names.map(|entry| entry.colon - entry.start + 1).sum();
        let mut list = Self::with_capacity(1, name.len() + 8 + bytes as usize);
        list.insert_json(name, |json| {
            self.write_names(json);
            true
        });
        list
    }

    fn write_names(&self, array: &mut Vec<u8>) {
        array.push(b'[');
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                array.push(b',');
            }
            array.extend_from_slice(entry.name(&self.json));
        }
        array.push(b']');
    }

    /// Appends the whole map as a JSON object.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        Merged::of(std::iter::once(self)).write_json(out);
    }

    /// The largest value: its name as JSON text, and its JSON.
    pub(crate) fn largest(&self) -> Option<(String, &[u8])> {
        let entry = self
            .entries
            .iter()
            .max_by_key(|entry| entry.end - entry.colon)?;
        let name = serde_json::from_slice(entry.name(&self.json)).ok()?;
        Some((name, entry.value(&self.json)))
    }

    /// Bytes of the map as it would be written: replaced values do not count.
    pub(crate) fn written_bytes(&self) -> usize {
        self.entries
            .iter()
            .map(|entry| (entry.end - entry.start) as usize + 1)
            .sum::<usize>()
            + 2
    }

    /// Leaves out each property that would take the map above `limit` bytes, and returns the names of those.
    pub(crate) fn leave_out_above(&mut self, limit: usize) -> Vec<String> {
        let mut room = limit.saturating_sub(2);
        let mut left_out = Vec::new();
        let before = self.entries.len();
        self.entries.retain(|entry| {
            let left = room.checked_sub((entry.end - entry.start) as usize + 1);
            if let Some(left) = left {
                room = left;
            } else {
                left_out.extend(serde_json::from_slice(entry.name(&self.json)));
            }
            left.is_some()
        });
        self.has_holes |= self.entries.len() < before;
        left_out
    }

    fn position(&self, hash: u32, name: &[u8]) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.hash == hash && entry.name(&self.json) == name)
    }
}

impl Serialize for Properties {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::value::RawValue::from_string(self.to_string());
        json.map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl std::fmt::Display for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut json = Vec::new();
        self.write_json(&mut json);
        f.write_str(&String::from_utf8_lossy(&json))
    }
}

/// Writes a JSON string: most are plain, and then it is one copy.
#[doc(hidden)]
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else if serde_json::to_writer(&mut *out, text).is_err() {
        out.extend_from_slice(b"\"\"");
    }
}

/// Whether JSON has the text as it is: no quotes, no backslashes, no control characters.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    // Sets the top bit of the bytes that are zero; one above such a byte may be taken for zero too, which changes nothing.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let special = |word: u64| {
        let controls = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')))
    };
    fold_words(text, 0, |found, word| found | special(word)) == 0
}

/// Tells some thirty short names apart: a keyed hash would cost more than it saves.
fn hash(name: &[u8]) -> u32 {
    let hash = fold_words(name, name.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    // The upper half is the better mixed one.
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// Looks at a text eight bytes at a time. The last eight overlap the ones before, and a short text fills its only word up:
/// some bytes are seen twice, which costs less than to copy the rest.
fn fold_words(text: &[u8], start: u64, mut step: impl FnMut(u64, u64) -> u64) -> u64 {
    let Some(last) = text.last_chunk::<8>() else {
        return step(start, short_word(text));
    };
    let (words, _) = text.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let folded = words.fold(start, &mut step);
    step(folded, u64::from_le_bytes(*last))
}

/// A word made of fewer than eight bytes; spaces where there are none.
fn short_word(text: &[u8]) -> u64 {
    let half = |bytes: [u8; 4]| u64::from(u32::from_le_bytes(bytes));
    let (first, last) = match (text.first_chunk::<4>(), text.last_chunk::<4>(), text) {
        (Some(first), Some(last), _) => (*first, *last),
        (_, _, [a, b, c]) => ([*a, *b, *c, b' '], [b' '; 4]),
        (_, _, [a, b]) => ([*a, *b, b' ', b' '], [b' '; 4]),
        (_, _, [a]) => ([*a, b' ', b' ', b' '], [b' '; 4]),
        _ => ([b' '; 4], [b' '; 4]),
    };
    half(first) | half(last) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, i32)]) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in pairs {
            properties.insert(name, value);
        }
        properties
    }

    #[test]
    fn room_for_what_nobody_can_have_is_not_made() {
        for claimed in [1_000_000_000_000, usize::MAX] {
            assert!(Properties::with_room_for(claimed).json.capacity() < 100_000);
        }
    }

    #[test]
    fn the_later_value_of_a_name_replaces_the_earlier() {
        assert_eq!(
            of(&[("a", 1), ("b", 2), ("a", 3)]).to_string(),
            r#"{"a":3,"b":2}"#
        );
    }

    #[test]
    fn a_value_that_fails_to_serialise_becomes_null_and_harms_no_other() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::{Error, SerializeSeq};
                s.serialize_seq(None)?.serialize_element("half written")?;
                Err(S::Error::custom("broken"))
            }
        }
        let mut properties = of(&[("a", 1)]);
        properties.insert("bad", &Broken);
        properties.insert("b", &2);
        assert_eq!(properties.to_string(), r#"{"a":1,"bad":null,"b":2}"#);
    }

    #[test]
    fn what_was_written_before_a_panic_is_no_part_of_the_map() {
        let mut properties = of(&[("a", 1)]);
        let broken = std::panic::AssertUnwindSafe(|| {
            properties.insert_json("b", |json| {
                json.extend(b"[1,");
                panic!("halfway")
            });
        });
        assert!(std::panic::catch_unwind(broken).is_err());
        properties.insert("c", &2);
        assert_eq!(properties.to_string(), r#"{"a":1,"c":2}"#);
    }

    #[test]
    fn what_is_left_out_is_not_written() {
        let mut properties = of(&[("a", 1), ("long name", 2), ("b", 3)]);
        assert_eq!(properties.leave_out_above(16), ["long name"]);
        assert_eq!(properties.to_string(), r#"{"a":1,"b":3}"#);
        assert_eq!(properties.written_bytes(), 2 * 6 + 2);
    }

    #[test]
    fn a_text_is_plain_if_it_needs_no_escape_wherever_it_stands() {
        for length in 0..20 {
            for byte in 0..=u8::MAX {
                for place in 0..length {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let expected = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    assert_eq!(
                        is_plain(&text),
                        expected,
                        "{byte:#x} at {place} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_with_quotes_and_control_characters_are_escaped() {
        let mut properties = Properties::new();
        properties.insert("a\"b\n", &1);
        assert_eq!(properties.to_string(), r#"{"a\"b\n":1}"#);
        assert_eq!(properties.get("a\"b\n"), Some("1"));
    }
}
